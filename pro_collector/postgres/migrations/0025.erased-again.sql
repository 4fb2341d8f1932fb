-- depends: 0024.erasures-in-the-chain
-- A restoration, too, says how many entries of the chain it emptied: who was erased since the backup is erased again.

ALTER TABLE restoration
    ADD COLUMN recorded_at timestamptz,             -- when its transaction began: the erased_at of these entries
    ADD COLUMN entries bigint NOT NULL DEFAULT 0;   -- how many it emptied
