-- depends: 0042.streams
-- Surveys of one day that share one invitation. Each occasion stays its own; this is the id of the first of them.

ALTER TABLE occasion ADD COLUMN bundle uuid;
