-- depends: 0033.people
-- Check-ins whose answers triggered another assessment, the time of day of treatment events, and people's own weekday.

-- The schedule of the triggered assessment counts from `at`. A row stays when it ends, so that a plan can be explained.
CREATE TABLE triggered (
    participant_id uuid NOT NULL REFERENCES participant,
    assessment text NOT NULL,           -- what was triggered
    reporter text NOT NULL CHECK (reporter IN ('self', 'proxy')),
    occasion_id uuid NOT NULL,          -- the check-in whose answers triggered it
    at timestamptz NOT NULL,            -- when that ended
    recorded_at timestamptz NOT NULL,   -- when we knew; later than `at` after a correction
    study_version text NOT NULL,        -- whose condition held
    ended_at timestamptz,               -- nothing more is asked from then on
    ended_by text CHECK (ended_by IN ('recovered', 'answer_corrected')),
    PRIMARY KEY (participant_id, assessment, reporter, occasion_id),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);

CALL seen.restrict('triggered');

ALTER TABLE treatment_event ADD COLUMN happened_time time;  -- the local time of day, if it matters and is known

ALTER TABLE participant ADD COLUMN preferred_day text
    CHECK (preferred_day IN ('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'));

ALTER TABLE participant_state ADD COLUMN arm text;  -- of `crossed_over`: the arm from that day on

-- The form on a device at the hospital.
ALTER TABLE link DROP CONSTRAINT link_mode_check;
ALTER TABLE link ADD CONSTRAINT link_mode_check CHECK (mode IN ('web', 'call', 'clinic'));
