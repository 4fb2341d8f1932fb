-- Follows one answer through the parts: each event knows what caused it.
-- depends: 0018.restorations

ALTER TABLE outbox ADD COLUMN traceparent text;  -- W3C trace context; null: nobody traces
