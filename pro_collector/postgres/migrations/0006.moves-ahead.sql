-- depends: 0005.people-change-and-leave
-- A move is told when it is known, and counts from its day.

ALTER TABLE participant_state ADD COLUMN zone text;  -- of `moved`: the time zone from that day on
