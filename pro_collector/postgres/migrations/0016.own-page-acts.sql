-- depends: 0015.own-page
-- What people change themselves: where they are reached first, an answer that they correct, what they agreed to.

ALTER TABLE vault.contact ADD COLUMN preferred boolean NOT NULL DEFAULT false;  -- the reporter is reached here first

ALTER TABLE answer ADD COLUMN corrected_by text;  -- self | proxy: who corrected it after the end of the survey
CREATE OR REPLACE VIEW answer_current AS
SELECT DISTINCT ON (occasion_id, instrument, item) *
FROM answer
ORDER BY occasion_id, instrument, item, seq DESC;

ALTER TABLE participant ADD COLUMN consent_version text;  -- of the consent text that they agreed to; null: not recorded
