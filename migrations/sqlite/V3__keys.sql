-- API keys: how programs say who they are. The secret itself is not kept.

CREATE TABLE api_keys (
    agency_no     INTEGER NOT NULL REFERENCES agencies (agency_no),
    id            BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    name          TEXT,
    secret_sha256 BLOB NOT NULL CHECK (length(secret_sha256) = 32),
    -- A bit each: phone_numbers:read, :create, :update, :delete, messages:read, :send, agents:read, :write
    permissions   INTEGER NOT NULL CHECK (permissions BETWEEN 0 AND 255),
    -- May name a child of its agency in each request.
    partner       INTEGER NOT NULL DEFAULT 0 CHECK (partner IN (0, 1)),
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER,
    revoked_at    INTEGER,
    PRIMARY KEY (agency_no, id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER key_added_is_an_event AFTER INSERT ON api_keys BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, after)
        SELECT NEW.agency_no, 'key', NEW.id, 'added', json_patch('{}', json_object(
            'name', NEW.name,
            'permissions', NEW.permissions,
            'partner', NEW.partner,
            'expires_at', NEW.expires_at,
            'revoked_at', NEW.revoked_at));
END;

CREATE TRIGGER key_changed_is_an_event AFTER UPDATE ON api_keys BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before, after)
        SELECT NEW.agency_no, 'key', NEW.id, 'changed', json_group_object(field, was), json_group_object(field, now_is)
        FROM (
            SELECT 'name' AS field, OLD.name AS was, NEW.name AS now_is
            UNION ALL SELECT 'permissions', OLD.permissions, NEW.permissions
            UNION ALL SELECT 'partner', OLD.partner, NEW.partner
            UNION ALL SELECT 'expires_at', OLD.expires_at, NEW.expires_at
            UNION ALL SELECT 'revoked_at', OLD.revoked_at, NEW.revoked_at
        ) WHERE was IS NOT now_is HAVING count(*) > 0;
END;

CREATE TRIGGER key_removed_is_an_event AFTER DELETE ON api_keys BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before)
        SELECT OLD.agency_no, 'key', OLD.id, 'removed', json_patch('{}', json_object(
            'name', OLD.name,
            'permissions', OLD.permissions,
            'partner', OLD.partner,
            'expires_at', OLD.expires_at,
            'revoked_at', OLD.revoked_at));
END;
