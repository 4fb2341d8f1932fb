-- depends: 0029.alerts
-- What a page of the team reads, it reads as the role `viewer` (grants.yaml), which sees the rows of one study and of
-- some sites of it only. Which ones they are is set for each transaction: `pro.study`, and `pro.sites` with a line for
-- each site, or `*` for all. Where nothing is set, the role sees nothing.
--
-- This is the second check: each query names the sites too. It finds a condition that somebody forgot. It does not stop
-- whoever can run statements of their own, who can set the sites as well.

CREATE SCHEMA seen;

CREATE FUNCTION seen.sees(study text, site text) RETURNS boolean LANGUAGE sql STABLE
RETURN study = current_setting('pro.study', true)
    AND (current_setting('pro.sites', true) = '*'
         OR site = ANY (string_to_array(current_setting('pro.sites', true), E'\n')));

-- Views work with the rights of the owner, so the rows that they show are not those of a policy: they ask this first.
-- Each installation chooses the prefix of its roles.
CREATE FUNCTION seen.by_others() RETURNS boolean LANGUAGE sql STABLE
RETURN right(current_user::text, 6) <> 'viewer';

-- The participants of the study and its sites. With subqueries, so that the settings are read once for each query.
CREATE VIEW seen.person AS
SELECT p.id FROM public.participant p
WHERE p.study = (SELECT current_setting('pro.study', true))
  AND ((SELECT current_setting('pro.sites', true)) = '*'
       OR p.site = ANY ((SELECT string_to_array(current_setting('pro.sites', true), E'\n'))::text[]));

-- Rows of a table are shown to the viewer if `shown` holds, and to every other role that may read the table. The policy
-- `sites` is for the owner, whom no policy concerns, until `migrate` gives it to the role: it alone knows its name.
CREATE PROCEDURE seen.restrict(source regclass, shown text DEFAULT 'participant_id IN (SELECT id FROM seen.person)')
LANGUAGE plpgsql AS $body$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', source);
    EXECUTE format('CREATE POLICY everybody ON %s USING (true)', source);
    EXECUTE format('CREATE POLICY sites ON %s AS RESTRICTIVE TO CURRENT_USER USING (%s)', source, shown);
END
$body$;

-- Who did what on the team's pages, from where; and at whose page they looked. The table only grows.
CREATE TABLE team_act (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    by_whom text NOT NULL,              -- handle, or name of the token
    client text NOT NULL,               -- network address
    what text NOT NULL CHECK (what IN ('looked', 'acted')),
    page text NOT NULL,                 -- the path of the route, with {code} for the person
    act text,                           -- what they had to be allowed to do; null: it is about their own account
    study text,                         -- null: the page is of no study
    participant_id uuid REFERENCES participant,  -- null: nobody in particular, or somebody who was erased
    item text,                          -- what else the path names: a task, an alert, an account; null if erased
    http_status int                     -- how it was answered; filled once
);
CREATE INDEX team_act_in ON team_act (study, at);
CREATE INDEX team_act_of ON team_act (participant_id, at) WHERE participant_id IS NOT NULL;
CREATE TRIGGER team_act_is_kept BEFORE UPDATE OR DELETE ON team_act
FOR EACH ROW EXECUTE FUNCTION only_grows('team_act', 'http_status');
CREATE TRIGGER team_act_is_not_emptied BEFORE TRUNCATE ON team_act
FOR EACH STATEMENT EXECUTE FUNCTION only_grows('team_act');

-- Each time that the chain over what only grows was verified at night.
CREATE TABLE audit_verification (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    entries bigint NOT NULL,            -- how many entries the chain had
    faults int NOT NULL                 -- how many were found; `pro-collector audit verify` names them
);
CREATE TRIGGER audit_verification_is_kept BEFORE UPDATE OR DELETE ON audit_verification
FOR EACH ROW EXECUTE FUNCTION only_grows('audit_verification');
CREATE TRIGGER audit_verification_is_not_emptied BEFORE TRUNCATE ON audit_verification
FOR EACH STATEMENT EXECUTE FUNCTION only_grows('audit_verification');

-- Erasing: that somebody looked or acted stays on record, but not at whom.
CREATE FUNCTION erase_team_acts(person uuid) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $body$
    SELECT set_config('pro_collector.erasing', 'yes', true);
    UPDATE team_act SET participant_id = NULL, item = NULL WHERE participant_id = person;
    SELECT set_config('pro_collector.erasing', '', true);
$body$;

-- When whoever has a session last proved who they are; null: when it began.
ALTER TABLE account_session ADD COLUMN confirmed_at timestamptz;

CALL seen.restrict('participant', $$study = (SELECT current_setting('pro.study', true))
    AND ((SELECT current_setting('pro.sites', true)) = '*'
         OR site = ANY ((SELECT string_to_array(current_setting('pro.sites', true), E'\n'))::text[]))$$);

-- Not the queues (agenda, outbox, dead_letter), which no page reads.
DO $tables$
DECLARE
    of_person regclass;
BEGIN
    FOREACH of_person IN ARRAY ARRAY[
        'participant_state', 'participant_change', 'treatment_event', 'opt_out', 'occasion', 'occasion_log', 'response',
        'message', 'task', 'alert', 'alert_occasion', 'look', 'own_page_code', 'own_page_session', 'own_page_visit',
        'vault.contact', 'vault.nickname', 'vault.written']::regclass[]
    LOOP
        CALL seen.restrict(of_person);
    END LOOP;
END
$tables$;

-- What is behind another table: a row is shown if that of the other table is.
CALL seen.restrict('alert_log', 'EXISTS (SELECT FROM alert a WHERE a.id = alert_id)');
CALL seen.restrict('report', 'EXISTS (SELECT FROM message m WHERE m.id = message_id)');
CALL seen.restrict('link', 'EXISTS (SELECT FROM occasion o WHERE o.id = occasion_id)
    OR EXISTS (SELECT FROM message m WHERE m.id = message_id)');
-- A text belongs to the person of its survey or of a task; without a survey, to whoever is reached at its sender.
CALL seen.restrict('vault.inbound', $$CASE WHEN occasion_id IS NOT NULL THEN EXISTS (
        SELECT FROM public.occasion o WHERE o.id = occasion_id)
    ELSE EXISTS (SELECT FROM vault.contact c WHERE c.lookup = sender_lookup)
        OR (provider = 'page' AND left(provider_id, 36) IN (SELECT p.id::text FROM seen.person p))
    END OR id IN (SELECT (t.detail ->> 'inbound')::uuid FROM public.task t WHERE t.detail ? 'inbound'
                  UNION SELECT jsonb_array_elements_text(t.detail -> 'earlier')::uuid FROM public.task t
                        WHERE t.detail ? 'earlier')$$);
CALL seen.restrict('vault.data_key', $$CASE
    WHEN owner ~ '^[0-9a-f]{8}-[0-9a-f-]{27}$' THEN EXISTS (SELECT FROM public.participant p WHERE p.id = owner::uuid)
    WHEN owner ~ '^([0-9a-f]{2})+$' THEN
        EXISTS (SELECT FROM vault.contact c WHERE c.lookup = decode(owner, 'hex'))
        OR EXISTS (SELECT FROM vault.inbound i WHERE i.sender_lookup = decode(owner, 'hex'))
    ELSE false END$$);

-- What is of a study and of no person, or of one who is not named.
CALL seen.restrict('roster', $$study = (SELECT current_setting('pro.study', true))$$);
CALL seen.restrict('feed_run', $$study = (SELECT current_setting('pro.study', true))$$);
CALL seen.restrict('erasure', $$study = (SELECT current_setting('pro.study', true))
    AND (SELECT current_setting('pro.sites', true)) = '*'$$);
CALL seen.restrict('feed_record', $$participant_id IN (SELECT id FROM seen.person)
    OR (participant_id IS NULL AND study = (SELECT current_setting('pro.study', true))
        AND (SELECT current_setting('pro.sites', true)) = '*')$$);
CALL seen.restrict('team_act', $$study = (SELECT current_setting('pro.study', true))
    AND (participant_id IN (SELECT id FROM seen.person)
         OR (participant_id IS NULL AND (SELECT current_setting('pro.sites', true)) = '*'))$$);

-- TimescaleDB allows no policy on a table with a columnstore or a continuous aggregate. For the viewer, these views
-- stand before the tables and views of the same name: its search path begins with this schema, and it may not read
-- the others.
CREATE VIEW seen.answer AS SELECT a.* FROM public.answer a WHERE a.participant_id IN (SELECT id FROM seen.person);
CREATE VIEW seen.score AS SELECT s.* FROM public.score s WHERE s.participant_id IN (SELECT id FROM seen.person);
CREATE VIEW seen.score_current AS
SELECT s.* FROM public.score_current s WHERE s.participant_id IN (SELECT id FROM seen.person);
CREATE VIEW seen.answer_current AS
SELECT a.* FROM public.answer_current a WHERE a.participant_id IN (SELECT id FROM seen.person);
CREATE VIEW seen.timeline_event AS
SELECT t.* FROM public.timeline_event t WHERE t.participant_id IN (SELECT id FROM seen.person);
CREATE VIEW seen.score_on_treatment AS
SELECT s.* FROM public.score_on_treatment s WHERE s.participant_id IN (SELECT id FROM seen.person);

-- Every view for research takes its people from here.
DO $people$
BEGIN
    EXECUTE format(
        'CREATE OR REPLACE VIEW research_parts.people AS
         SELECT p.* FROM (%s) p WHERE seen.by_others() OR seen.sees(p.study, p.site)',
        rtrim(pg_get_viewdef('research_parts.people'::regclass), ';'));
END
$people$;
