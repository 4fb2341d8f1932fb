-- depends: 0010.alerts-of-strangers
-- A record that is no event is laid aside as it came and only once, wherever it lies; and a person may dismiss it.

ALTER TABLE dead_letter
    ADD COLUMN partition int,           -- where it lay in the topic when it was laid aside
    ADD COLUMN "offset" bigint,
    ADD COLUMN key bytea,
    ADD COLUMN headers jsonb,           -- [[name, value in base64 or null], ...], as they came
    ADD COLUMN fingerprint bytea,       -- SHA-256 of key, headers and value; null: an event of ours, which has an id
    ADD COLUMN dismissed_at timestamptz,
    ADD COLUMN dismissed_by text,
    ADD COLUMN dismissed_because text,
    ADD CONSTRAINT dead_letter_dismissed_by_whom
        CHECK (num_nonnulls(dismissed_at, dismissed_by, dismissed_because) IN (0, 3));

CREATE UNIQUE INDEX dead_letter_once ON dead_letter (topic, fingerprint);
