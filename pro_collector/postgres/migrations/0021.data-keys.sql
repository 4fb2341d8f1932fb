-- depends: 0019.traces
-- A key for each person and each address: with it, what was encrypted for them is destroyed everywhere, also in backups.

CREATE TABLE vault.data_key (
    owner text PRIMARY KEY,             -- id of a participant | keyed hash of an address, in hex | lookup
    sealed bytea NOT NULL,              -- 32 random bytes, encrypted with the master key for this owner
    made_at timestamptz NOT NULL DEFAULT now()
);

-- What is needed to open a value: the sealed key of its owner, then the value. Without a key nothing can open it.
CREATE FUNCTION vault.with_key(owner text, value bytea) RETURNS bytea LANGUAGE sql STABLE
RETURN coalesce((SELECT k.sealed FROM vault.data_key k WHERE k.owner = with_key.owner), '') || value;
