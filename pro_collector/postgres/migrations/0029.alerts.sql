-- depends: 0028.feeds
-- Alerts that the rules of a study raised, what happened to each, and the rosters that say who is told.

CREATE TABLE alert (
    id uuid PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participant,
    study text NOT NULL,
    study_version text NOT NULL,        -- whose rule raised it: its steps stay those of that version
    rule text NOT NULL,
    reporter text NOT NULL,
    state text NOT NULL CHECK (state IN ('raised', 'acknowledged', 'closed')),
    raised_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,       -- when the rule last held
    due_at timestamptz,                 -- the next step is told, or it comes back; null: closed
    repeats int NOT NULL DEFAULT 0,
    step int NOT NULL DEFAULT -1,       -- the last step that was told; -1: none yet
    came_back int NOT NULL DEFAULT 0,
    acknowledged_by text,
    acknowledged_at timestamptz,
    closed_by text,
    closed_at timestamptz,
    done text,                          -- what was done: phoned | seen | ...
    note text,
    CHECK ((state = 'closed') = (due_at IS NULL)),
    CHECK ((state = 'closed') = (done IS NOT NULL AND closed_at IS NOT NULL AND closed_by IS NOT NULL)),
    FOREIGN KEY (study, study_version) REFERENCES study (id, version)
);
CREATE UNIQUE INDEX alert_open ON alert (participant_id, rule, reporter) WHERE state <> 'closed';
CREATE INDEX alert_of ON alert (participant_id, rule, reporter, raised_at);

-- One occasion raises a rule once, even if an answer is corrected or the event is handled again.
CREATE TABLE alert_occasion (
    participant_id uuid NOT NULL REFERENCES participant,
    rule text NOT NULL,
    reporter text NOT NULL,
    occasion_id uuid NOT NULL,
    alert_id uuid NOT NULL REFERENCES alert,
    at timestamptz NOT NULL,
    PRIMARY KEY (participant_id, rule, reporter, occasion_id)
);

-- The life of each alert in order: raised, repeated, told (to whom), skipped, acknowledged, came back, closed.
CREATE TABLE alert_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id uuid NOT NULL REFERENCES alert,
    at timestamptz NOT NULL,
    what text NOT NULL,
    who text,                           -- a person of the team; null: the product
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX alert_log_of ON alert_log (alert_id, id);

-- The rosters of each study, as their files were: the newest is in force, so that "who was on duty then" stays known.
CREATE TABLE roster (
    study text NOT NULL,
    applied_at timestamptz NOT NULL,
    applied_by text NOT NULL,
    document text NOT NULL,
    PRIMARY KEY (study, applied_at)
);
