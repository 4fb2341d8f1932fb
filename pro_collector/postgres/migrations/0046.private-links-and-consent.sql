-- depends: 0045.caregivers
-- A private link to a calendar of check-ins, which calendar programs fetch without a session. Whoever made it must still
-- be allowed to see the people at each fetch.
CREATE TABLE calendar_link (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    study text NOT NULL,
    participant_id uuid REFERENCES participant,  -- null: everybody whom the account may see
    secret_hash bytea NOT NULL UNIQUE,  -- SHA-256
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_on date,                       -- the last day on which it was fetched
    revoked_at timestamptz
);
CREATE INDEX calendar_link_of ON calendar_link (account_id);
CREATE INDEX calendar_link_about ON calendar_link (participant_id) WHERE participant_id IS NOT NULL;
CALL seen.restrict('calendar_link');
