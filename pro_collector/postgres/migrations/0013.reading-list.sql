-- depends: 0012.holds-and-retractions
-- What people write, in the order in which it may matter; who read their words; when they stopped messages, and why.

-- How much the words of a task's texts may matter (domain/importance.py). It rises with later texts, and never falls.
ALTER TABLE task ADD COLUMN importance smallint NOT NULL DEFAULT 0;
UPDATE task SET importance =
    CASE WHEN kind = 'urgent' THEN 70 WHEN kind = 'death' THEN 50 WHEN kind IN ('leave', 'erase') THEN 40
         WHEN reason = 'asks for a person' OR kind = 'pause' THEN 30 ELSE 10 END
FROM (SELECT id AS of, detail ->> 'reason' AS reason FROM task) stored
WHERE stored.of = id AND detail ? 'inbound';

-- Each time that somebody was shown the words of a text or a mail. Nobody can change or delete it.
CREATE TABLE look (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    looked_at timestamptz NOT NULL,
    looked_by text NOT NULL,
    door text NOT NULL,                 -- where they came from: cli, web
    view text NOT NULL,                 -- what showed the words: task, stranger, reading list, transcript, ...
    participant_id uuid REFERENCES participant,  -- null: a stranger's words, or of somebody who was erased
    task_id uuid,
    inbound_ids uuid[] NOT NULL,        -- the texts and mails that were shown
    why text NOT NULL DEFAULT ''
);
CREATE INDEX look_at_participant ON look (participant_id, id);
CREATE INDEX inbound_of ON vault.inbound (occasion_id);  -- for the transcript of a person

-- The one change that is allowed takes away who was looked at, because that person was erased.
CREATE FUNCTION keep_look() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.participant_id IS NULL AND NEW.task_id IS NULL AND NEW.inbound_ids = '{}' AND NEW.why = ''
           AND (NEW.id, NEW.looked_at, NEW.looked_by, NEW.door, NEW.view)
             = (OLD.id, OLD.looked_at, OLD.looked_by, OLD.door, OLD.view) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the table look only grows';
END
$body$;
CREATE TRIGGER look_is_kept BEFORE UPDATE OR DELETE ON look FOR EACH ROW EXECUTE FUNCTION keep_look();
CREATE TRIGGER look_is_not_emptied BEFORE TRUNCATE ON look FOR EACH STATEMENT EXECUTE FUNCTION keep_look();

-- Each time that an address stopped messages; the row ends when they are on again.
CREATE TABLE opt_out (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participant,
    contact_id uuid NOT NULL REFERENCES vault.contact,
    stopped_at timestamptz NOT NULL,
    how text NOT NULL,                  -- keyword, words, confirmed, page, one-click, mail, carrier, ...
    inbound_id uuid,                    -- the text or mail that has the words
    task_id uuid,                       -- the task that a person confirmed it with
    stopped_by text NOT NULL,           -- the sender, the carrier, or who confirmed it
    resumed_at timestamptz,
    resumed_how text,
    resumed_inbound_id uuid,
    resumed_by text
);
CREATE INDEX opt_out_of ON opt_out (participant_id, stopped_at);
CREATE UNIQUE INDEX opt_out_in_force ON opt_out (contact_id) WHERE resumed_at IS NULL;
INSERT INTO opt_out (participant_id, contact_id, stopped_at, how, stopped_by)
SELECT participant_id, id, opted_out_at, 'unknown', 'unknown' FROM vault.contact WHERE opted_out_at IS NOT NULL;
