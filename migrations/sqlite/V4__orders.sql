-- Orders: what is asked of a carrier, each exactly once. A row is durable before the carrier is called.

CREATE TABLE orders (
    agency_no          INTEGER NOT NULL REFERENCES agencies (agency_no),
    id                 BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    -- What was asked for at once, and this one's place in it.
    basket             BLOB NOT NULL CHECK (length(basket) = 16),
    place              INTEGER NOT NULL,
    -- 0 purchase, 1 release, 2 route
    deed               INTEGER NOT NULL CHECK (deed BETWEEN 0 AND 2),
    -- The number's row. There is none any more where a purchase failed.
    number_id          BLOB NOT NULL CHECK (length(number_id) = 16),
    phone_number       TEXT NOT NULL,
    carrier            INTEGER NOT NULL CHECK (carrier BETWEEN 0 AND 3),
    carrier_account    TEXT,
    -- The papers that a number is rented with, by their ids at the carrier.
    address_id         TEXT,
    bundle_id          TEXT,
    requirement_group_id TEXT,
    customer_reference TEXT,
    -- 0 claimed, 1 sending, 2 confirmed, 3 failed, 4 unknown, 5 needs_operator
    state              INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),
    -- How often it was sent to the carrier, and how often the carrier was asked, or could not be.
    sends              INTEGER NOT NULL DEFAULT 0,
    tries              INTEGER NOT NULL DEFAULT 0,
    -- Since when the carrier has said that it knows nothing of it.
    absent_since       INTEGER,
    due_at             INTEGER,
    -- Why it failed or is not done yet: one of the model's words, and what the carrier said.
    reason             TEXT,
    detail             TEXT,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    PRIMARY KEY (agency_no, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX orders_of_basket ON orders (agency_no, basket, place);
-- One at a time for a number.
CREATE UNIQUE INDEX orders_open ON orders (agency_no, number_id) WHERE state NOT IN (2, 3);
CREATE INDEX orders_due ON orders (due_at) WHERE state IN (0, 1, 4);

-- Answers to requests that cost or destroy, so that a repeat of one is answered and not done again.
CREATE TABLE idempotency_keys (
    agency_no      INTEGER NOT NULL REFERENCES agencies (agency_no),
    caller         TEXT NOT NULL,
    key            TEXT NOT NULL,
    -- Of what was asked: the endpoint and the body.
    request_sha256 BLOB NOT NULL CHECK (length(request_sha256) = 32),
    basket         BLOB NOT NULL CHECK (length(basket) = 16),
    -- Null: it is not answered yet.
    status         INTEGER,
    answer         BLOB CHECK ((answer IS NULL) = (status IS NULL)),
    created_at     INTEGER NOT NULL,
    PRIMARY KEY (agency_no, caller, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TRIGGER order_added_is_an_event AFTER INSERT ON orders BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, after)
        SELECT NEW.agency_no, 'order', NEW.id, 'added', json_patch('{}', json_object(
            'deed', CASE NEW.deed WHEN 0 THEN 'purchase' WHEN 1 THEN 'release' WHEN 2 THEN 'route' END,
            'number', nullif(lower(hex(NEW.number_id)), ''),
            'phone_number', NEW.phone_number,
            'customer_reference', NEW.customer_reference,
            'state', CASE NEW.state WHEN 0 THEN 'claimed' WHEN 1 THEN 'sending' WHEN 2 THEN 'confirmed'
                WHEN 3 THEN 'failed' WHEN 4 THEN 'unknown' WHEN 5 THEN 'needs_operator' END,
            'sends', NEW.sends,
            'reason', NEW.reason,
            'detail', NEW.detail));
END;

CREATE TRIGGER order_changed_is_an_event AFTER UPDATE ON orders BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before, after)
        SELECT NEW.agency_no, 'order', NEW.id, 'changed', json_group_object(field, was), json_group_object(field, now_is)
        FROM (
            SELECT 'deed' AS field,
                CASE OLD.deed WHEN 0 THEN 'purchase' WHEN 1 THEN 'release' WHEN 2 THEN 'route' END AS was,
                CASE NEW.deed WHEN 0 THEN 'purchase' WHEN 1 THEN 'release' WHEN 2 THEN 'route' END AS now_is
            UNION ALL SELECT 'number', nullif(lower(hex(OLD.number_id)), ''), nullif(lower(hex(NEW.number_id)), '')
            UNION ALL SELECT 'phone_number', OLD.phone_number, NEW.phone_number
            UNION ALL SELECT 'customer_reference', OLD.customer_reference, NEW.customer_reference
            UNION ALL SELECT 'state',
                CASE OLD.state WHEN 0 THEN 'claimed' WHEN 1 THEN 'sending' WHEN 2 THEN 'confirmed'
                    WHEN 3 THEN 'failed' WHEN 4 THEN 'unknown' WHEN 5 THEN 'needs_operator' END,
                CASE NEW.state WHEN 0 THEN 'claimed' WHEN 1 THEN 'sending' WHEN 2 THEN 'confirmed'
                    WHEN 3 THEN 'failed' WHEN 4 THEN 'unknown' WHEN 5 THEN 'needs_operator' END
            UNION ALL SELECT 'sends', OLD.sends, NEW.sends
            UNION ALL SELECT 'reason', OLD.reason, NEW.reason
            UNION ALL SELECT 'detail', OLD.detail, NEW.detail
        ) WHERE was IS NOT now_is HAVING count(*) > 0;
END;

CREATE TRIGGER order_removed_is_an_event AFTER DELETE ON orders BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before)
        SELECT OLD.agency_no, 'order', OLD.id, 'removed', json_patch('{}', json_object(
            'deed', CASE OLD.deed WHEN 0 THEN 'purchase' WHEN 1 THEN 'release' WHEN 2 THEN 'route' END,
            'number', nullif(lower(hex(OLD.number_id)), ''),
            'phone_number', OLD.phone_number,
            'customer_reference', OLD.customer_reference,
            'state', CASE OLD.state WHEN 0 THEN 'claimed' WHEN 1 THEN 'sending' WHEN 2 THEN 'confirmed'
                WHEN 3 THEN 'failed' WHEN 4 THEN 'unknown' WHEN 5 THEN 'needs_operator' END,
            'sends', OLD.sends,
            'reason', OLD.reason,
            'detail', OLD.detail));
END;
