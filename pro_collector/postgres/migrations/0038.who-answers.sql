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
