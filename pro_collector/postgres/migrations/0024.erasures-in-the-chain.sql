-- depends: 0023.what-only-grows
-- Whoever erases leaves a trace: each erasure says how many entries of the chain it emptied, and itself enters the chain.
-- So nobody can hide a change by emptying its entry. Restorations enter the chain too.

ALTER TABLE erasure
    ADD COLUMN recorded_at timestamptz,             -- when its transaction began: the erased_at of the entries
    ADD COLUMN entries bigint NOT NULL DEFAULT 0;   -- how many it emptied

CREATE INDEX audit_entry_erased ON audit_entry (erased_at) WHERE erased_at IS NOT NULL;

CREATE OR REPLACE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
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
        -- Whoever takes this row into the chain at this moment has committed its entry when this lock is ours.
        PERFORM pg_advisory_xact_lock(hashtext('audit chain'));
        UPDATE public.audit_entry
        SET key = CASE TG_OP WHEN 'UPDATE' THEN key END, salt = NULL, erased_at = transaction_timestamp()
        WHERE source = TG_ARGV[0] AND key = public.key_of(('public.' || TG_ARGV[0])::regclass, before);
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION 'the table % only grows', TG_ARGV[0];
END
$body$;

CREATE TRIGGER restoration_is_kept BEFORE UPDATE OR DELETE ON restoration
    FOR EACH ROW EXECUTE FUNCTION only_grows('restoration', resumed_at, resumed_by);
CREATE TRIGGER restoration_is_not_emptied BEFORE TRUNCATE ON restoration
    FOR EACH STATEMENT EXECUTE FUNCTION only_grows('restoration');
