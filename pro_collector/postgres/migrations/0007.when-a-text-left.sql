-- depends: 0006.moves-ahead
-- A text may queue at the carrier for hours: a reply that was written before it left is to something else.

ALTER TABLE message ADD COLUMN left_at timestamptz;  -- by the carrier's clock, where it mattered
