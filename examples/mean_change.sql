-- The mean change of each scale from the first score of a participant, by arm and visit, with how many were expected.
-- Run it in a folder that `pro-collector export tables --format parquet --to data` wrote: duckdb < mean_change.sql
WITH scored AS (
    SELECT s.*, v.visit_n, v.assessment AS series,
           s.value - first_value(s.value) OVER (PARTITION BY s.participant_id, s.scale, s.reporter
                                                ORDER BY s.on_day, s.response_id) AS change
    FROM 'scores.parquet' s
    JOIN 'visits.parquet' v USING (visit_id)
    WHERE s.status = 'scored'
), expected AS (
    SELECT study, arm, visit, reporter, count(*) AS expected
    FROM 'visits.parquet'
    WHERE planned AND state IN ('completed', 'partial', 'missed')
    GROUP BY ALL
)
SELECT scored.arm, visit, reporter, scale, expected, count(*) AS n, round(avg(value), 1) AS mean, round(avg(change), 1) AS change
FROM scored
JOIN expected e USING (study, visit, reporter)
WHERE scored.arm IS NOT DISTINCT FROM e.arm -- a study without arms has none here
GROUP BY ALL
ORDER BY scored.arm, min(visit_n), visit, reporter, scale;
