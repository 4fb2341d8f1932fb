-- depends: 0014.two-ways
-- A page of one's own, behind a code: the codes that were sent, who is signed in, and what they looked at.

ALTER TABLE link ALTER COLUMN occasion_id DROP NOT NULL;  -- null: it opens nothing but the page of whom it was sent to
CREATE INDEX link_in ON link (message_id);

CREATE TABLE own_page_code (
    message_id uuid PRIMARY KEY REFERENCES message,  -- the code is derived from it, and stored nowhere
    participant_id uuid NOT NULL REFERENCES participant,
    reporter text NOT NULL,             -- self | proxy
    lookup bytea NOT NULL,              -- keyed hash of the address that it was sent to
    sent_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    wrong int NOT NULL DEFAULT 0,       -- how many wrong codes were entered while this one was valid
    used_at timestamptz
);
CREATE INDEX own_page_code_of ON own_page_code (participant_id, reporter, sent_at);
CREATE INDEX own_page_code_to ON own_page_code (lookup, sent_at);

CREATE TABLE own_page_session (
    id_hash bytea PRIMARY KEY,          -- SHA-256 of the id in the cookie
    participant_id uuid NOT NULL REFERENCES participant,  -- of whom the link was
    reporter text NOT NULL,
    lookup bytea NOT NULL,              -- keyed hash of the address that the code was sent to
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
);
CREATE INDEX own_page_session_of ON own_page_session (participant_id);

-- Each time that somebody signed in to a page, or took a copy of its data.
CREATE TABLE own_page_visit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participant,  -- whose data it was
    reporter text NOT NULL,             -- who saw it
    at timestamptz NOT NULL,
    what text NOT NULL                  -- signed_in | read | csv | fhir
);
CREATE INDEX own_page_visit_of ON own_page_visit (participant_id, at);
