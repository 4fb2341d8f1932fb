-- depends: 0037.where-from
-- Who answers: on which channels they want to be asked, what each reporter agreed to, and what is asked after the end.

ALTER TABLE vault.contact ADD COLUMN exclusive boolean NOT NULL DEFAULT false;  -- with preferred: on no other channel

-- A row stays when consent is withdrawn; who agrees again gets a new one.
CREATE TABLE consent (
    id uuid PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participant,
    reporter text NOT NULL,             -- who agreed: about this participant, or about themselves
    covers text NOT NULL CHECK (covers IN ('participation', 'exit', 'bereavement')),
    given_on date NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    reason text NOT NULL DEFAULT '',
    withdrawn_on date,                  -- from this day on nothing is asked
    withdrawal_recorded_at timestamptz,
    withdrawal_recorded_by text,
    withdrawal_reason text,
    excludes_data boolean,              -- whether exports leave out the answers of this reporter from then on
    CHECK ((withdrawn_on IS NULL) = (withdrawal_recorded_at IS NULL))
);
CREATE INDEX consent_of ON consent (participant_id);
CREATE UNIQUE INDEX consent_in_force ON consent (participant_id, reporter, covers) WHERE withdrawn_on IS NULL;

CALL seen.restrict('consent');

-- What is asked because participation ended waits for a person of the team, unless the study says otherwise.
ALTER TABLE occasion ADD COLUMN released_at timestamptz;
ALTER TABLE occasion ADD COLUMN released_by text;

-- Whose answers no export has any more.
CREATE VIEW research_parts.left_out AS
SELECT DISTINCT participant_id, reporter FROM consent
WHERE excludes_data AND withdrawal_recorded_at <= (SELECT research.as_of());

CREATE OR REPLACE VIEW research.responses AS
SELECT v.study, v.participant_code, v.participant_id, v.site, v.arm, v.visit_id, v.visit, v.reporter,
       r.id AS response_id, r.instrument, r.instrument_version, r.instrument_hash
FROM research_parts.visit_states v
JOIN response r ON r.occasion_id = v.visit_id
WHERE NOT EXISTS (
    SELECT FROM research_parts.left_out l WHERE l.participant_id = r.participant_id AND l.reporter = v.reporter)
AND (NOT (SELECT research.as_of()) < 'infinity' OR (v.state IN ('completed', 'partial') AND EXISTS (
    SELECT FROM answer given
    WHERE given.participant_id = r.participant_id AND given.occasion_id = r.occasion_id
      AND given.instrument = r.instrument AND given.answered_at <= (SELECT research.as_of()))));

CREATE OR REPLACE VIEW research.scores AS
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
   AND (cycle.next_on IS NULL OR day.on_day < cycle.next_on)
WHERE NOT EXISTS (
    SELECT FROM research_parts.left_out l WHERE l.participant_id = p.participant_id AND l.reporter = v.reporter);
