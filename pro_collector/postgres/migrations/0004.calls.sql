-- depends: 0003.timescale
-- A call by the team: a link that no message carried, whose answers are those of a telephone interview.

ALTER TABLE link ALTER COLUMN message_id DROP NOT NULL;  -- null: no message carries it; its token is derived likewise
ALTER TABLE link ADD COLUMN mode text NOT NULL DEFAULT 'web' CHECK (mode IN ('web', 'call'));

CREATE INDEX task_open_of ON task (occasion_id) WHERE done_at IS NULL;
