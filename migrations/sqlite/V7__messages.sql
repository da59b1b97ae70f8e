-- Messages to and from numbers. They stay when the number is released, under the number's row as it was then.

CREATE TABLE messages (
    agency_no          INTEGER NOT NULL REFERENCES agencies (agency_no),
    number_id          BLOB NOT NULL REFERENCES agency_phone_numbers (id),
    -- When it came or was sent; no two of a number have the same, so that pages by time lose none.
    at                 INTEGER NOT NULL,
    id                 BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    -- 0 inbound, 1 outbound
    direction          INTEGER NOT NULL CHECK (direction BETWEEN 0 AND 1),
    -- 0 sending, 1 unknown, 2 queued, 3 sent, 4 delivered, 5 undelivered, 6 failed
    state              INTEGER NOT NULL CHECK (state BETWEEN 0 AND 6),
    sender             TEXT NOT NULL,
    recipient          TEXT NOT NULL,
    body               TEXT NOT NULL,
    -- A JSON array of URLs; null: nothing is attached.
    media              TEXT,
    carrier            INTEGER NOT NULL CHECK (carrier BETWEEN 0 AND 3),
    carrier_account    TEXT,
    carrier_message_id TEXT,
    error_code         TEXT,
    error              TEXT,
    updated_at         INTEGER NOT NULL,
    PRIMARY KEY (agency_no, number_id, at)
) STRICT, WITHOUT ROWID;

-- Carriers tell the same more than once.
CREATE UNIQUE INDEX messages_at_carrier ON messages (carrier, carrier_account, carrier_message_id)
    WHERE carrier_message_id IS NOT NULL;
CREATE INDEX messages_under_way ON messages (state) WHERE state = 0;

-- What came for a number that nobody here has, and how far a message is that nobody here has sent, or not yet.
CREATE TABLE stray_messages (
    agency_no          INTEGER NOT NULL,
    account_id         BLOB NOT NULL,
    carrier_message_id TEXT NOT NULL,
    sender             TEXT NOT NULL,
    recipient          TEXT NOT NULL,
    body               TEXT NOT NULL,
    media              TEXT,
    at                 INTEGER NOT NULL,
    PRIMARY KEY (agency_no, account_id, carrier_message_id),
    FOREIGN KEY (agency_no, account_id) REFERENCES carrier_accounts (agency_no, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE stray_standings (
    carrier            INTEGER NOT NULL,
    carrier_account    TEXT NOT NULL,
    carrier_message_id TEXT NOT NULL,
    state              INTEGER NOT NULL,
    error_code         TEXT,
    error              TEXT,
    at                 INTEGER NOT NULL,
    PRIMARY KEY (carrier, carrier_account, carrier_message_id)
) STRICT, WITHOUT ROWID;

-- What a message says is in no event: an event cannot be forgotten, and a message may have to be.
CREATE TRIGGER message_added_is_an_event AFTER INSERT ON messages BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, after)
        SELECT NEW.agency_no, 'message', NEW.id, 'added', json_patch('{}', json_object(
            'number', nullif(lower(hex(NEW.number_id)), ''),
            'direction', CASE NEW.direction WHEN 0 THEN 'inbound' WHEN 1 THEN 'outbound' END,
            'state', CASE NEW.state WHEN 0 THEN 'sending' WHEN 1 THEN 'unknown' WHEN 2 THEN 'queued' WHEN 3 THEN 'sent'
                WHEN 4 THEN 'delivered' WHEN 5 THEN 'undelivered' WHEN 6 THEN 'failed' END,
            'from', NEW.sender,
            'to', NEW.recipient,
            'carrier_message_id', NEW.carrier_message_id,
            'error_code', NEW.error_code,
            'error', NEW.error));
END;

CREATE TRIGGER message_changed_is_an_event AFTER UPDATE ON messages BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before, after)
        SELECT NEW.agency_no, 'message', NEW.id, 'changed', json_group_object(field, was), json_group_object(field, now_is)
        FROM (
            SELECT 'state' AS field,
                CASE OLD.state WHEN 0 THEN 'sending' WHEN 1 THEN 'unknown' WHEN 2 THEN 'queued' WHEN 3 THEN 'sent'
                    WHEN 4 THEN 'delivered' WHEN 5 THEN 'undelivered' WHEN 6 THEN 'failed' END AS was,
                CASE NEW.state WHEN 0 THEN 'sending' WHEN 1 THEN 'unknown' WHEN 2 THEN 'queued' WHEN 3 THEN 'sent'
                    WHEN 4 THEN 'delivered' WHEN 5 THEN 'undelivered' WHEN 6 THEN 'failed' END AS now_is
            UNION ALL SELECT 'carrier_message_id', OLD.carrier_message_id, NEW.carrier_message_id
            UNION ALL SELECT 'error_code', OLD.error_code, NEW.error_code
            UNION ALL SELECT 'error', OLD.error, NEW.error
        ) WHERE was IS NOT now_is HAVING count(*) > 0;
END;

CREATE TRIGGER message_removed_is_an_event AFTER DELETE ON messages BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before)
        SELECT OLD.agency_no, 'message', OLD.id, 'removed', json_patch('{}', json_object(
            'number', nullif(lower(hex(OLD.number_id)), ''),
            'direction', CASE OLD.direction WHEN 0 THEN 'inbound' WHEN 1 THEN 'outbound' END,
            'state', CASE OLD.state WHEN 0 THEN 'sending' WHEN 1 THEN 'unknown' WHEN 2 THEN 'queued' WHEN 3 THEN 'sent'
                WHEN 4 THEN 'delivered' WHEN 5 THEN 'undelivered' WHEN 6 THEN 'failed' END,
            'from', OLD.sender,
            'to', OLD.recipient,
            'carrier_message_id', OLD.carrier_message_id,
            'error_code', OLD.error_code,
            'error', OLD.error));
END;
