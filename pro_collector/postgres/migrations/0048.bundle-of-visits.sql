-- depends: 0047.scores-at-size
-- Which visits were asked together, under one invitation; and whose answers no visit counts any more.

CREATE OR REPLACE VIEW research_parts.occasions AS
SELECT o.participant_id, o.id AS visit_id, o.study_version,
       concat_ws(' ', o.assessment, CASE WHEN label.anchor_key <> '' THEN label.anchor_n END, label.point) AS visit,
       o.assessment, label.anchor, label.anchor_n, label.n AS visit_n, label.point,
       CASE WHEN o.anchor = 'unscheduled' THEN label.anchor_on ELSE coalesce(past.anchor_on, o.anchor_on) END
           AS anchor_on, o.reporter,
       o.instruments, coalesce(past.due_at, o.due_at) AS due_at, coalesce(past.due_local, o.due_local)::date AS due_on,
       o.opens_at + (coalesce(past.due_at, o.due_at) - o.due_at) AS opens_at,
       o.closes_at + (coalesce(past.due_at, o.due_at) - o.due_at) AS closes_at,
       o.late_until + (coalesce(past.due_at, o.due_at) - o.due_at) AS late_until, o.moved_by, o.opened_at,
       CASE
           WHEN (SELECT research.as_of()) = 'infinity' THEN o.state
           WHEN past.step IN ('completed', 'partial', 'missed', 'cancelled') THEN past.step
           WHEN past.step IN ('due', 'reported') AND past.answered THEN 'started'
           WHEN past.step IN ('due', 'reported') AND past.sent THEN 'invited'
           WHEN past.step IN ('due', 'reported') THEN 'open'
           ELSE 'planned'
       END AS state,
       CASE WHEN (SELECT research.as_of()) = 'infinity' THEN o.reason ELSE past.reason END AS reason,
       CASE
           WHEN (SELECT research.as_of()) = 'infinity' THEN o.ended_at
           WHEN past.step IN ('completed', 'partial', 'missed', 'cancelled') THEN past.at
       END AS ended_at, o.bundle
FROM occasion o
-- What was set apart later than that moment had its place in the schedule then.
LEFT JOIN LATERAL (
    SELECT l.detail FROM occasion_log l
    WHERE o.anchor = 'unscheduled' AND l.occasion_id = o.id AND l.what = 'set_apart'
      AND l.at > (SELECT research.as_of())
    ORDER BY l.id LIMIT 1
) placed ON true
CROSS JOIN LATERAL (
    SELECT coalesce(placed.detail ->> 'anchor', o.anchor) AS anchor,
           coalesce((placed.detail ->> 'anchor_n')::int, o.anchor_n) AS anchor_n,
           coalesce((placed.detail ->> 'anchor_on')::date, o.anchor_on) AS anchor_on,
           coalesce(placed.detail ->> 'anchor_key', o.anchor_key) AS anchor_key,
           coalesce((placed.detail ->> 'n')::int, o.n) AS n,
           coalesce(placed.detail ->> 'point', o.point) AS point
) label
LEFT JOIN (
    SELECT l.occasion_id, l.participant_id, bool_or(l.what = 'answered') AS answered, bool_or(l.what = 'sent') AS sent,
           (array_agg(l.what ORDER BY l.id DESC) FILTER (WHERE l.what = ANY (main.steps)))[1] AS step,
           (array_agg(l.at ORDER BY l.id DESC) FILTER (WHERE l.what = ANY (main.steps)))[1] AS at,
           (array_agg(l.detail ->> 'reason' ORDER BY l.id DESC) FILTER (WHERE l.what = ANY (main.steps)))[1] AS reason,
           (array_agg(l.detail ->> 'due_at' ORDER BY l.id DESC) FILTER (WHERE l.detail ? 'due_at'))[1]::timestamptz
               AS due_at,
           (array_agg(l.detail ->> 'due_local' ORDER BY l.id DESC) FILTER (WHERE l.detail ? 'due_at'))[1]::timestamp
               AS due_local,
           (array_agg(l.detail ->> 'anchor_on' ORDER BY l.id DESC) FILTER (WHERE l.detail ? 'due_at'))[1]::date
               AS anchor_on
    FROM (VALUES ('{planned,moved,due,reported,completed,partial,missed,cancelled}'::text[])) AS main (steps)
    CROSS JOIN occasion_log l
    WHERE (SELECT research.as_of()) < 'infinity' AND l.at <= (SELECT research.as_of())
    GROUP BY l.occasion_id, l.participant_id
) past ON past.occasion_id = o.id AND past.participant_id = o.participant_id
WHERE NOT (SELECT research.as_of()) < 'infinity' OR past.occasion_id IS NOT NULL;

CREATE OR REPLACE VIEW research_parts.visit_states AS
SELECT p.study, p.participant_code, p.site, coalesce(crossed.arm, p.arm) AS arm, p.enrolled_on, p.zone, p.cycle_kind,
       o.*
FROM research_parts.people p
JOIN research_parts.occasions o ON o.participant_id = p.participant_id
LEFT JOIN research_parts.arms crossed
    ON crossed.participant_id = o.participant_id AND o.due_on >= crossed.from_on
   AND (crossed.until_on IS NULL OR o.due_on < crossed.until_on);

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
       gone.participant_id IS NOT NULL AS data_excluded,
       CASE WHEN v.state <> 'planned' THEN v.bundle END AS bundle
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
