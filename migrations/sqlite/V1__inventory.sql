-- Agencies, their users, agents and numbers, and the counters that keep lists exact.
--
-- Conventions. Ids are 16-byte UUIDs; points in time are microseconds since 1970 (UTC); amounts of
-- money are ten-thousandths of the currency's unit; flags are 0 or 1. An agency has, beside its id,
-- a small number: every tenant table's key begins with it, so that one agency's rows lie together
-- and no query can walk past them.

CREATE TABLE agencies (
    agency_no  INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    parent_no  INTEGER REFERENCES agencies (agency_no) CHECK (parent_no <> agency_no),
    name       TEXT NOT NULL CHECK (name <> ''),
    -- Raised by the triggers below in every transaction that changes what the agency's lists show.
    revision   INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    -- What it may have at once: numbers that are not released, and what they cost a month in one currency. Null: no limit.
    max_numbers     INTEGER CHECK (max_numbers >= 0),
    monthly_budget  INTEGER CHECK (monthly_budget >= 0),
    budget_currency TEXT CHECK ((budget_currency IS NULL) = (monthly_budget IS NULL))
) STRICT;

-- What this installation signs with, each by its use. Never leaves it: no credential of anybody's.
CREATE TABLE signing_keys (
    use   TEXT NOT NULL PRIMARY KEY,
    key   BLOB NOT NULL CHECK (length(key) = 32)
) STRICT, WITHOUT ROWID;

INSERT INTO signing_keys (use, key) VALUES ('cursors', randomblob(32));

CREATE TABLE users (
    id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    agency_no  INTEGER REFERENCES agencies (agency_no),
    email      TEXT,
    -- 0 agency_owner, 1 agency_admin, 2 agency_member, 3 client_admin, 4 client_viewer, 5 admin
    role       INTEGER NOT NULL CHECK (role BETWEEN 0 AND 5),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX users_of_agency ON users (agency_no, id);

CREATE TABLE agent_mappings (
    agency_no            INTEGER NOT NULL REFERENCES agencies (agency_no),
    id                   BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    ultravox_agent_id    TEXT NOT NULL CHECK (ultravox_agent_id <> ''),
    ultravox_agent_name  TEXT,
    voice                TEXT,
    language_hint        TEXT NOT NULL DEFAULT 'en',
    recording_enabled    INTEGER NOT NULL DEFAULT 1 CHECK (recording_enabled IN (0, 1)),
    client_id            TEXT,
    campaign_id          TEXT,
    default_direction    TEXT,
    system_prompt        TEXT,
    temperature          REAL,
    first_speaker_text   TEXT,
    max_duration_seconds INTEGER,
    tools                TEXT,
    -- Where its calls and messages go, by carrier. All null: it has no route.
    voice_url            TEXT,
    sms_url              TEXT,
    application_id       TEXT,
    trunk_id             TEXT,
    connection_id        TEXT,
    messaging_profile_id TEXT,
    sip_uri              TEXT,
    created_at           INTEGER NOT NULL,
    updated_at           INTEGER NOT NULL,
    PRIMARY KEY (agency_no, id),
    UNIQUE (agency_no, ultravox_agent_id)
) STRICT, WITHOUT ROWID;

-- The key is the list's order, so a page is one short range read backwards.
CREATE TABLE agency_phone_numbers (
    agency_no        INTEGER NOT NULL REFERENCES agencies (agency_no),
    created_at       INTEGER NOT NULL,
    id               BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    phone_number     TEXT NOT NULL CHECK (
        phone_number GLOB '+[1-9]*' AND NOT substr(phone_number, 2) GLOB '*[^0-9]*'
        AND length(phone_number) BETWEEN 8 AND 16
    ),
    phone_number_id  TEXT,
    friendly_name    TEXT,
    number_type      TEXT,
    country_code     TEXT,
    voice_enabled    INTEGER NOT NULL DEFAULT 1 CHECK (voice_enabled IN (0, 1)),
    sms_enabled      INTEGER NOT NULL DEFAULT 0 CHECK (sms_enabled IN (0, 1)),
    mms_enabled      INTEGER NOT NULL DEFAULT 0 CHECK (mms_enabled IN (0, 1)),
    inbound          INTEGER NOT NULL DEFAULT 1 CHECK (inbound IN (0, 1)),
    outbound         INTEGER NOT NULL DEFAULT 0 CHECK (outbound IN (0, 1)),
    agent_mapping_id BLOB,
    monthly_cost     INTEGER,
    setup_cost       INTEGER,
    currency         TEXT NOT NULL DEFAULT 'USD',
    -- 0 pending, 1 active, 2 suspended, 3 released
    status           INTEGER NOT NULL CHECK (status BETWEEN 0 AND 3),
    is_active        INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    -- 0 simulator, 1 sip, 2 twilio, 3 telnyx
    carrier          INTEGER NOT NULL CHECK (carrier BETWEEN 0 AND 3),
    carrier_account  TEXT,
    location         TEXT,
    -- Why the carrier does not yet send its calls where its agent's route says. Null: it does, or there is no route.
    routing          TEXT,
    purchased_at     INTEGER,
    released_at      INTEGER,
    updated_at       INTEGER NOT NULL,
    -- What its agency's own systems call it, and when it is to be given back by itself.
    external_id      TEXT,
    expires_at       INTEGER,
    -- A plain column beside a CHECK, because an index on a generated one covers no list.
    assigned         INTEGER NOT NULL CHECK (assigned = (agent_mapping_id IS NOT NULL)),
    PRIMARY KEY (agency_no, created_at, id),
    -- SQLite itself refuses another agency's agent.
    FOREIGN KEY (agency_no, agent_mapping_id) REFERENCES agent_mappings (agency_no, id)
) STRICT, WITHOUT ROWID;

-- One live row per agency and number, and per carrier account and number.
CREATE UNIQUE INDEX numbers_live_in_agency ON agency_phone_numbers (agency_no, phone_number)
    WHERE status <> 3;
CREATE UNIQUE INDEX numbers_live_at_carrier ON agency_phone_numbers (carrier, carrier_account, phone_number)
    WHERE status <> 3 AND carrier_account IS NOT NULL;

-- One index per way to narrow a list, each in list order. The columns behind the id make an index cover its lists:
-- rows that a page passes over are never looked up. (`status` too, though the partial indexes imply it.)
CREATE INDEX numbers_live ON agency_phone_numbers (agency_no, created_at, id, status)
    WHERE status <> 3;
CREATE INDEX numbers_live_by_assignment ON agency_phone_numbers (agency_no, assigned, created_at, id, status)
    WHERE status <> 3;
CREATE INDEX numbers_by_status ON agency_phone_numbers (agency_no, status, created_at, id, assigned);
CREATE INDEX numbers_by_agent ON agency_phone_numbers (agency_no, agent_mapping_id, created_at, id, status)
    WHERE agent_mapping_id IS NOT NULL;

-- What is to be given back by itself, soonest first.
CREATE INDEX numbers_expiring ON agency_phone_numbers (expires_at) WHERE status <> 3 AND expires_at IS NOT NULL;

-- How many numbers an agency has, by status and assignment. Rows appear with their first number.
CREATE TABLE number_counts (
    agency_no INTEGER NOT NULL REFERENCES agencies (agency_no),
    status    INTEGER NOT NULL,
    assigned  INTEGER NOT NULL,
    numbers   INTEGER NOT NULL CHECK (numbers >= 0),
    PRIMARY KEY (agency_no, status, assigned)
) STRICT, WITHOUT ROWID;

-- How many numbers an agent answers, by status.
CREATE TABLE agent_number_counts (
    agency_no        INTEGER NOT NULL,
    agent_mapping_id BLOB NOT NULL,
    status           INTEGER NOT NULL,
    numbers          INTEGER NOT NULL CHECK (numbers >= 0),
    PRIMARY KEY (agency_no, agent_mapping_id, status),
    FOREIGN KEY (agency_no, agent_mapping_id) REFERENCES agent_mappings (agency_no, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Where numbers changed, by the revision that the change made: the last 1,024 revisions of each agency. Who holds what was
-- true at one of these learns from here what to read again. A load without triggers must raise the revision past them.
CREATE TABLE number_changes (
    agency_no  INTEGER NOT NULL REFERENCES agencies (agency_no),
    revision   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    id         BLOB NOT NULL,
    PRIMARY KEY (agency_no, revision, created_at, id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER number_change_noted AFTER INSERT ON number_changes BEGIN
    DELETE FROM number_changes WHERE agency_no = NEW.agency_no AND revision <= NEW.revision - 1024;
END;

CREATE TRIGGER number_added AFTER INSERT ON agency_phone_numbers BEGIN
    INSERT INTO number_counts (agency_no, status, assigned, numbers)
        VALUES (NEW.agency_no, NEW.status, NEW.assigned, 1)
        ON CONFLICT DO UPDATE SET numbers = numbers + 1;
    INSERT INTO agent_number_counts (agency_no, agent_mapping_id, status, numbers)
        SELECT NEW.agency_no, NEW.agent_mapping_id, NEW.status, 1 WHERE NEW.agent_mapping_id IS NOT NULL
        ON CONFLICT DO UPDATE SET numbers = numbers + 1;
    UPDATE agencies SET revision = revision + 1 WHERE agency_no = NEW.agency_no;
    INSERT INTO number_changes (agency_no, revision, created_at, id)
        SELECT agency_no, revision, NEW.created_at, NEW.id FROM agencies WHERE agency_no = NEW.agency_no;
END;

CREATE TRIGGER number_removed AFTER DELETE ON agency_phone_numbers BEGIN
    UPDATE number_counts SET numbers = numbers - 1
        WHERE agency_no = OLD.agency_no AND status = OLD.status AND assigned = OLD.assigned;
    UPDATE agent_number_counts SET numbers = numbers - 1
        WHERE agency_no = OLD.agency_no AND agent_mapping_id = OLD.agent_mapping_id AND status = OLD.status;
    UPDATE agencies SET revision = revision + 1 WHERE agency_no = OLD.agency_no;
    INSERT INTO number_changes (agency_no, revision, created_at, id)
        SELECT agency_no, revision, OLD.created_at, OLD.id FROM agencies WHERE agency_no = OLD.agency_no;
END;

CREATE TRIGGER number_moved AFTER UPDATE OF agency_no, status, agent_mapping_id ON agency_phone_numbers BEGIN
    UPDATE number_counts SET numbers = numbers - 1
        WHERE agency_no = OLD.agency_no AND status = OLD.status AND assigned = OLD.assigned;
    UPDATE agent_number_counts SET numbers = numbers - 1
        WHERE agency_no = OLD.agency_no AND agent_mapping_id = OLD.agent_mapping_id AND status = OLD.status;
    INSERT INTO number_counts (agency_no, status, assigned, numbers)
        VALUES (NEW.agency_no, NEW.status, NEW.assigned, 1)
        ON CONFLICT DO UPDATE SET numbers = numbers + 1;
    INSERT INTO agent_number_counts (agency_no, agent_mapping_id, status, numbers)
        SELECT NEW.agency_no, NEW.agent_mapping_id, NEW.status, 1 WHERE NEW.agent_mapping_id IS NOT NULL
        ON CONFLICT DO UPDATE SET numbers = numbers + 1;
END;

CREATE TRIGGER number_changed AFTER UPDATE ON agency_phone_numbers BEGIN
    UPDATE agencies SET revision = revision + 1 WHERE agency_no IN (OLD.agency_no, NEW.agency_no);
    INSERT INTO number_changes (agency_no, revision, created_at, id)
        SELECT agency_no, revision, NEW.created_at, NEW.id FROM agencies WHERE agency_no = NEW.agency_no;
    INSERT INTO number_changes (agency_no, revision, created_at, id)
        SELECT agency_no, revision, OLD.created_at, OLD.id FROM agencies WHERE agency_no = OLD.agency_no
        ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER agent_added AFTER INSERT ON agent_mappings BEGIN
    UPDATE agencies SET revision = revision + 1 WHERE agency_no = NEW.agency_no;
END;

CREATE TRIGGER agent_changed AFTER UPDATE ON agent_mappings BEGIN
    UPDATE agencies SET revision = revision + 1 WHERE agency_no IN (OLD.agency_no, NEW.agency_no);
END;

CREATE TRIGGER agent_removed AFTER DELETE ON agent_mappings BEGIN
    UPDATE agencies SET revision = revision + 1 WHERE agency_no = OLD.agency_no;
END;
