-- depends: 0009.doubts-in-hand
-- How often the teams were told lately of what a stranger wrote is asked whenever another writes: spam must not scan all events.

CREATE INDEX outbox_of_strangers ON outbox (occurred_at) WHERE type = 'alert.raised' AND payload ->> 'kind' = 'stranger';
