-- depends: 0004.calls
-- What was put right of a participant, and who was erased.

CREATE TABLE participant_change (
    id uuid PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participant,
    field text NOT NULL,                -- a column of participant, or of which reporter and channel an address is
    was text,                           -- never an address
    became text,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    reason text NOT NULL DEFAULT ''
);
CREATE INDEX participant_change_of ON participant_change (participant_id, recorded_at);

-- That somebody was erased, without saying who.
CREATE TABLE erasure (
    id uuid PRIMARY KEY,
    study text NOT NULL,
    kept_answers boolean NOT NULL,
    erased_at timestamptz NOT NULL,
    erased_by text NOT NULL,
    reason text NOT NULL DEFAULT ''
);
