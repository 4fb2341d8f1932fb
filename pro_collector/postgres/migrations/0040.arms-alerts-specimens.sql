-- depends: 0039.hand
-- The research model: the arm on the day of each visit, alerts without words, and the specimens of treatment events.

-- From which day until which (exclusive; null: open) each participant who crossed over was in another arm than the one
-- of their enrolment. The stretches of one participant do not overlap. On its day, the crossover already counts.
CREATE VIEW research_parts.arms AS
SELECT s.participant_id, s.arm, s.starts_on AS from_on,
       lead(s.starts_on) OVER (PARTITION BY s.participant_id ORDER BY s.starts_on) AS until_on
FROM (SELECT DISTINCT ON (participant_id, starts_on) participant_id, starts_on, arm
      FROM participant_state
      WHERE arm IS NOT NULL AND recorded_at <= (SELECT research.as_of())
        AND (retracted_at IS NULL OR retracted_at > (SELECT research.as_of()))
      ORDER BY participant_id, starts_on, id) s;

-- The day on which a visit is due decides, as it does for the planner: a late answer does not change the arm.
CREATE OR REPLACE VIEW research_parts.visit_states AS
SELECT p.study, p.participant_code, p.site, coalesce(crossed.arm, p.arm) AS arm, p.enrolled_on, p.zone, p.cycle_kind,
       o.*
FROM research_parts.people p
JOIN research_parts.occasions o ON o.participant_id = p.participant_id
LEFT JOIN research_parts.arms crossed
    ON crossed.participant_id = o.participant_id AND o.due_on >= crossed.from_on
   AND (crossed.until_on IS NULL OR o.due_on < crossed.until_on);

-- `arm` is that of the enrolment, by which participants were randomised.
CREATE OR REPLACE VIEW research.participants AS
SELECT p.study, p.participant_code, p.participant_id, p.study_version, p.site,
       p.definition -> 'sites' -> p.site ->> 'country' AS country, p.arm, p.sex, p.language,
       extract(year FROM age(p.enrolled_on, p.birth_date))::int AS age_at_enrolment, p.enrolled_on,
       left_study.died_on, left_study.withdrew_on, left_study.off_study_on, left_study.off_study_reason,
       research.day_number(left_study.off_study_on, p.enrolled_on) AS off_study_day,
       crossed.first_on AS crossed_over_on, coalesce(crossed.last_arm, p.arm) AS last_arm, consent.version
           AS consent_version
FROM research_parts.people p
CROSS JOIN LATERAL (
    SELECT min(e.happened_on) FILTER (WHERE e.kind IN ('died', 'death')) AS died_on,
           min(e.happened_on) FILTER (WHERE e.kind = 'withdrew') AS withdrew_on, min(e.happened_on) AS off_study_on,
           (array_agg(e.kind ORDER BY e.happened_on, e.kind))[1] AS off_study_reason
    FROM (SELECT s.kind, s.starts_on AS happened_on FROM participant_state s
          WHERE s.participant_id = p.participant_id AND s.kind IN ('withdrew', 'died')
            AND s.recorded_at <= (SELECT research.as_of())
            AND (s.retracted_at IS NULL OR s.retracted_at > (SELECT research.as_of()))
          UNION ALL
          SELECT t.kind, t.happened_on FROM research_parts.treatment t
          WHERE t.participant_id = p.participant_id
            AND p.definition -> 'timeline' -> t.kind ->> 'ends' = 'participation') e
) left_study
CROSS JOIN LATERAL (
    SELECT min(a.from_on) AS first_on, (array_agg(a.arm ORDER BY a.from_on DESC))[1] AS last_arm
    FROM research_parts.arms a WHERE a.participant_id = p.participant_id
) crossed
CROSS JOIN LATERAL (
    SELECT CASE WHEN later.id IS NULL THEN now_in.consent_version ELSE later.was END AS version
    FROM participant now_in
    LEFT JOIN LATERAL (
        SELECT c.id, c.was FROM participant_change c
        WHERE c.participant_id = now_in.id AND c.field = 'consent_version' AND c.recorded_at > (SELECT research.as_of())
        ORDER BY c.recorded_at LIMIT 1
    ) later ON true
    WHERE now_in.id = p.participant_id
) consent;

CREATE OR REPLACE VIEW research.scores AS
SELECT p.study, p.participant_code, p.participant_id, p.site, coalesce(crossed.arm, p.arm) AS arm, v.visit_id,
       v.visit, s.response_id, s.instrument, s.instrument_version, s.scale, s.value,
       CASE WHEN s.value IS NOT NULL THEN 'scored' ELSE (
           SELECT CASE
                      WHEN bool_or(absence.status = 'unanswered') THEN 'unanswered'
                      WHEN bool_or(absence.status = 'declined') THEN 'declined'
                      WHEN bool_or(absence.status = 'masked') THEN 'masked'
                      WHEN bool_or(absence.status = 'not-applicable') THEN 'not-applicable'
                      WHEN bool_or(absence.status = 'not-asked') THEN 'not-asked'
                      ELSE 'no-value'
                  END
           FROM (SELECT research.item_status(a.seq IS NOT NULL, a.absent) AS status
                 FROM scale_item below
                 LEFT JOIN research_parts.answers a
                     ON a.participant_id = s.participant_id AND a.occasion_id = s.occasion_id
                    AND a.instrument = s.instrument AND a.item = below.item
                 WHERE below.instrument = s.instrument
                   AND below.instrument_hash = split_part(s.scoring_version, '+', 1) AND below.scale = s.scale) absence
       ) END AS status,
       s.answered AS items_answered, s.of AS items_expected, s.band, v.reporter, s.mode, s.completed_at,
       day.on_day, research.day_number(day.on_day, p.enrolled_on) AS study_day, cycle.n AS cycle,
       day.on_day - cycle.happened_on + 1 AS cycle_day, v.assessment, v.visit_n, v.anchor, v.anchor_n,
       day.on_day - v.anchor_on AS days_since_anchor, s.scoring_version, s.scored_at
FROM research_parts.people p
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (one.instrument, one.scale, one.response_id) one.*
    FROM score one
    WHERE one.participant_id = p.participant_id AND one.scored_at <= (SELECT research.as_of())
    ORDER BY one.instrument, one.scale, one.response_id, one.scored_at DESC, one.scoring_version
) s
JOIN research_parts.occasions v ON v.visit_id = s.occasion_id
LEFT JOIN research_parts.arms crossed
    ON crossed.participant_id = p.participant_id AND v.due_on >= crossed.from_on
   AND (crossed.until_on IS NULL OR v.due_on < crossed.until_on)
CROSS JOIN LATERAL (SELECT (s.completed_at AT TIME ZONE p.zone)::date AS on_day OFFSET 0) day
LEFT JOIN research_parts.treatment cycle
    ON cycle.participant_id = p.participant_id AND cycle.kind = p.cycle_kind AND day.on_day >= cycle.happened_on
   AND (cycle.next_on IS NULL OR day.on_day < cycle.next_on)
WHERE NOT EXISTS (
    SELECT FROM research_parts.left_out l WHERE l.participant_id = p.participant_id AND l.reporter = v.reporter);

CREATE OR REPLACE VIEW research.messages AS
SELECT p.study, p.participant_code, p.participant_id, p.site, coalesce(crossed.arm, p.arm) AS arm, m.id AS message_id,
       m.occasion_id AS visit_id, m.channel, m.purpose, m.rung, m.language, m.segments, m.requested_at,
       CASE WHEN (SELECT research.as_of()) = 'infinity' OR m.ended_at <= (SELECT research.as_of()) THEN m.state END
           AS state,
       CASE WHEN m.ended_at <= (SELECT research.as_of()) THEN m.ended_at END AS ended_at, m.attempts
FROM research_parts.people p
JOIN message m ON m.participant_id = p.participant_id
CROSS JOIN LATERAL (SELECT (m.requested_at AT TIME ZONE p.zone)::date AS on_day OFFSET 0) day
LEFT JOIN research_parts.arms crossed
    ON crossed.participant_id = p.participant_id AND day.on_day >= crossed.from_on
   AND (crossed.until_on IS NULL OR day.on_day < crossed.until_on)
WHERE m.requested_at <= (SELECT research.as_of());

-- The specimen that a feed reported with a treatment event: its id in the biobank or laboratory `system`. The event
-- says when it was taken. Two feeds may report one event: the newest version counts.
CREATE VIEW research_parts.specimens AS
SELECT DISTINCT ON (f.participant_id, f.root_id) f.participant_id, f.root_id AS event_id, f.specimen_id AS id,
       nullif(f.specimen_kind, '') AS kind, nullif(f.specimen_system, '') AS system
FROM feed_record f
WHERE f.specimen_id IS NOT NULL AND f.root_id IS NOT NULL AND f.standing IN ('standing', 'same')
ORDER BY f.participant_id, f.root_id, f.changed_at DESC, f.id;

CREATE OR REPLACE VIEW research.events AS
SELECT e.study, e.participant_code, e.participant_id, e.site, coalesce(crossed.arm, e.arm) AS arm, e.event_id,
       e.record_id, e.source, e.kind,
       CASE WHEN e.believed THEN row_number() OVER
           (PARTITION BY e.participant_id, e.source, e.kind, e.believed ORDER BY e.happened_on, e.event_id) END AS n,
       e.happened_on, e.ends_on, research.day_number(e.happened_on, e.enrolled_on) AS study_day, e.recorded_at,
       e.superseded_at, e.retracted, e.believed, e.to_arm, specimen.id AS specimen_id, specimen.kind AS specimen_kind,
       specimen.system AS specimen_system
FROM (
    SELECT p.study, p.participant_code, p.participant_id, p.site, p.arm, p.enrolled_on, t.root_id AS event_id,
           t.id AS record_id, 'treatment' AS source, t.kind, t.happened_on, NULL::date AS ends_on, t.recorded_at,
           CASE WHEN t.superseded_at <= (SELECT research.as_of()) THEN t.superseded_at END AS superseded_at,
           t.retracted,
           NOT t.retracted AND (t.superseded_at IS NULL OR t.superseded_at > (SELECT research.as_of())) AS believed,
           NULL::text AS to_arm
    FROM research_parts.people p JOIN treatment_event t ON t.participant_id = p.participant_id
    WHERE t.recorded_at <= (SELECT research.as_of())
    UNION ALL
    SELECT p.study, p.participant_code, p.participant_id, p.site, p.arm, p.enrolled_on, s.id, s.id, 'state', s.kind,
           s.starts_on, s.ends_on, s.recorded_at,
           CASE WHEN s.retracted_at <= (SELECT research.as_of()) THEN s.retracted_at END,
           s.retracted_at IS NOT NULL AND s.retracted_at <= (SELECT research.as_of()),
           s.retracted_at IS NULL OR s.retracted_at > (SELECT research.as_of()), s.arm
    FROM research_parts.people p JOIN participant_state s ON s.participant_id = p.participant_id
    WHERE s.recorded_at <= (SELECT research.as_of())
) e
LEFT JOIN research_parts.arms crossed
    ON crossed.participant_id = e.participant_id AND e.happened_on >= crossed.from_on
   AND (crossed.until_on IS NULL OR e.happened_on < crossed.until_on)
LEFT JOIN research_parts.specimens specimen
    ON specimen.participant_id = e.participant_id AND specimen.event_id = e.event_id;

-- Alerts that rules raised, without words and without names of the team.
CREATE VIEW research.alerts AS
SELECT p.study, p.participant_code, p.participant_id, p.site, coalesce(crossed.arm, p.arm) AS arm, a.id AS alert_id,
       a.study_version, a.rule, a.reporter, first.visit_id, coalesce(first.visits, 0) AS visits, a.raised_at,
       day.on_day AS raised_on, research.day_number(day.on_day, p.enrolled_on) AS study_day,
       CASE WHEN a.closed_at <= (SELECT research.as_of()) THEN 'closed'
            WHEN a.acknowledged_at <= (SELECT research.as_of()) THEN 'acknowledged' ELSE 'raised' END AS state,
       CASE WHEN a.acknowledged_at <= (SELECT research.as_of()) THEN a.acknowledged_at END AS acknowledged_at,
       CASE WHEN a.closed_at <= (SELECT research.as_of()) THEN a.closed_at END AS closed_at,
       CASE WHEN a.closed_at <= (SELECT research.as_of()) THEN a.done END AS done
FROM research_parts.people p
JOIN alert a ON a.participant_id = p.participant_id
CROSS JOIN LATERAL (SELECT (a.raised_at AT TIME ZONE p.zone)::date AS on_day OFFSET 0) day
LEFT JOIN LATERAL (
    SELECT (array_agg(o.occasion_id ORDER BY o.at, o.occasion_id))[1] AS visit_id, count(*) AS visits
    FROM alert_occasion o WHERE o.participant_id = a.participant_id AND o.alert_id = a.id
      AND o.at <= (SELECT research.as_of())
) first ON true
LEFT JOIN research_parts.arms crossed
    ON crossed.participant_id = p.participant_id AND day.on_day >= crossed.from_on
   AND (crossed.until_on IS NULL OR day.on_day < crossed.until_on)
WHERE a.raised_at <= (SELECT research.as_of()) AND NOT EXISTS (
    SELECT FROM research_parts.left_out l WHERE l.participant_id = p.participant_id AND l.reporter = a.reporter);

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
FROM score_current s
JOIN participant p ON p.id = s.participant_id
JOIN study ON study.id = p.study AND study.version = p.study_version
JOIN occasion o ON o.id = s.occasion_id
LEFT JOIN research_parts.arms crossed
    ON crossed.participant_id = p.id AND o.due_local::date >= crossed.from_on
   AND (crossed.until_on IS NULL OR o.due_local::date < crossed.until_on)
CROSS JOIN LATERAL (SELECT (s.completed_at AT TIME ZONE p.zone)::date AS on_day) day
LEFT JOIN LATERAL (
    SELECT t.n, t.happened_on FROM timeline_event t
    WHERE t.participant_id = p.id AND t.kind = study.cycle_kind AND t.happened_on <= day.on_day
    ORDER BY t.happened_on DESC LIMIT 1) cycle ON true;
