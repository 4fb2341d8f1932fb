-- depends: 0046.private-links-and-consent
-- Scores at size, and one rule in every output for a reporter who withdrew consent to the use of their data.

-- Whose answers and scores no output for research has any more. Every view below, and FHIR, asks this one.
CREATE VIEW research.left_out AS
SELECT p.study, p.code AS participant_code, p.id AS participant_id, l.reporter
FROM research_parts.left_out l
JOIN participant p ON p.id = l.participant_id
WHERE seen.by_others() OR seen.sees(p.study, p.site);

-- A visit stays, with its state and its reason, so that completeness can be told; what was said at it does not.
CREATE OR REPLACE VIEW research.visits AS
SELECT v.study, v.participant_code, v.participant_id, v.site, v.arm, v.visit_id, v.visit, v.study_version,
       v.assessment, v.assessment <> 'unprompted' AND v.anchor <> 'unscheduled' AS planned, v.anchor, v.anchor_n,
       v.anchor_on, v.visit_n, v.point, v.reporter, v.due_at, v.due_on,
       research.day_number(v.due_on, v.enrolled_on) AS due_day, v.opens_at, v.closes_at, v.late_until, v.moved_by,
       v.state, research.reason_code(v.reason) AS reason, v.ended_at,
       array_to_string(v.instruments, ' ') AS instruments, cardinality(v.instruments) AS instruments_expected,
       CASE WHEN v.state IN ('completed', 'partial') THEN coalesce(given.instruments, 0) ELSE 0 END
           AS instruments_received,
       said.answered AS items_answered, said.declined AS items_declined, said.not_asked AS items_not_asked,
       said.first_at AS first_answer_at, said.last_at AS last_answer_at, day.answered_on,
       research.day_number(day.answered_on, v.enrolled_on) AS answered_day, said.late, said.mode, said.language,
       cycle.n AS cycle, coalesce(day.answered_on, v.due_on) - cycle.happened_on + 1 AS cycle_day,
       coalesce(day.answered_on, v.due_on) - v.anchor_on AS days_since_anchor,
       gone.participant_id IS NOT NULL AS data_excluded
FROM research_parts.visit_states v
LEFT JOIN research_parts.left_out gone ON gone.participant_id = v.participant_id AND gone.reporter = v.reporter
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE absent IS NULL) AS answered,
           count(*) FILTER (WHERE absent = 'asked-declined') AS declined,
           count(*) FILTER (WHERE absent = 'not-asked') AS not_asked,
           count(DISTINCT instrument) FILTER (WHERE absent IS NULL OR absent NOT IN ('not-asked', 'unknown'))
               AS instruments,
           min(answered_at) FILTER (WHERE absent IS DISTINCT FROM 'not-asked') AS first_at,
           max(answered_at) FILTER (WHERE absent IS DISTINCT FROM 'not-asked') AS last_at,
           bool_or(late) AS late,
           (array_agg(mode ORDER BY seq DESC) FILTER (WHERE absent IS DISTINCT FROM 'not-asked'))[1] AS mode,
           (array_agg(language ORDER BY seq DESC) FILTER (WHERE absent IS DISTINCT FROM 'not-asked'))[1] AS language
    FROM research_parts.answers a
    WHERE v.opened_at IS NOT NULL AND a.occasion_id = v.visit_id AND a.participant_id = v.participant_id
) given ON true
LEFT JOIN LATERAL (
    SELECT given.answered, given.declined, given.not_asked, given.first_at, given.last_at, given.late, given.mode,
           given.language
) said ON gone.participant_id IS NULL
CROSS JOIN LATERAL (SELECT (said.last_at AT TIME ZONE v.zone)::date AS answered_on OFFSET 0) day
LEFT JOIN research_parts.treatment cycle
    ON cycle.participant_id = v.participant_id AND cycle.kind = v.cycle_kind
   AND coalesce(day.answered_on, v.due_on) >= cycle.happened_on
   AND (cycle.next_on IS NULL OR coalesce(day.answered_on, v.due_on) < cycle.next_on);

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
