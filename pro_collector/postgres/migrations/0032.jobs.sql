-- depends: 0031.today
-- Background work that somebody of the team asked for: a rehearsal, a preview or an application of a study file, ...

CREATE TABLE job (
    id uuid PRIMARY KEY,
    study text NOT NULL,                -- its study may not be in force yet
    kind text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    input jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    starts int NOT NULL DEFAULT 0,      -- how often a process began it
    seen_at timestamptz,                -- when the process that does it last said so, by the clock of the server
    done int NOT NULL DEFAULT 0,        -- progress: so many of `total`
    total int NOT NULL DEFAULT 0,
    cancelled_by text,
    ended_at timestamptz,
    result jsonb,
    error text,
    CHECK ((state IN ('waiting', 'running')) = (ended_at IS NULL)),
    CHECK ((state = 'done') = (result IS NOT NULL)),
    CHECK ((state = 'failed') = (error IS NOT NULL))
);
CREATE UNIQUE INDEX job_running ON job (study) WHERE state = 'running';     -- one at a time for each study
CREATE INDEX job_unended ON job (asked_at) WHERE ended_at IS NULL;
CREATE INDEX job_of_study ON job (study, asked_at DESC);

CALL seen.restrict('job', $$study = (SELECT current_setting('pro.study', true))$$);
