-- Accounts at carriers: an agency's own, which its descendants use too where they have none.

CREATE TABLE carrier_accounts (
    agency_no         INTEGER NOT NULL REFERENCES agencies (agency_no),
    id                BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    -- 1 sip, 2 twilio, 3 telnyx
    carrier           INTEGER NOT NULL CHECK (carrier BETWEEN 1 AND 3),
    -- What numbers know it by: agency_phone_numbers.carrier_account.
    name              TEXT NOT NULL CHECK (name <> ''),
    label             TEXT,
    url               TEXT,
    -- Encrypted for this row; see src/store/keyring.rs.
    credentials       BLOB,
    credentials_at    INTEGER CHECK ((credentials_at IS NULL) = (credentials IS NULL)),
    -- Checks the carrier's signature, where that is not made with the credentials.
    webhook_key       TEXT,
    -- Of a SIP trunk. transport: 0 udp, 1 tcp, 2 tls
    allowed_addresses TEXT,
    address           TEXT,
    transport         INTEGER CHECK (transport BETWEEN 0 AND 2),
    prefix            TEXT,
    username          TEXT,
    media_encryption  TEXT,
    room_name         TEXT,
    -- Up to when the carrier's logs of calls and messages have been read.
    logs_read_until   INTEGER,
    created_at        INTEGER NOT NULL,
    PRIMARY KEY (agency_no, id),
    UNIQUE (agency_no, carrier, name)
) STRICT, WITHOUT ROWID;

-- When each number was last used, by the carrier's logs. Not in the number's row: lists do not show it, and it is no event.
CREATE TABLE number_uses (
    agency_no    INTEGER NOT NULL REFERENCES agencies (agency_no),
    number_id    BLOB NOT NULL UNIQUE REFERENCES agency_phone_numbers (id) ON DELETE CASCADE,
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (agency_no, number_id)
) STRICT, WITHOUT ROWID;

-- Of the credentials, only when they were given.
CREATE TRIGGER carrier_account_added_is_an_event AFTER INSERT ON carrier_accounts BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, after)
        SELECT NEW.agency_no, 'carrier_account', NEW.id, 'added', json_patch('{}', json_object(
            'carrier', CASE NEW.carrier WHEN 1 THEN 'sip' WHEN 2 THEN 'twilio' WHEN 3 THEN 'telnyx' END,
            'name', NEW.name,
            'label', NEW.label,
            'url', NEW.url,
            'credentials_at', NEW.credentials_at,
            'webhook_key', NEW.webhook_key,
            'allowed_addresses', NEW.allowed_addresses,
            'address', NEW.address,
            'transport', CASE NEW.transport WHEN 0 THEN 'udp' WHEN 1 THEN 'tcp' WHEN 2 THEN 'tls' END,
            'prefix', NEW.prefix,
            'username', NEW.username,
            'media_encryption', NEW.media_encryption,
            'room_name', NEW.room_name));
END;

CREATE TRIGGER carrier_account_changed_is_an_event AFTER UPDATE ON carrier_accounts BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before, after)
        SELECT NEW.agency_no, 'carrier_account', NEW.id, 'changed', json_group_object(field, was), json_group_object(field, now_is)
        FROM (
            SELECT 'carrier' AS field, CASE OLD.carrier WHEN 1 THEN 'sip' WHEN 2 THEN 'twilio' WHEN 3 THEN 'telnyx' END AS was,
                CASE NEW.carrier WHEN 1 THEN 'sip' WHEN 2 THEN 'twilio' WHEN 3 THEN 'telnyx' END AS now_is
            UNION ALL SELECT 'name', OLD.name, NEW.name
            UNION ALL SELECT 'label', OLD.label, NEW.label
            UNION ALL SELECT 'url', OLD.url, NEW.url
            UNION ALL SELECT 'credentials_at', OLD.credentials_at, NEW.credentials_at
            UNION ALL SELECT 'webhook_key', OLD.webhook_key, NEW.webhook_key
            UNION ALL SELECT 'allowed_addresses', OLD.allowed_addresses, NEW.allowed_addresses
            UNION ALL SELECT 'address', OLD.address, NEW.address
            UNION ALL SELECT 'transport', CASE OLD.transport WHEN 0 THEN 'udp' WHEN 1 THEN 'tcp' WHEN 2 THEN 'tls' END,
                CASE NEW.transport WHEN 0 THEN 'udp' WHEN 1 THEN 'tcp' WHEN 2 THEN 'tls' END
            UNION ALL SELECT 'prefix', OLD.prefix, NEW.prefix
            UNION ALL SELECT 'username', OLD.username, NEW.username
            UNION ALL SELECT 'media_encryption', OLD.media_encryption, NEW.media_encryption
            UNION ALL SELECT 'room_name', OLD.room_name, NEW.room_name
        ) WHERE was IS NOT now_is HAVING count(*) > 0;
END;

CREATE TRIGGER carrier_account_removed_is_an_event AFTER DELETE ON carrier_accounts BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before)
        SELECT OLD.agency_no, 'carrier_account', OLD.id, 'removed', json_patch('{}', json_object(
            'carrier', CASE OLD.carrier WHEN 1 THEN 'sip' WHEN 2 THEN 'twilio' WHEN 3 THEN 'telnyx' END,
            'name', OLD.name,
            'label', OLD.label,
            'url', OLD.url,
            'credentials_at', OLD.credentials_at,
            'webhook_key', OLD.webhook_key,
            'allowed_addresses', OLD.allowed_addresses,
            'address', OLD.address,
            'transport', CASE OLD.transport WHEN 0 THEN 'udp' WHEN 1 THEN 'tcp' WHEN 2 THEN 'tls' END,
            'prefix', OLD.prefix,
            'username', OLD.username,
            'media_encryption', OLD.media_encryption,
            'room_name', OLD.room_name));
END;
