-- depends: 0027.accounts
-- Treatment from other systems: which of their records was taken, and each time that a feed was read.

CREATE TABLE feed_record (
    id uuid PRIMARY KEY,                -- derived from the study, the feed and the source's own id
    study text NOT NULL,
    feed text NOT NULL,
    changed_at timestamptz NOT NULL,    -- of the newest version, by the clock of the source
    deleted boolean NOT NULL,
    standing text NOT NULL CHECK (standing IN ('standing', 'same', 'conflict', 'deleted', 'unknown')),
    why text NOT NULL DEFAULT '',
    taken_at timestamptz NOT NULL,
    -- null and empty if nobody here has its code
    participant_id uuid REFERENCES participant,
    source_id text,
    kind text NOT NULL DEFAULT '',
    happened_on date,
    root_id uuid,                       -- its treatment event
    cycle int,
    dose text NOT NULL DEFAULT '',
    specimen_id text,
    specimen_kind text NOT NULL DEFAULT '',
    specimen_system text NOT NULL DEFAULT '',
    task_id uuid,                       -- a person must decide what is right
    CHECK (participant_id IS NOT NULL OR (source_id IS NULL AND specimen_id IS NULL AND root_id IS NULL))
);
CREATE INDEX feed_record_of ON feed_record (participant_id, feed);

CREATE TABLE feed_run (
    id uuid PRIMARY KEY,
    study text NOT NULL,
    feed text NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    run_by text NOT NULL,
    read_until timestamptz,             -- by the clock of the source: what is newer is read next time
    counts jsonb NOT NULL DEFAULT '{}', -- how many records were added, corrected, ...
    failure text NOT NULL DEFAULT ''    -- why it was not read, without identity; empty if it was
);
CREATE INDEX feed_run_of ON feed_run (study, feed, ended_at DESC);
