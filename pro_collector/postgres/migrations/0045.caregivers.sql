-- depends: 0044.written-exports
-- What is known of a caregiver who is asked about themselves, besides their addresses and their consent. As for every
-- other column of `participant`, the table `participant_change` keeps what it was, who changed it, when and why.

ALTER TABLE participant ADD COLUMN caregiver_language text;  -- null: the language of the participant
ALTER TABLE participant ADD COLUMN caregiver_goes_on date;   -- asked from then on although the participant withdrew

ALTER TABLE triggered DROP CONSTRAINT triggered_reporter_check;
ALTER TABLE triggered ADD CONSTRAINT triggered_reporter_check CHECK (reporter IN ('self', 'proxy', 'caregiver'));
