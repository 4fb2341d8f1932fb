-- depends: 0035.api-requests
-- Webhooks: programs elsewhere that get events of a study by HTTP, and what is still to be delivered to each.

CREATE TABLE webhook (
    id uuid PRIMARY KEY,
    study text NOT NULL,
    name text NOT NULL,
    url text NOT NULL,
    events text[] NOT NULL CHECK (cardinality(events) > 0),     -- types of events
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    paused_at timestamptz,              -- deliveries wait until it goes on
    paused_by text,
    ended_at timestamptz,
    ended_by text,                      -- null: its receiver answered that it is gone
    CHECK ((paused_at IS NULL) = (paused_by IS NULL)),
    CHECK (ended_at IS NOT NULL OR ended_by IS NULL)
);
CREATE UNIQUE INDEX webhook_name ON webhook (study, name) WHERE ended_at IS NULL;

-- The secrets with which its messages are signed: one, or two for a day while it is replaced.
CREATE TABLE vault.webhook_secret (
    webhook_id uuid NOT NULL REFERENCES webhook,
    made_at timestamptz NOT NULL,
    valid_until timestamptz,            -- null: until it is replaced
    sealed bytea NOT NULL,
    PRIMARY KEY (webhook_id, made_at)
);

CREATE TABLE webhook_delivery (
    webhook_id uuid NOT NULL REFERENCES webhook,
    event_id uuid NOT NULL,
    type text NOT NULL,
    participant_id uuid,                -- null: a message to try the webhook
    occurred_at timestamptz NOT NULL,
    data jsonb NOT NULL,                -- the event as it is published
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    due_at timestamptz NOT NULL,        -- of one that is being sent: when it is sent again if nothing is heard of it
    tries int NOT NULL DEFAULT 0,
    first_tried_at timestamptz,
    ended_at timestamptz,
    http_status int,                    -- of the last try; null: there was no answer
    problem text,                       -- why the last try failed; no word of the answer
    PRIMARY KEY (webhook_id, event_id),
    CHECK ((state = 'waiting') = (ended_at IS NULL))
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, due_at) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_ended ON webhook_delivery (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX webhook_delivery_of ON webhook_delivery (participant_id);

-- An event of a webhook is to be delivered as soon as it is recorded, in the same transaction: nothing can be lost in
-- between, whoever records it. The function works with the rights of the owner, so that no part needs more than before.
CREATE FUNCTION deliver_to_webhooks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $body$
BEGIN
    INSERT INTO webhook_delivery (webhook_id, event_id, type, participant_id, occurred_at, data, due_at)
    SELECT w.id, NEW.event_id, NEW.type, NEW.participant_id, NEW.occurred_at, NEW.payload, NEW.occurred_at
    FROM webhook w
    WHERE w.ended_at IS NULL AND NEW.type = ANY (w.events)
      AND w.study = (SELECT p.study FROM participant p WHERE p.id = NEW.participant_id)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$body$;
REVOKE ALL ON FUNCTION deliver_to_webhooks() FROM PUBLIC;
CREATE TRIGGER outbox_to_webhooks AFTER INSERT ON outbox FOR EACH ROW
WHEN (NEW.type IN ('alert.changed', 'response.completed', 'score.recorded'))
EXECUTE FUNCTION deliver_to_webhooks();

CALL seen.restrict('webhook', $$study = (SELECT current_setting('pro.study', true))
    AND (SELECT current_setting('pro.sites', true)) = '*'$$);
CALL seen.restrict('webhook_delivery', $$participant_id IN (SELECT id FROM seen.person)
    OR (participant_id IS NULL AND EXISTS (SELECT FROM webhook w WHERE w.id = webhook_id))$$);
