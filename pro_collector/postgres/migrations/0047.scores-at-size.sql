-- depends: 0046.private-links-and-consent
-- Scores at size, and one rule in every output for a reporter who withdrew consent to the use of their data.

-- Whose answers and scores no output for research has any more. Every view below, and FHIR, asks this one.
CREATE VIEW research.left_out AS
SELECT p.study, p.code AS participant_code, p.id AS participant_id, l.reporter
FROM research_parts.left_out l
JOIN participant p ON p.id = l.participant_id
WHERE seen.by_others() OR seen.sees(p.study, p.site);

CREATE OR REPLACE VIEW answer_current AS
SELECT DISTINCT ON (occasion_id, instrument, item) *
FROM answer a
WHERE NOT EXISTS (
    SELECT FROM research_parts.left_out l WHERE l.participant_id = a.participant_id AND l.reporter = a.reporter)
ORDER BY occasion_id, instrument, item, seq DESC;

CREATE OR REPLACE VIEW score_current AS
SELECT DISTINCT ON (participant_id, instrument, scale, response_id) *
FROM score s
WHERE NOT EXISTS (
    SELECT FROM research_parts.left_out l WHERE l.participant_id = s.participant_id AND l.reporter = s.reporter)
ORDER BY participant_id, instrument, scale, response_id, scored_at DESC;

-- The scores of each participant come from the index, also where the participant is named by code.
CREATE OR REPLACE VIEW score_on_treatment AS
SELECT p.study, p.code AS participant_code, p.id AS participant_id, p.site, coalesce(crossed.arm, p.arm) AS arm,
       s.instrument, s.instrument_version, s.scale, s.value, s.answered, s.of, s.reason, s.band, s.reporter, s.mode,
       s.completed_at, day.on_day,
       day.on_day - p.enrolled_on + CASE WHEN day.on_day >= p.enrolled_on THEN 1 ELSE 0 END AS study_day,
       cycle.n AS cycle, day.on_day - cycle.happened_on + 1 AS cycle_day,
       o.assessment, o.anchor, o.n AS occasion_n, day.on_day - o.anchor_on AS days_since_anchor,
       (SELECT jsonb_object_agg(latest.kind, day.on_day - latest.happened_on)
          FROM (SELECT DISTINCT ON (t.kind) t.kind, t.happened_on
                  FROM timeline_event t
                 WHERE t.participant_id = p.id AND t.happened_on <= day.on_day
                 ORDER BY t.kind, t.happened_on DESC) latest) AS days_since,
       s.response_id, s.occasion_id
FROM participant p
JOIN study ON study.id = p.study AND study.version = p.study_version
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (one.instrument, one.scale, one.response_id) one.*
    FROM score one
    WHERE one.participant_id = p.id
    ORDER BY one.instrument, one.scale, one.response_id, one.scored_at DESC
) s
JOIN occasion o ON o.id = s.occasion_id
LEFT JOIN research_parts.arms crossed
    ON crossed.participant_id = p.id AND o.due_local::date >= crossed.from_on
   AND (crossed.until_on IS NULL OR o.due_local::date < crossed.until_on)
CROSS JOIN LATERAL (SELECT (s.completed_at AT TIME ZONE p.zone)::date AS on_day) day
LEFT JOIN LATERAL (
    SELECT t.n, t.happened_on FROM timeline_event t
    WHERE t.participant_id = p.id AND t.kind = study.cycle_kind AND t.happened_on <= day.on_day
    ORDER BY t.happened_on DESC LIMIT 1) cycle ON true
WHERE NOT EXISTS (
    SELECT FROM research_parts.left_out l WHERE l.participant_id = s.participant_id AND l.reporter = s.reporter);

-- Scores by day, study, site and arm are kept in a table. Whatever may change a day (a score, a crossover, an arm or a
-- site that was corrected, consent, a visit that was moved) marks it as stale in the same transaction; the refresh counts
-- stale days anew. Until then the views count them from the scores, so what they show is never old. Marks are only
-- added, so that no writer waits for another.
CREATE TABLE score_day (
    day timestamptz NOT NULL,           -- 00:00 UTC
    study text,                         -- null, like arm and site: scores of nobody who is in the record
    site text,
    arm text,                           -- on the day on which the visit was due
    instrument text NOT NULL,
    scale text NOT NULL,
    reporter text NOT NULL,
    scoring_version text NOT NULL,
    newest boolean NOT NULL,            -- whether this is the newest scoring of these responses
    scores bigint NOT NULL,             -- with a value
    total double precision,
    squares double precision,           -- sum of the squares
    lowest double precision,
    highest double precision
);
CREATE INDEX score_day_of ON score_day (day);
CREATE INDEX score_day_in ON score_day (study, instrument, scale, day);

CREATE TABLE score_day_stale (
    day timestamptz NOT NULL
);

-- Both in UTC, whatever the zone of the session; weeks begin on Monday.
CREATE FUNCTION day_of(at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE
RETURN date_bin(interval '24 hours', at, timestamptz '2000-01-03 00:00:00+00');
CREATE FUNCTION week_of(at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE
RETURN date_bin(interval '7 days', at, timestamptz '2000-01-03 00:00:00+00');

-- A hypertable has this index already.
CREATE INDEX IF NOT EXISTS score_completed_at_idx ON score (completed_at DESC);

-- The stale days as they are. OFFSET 0: only the scores of these days are read, however many the planner expects.
CREATE VIEW research_parts.stale_days AS
SELECT stale.day, p.study, p.site, coalesce(crossed.arm, p.arm) AS arm, s.instrument, s.scale, s.reporter,
       s.scoring_version, latest.newest, count(s.value) AS scores, sum(s.value) AS total,
       sum(s.value * s.value) AS squares, min(s.value) AS lowest, max(s.value) AS highest
FROM (SELECT DISTINCT day FROM score_day_stale) stale
CROSS JOIN LATERAL (
    SELECT * FROM score
    WHERE completed_at >= stale.day AND completed_at < stale.day + interval '24 hours' AND superseded_at IS NULL
    OFFSET 0
) s
LEFT JOIN participant p ON p.id = s.participant_id
LEFT JOIN occasion o ON o.id = s.occasion_id
LEFT JOIN research_parts.arms crossed
    ON crossed.participant_id = p.id AND o.due_local::date >= crossed.from_on
   AND (crossed.until_on IS NULL OR o.due_local::date < crossed.until_on)
CROSS JOIN LATERAL (SELECT NOT EXISTS (
    SELECT FROM score later
    WHERE later.response_id = s.response_id AND later.scale = s.scale
      AND (later.scored_at > s.scored_at
           OR (later.scored_at = s.scored_at AND later.scoring_version < s.scoring_version))) AS newest) latest
WHERE NOT EXISTS (
    SELECT FROM research_parts.left_out l WHERE l.participant_id = s.participant_id AND l.reporter = s.reporter)
GROUP BY stale.day, p.study, p.site, coalesce(crossed.arm, p.arm), s.instrument, s.scale, s.reporter,
         s.scoring_version, latest.newest;

-- All days as they are now: nothing where another moment is asked for.
CREATE VIEW research_parts.days AS
SELECT kept.* FROM score_day kept
WHERE NOT EXISTS (SELECT FROM score_day_stale stale WHERE stale.day = kept.day)
  AND (SELECT research.as_of()) = 'infinity'
UNION ALL
SELECT counted.* FROM research_parts.stale_days counted WHERE (SELECT research.as_of()) = 'infinity';

-- The newest score of each scale of each response, by week, site and arm. `total` and `squares` add up over groups.
CREATE VIEW research.score_weeks AS
SELECT study, site, arm, week_of(day) AS week, instrument, scale, reporter, sum(scores)::bigint AS scores,
       sum(total) / nullif(sum(scores), 0)::float8 AS mean, sum(total) AS total, sum(squares) AS squares,
       min(lowest) AS lowest, max(highest) AS highest
FROM research_parts.days
WHERE newest AND study IS NOT NULL
GROUP BY study, site, arm, week_of(day), instrument, scale, reporter;

CREATE FUNCTION count_stale_days() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $body$
BEGIN
    IF pg_try_advisory_xact_lock(hashtext('score_day')) THEN
        PERFORM set_config('research.as_of', '', true);
        -- One statement: what is counted, and which marks go, are seen at the same moment.
        WITH gone AS (DELETE FROM score_day_stale RETURNING day),
             old AS (DELETE FROM score_day kept USING (SELECT DISTINCT day FROM gone) days
                     WHERE kept.day = days.day)
        INSERT INTO score_day SELECT * FROM research_parts.stale_days;
    END IF;
END
$body$;
REVOKE ALL ON FUNCTION count_stale_days() FROM PUBLIC;

-- The continuous aggregate of TimescaleDB, which knew neither study nor arm nor consent, becomes the same view.
DO $view$
DECLARE
    aggregate boolean := false;
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        EXECUTE $query$ SELECT EXISTS (SELECT FROM timescaledb_information.continuous_aggregates
                                       WHERE view_schema = 'public' AND view_name = 'score_weekly') $query$
            INTO aggregate;
    END IF;
    IF aggregate THEN
        EXECUTE 'DROP MATERIALIZED VIEW score_weekly';
    ELSE
        EXECUTE 'DROP VIEW score_weekly';
    END IF;
END
$view$;
CREATE VIEW score_weekly AS
SELECT week_of(day) AS week, instrument, scale, reporter, scoring_version, sum(scores)::bigint AS scores,
       sum(total) / nullif(sum(scores), 0)::float8 AS mean, min(lowest) AS lowest, max(highest) AS highest
FROM research_parts.days
GROUP BY week_of(day), instrument, scale, reporter, scoring_version;
DROP PROCEDURE refresh_score_weekly();
CREATE PROCEDURE refresh_score_weekly() LANGUAGE sql BEGIN ATOMIC
    SELECT count_stale_days();
END;

-- Which scores of a response are the newest may change with any new one, so all days of the response are marked.
CREATE FUNCTION mark_days_of_scores() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $body$
BEGIN
    INSERT INTO score_day_stale
    SELECT day_of(completed_at) FROM changed
    UNION
    SELECT day_of(s.completed_at) FROM score s WHERE s.response_id IN (SELECT response_id FROM changed);
    RETURN NULL;
END
$body$;
REVOKE ALL ON FUNCTION mark_days_of_scores() FROM PUBLIC;
CREATE TRIGGER score_added_to_day AFTER INSERT ON score REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mark_days_of_scores();
CREATE TRIGGER score_changed_in_day AFTER UPDATE ON score REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mark_days_of_scores();
CREATE TRIGGER score_taken_from_day AFTER DELETE ON score REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mark_days_of_scores();

-- What is changed about a participant: the days of their scores, for a crossover of those that were due from then on.
CREATE FUNCTION mark_days_of_person() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $body$
DECLARE
    before jsonb := to_jsonb(OLD);
    after jsonb := to_jsonb(NEW);
    about jsonb := coalesce(after, before);
BEGIN
    INSERT INTO score_day_stale
    SELECT DISTINCT day_of(s.completed_at) FROM score s JOIN occasion o ON o.id = s.occasion_id
    WHERE s.participant_id = CASE TG_TABLE_NAME WHEN 'participant' THEN about ->> 'id'
                             ELSE about ->> 'participant_id' END::uuid
      AND CASE TG_TABLE_NAME
              WHEN 'participant_state' THEN
                  o.due_local::date >= least((before ->> 'starts_on')::date, (after ->> 'starts_on')::date)
              WHEN 'occasion' THEN o.id = (about ->> 'id')::uuid
              ELSE true
          END;
    RETURN NULL;
END
$body$;
REVOKE ALL ON FUNCTION mark_days_of_person() FROM PUBLIC;
CREATE TRIGGER person_moves_scores AFTER UPDATE OF arm, site, study ON participant FOR EACH ROW
WHEN ((OLD.arm, OLD.site, OLD.study) IS DISTINCT FROM (NEW.arm, NEW.site, NEW.study))
EXECUTE FUNCTION mark_days_of_person();
CREATE TRIGGER crossover_moves_scores AFTER INSERT ON participant_state FOR EACH ROW
WHEN (NEW.arm IS NOT NULL) EXECUTE FUNCTION mark_days_of_person();
CREATE TRIGGER crossover_changed_moves_scores AFTER UPDATE ON participant_state FOR EACH ROW
WHEN (OLD.arm IS NOT NULL OR NEW.arm IS NOT NULL) EXECUTE FUNCTION mark_days_of_person();
CREATE TRIGGER crossover_erased_moves_scores AFTER DELETE ON participant_state FOR EACH ROW
WHEN (OLD.arm IS NOT NULL) EXECUTE FUNCTION mark_days_of_person();
CREATE TRIGGER consent_moves_scores AFTER INSERT ON consent FOR EACH ROW
WHEN (NEW.excludes_data) EXECUTE FUNCTION mark_days_of_person();
CREATE TRIGGER consent_changed_moves_scores AFTER UPDATE ON consent FOR EACH ROW
WHEN (OLD.excludes_data IS DISTINCT FROM NEW.excludes_data) EXECUTE FUNCTION mark_days_of_person();
CREATE TRIGGER consent_erased_moves_scores AFTER DELETE ON consent FOR EACH ROW
WHEN (OLD.excludes_data) EXECUTE FUNCTION mark_days_of_person();
CREATE TRIGGER visit_moves_scores AFTER UPDATE OF due_local ON occasion FOR EACH ROW
WHEN (OLD.due_local IS DISTINCT FROM NEW.due_local AND OLD.ended_at IS NOT NULL)
EXECUTE FUNCTION mark_days_of_person();

INSERT INTO score_day_stale SELECT DISTINCT day_of(completed_at) FROM score;
