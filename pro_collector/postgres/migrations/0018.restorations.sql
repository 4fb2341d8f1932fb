-- depends: 0017.stalls-and-polls
-- When this database was restored from a backup. Until somebody resumes it, no message leaves.

CREATE TABLE restoration (
    id uuid PRIMARY KEY,
    backup_at timestamptz NOT NULL,     -- the moment that the backup shows
    restored_at timestamptz NOT NULL,
    restored_by text NOT NULL,
    resumed_at timestamptz,             -- null: every channel is held
    resumed_by text
);
CREATE UNIQUE INDEX restoration_open ON restoration ((true)) WHERE resumed_at IS NULL;
