-- depends: 0008.erased-for-good
-- Who asks the provider after a message holds no lock meanwhile; that somebody asks stands here.

ALTER TABLE message ADD COLUMN looked_for_at timestamptz;  -- when the provider was last asked whether it had left
