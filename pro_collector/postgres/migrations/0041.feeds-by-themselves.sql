-- depends: 0040.arms-alerts-specimens
-- Feeds that are read by themselves, and what a look without taking anything has shown.

CREATE TABLE feed (
    study text NOT NULL,
    name text NOT NULL,
    document text NOT NULL,             -- the mapping file as it was: it names the variables of secrets, never a secret
    applied_at timestamptz NOT NULL,
    applied_by text NOT NULL,
    every_minutes int NOT NULL,
    silent_minutes int NOT NULL,        -- so long after the last reading somebody is told
    due_at timestamptz,                 -- when it is read next by itself; null: only when somebody asks
    seen_at timestamptz,                -- when the process that reads it said so last; null: none reads it
    asked text CHECK (asked IN ('look', 'read')),
    asked_by text,
    asked_whole boolean NOT NULL DEFAULT false,
    asked_run uuid,                     -- the look whose ends of participation and deletions somebody confirmed
    PRIMARY KEY (study, name),
    CHECK ((asked IS NULL) = (asked_by IS NULL))
);

ALTER TABLE feed_run
    ADD COLUMN kind text NOT NULL DEFAULT 'read' CHECK (kind IN ('look', 'read')),
    ADD COLUMN whole boolean NOT NULL DEFAULT false,
    ADD COLUMN gone int NOT NULL DEFAULT 0;             -- so many records are gone that somebody must confirm it

-- What a look has shown: for each participant what would change. Deleted when the feed is looked at again.
CREATE TABLE feed_look (
    run_id uuid NOT NULL REFERENCES feed_run,
    participant_id uuid NOT NULL REFERENCES participant,
    changes jsonb NOT NULL,             -- events, whether they end participation, and how many occasions change
    PRIMARY KEY (run_id, participant_id)
);
CREATE INDEX feed_look_of ON feed_look (participant_id);

CALL seen.restrict('feed', $$study = (SELECT current_setting('pro.study', true))$$);
CALL seen.restrict('feed_look');
