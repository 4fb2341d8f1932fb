-- depends: 0022.least-privilege
-- Rows of the record are never changed or deleted, also not by the owner: triggers refuse it. What may change is said
-- for each table: columns that are filled once, after the row was written. Erasing a person is the one exception.
-- It goes through the functions at the end, which note in the chain that the rows were erased.

-- The chain over these rows: one entry for each, in the order in which they were taken in. See domain/audit_chain.py.
CREATE TABLE audit_entry (
    position bigint PRIMARY KEY,        -- 1, 2, 3, ... without a gap
    source text NOT NULL,               -- the table
    key text,                           -- the primary key of the row, as JSON; null: the row was erased
    salt bytea,                         -- null: erased; then nobody can find out from the digest what the row was
    digest bytea NOT NULL,              -- SHA-256 of salt, key and content
    link bytea NOT NULL,                -- SHA-256 of the link before, source and digest
    erased_at timestamptz,              -- when the row was erased, or (if the key is still there) words in it
    UNIQUE (source, key)
);

-- From time to time the chain is closed: the link that was last then, signed with a key that is not in the database.
CREATE TABLE audit_checkpoint (
    n bigint PRIMARY KEY,               -- 1, 2, 3, ... without a gap; also when nothing was added
    entries bigint NOT NULL,            -- how many entries the chain had
    link bytea NOT NULL,                -- the link of the last of them
    made_at timestamptz NOT NULL,
    signature text NOT NULL             -- of n, entries, link, and the signature before
);

-- The primary key of a row as a JSON array, in the order of its columns in the key.
CREATE FUNCTION key_of(source regclass, content jsonb) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS $body$
    SELECT jsonb_agg(content -> a.attname::text ORDER BY k.place)::text
    FROM pg_index i CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
    WHERE i.indrelid = source AND i.indisprimary
$body$;

CREATE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    before jsonb;
    after jsonb;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'the table % only grows', TG_ARGV[0];
    END IF;
    before := to_jsonb(OLD);
    IF TG_OP = 'UPDATE' THEN
        after := to_jsonb(NEW);
        -- The first argument names the table (of a hypertable, not its chunk); the others, what is filled once.
        IF before - TG_ARGV[1:] = after - TG_ARGV[1:] AND NOT EXISTS (
            SELECT FROM unnest(TG_ARGV[1:]) AS filled
            WHERE before -> filled <> 'null' AND before -> filled <> after -> filled) THEN
            RETURN NEW;
        END IF;
    END IF;
    IF current_setting('pro_collector.erasing', true) = 'yes' THEN
        UPDATE public.audit_entry
        SET key = CASE TG_OP WHEN 'UPDATE' THEN key END, salt = NULL, erased_at = clock_timestamp()
        WHERE source = TG_ARGV[0] AND key = public.key_of(('public.' || TG_ARGV[0])::regclass, before);
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION 'the table % only grows', TG_ARGV[0];
END
$body$;

DROP TRIGGER look_is_kept ON look;
DROP TRIGGER look_is_not_emptied ON look;
DROP FUNCTION keep_look();

DO $tables$
DECLARE
    kept record;
BEGIN
    FOR kept IN SELECT * FROM (VALUES
        ('answer', ''),
        ('score', ', superseded_at'),
        ('occasion_log', ''),
        ('treatment_event', ', superseded_at'),
        ('report', ''),
        ('opt_out', ', resumed_at, resumed_how, resumed_inbound_id, resumed_by'),
        ('look', ''),
        ('erasure', '')) AS kept (source, filled)
    LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON public.%I FOR EACH ROW EXECUTE FUNCTION only_grows(%s)',
            kept.source || '_is_kept', kept.source, quote_literal(kept.source) || kept.filled);
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE TRUNCATE ON public.%I FOR EACH STATEMENT EXECUTE FUNCTION only_grows(%L)',
            kept.source || '_is_not_emptied', kept.source, kept.source);
    END LOOP;
END
$tables$;

-- Erasing: who it was about, in the reports, looks and opt-outs. That somebody looked stays on record.
CREATE FUNCTION erase_traces(person uuid) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $body$
    SELECT set_config('pro_collector.erasing', 'yes', true);
    DELETE FROM report r USING message m WHERE m.id = r.message_id AND m.participant_id = person;
    UPDATE look SET participant_id = NULL, task_id = NULL, inbound_ids = '{}', why = '' WHERE participant_id = person;
    DELETE FROM opt_out WHERE participant_id = person;
    SELECT set_config('pro_collector.erasing', '', true);
$body$;

-- Erasing: what is stored under the pseudonym.
CREATE FUNCTION erase_measurements(person uuid) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $body$
    SELECT set_config('pro_collector.erasing', 'yes', true);
    DELETE FROM score WHERE participant_id = person;
    DELETE FROM answer WHERE participant_id = person;
    DELETE FROM occasion_log WHERE participant_id = person;
    DELETE FROM treatment_event WHERE participant_id = person;
    SELECT set_config('pro_collector.erasing', '', true);
$body$;

-- Erasing with answers kept: the words of these items, and the team's reasons, which may name somebody.
CREATE FUNCTION erase_words(person uuid, instruments text[], items text[]) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $body$
    SELECT set_config('pro_collector.erasing', 'yes', true);
    UPDATE answer a SET code = NULL, value = NULL, absent = 'masked'
    FROM unnest(instruments, items) AS wordy (instrument, item)
    WHERE a.participant_id = person AND (a.instrument, a.item) = (wordy.instrument, wordy.item) AND a.code IS NOT NULL;
    UPDATE treatment_event SET reason = '' WHERE participant_id = person AND reason <> '';
    SELECT set_config('pro_collector.erasing', '', true);
$body$;
