-- depends: 0013.reading-list
-- Two ways: explanations, questions put off, names that a family chose, and messages that a person of the team wrote.

ALTER TABLE occasion ADD COLUMN explained text;                   -- instrument/item whose explanation was sent last
ALTER TABLE occasion ADD COLUMN put_off int NOT NULL DEFAULT 0;   -- how often they asked to be asked later

-- What a participant is called in messages to an address that several people share.
CREATE TABLE vault.nickname (
    participant_id uuid PRIMARY KEY REFERENCES participant,
    sealed bytea NOT NULL               -- the name, encrypted for this row
);

-- The words of a message that a person of the team wrote; message.body has a placeholder for them.
CREATE TABLE vault.written (
    message_id uuid PRIMARY KEY REFERENCES message,
    participant_id uuid NOT NULL REFERENCES participant,
    task_id uuid,                       -- the task that it answers
    sealed bytea NOT NULL,
    written_at timestamptz NOT NULL,
    written_by text NOT NULL
);
CREATE INDEX written_of ON vault.written (participant_id, written_at);
