-- depends: 0036.webhooks
-- Where somebody was who did or saw something: the network address of the request, or `command line`; null: the product
-- itself did it, or it was recorded before this column was there. Each transaction says it in the setting `pro.client`.
-- The column is filled when the row is written, by its default, so that no statement can forget it.

CREATE FUNCTION came_from() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('pro.client', true), '');

DO $tables$
DECLARE
    record_of regclass;
BEGIN
    FOREACH record_of IN ARRAY ARRAY[
        'look', 'participant_change', 'participant_state', 'treatment_event', 'alert_log', 'vault.written', 'opt_out',
        'study_application', 'roster', 'erasure', 'job']::regclass[]
    LOOP
        EXECUTE format('ALTER TABLE %s ADD COLUMN client text', record_of);  -- null for what is there already
        EXECUTE format('ALTER TABLE %s ALTER COLUMN client SET DEFAULT public.came_from()', record_of);
    END LOOP;
END
$tables$;

-- What is filled by a later statement than the one that writes the row.
ALTER TABLE participant_state ADD COLUMN retracted_client text;
ALTER TABLE task ADD COLUMN done_client text;
