-- Events: what was changed, by whom. Triggers write them, in the changing transaction, whatever process changes.

-- On whose behalf the transaction that is under way acts: its one row is filled in when a transaction begins and emptied
-- before it ends, so that nobody sees it filled but the triggers below.
CREATE TABLE acting (
    only       INTEGER PRIMARY KEY CHECK (only = 1),
    actor      TEXT,
    request_id TEXT,
    at         INTEGER
) STRICT;

INSERT INTO acting (only) VALUES (1);

CREATE TABLE events (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Null: of a user without an agency.
    agency_no  INTEGER,
    at         INTEGER NOT NULL,
    -- `user ID`, `key ID`, `operator`, `worker`, or `outside`: another program.
    actor      TEXT NOT NULL,
    request_id TEXT,
    noun       TEXT NOT NULL,
    subject    BLOB NOT NULL,
    -- added, changed or removed
    deed       TEXT NOT NULL,
    -- JSON objects: of a change, the fields that changed; of the others, those that are not null. Ids are 32 hex digits.
    before     TEXT,
    after      TEXT
) STRICT;

CREATE INDEX events_of_agency ON events (agency_no, seq);

-- An INSERT OR REPLACE changes too, and without recursive triggers nobody else would hear of it.
CREATE TRIGGER events_are_never_replaced BEFORE INSERT ON events WHEN NEW.seq IN (SELECT seq FROM events) BEGIN
    SELECT RAISE(ABORT, 'events are only ever added');
END;

CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events BEGIN
    SELECT RAISE(ABORT, 'events are only ever added');
END;

CREATE TRIGGER events_are_never_removed BEFORE DELETE ON events BEGIN
    SELECT RAISE(ABORT, 'events are only ever added');
END;

-- What the triggers write to: who and when is filled in here.
CREATE VIEW event_entry AS SELECT agency_no, noun, subject, deed, before, after FROM events;

CREATE TRIGGER event_entered INSTEAD OF INSERT ON event_entry BEGIN
    INSERT INTO events (agency_no, at, actor, request_id, noun, subject, deed, before, after)
        SELECT NEW.agency_no,
            coalesce(at, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000), coalesce(actor, 'outside'),
            request_id, NEW.noun, NEW.subject, NEW.deed, NEW.before, NEW.after
        FROM acting;
END;

CREATE TRIGGER agency_added_is_an_event AFTER INSERT ON agencies BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, after)
        SELECT NEW.agency_no, 'agency', NEW.id, 'added', json_patch('{}', json_object(
            'name', NEW.name,
            'parent', (SELECT lower(hex(a.id)) FROM agencies AS a WHERE a.agency_no = NEW.parent_no),
            'max_numbers', NEW.max_numbers,
            'monthly_budget', NEW.monthly_budget,
            'budget_currency', NEW.budget_currency));
END;

CREATE TRIGGER agency_changed_is_an_event AFTER UPDATE OF name, parent_no, max_numbers, monthly_budget, budget_currency ON agencies BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before, after)
        SELECT NEW.agency_no, 'agency', NEW.id, 'changed', json_group_object(field, was), json_group_object(field, now_is)
        FROM (
            SELECT 'name' AS field, OLD.name AS was, NEW.name AS now_is
            UNION ALL SELECT 'parent',
                (SELECT lower(hex(a.id)) FROM agencies AS a WHERE a.agency_no = OLD.parent_no),
                (SELECT lower(hex(a.id)) FROM agencies AS a WHERE a.agency_no = NEW.parent_no)
            UNION ALL SELECT 'max_numbers', OLD.max_numbers, NEW.max_numbers
            UNION ALL SELECT 'monthly_budget', OLD.monthly_budget, NEW.monthly_budget
            UNION ALL SELECT 'budget_currency', OLD.budget_currency, NEW.budget_currency
        ) WHERE was IS NOT now_is HAVING count(*) > 0;
END;

CREATE TRIGGER agency_removed_is_an_event AFTER DELETE ON agencies BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before)
        SELECT OLD.agency_no, 'agency', OLD.id, 'removed', json_patch('{}', json_object(
            'name', OLD.name,
            'parent', (SELECT lower(hex(a.id)) FROM agencies AS a WHERE a.agency_no = OLD.parent_no),
            'max_numbers', OLD.max_numbers,
            'monthly_budget', OLD.monthly_budget,
            'budget_currency', OLD.budget_currency));
END;

CREATE TRIGGER user_added_is_an_event AFTER INSERT ON users BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, after)
        SELECT NEW.agency_no, 'user', NEW.id, 'added', json_patch('{}', json_object(
            'email', NEW.email,
            'role', CASE NEW.role WHEN 0 THEN 'agency_owner' WHEN 1 THEN 'agency_admin' WHEN 2 THEN 'agency_member'
                WHEN 3 THEN 'client_admin' WHEN 4 THEN 'client_viewer' WHEN 5 THEN 'admin' END,
            'agency', (SELECT lower(hex(a.id)) FROM agencies AS a WHERE a.agency_no = NEW.agency_no)));
END;

CREATE TRIGGER user_changed_is_an_event AFTER UPDATE ON users BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before, after)
        SELECT NEW.agency_no, 'user', NEW.id, 'changed', json_group_object(field, was), json_group_object(field, now_is)
        FROM (
            SELECT 'email' AS field, OLD.email AS was, NEW.email AS now_is
            UNION ALL SELECT 'role',
                CASE OLD.role WHEN 0 THEN 'agency_owner' WHEN 1 THEN 'agency_admin' WHEN 2 THEN 'agency_member'
                    WHEN 3 THEN 'client_admin' WHEN 4 THEN 'client_viewer' WHEN 5 THEN 'admin' END,
                CASE NEW.role WHEN 0 THEN 'agency_owner' WHEN 1 THEN 'agency_admin' WHEN 2 THEN 'agency_member'
                    WHEN 3 THEN 'client_admin' WHEN 4 THEN 'client_viewer' WHEN 5 THEN 'admin' END
            UNION ALL SELECT 'agency',
                (SELECT lower(hex(a.id)) FROM agencies AS a WHERE a.agency_no = OLD.agency_no),
                (SELECT lower(hex(a.id)) FROM agencies AS a WHERE a.agency_no = NEW.agency_no)
        ) WHERE was IS NOT now_is HAVING count(*) > 0;
END;

CREATE TRIGGER user_removed_is_an_event AFTER DELETE ON users BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before)
        SELECT OLD.agency_no, 'user', OLD.id, 'removed', json_patch('{}', json_object(
            'email', OLD.email,
            'role', CASE OLD.role WHEN 0 THEN 'agency_owner' WHEN 1 THEN 'agency_admin' WHEN 2 THEN 'agency_member'
                WHEN 3 THEN 'client_admin' WHEN 4 THEN 'client_viewer' WHEN 5 THEN 'admin' END,
            'agency', (SELECT lower(hex(a.id)) FROM agencies AS a WHERE a.agency_no = OLD.agency_no)));
END;

CREATE TRIGGER agent_added_is_an_event AFTER INSERT ON agent_mappings BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, after)
        SELECT NEW.agency_no, 'agent', NEW.id, 'added', json_patch('{}', json_object(
            'ultravox_agent_id', NEW.ultravox_agent_id,
            'ultravox_agent_name', NEW.ultravox_agent_name,
            'voice', NEW.voice,
            'language_hint', NEW.language_hint,
            'recording_enabled', NEW.recording_enabled,
            'client_id', NEW.client_id,
            'campaign_id', NEW.campaign_id,
            'default_direction', NEW.default_direction,
            'system_prompt', NEW.system_prompt,
            'temperature', NEW.temperature,
            'first_speaker_text', NEW.first_speaker_text,
            'max_duration_seconds', NEW.max_duration_seconds,
            'tools', NEW.tools,
            'voice_url', NEW.voice_url,
            'sms_url', NEW.sms_url,
            'application_id', NEW.application_id,
            'trunk_id', NEW.trunk_id,
            'connection_id', NEW.connection_id,
            'messaging_profile_id', NEW.messaging_profile_id,
            'sip_uri', NEW.sip_uri));
END;

CREATE TRIGGER agent_changed_is_an_event AFTER UPDATE ON agent_mappings BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before, after)
        SELECT NEW.agency_no, 'agent', NEW.id, 'changed', json_group_object(field, was), json_group_object(field, now_is)
        FROM (
            SELECT 'ultravox_agent_id' AS field, OLD.ultravox_agent_id AS was, NEW.ultravox_agent_id AS now_is
            UNION ALL SELECT 'ultravox_agent_name', OLD.ultravox_agent_name, NEW.ultravox_agent_name
            UNION ALL SELECT 'voice', OLD.voice, NEW.voice
            UNION ALL SELECT 'language_hint', OLD.language_hint, NEW.language_hint
            UNION ALL SELECT 'recording_enabled', OLD.recording_enabled, NEW.recording_enabled
            UNION ALL SELECT 'client_id', OLD.client_id, NEW.client_id
            UNION ALL SELECT 'campaign_id', OLD.campaign_id, NEW.campaign_id
            UNION ALL SELECT 'default_direction', OLD.default_direction, NEW.default_direction
            UNION ALL SELECT 'system_prompt', OLD.system_prompt, NEW.system_prompt
            UNION ALL SELECT 'temperature', OLD.temperature, NEW.temperature
            UNION ALL SELECT 'first_speaker_text', OLD.first_speaker_text, NEW.first_speaker_text
            UNION ALL SELECT 'max_duration_seconds', OLD.max_duration_seconds, NEW.max_duration_seconds
            UNION ALL SELECT 'tools', OLD.tools, NEW.tools
            UNION ALL SELECT 'voice_url', OLD.voice_url, NEW.voice_url
            UNION ALL SELECT 'sms_url', OLD.sms_url, NEW.sms_url
            UNION ALL SELECT 'application_id', OLD.application_id, NEW.application_id
            UNION ALL SELECT 'trunk_id', OLD.trunk_id, NEW.trunk_id
            UNION ALL SELECT 'connection_id', OLD.connection_id, NEW.connection_id
            UNION ALL SELECT 'messaging_profile_id', OLD.messaging_profile_id, NEW.messaging_profile_id
            UNION ALL SELECT 'sip_uri', OLD.sip_uri, NEW.sip_uri
        ) WHERE was IS NOT now_is HAVING count(*) > 0;
END;

CREATE TRIGGER agent_removed_is_an_event AFTER DELETE ON agent_mappings BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before)
        SELECT OLD.agency_no, 'agent', OLD.id, 'removed', json_patch('{}', json_object(
            'ultravox_agent_id', OLD.ultravox_agent_id,
            'ultravox_agent_name', OLD.ultravox_agent_name,
            'voice', OLD.voice,
            'language_hint', OLD.language_hint,
            'recording_enabled', OLD.recording_enabled,
            'client_id', OLD.client_id,
            'campaign_id', OLD.campaign_id,
            'default_direction', OLD.default_direction,
            'system_prompt', OLD.system_prompt,
            'temperature', OLD.temperature,
            'first_speaker_text', OLD.first_speaker_text,
            'max_duration_seconds', OLD.max_duration_seconds,
            'tools', OLD.tools,
            'voice_url', OLD.voice_url,
            'sms_url', OLD.sms_url,
            'application_id', OLD.application_id,
            'trunk_id', OLD.trunk_id,
            'connection_id', OLD.connection_id,
            'messaging_profile_id', OLD.messaging_profile_id,
            'sip_uri', OLD.sip_uri));
END;

CREATE TRIGGER number_added_is_an_event AFTER INSERT ON agency_phone_numbers BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, after)
        SELECT NEW.agency_no, 'number', NEW.id, 'added', json_patch('{}', json_object(
            'phone_number', NEW.phone_number,
            'phone_number_id', NEW.phone_number_id,
            'friendly_name', NEW.friendly_name,
            'number_type', NEW.number_type,
            'country_code', NEW.country_code,
            'voice_enabled', NEW.voice_enabled,
            'sms_enabled', NEW.sms_enabled,
            'mms_enabled', NEW.mms_enabled,
            'inbound', NEW.inbound,
            'outbound', NEW.outbound,
            'agent_mapping_id', nullif(lower(hex(NEW.agent_mapping_id)), ''),
            'monthly_cost', NEW.monthly_cost,
            'setup_cost', NEW.setup_cost,
            'currency', NEW.currency,
            'status', CASE NEW.status WHEN 0 THEN 'pending' WHEN 1 THEN 'active' WHEN 2 THEN 'suspended' WHEN 3 THEN 'released' END,
            'is_active', NEW.is_active,
            'carrier', CASE NEW.carrier WHEN 0 THEN 'simulator' WHEN 1 THEN 'sip' WHEN 2 THEN 'twilio' WHEN 3 THEN 'telnyx' END,
            'carrier_account', NEW.carrier_account,
            'location', NEW.location,
            'routing', NEW.routing,
            'purchased_at', NEW.purchased_at,
            'released_at', NEW.released_at,
            'external_id', NEW.external_id,
            'expires_at', NEW.expires_at));
END;

CREATE TRIGGER number_changed_is_an_event AFTER UPDATE ON agency_phone_numbers BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before, after)
        SELECT NEW.agency_no, 'number', NEW.id, 'changed', json_group_object(field, was), json_group_object(field, now_is)
        FROM (
            SELECT 'phone_number' AS field, OLD.phone_number AS was, NEW.phone_number AS now_is
            UNION ALL SELECT 'phone_number_id', OLD.phone_number_id, NEW.phone_number_id
            UNION ALL SELECT 'friendly_name', OLD.friendly_name, NEW.friendly_name
            UNION ALL SELECT 'number_type', OLD.number_type, NEW.number_type
            UNION ALL SELECT 'country_code', OLD.country_code, NEW.country_code
            UNION ALL SELECT 'voice_enabled', OLD.voice_enabled, NEW.voice_enabled
            UNION ALL SELECT 'sms_enabled', OLD.sms_enabled, NEW.sms_enabled
            UNION ALL SELECT 'mms_enabled', OLD.mms_enabled, NEW.mms_enabled
            UNION ALL SELECT 'inbound', OLD.inbound, NEW.inbound
            UNION ALL SELECT 'outbound', OLD.outbound, NEW.outbound
            UNION ALL SELECT 'agent_mapping_id',
                nullif(lower(hex(OLD.agent_mapping_id)), ''),
                nullif(lower(hex(NEW.agent_mapping_id)), '')
            UNION ALL SELECT 'monthly_cost', OLD.monthly_cost, NEW.monthly_cost
            UNION ALL SELECT 'setup_cost', OLD.setup_cost, NEW.setup_cost
            UNION ALL SELECT 'currency', OLD.currency, NEW.currency
            UNION ALL SELECT 'status',
                CASE OLD.status WHEN 0 THEN 'pending' WHEN 1 THEN 'active' WHEN 2 THEN 'suspended'
                    WHEN 3 THEN 'released' END,
                CASE NEW.status WHEN 0 THEN 'pending' WHEN 1 THEN 'active' WHEN 2 THEN 'suspended'
                    WHEN 3 THEN 'released' END
            UNION ALL SELECT 'is_active', OLD.is_active, NEW.is_active
            UNION ALL SELECT 'carrier',
                CASE OLD.carrier WHEN 0 THEN 'simulator' WHEN 1 THEN 'sip' WHEN 2 THEN 'twilio'
                    WHEN 3 THEN 'telnyx' END,
                CASE NEW.carrier WHEN 0 THEN 'simulator' WHEN 1 THEN 'sip' WHEN 2 THEN 'twilio'
                    WHEN 3 THEN 'telnyx' END
            UNION ALL SELECT 'carrier_account', OLD.carrier_account, NEW.carrier_account
            UNION ALL SELECT 'location', OLD.location, NEW.location
            UNION ALL SELECT 'routing', OLD.routing, NEW.routing
            UNION ALL SELECT 'purchased_at', OLD.purchased_at, NEW.purchased_at
            UNION ALL SELECT 'released_at', OLD.released_at, NEW.released_at
            UNION ALL SELECT 'external_id', OLD.external_id, NEW.external_id
            UNION ALL SELECT 'expires_at', OLD.expires_at, NEW.expires_at
        ) WHERE was IS NOT now_is HAVING count(*) > 0;
END;

CREATE TRIGGER number_removed_is_an_event AFTER DELETE ON agency_phone_numbers BEGIN
    INSERT INTO event_entry (agency_no, noun, subject, deed, before)
        SELECT OLD.agency_no, 'number', OLD.id, 'removed', json_patch('{}', json_object(
            'phone_number', OLD.phone_number,
            'phone_number_id', OLD.phone_number_id,
            'friendly_name', OLD.friendly_name,
            'number_type', OLD.number_type,
            'country_code', OLD.country_code,
            'voice_enabled', OLD.voice_enabled,
            'sms_enabled', OLD.sms_enabled,
            'mms_enabled', OLD.mms_enabled,
            'inbound', OLD.inbound,
            'outbound', OLD.outbound,
            'agent_mapping_id', nullif(lower(hex(OLD.agent_mapping_id)), ''),
            'monthly_cost', OLD.monthly_cost,
            'setup_cost', OLD.setup_cost,
            'currency', OLD.currency,
            'status', CASE OLD.status WHEN 0 THEN 'pending' WHEN 1 THEN 'active' WHEN 2 THEN 'suspended' WHEN 3 THEN 'released' END,
            'is_active', OLD.is_active,
            'carrier', CASE OLD.carrier WHEN 0 THEN 'simulator' WHEN 1 THEN 'sip' WHEN 2 THEN 'twilio' WHEN 3 THEN 'telnyx' END,
            'carrier_account', OLD.carrier_account,
            'location', OLD.location,
            'routing', OLD.routing,
            'purchased_at', OLD.purchased_at,
            'released_at', OLD.released_at,
            'external_id', OLD.external_id,
            'expires_at', OLD.expires_at));
END;
