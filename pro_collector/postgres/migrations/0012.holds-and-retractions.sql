-- depends: 0011.dead-letters-raw
-- A fault of our own holds a channel: nothing on it leaves, and nobody is asked elsewhere because of it.

CREATE TABLE channel_hold (
    channel text PRIMARY KEY,           -- sms | email
    reason text NOT NULL,               -- what was refused, as the provider's code, or not-configured, or unreachable
    since timestamptz NOT NULL,
    try_again_at timestamptz NOT NULL,  -- from then on one message goes, to see whether it is mended
    tries int NOT NULL DEFAULT 0,       -- how many such messages went
    reported boolean NOT NULL DEFAULT false  -- it was learnt from delivery reports: only a report can end it
);

ALTER TABLE message ADD COLUMN held_since timestamptz;  -- since when it waited for something of ours to be mended
ALTER TABLE message ADD COLUMN held_until timestamptz;  -- when it left after that
CREATE INDEX message_held ON message (occasion_id) WHERE held_since IS NOT NULL;

-- A state that was recorded by mistake is taken back, and stays in the record.
ALTER TABLE participant_state ADD COLUMN retracted_at timestamptz;
ALTER TABLE participant_state ADD COLUMN retracted_by text;
ALTER TABLE participant_state ADD COLUMN retracted_reason text;

-- A person's own quiet hours, as 21:00-08:00, several with a comma between.
ALTER TABLE participant ADD COLUMN quiet text;
