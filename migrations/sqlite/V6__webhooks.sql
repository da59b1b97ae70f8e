-- Webhooks: where an agency wants to hear of its events, and what became of telling it.

CREATE TABLE webhooks (
    agency_no     INTEGER NOT NULL REFERENCES agencies (agency_no),
    id            BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    url           TEXT NOT NULL CHECK (url <> ''),
    -- `number.changed`, `order.*` and so on, between commas. Null: all.
    wanted        TEXT CHECK (wanted <> ''),
    description   TEXT,
    -- What signs, encrypted for this row (see src/store/keyring.rs), and what signs beside it until it is replaced for good.
    secret        BLOB NOT NULL,
    secret_at     INTEGER NOT NULL,
    secret_before BLOB,
    before_until  INTEGER CHECK ((before_until IS NULL) = (secret_before IS NULL)),
    -- 0 enabled, 1 disabled
    state         INTEGER NOT NULL DEFAULT 0 CHECK (state IN (0, 1)),
    -- Why it is disabled: 0 operator, 1 gone (it answered 410), 2 failing (nothing was taken for days)
    why           INTEGER CHECK (why BETWEEN 0 AND 2 AND (why IS NULL) = (state = 0)),
    -- The last event that was looked at.
    reached       INTEGER NOT NULL,
    -- Since when nothing has been taken, how often in a row, and until when it is left alone for that.
    failing_since INTEGER,
    failures      INTEGER NOT NULL DEFAULT 0,
    rests_until   INTEGER CHECK ((rests_until IS NULL) = (failing_since IS NULL)),
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (agency_no, id)
) STRICT, WITHOUT ROWID;

-- One for a webhook and an event. What is sent is made of the event, which never changes.
CREATE TABLE webhook_deliveries (
    agency_no    INTEGER NOT NULL,
    webhook_id   BLOB NOT NULL,
    seq          INTEGER NOT NULL,
    -- The `webhook-id` of every attempt.
    id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    -- 0 waiting, 1 delivered, 2 failed
    state        INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
    attempts     INTEGER NOT NULL DEFAULT 0,
    first_at     INTEGER,
    -- When it is sent (again), where it waits.
    next_at      INTEGER CHECK ((next_at IS NULL) = (state <> 0)),
    -- What came of the last attempt: a status, if there was an answer, and what was said, cut short.
    last_at      INTEGER,
    last_status  INTEGER,
    said         TEXT CHECK (length(said) <= 300),
    delivered_at INTEGER,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (agency_no, webhook_id, seq),
    FOREIGN KEY (agency_no, webhook_id) REFERENCES webhooks (agency_no, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (agency_no, webhook_id, next_at, seq) WHERE state = 0;
CREATE INDEX webhook_deliveries_failed ON webhook_deliveries (agency_no, webhook_id, seq) WHERE state = 2;
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at);

-- Of the secrets, only when they were given; the place reached and the deliveries are no events.
CREATE TRIGGER webhook_added_is_an_event AFTER INSERT ON webhooks BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, after)
        SELECT NEW.agency_no, 'webhook', NEW.id, 'added', json_patch('{}', json_object(
            'url', NEW.url,
            'wanted', NEW.wanted,
            'description', NEW.description,
            'secret_at', NEW.secret_at,
            'before_until', NEW.before_until,
            'state', CASE NEW.state WHEN 0 THEN 'enabled' WHEN 1 THEN 'disabled' END,
            'why', CASE NEW.why WHEN 0 THEN 'operator' WHEN 1 THEN 'gone' WHEN 2 THEN 'failing' END));
END;

CREATE TRIGGER webhook_changed_is_an_event
AFTER UPDATE OF url, wanted, description, secret_at, before_until, state, why ON webhooks BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before, after)
        SELECT NEW.agency_no, 'webhook', NEW.id, 'changed', json_group_object(field, was), json_group_object(field, now_is)
        FROM (
            SELECT 'url' AS field, OLD.url AS was, NEW.url AS now_is
            UNION ALL SELECT 'wanted', OLD.wanted, NEW.wanted
            UNION ALL SELECT 'description', OLD.description, NEW.description
            UNION ALL SELECT 'secret_at', OLD.secret_at, NEW.secret_at
            UNION ALL SELECT 'before_until', OLD.before_until, NEW.before_until
            UNION ALL SELECT 'state',
                CASE OLD.state WHEN 0 THEN 'enabled' WHEN 1 THEN 'disabled' END,
                CASE NEW.state WHEN 0 THEN 'enabled' WHEN 1 THEN 'disabled' END
            UNION ALL SELECT 'why',
                CASE OLD.why WHEN 0 THEN 'operator' WHEN 1 THEN 'gone' WHEN 2 THEN 'failing' END,
                CASE NEW.why WHEN 0 THEN 'operator' WHEN 1 THEN 'gone' WHEN 2 THEN 'failing' END
        ) WHERE was IS NOT now_is HAVING count(*) > 0;
END;

CREATE TRIGGER webhook_removed_is_an_event AFTER DELETE ON webhooks BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before)
        SELECT OLD.agency_no, 'webhook', OLD.id, 'removed', json_patch('{}', json_object(
            'url', OLD.url,
            'wanted', OLD.wanted,
            'description', OLD.description,
            'secret_at', OLD.secret_at,
            'before_until', OLD.before_until,
            'state', CASE OLD.state WHEN 0 THEN 'enabled' WHEN 1 THEN 'disabled' END,
            'why', CASE OLD.why WHEN 0 THEN 'operator' WHEN 1 THEN 'gone' WHEN 2 THEN 'failing' END));
END;
