-- depends: 0025.erased-again
-- The research model: six views in a schema of their own, from which every output for researchers is made. They hold
-- pseudonyms, codes and numbers: no address, no words of a patient, no name of anybody of the team.

-- What SQL has to know of a questionnaire and of a study file; `pro-collector migrate` fills it where it is missing.
ALTER TABLE instrument ADD COLUMN definition jsonb;  -- items and scales, without wording
ALTER TABLE study ADD COLUMN definition jsonb;       -- arms, sites, timeline, assessments

-- The same items once more as rows, which the views can join with millions of answers.
CREATE TABLE instrument_item (
    instrument text NOT NULL,
    instrument_hash text NOT NULL,
    item text NOT NULL,
    item_n int NOT NULL,                -- its place in the questionnaire, from 1
    kind text NOT NULL,
    PRIMARY KEY (instrument, instrument_hash, item)
);
-- The items that each scale rests on, also those of the scales that it is made of.
CREATE TABLE scale_item (
    instrument text NOT NULL,
    instrument_hash text NOT NULL,
    scale text NOT NULL,
    item text NOT NULL,
    PRIMARY KEY (instrument, instrument_hash, scale, item)
);

CREATE SCHEMA research;
-- What the views are made of. It has birth dates, time zones and words, so nobody but the owner reads it.
CREATE SCHEMA research_parts;

-- The views show the record as it was at this moment: SET research.as_of = '2026-05-01T00:00Z'. Not set: as it is.
CREATE FUNCTION research.as_of() RETURNS timestamptz LANGUAGE sql STABLE
RETURN coalesce(nullif(current_setting('research.as_of', true), '')::timestamptz, 'infinity');

-- There is no day 0: the day itself is 1, the day before it is -1 (CDISC SDTM --DY).
CREATE FUNCTION research.day_number(day date, first date) RETURNS int LANGUAGE sql IMMUTABLE
RETURN day - first + CASE WHEN day >= first THEN 1 ELSE 0 END;

-- Why a visit ended as it did, as a code. The planner's reasons are codes already.
CREATE FUNCTION research.reason_code(reason text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE reason
    WHEN 'every question answered' THEN 'answered'
    WHEN 'every question answered, not confirmed' THEN 'answered_not_confirmed'
    WHEN 'confirmed with questions left open' THEN 'questions_left_open'
    WHEN 'window closed before the last question' THEN 'window_closed'
    WHEN 'answered after the window closed' THEN 'answered_late'
    WHEN 'window closed without an answer' THEN 'no_answer'
    WHEN 'window closed while no message could leave, for a fault of our own' THEN 'no_message_could_leave'
    ELSE CASE WHEN reason ~ '^[a-z][a-z_]*$' THEN reason WHEN reason IS NOT NULL THEN 'other' END
END;

CREATE VIEW research.studies AS
SELECT id AS study, version AS study_version, applied_at, current, definition FROM study;

-- Wording is not part of it: a questionnaire with another wording has the same items and scales.
CREATE VIEW research.instruments AS
SELECT DISTINCT ON (id, split_part(hash, '-', 1))
       id AS instrument, version AS instrument_version, split_part(hash, '-', 1) AS instrument_hash, published_at,
       definition
FROM instrument
ORDER BY id, split_part(hash, '-', 1), published_at;

CREATE VIEW research.study_instruments AS
SELECT study, study_version, instrument, instrument_version, split_part(instrument_hash, '-', 1) AS instrument_hash
FROM study_instrument;

CREATE VIEW research.item_definitions AS
SELECT i.instrument, i.instrument_version, i.instrument_hash, d.item_n, d.item, d.kind
FROM research.instruments i
JOIN instrument_item d ON d.instrument = i.instrument AND d.instrument_hash = i.instrument_hash;

CREATE VIEW research.scale_definitions AS
SELECT i.instrument, i.instrument_version, i.instrument_hash, scale.n AS scale_n, scale.data ->> 'id' AS scale,
       scale.data ->> 'title' AS title, coalesce(scale.data ->> 'direction', 'none') AS direction,
       ARRAY(SELECT below.item FROM scale_item below
             WHERE below.instrument = i.instrument AND below.instrument_hash = i.instrument_hash
               AND below.scale = scale.data ->> 'id' ORDER BY below.item) AS items
FROM research.instruments i, jsonb_array_elements(i.definition -> 'scales') WITH ORDINALITY AS scale (data, n);

-- The treatment as it was believed. An event lasts until the next one of its kind (`next_on`).
CREATE VIEW research_parts.treatment AS
SELECT t.participant_id, t.root_id AS event_id, t.kind, t.happened_on, lead(t.happened_on) OVER series AS next_on,
       row_number() OVER series AS n
FROM treatment_event t
WHERE t.recorded_at <= (SELECT research.as_of()) AND NOT t.retracted
  AND (t.superseded_at IS NULL OR t.superseded_at > (SELECT research.as_of()))
WINDOW series AS (PARTITION BY t.participant_id, t.kind ORDER BY t.happened_on, t.root_id);

-- Who was in the record, with the data that can be corrected as they were then.
CREATE VIEW research_parts.people AS
SELECT p.study, p.code AS participant_code, p.id AS participant_id, p.study_version, p.zone,
       CASE WHEN undone.fields ? 'site' THEN undone.fields ->> 'site' ELSE p.site END AS site,
       CASE WHEN undone.fields ? 'arm' THEN undone.fields ->> 'arm' ELSE p.arm END AS arm,
       CASE WHEN undone.fields ? 'sex' THEN undone.fields ->> 'sex' ELSE p.sex END AS sex,
       CASE WHEN undone.fields ? 'language' THEN undone.fields ->> 'language' ELSE p.language END AS language,
       CASE WHEN undone.fields ? 'birth_date' THEN (undone.fields ->> 'birth_date')::date ELSE p.birth_date END
           AS birth_date,
       CASE WHEN undone.fields ? 'enrolled_on' THEN (undone.fields ->> 'enrolled_on')::date ELSE p.enrolled_on END
           AS enrolled_on,
       study.cycle_kind, study.definition
FROM participant p
JOIN study ON study.id = p.study AND study.version = p.study_version
LEFT JOIN (
    SELECT first.participant_id, jsonb_object_agg(first.field, first.was) AS fields
    FROM (SELECT DISTINCT ON (c.participant_id, c.field) c.participant_id, c.field, c.was FROM participant_change c
          WHERE c.recorded_at > (SELECT research.as_of())
          ORDER BY c.participant_id, c.field, c.recorded_at) first
    GROUP BY first.participant_id
) undone ON undone.participant_id = p.id
WHERE NOT (SELECT research.as_of()) < 'infinity' OR EXISTS (
    SELECT FROM occasion o JOIN occasion_log l ON l.occasion_id = o.id
    WHERE o.participant_id = p.id AND l.at <= (SELECT research.as_of()));

-- Every visit of every reporter with its state, from the log where another moment than now is asked for.
CREATE VIEW research_parts.occasions AS
SELECT o.participant_id, o.id AS visit_id, o.study_version,
       concat_ws(' ', o.assessment, CASE WHEN o.anchor_key <> '' THEN o.anchor_n END, o.point) AS visit, o.assessment,
       o.anchor, o.anchor_n, o.n AS visit_n, o.point, coalesce(past.anchor_on, o.anchor_on) AS anchor_on, o.reporter,
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
       END AS ended_at
FROM occasion o
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

CREATE VIEW research_parts.visit_states AS
SELECT p.study, p.participant_code, p.site, p.arm, p.enrolled_on, p.zone, p.cycle_kind, o.*
FROM research_parts.people p
JOIN research_parts.occasions o ON o.participant_id = p.participant_id;

-- The last answer to each item.
CREATE VIEW research_parts.answers AS
SELECT a.* FROM answer a
WHERE a.answered_at <= (SELECT research.as_of()) AND NOT EXISTS (
    SELECT FROM answer later
    WHERE later.occasion_id = a.occasion_id AND later.instrument = a.instrument AND later.item = a.item
      AND later.seq > a.seq
      AND later.answered_at <= (SELECT research.as_of()));

-- Why an item has no answer. Nobody was asked what skip logic left out; nobody missed what was declined.
CREATE FUNCTION research.item_status(given boolean, absent text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE
    WHEN NOT given OR absent = 'unknown' THEN 'unanswered'
    WHEN absent IS NULL THEN 'answered'
    WHEN absent = 'asked-declined' THEN 'declined'
    ELSE absent
END;

CREATE VIEW research.participants AS
SELECT p.study, p.participant_code, p.participant_id, p.study_version, p.site,
       p.definition -> 'sites' -> p.site ->> 'country' AS country, p.arm, p.sex, p.language,
       extract(year FROM age(p.enrolled_on, p.birth_date))::int AS age_at_enrolment, p.enrolled_on,
       left_study.died_on, left_study.withdrew_on, left_study.off_study_on, left_study.off_study_reason,
       research.day_number(left_study.off_study_on, p.enrolled_on) AS off_study_day
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
) left_study;

CREATE VIEW research.visits AS
SELECT v.study, v.participant_code, v.participant_id, v.site, v.arm, v.visit_id, v.visit, v.study_version,
       v.assessment, v.assessment <> 'unprompted' AS planned, v.anchor, v.anchor_n, v.anchor_on, v.visit_n, v.point,
       v.reporter, v.due_at, v.due_on, research.day_number(v.due_on, v.enrolled_on) AS due_day, v.opens_at, v.closes_at,
       v.late_until, v.moved_by, v.state, research.reason_code(v.reason) AS reason, v.ended_at,
       array_to_string(v.instruments, ' ') AS instruments, cardinality(v.instruments) AS instruments_expected,
       CASE WHEN v.state IN ('completed', 'partial') THEN coalesce(given.instruments, 0) ELSE 0 END
           AS instruments_received,
       coalesce(given.answered, 0) AS items_answered, coalesce(given.declined, 0) AS items_declined,
       coalesce(given.not_asked, 0) AS items_not_asked, given.first_at AS first_answer_at,
       given.last_at AS last_answer_at, day.answered_on,
       research.day_number(day.answered_on, v.enrolled_on) AS answered_day, given.late, given.mode, given.language,
       cycle.n AS cycle, coalesce(day.answered_on, v.due_on) - cycle.happened_on + 1 AS cycle_day,
       coalesce(day.answered_on, v.due_on) - v.anchor_on AS days_since_anchor
FROM research_parts.visit_states v
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
CROSS JOIN LATERAL (SELECT (given.last_at AT TIME ZONE v.zone)::date AS answered_on OFFSET 0) day
LEFT JOIN research_parts.treatment cycle
    ON cycle.participant_id = v.participant_id AND cycle.kind = v.cycle_kind
   AND coalesce(day.answered_on, v.due_on) >= cycle.happened_on
   AND (cycle.next_on IS NULL OR coalesce(day.answered_on, v.due_on) < cycle.next_on);

-- What was received: the answers of one visit to one questionnaire.
CREATE VIEW research.responses AS
SELECT v.study, v.participant_code, v.participant_id, v.site, v.arm, v.visit_id, v.visit, v.reporter,
       r.id AS response_id, r.instrument, r.instrument_version, r.instrument_hash
FROM research_parts.visit_states v
JOIN response r ON r.occasion_id = v.visit_id
WHERE NOT (SELECT research.as_of()) < 'infinity' OR (v.state IN ('completed', 'partial') AND EXISTS (
    SELECT FROM answer given
    WHERE given.participant_id = r.participant_id AND given.occasion_id = r.occasion_id
      AND given.instrument = r.instrument AND given.answered_at <= (SELECT research.as_of())));

-- One row for each item of each questionnaire that was received, answered or not.
CREATE VIEW research.items AS
SELECT r.study, r.participant_code, r.participant_id, r.site, r.arm, r.visit_id, r.visit, r.response_id,
       r.instrument, r.instrument_version, d.item_n, d.item,
       research.item_status(a.seq IS NOT NULL, a.absent) AS status, a.value,
       CASE WHEN d.kind <> 'text' THEN a.code END AS code, r.reporter, a.mode, a.language, a.answered_at, a.late,
       a.corrected_by
FROM research.responses r
JOIN instrument_item d ON d.instrument = r.instrument AND d.instrument_hash = r.instrument_hash
LEFT JOIN research_parts.answers a
    ON a.occasion_id = r.visit_id AND a.instrument = r.instrument AND a.item = d.item;

-- The newest score of each scale of each response. `status` says why there is no value.
CREATE VIEW research.scores AS
SELECT p.study, p.participant_code, p.participant_id, p.site, p.arm, v.visit_id, v.visit, s.response_id,
       s.instrument, s.instrument_version, s.scale, s.value,
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
CROSS JOIN LATERAL (SELECT (s.completed_at AT TIME ZONE p.zone)::date AS on_day OFFSET 0) day
LEFT JOIN research_parts.treatment cycle
    ON cycle.participant_id = p.participant_id AND cycle.kind = p.cycle_kind AND day.on_day >= cycle.happened_on
   AND (cycle.next_on IS NULL OR day.on_day < cycle.next_on);

-- Each statement about the treatment, and each state of a participant: when it was so, and when it was said here.
CREATE VIEW research.events AS
SELECT e.study, e.participant_code, e.participant_id, e.site, e.arm, e.event_id, e.record_id, e.source, e.kind,
       CASE WHEN e.believed THEN row_number() OVER
           (PARTITION BY e.participant_id, e.source, e.kind, e.believed ORDER BY e.happened_on, e.event_id) END AS n,
       e.happened_on, e.ends_on, research.day_number(e.happened_on, e.enrolled_on) AS study_day, e.recorded_at,
       e.superseded_at, e.retracted, e.believed
FROM (
    SELECT p.study, p.participant_code, p.participant_id, p.site, p.arm, p.enrolled_on, t.root_id AS event_id,
           t.id AS record_id, 'treatment' AS source, t.kind, t.happened_on, NULL::date AS ends_on, t.recorded_at,
           CASE WHEN t.superseded_at <= (SELECT research.as_of()) THEN t.superseded_at END AS superseded_at,
           t.retracted,
           NOT t.retracted AND (t.superseded_at IS NULL OR t.superseded_at > (SELECT research.as_of())) AS believed
    FROM research_parts.people p JOIN treatment_event t ON t.participant_id = p.participant_id
    WHERE t.recorded_at <= (SELECT research.as_of())
    UNION ALL
    SELECT p.study, p.participant_code, p.participant_id, p.site, p.arm, p.enrolled_on, s.id, s.id, 'state', s.kind,
           s.starts_on, s.ends_on, s.recorded_at,
           CASE WHEN s.retracted_at <= (SELECT research.as_of()) THEN s.retracted_at END,
           s.retracted_at IS NOT NULL AND s.retracted_at <= (SELECT research.as_of()),
           s.retracted_at IS NULL OR s.retracted_at > (SELECT research.as_of())
    FROM research_parts.people p JOIN participant_state s ON s.participant_id = p.participant_id
    WHERE s.recorded_at <= (SELECT research.as_of())
) e;

-- Every message, without its words. Where another moment than now is asked for, only the state of one that had reached
-- its end by then is known.
CREATE VIEW research.messages AS
SELECT p.study, p.participant_code, p.participant_id, p.site, p.arm, m.id AS message_id, m.occasion_id AS visit_id,
       m.channel, m.purpose, m.rung, m.language, m.segments, m.requested_at,
       CASE WHEN (SELECT research.as_of()) = 'infinity' OR m.ended_at <= (SELECT research.as_of()) THEN m.state END
           AS state,
       CASE WHEN m.ended_at <= (SELECT research.as_of()) THEN m.ended_at END AS ended_at, m.attempts
FROM research_parts.people p
JOIN message m ON m.participant_id = p.participant_id
WHERE m.requested_at <= (SELECT research.as_of());

-- A condition on the participant reaches the index of `score`, because it is among the columns of DISTINCT ON.
CREATE OR REPLACE VIEW score_current AS
SELECT DISTINCT ON (participant_id, instrument, scale, response_id) *
FROM score
ORDER BY participant_id, instrument, scale, response_id, scored_at DESC;

CREATE INDEX response_of ON response (participant_id);
