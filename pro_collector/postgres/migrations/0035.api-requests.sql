-- depends: 0034.triggers
-- Requests of programs that have an idempotency key, so that a repeat is answered as before. Kept for a day; an answer
-- has codes and ids, never words or addresses.

CREATE TABLE api_request (
    by_whom text NOT NULL,
    study text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,        -- SHA-256 of method, path, query, version and body
    asked_at timestamptz NOT NULL,
    http_status int,                    -- null: it has not ended
    answer text,
    PRIMARY KEY (by_whom, study, key)
);
CREATE INDEX api_request_asked ON api_request (asked_at);
