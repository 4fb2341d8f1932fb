-- depends: 0002.research-views
-- Time series. With TimescaleDB: hypertables and a continuous aggregate. Without: the same names, the same results.

DO $timescale$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
       AND current_setting('shared_preload_libraries') LIKE '%timescaledb%' THEN
        CREATE EXTENSION IF NOT EXISTS timescaledb;
        PERFORM create_hypertable('answer', 'answered_at', chunk_time_interval => interval '90 days');
        PERFORM create_hypertable('score', 'completed_at', chunk_time_interval => interval '90 days');
        EXECUTE $view$
            CREATE MATERIALIZED VIEW score_weekly
            WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
            SELECT time_bucket(interval '7 days', completed_at) AS week, instrument, scale, reporter, scoring_version,
                   count(value) AS scores, avg(value) AS mean, min(value) AS lowest, max(value) AS highest
            FROM score
            GROUP BY 1, 2, 3, 4, 5
            WITH NO DATA
        $view$;
        PERFORM add_continuous_aggregate_policy('score_weekly',
            start_offset => NULL, end_offset => interval '7 days', schedule_interval => interval '1 hour');
        EXECUTE $columns$ ALTER TABLE answer SET (timescaledb.compress, timescaledb.compress_segmentby = 'participant_id') $columns$;
        PERFORM add_compression_policy('answer', interval '1 year');
    ELSE
        -- time_bucket counts seven-day weeks from Monday 3 January 2000; so does this.
        EXECUTE $view$
            CREATE VIEW score_weekly AS
            SELECT date_bin(interval '7 days', completed_at, timestamptz '2000-01-03 00:00:00+00') AS week,
                   instrument, scale, reporter, scoring_version,
                   count(value) AS scores, avg(value) AS mean, min(value) AS lowest, max(value) AS highest
            FROM score
            GROUP BY 1, 2, 3, 4, 5
        $view$;
    END IF;
END
$timescale$;
