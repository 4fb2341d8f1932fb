-- depends: 0001.the-record
-- What researchers read: scores beside treatment. Dates come from what is believed now, so a corrected date reshapes
-- every trajectory and rewrites no score.

-- The scoring version that counts for a response: the newest one.
CREATE VIEW score_current AS
SELECT DISTINCT ON (response_id, scale) *
FROM score
ORDER BY response_id, scale, scored_at DESC;

CREATE VIEW timeline_event AS
SELECT participant_id, root_id AS event_id, kind, happened_on,
       row_number() OVER (PARTITION BY participant_id, kind ORDER BY happened_on, root_id) AS n
FROM treatment_event
WHERE superseded_at IS NULL AND NOT retracted;

-- One row per score, with the calendar day in the participant's own zone and its place in their treatment.
-- study_day: 1 on the day of enrolment, no day 0 (CDISC SDTM --DY). cycle_day: 1 on the first day of the cycle.
CREATE VIEW score_on_treatment AS
SELECT p.study, p.code AS participant_code, p.id AS participant_id, p.site, p.arm,
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
FROM score_current s
JOIN participant p ON p.id = s.participant_id
JOIN study ON study.id = p.study AND study.version = p.study_version
JOIN occasion o ON o.id = s.occasion_id
CROSS JOIN LATERAL (SELECT (s.completed_at AT TIME ZONE p.zone)::date AS on_day) day
LEFT JOIN LATERAL (
    SELECT t.n, t.happened_on FROM timeline_event t
    WHERE t.participant_id = p.id AND t.kind = study.cycle_kind AND t.happened_on <= day.on_day
    ORDER BY t.happened_on DESC LIMIT 1) cycle ON true;

-- The state of every occasion: planned = the sum of all states, always.
CREATE VIEW occasion_count AS
SELECT study, assessment, reporter, state, reason, count(*) AS occasions
FROM occasion
GROUP BY study, assessment, reporter, state, reason;

-- The last answer to each item.
CREATE VIEW answer_current AS
SELECT DISTINCT ON (occasion_id, instrument, item) *
FROM answer
ORDER BY occasion_id, instrument, item, seq DESC;
