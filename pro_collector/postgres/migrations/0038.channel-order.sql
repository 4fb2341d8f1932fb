-- depends: 0035.api-requests
-- Somebody may want to be asked on one channel only.

ALTER TABLE vault.contact ADD COLUMN exclusive boolean NOT NULL DEFAULT false;  -- with preferred: on no other channel
