-- depends: 0026.research-model
-- People of the study team who sign in, and programs with tokens: who may do what, where, since when, and who gave it.

CREATE TABLE account (
    id uuid PRIMARY KEY,
    handle text NOT NULL UNIQUE,        -- the short name that stays in records: garcia, nurse-7
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    removed_at timestamptz,             -- then nobody can sign in with it, and who it was is deleted
    removed_by text
);

-- Who it is: mail address and name. The address is found by its keyed hash when somebody signs in.
CREATE TABLE vault.account_owner (
    account_id uuid PRIMARY KEY REFERENCES account,
    lookup bytea NOT NULL UNIQUE,
    sealed bytea NOT NULL               -- JSON with email and name, encrypted for the account
);

-- A role in a study, or at a site of it, from when to when. The table only grows; a row is filled once, when it ends.
CREATE TABLE account_grant (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    role text NOT NULL,                 -- domain/account/acts.py
    study text,                         -- null: the whole installation
    site text,                          -- null: all sites of the study
    also text[] NOT NULL DEFAULT '{}',  -- acts granted beside those of the role
    from_group text,                    -- the group of an identity provider that it comes from; null: a person gave it
    given_at timestamptz NOT NULL,
    given_by text NOT NULL,
    why text NOT NULL DEFAULT '',
    taken_at timestamptz,
    taken_by text
);
CREATE INDEX account_grant_of ON account_grant (account_id) WHERE taken_at IS NULL;

-- A link by which somebody chooses how they sign in: once, for some days. A reset is an invitation too.
CREATE TABLE vault.account_invitation (
    token_hash bytea PRIMARY KEY,       -- SHA-256; the token itself is in the link alone
    account_id uuid NOT NULL REFERENCES account,
    totp_sealed bytea NOT NULL,         -- the key for the app that shows codes, encrypted for the account
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE vault.account_password (
    account_id uuid PRIMARY KEY REFERENCES account,
    hash text NOT NULL,                 -- argon2id, with its salt and parameters
    totp_sealed bytea NOT NULL,
    last_step bigint,                   -- the time step of the last code that was accepted: a code counts once
    set_at timestamptz NOT NULL
);

CREATE TABLE account_passkey (
    id bytea PRIMARY KEY,               -- the credential id
    account_id uuid NOT NULL REFERENCES account,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    added_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX account_passkey_of ON account_passkey (account_id);

-- Who somebody is for an identity provider (OpenID Connect), and which role its groups have here.
CREATE TABLE account_identity (
    issuer text NOT NULL,
    subject text NOT NULL,
    account_id uuid NOT NULL REFERENCES account,
    PRIMARY KEY (issuer, subject)
);
CREATE TABLE group_role (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    group_name text NOT NULL,
    role text NOT NULL,
    study text,
    site text,
    given_at timestamptz NOT NULL,
    given_by text NOT NULL,
    taken_at timestamptz,
    taken_by text
);

CREATE TABLE account_session (
    id_hash bytea PRIMARY KEY,          -- SHA-256; the id itself is in the cookie alone
    account_id uuid NOT NULL REFERENCES account,
    way text NOT NULL,                  -- password, passkey, provider
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
);
CREATE INDEX account_session_of ON account_session (account_id);

-- A step of signing in that came back from elsewhere: the answer of a passkey, or of a provider. Each counts once.
CREATE TABLE sign_in_step (
    id_hash bytea PRIMARY KEY,          -- SHA-256 of the challenge that we gave and signed
    expires_at timestamptz NOT NULL
);

CREATE TABLE sign_in_attempt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    account bytea NOT NULL,             -- keyed hash of the mail address that was entered
    address bytea NOT NULL,             -- keyed hash of the client's network address
    succeeded boolean NOT NULL
);
CREATE INDEX sign_in_attempt_with ON sign_in_attempt (account, at);
CREATE INDEX sign_in_attempt_from ON sign_in_attempt (address, at);

-- A token by which a program reads or writes; it has one role at one place.
CREATE TABLE api_token (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    secret_hash bytea NOT NULL UNIQUE,  -- SHA-256
    role text NOT NULL,
    study text,
    site text,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    expires_at timestamptz,
    used_on date,                       -- the last day on which it was used
    revoked_at timestamptz,
    revoked_by text
);
CREATE UNIQUE INDEX api_token_in_force ON api_token (name) WHERE revoked_at IS NULL;

-- What was done with accounts, and by whom: invited, granted, signed in, refused, removed. The table only grows.
CREATE TABLE account_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    what text NOT NULL,
    about text NOT NULL,                -- handle of the account, or name of the token
    by_whom text NOT NULL,              -- handle, or user of the command line
    client text NOT NULL,               -- network address; empty: the command line
    detail text NOT NULL DEFAULT ''
);
CREATE INDEX account_event_about ON account_event (about, id);

CREATE TRIGGER account_event_is_kept BEFORE UPDATE OR DELETE ON account_event
FOR EACH ROW EXECUTE FUNCTION only_grows('account_event');
CREATE TRIGGER account_event_is_not_emptied BEFORE TRUNCATE ON account_event
FOR EACH STATEMENT EXECUTE FUNCTION only_grows('account_event');
CREATE TRIGGER account_grant_is_kept BEFORE UPDATE OR DELETE ON account_grant
FOR EACH ROW EXECUTE FUNCTION only_grows('account_grant', 'taken_at', 'taken_by');
CREATE TRIGGER account_grant_is_not_emptied BEFORE TRUNCATE ON account_grant
FOR EACH STATEMENT EXECUTE FUNCTION only_grows('account_grant');
