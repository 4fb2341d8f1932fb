-- depends: 0049.exports-of-sites
-- The days that are stale are looked up once a question, however many marks they have.

-- A day has a mark for each response. With NOT EXISTS, a plan that was made when there were few marks compares each
-- stored day with each mark; NOT IN has a hash table of the marks in every plan (no mark is null).
CREATE OR REPLACE VIEW research_parts.days AS
SELECT kept.* FROM score_day kept
WHERE kept.day NOT IN (SELECT stale.day FROM score_day_stale stale)
  AND (SELECT research.as_of()) = 'infinity'
UNION ALL
SELECT counted.* FROM research_parts.stale_days counted WHERE (SELECT research.as_of()) = 'infinity';
