-- depends: 0002.research-views
-- Time series. With TimescaleDB: hypertables, and where its licence allows a continuous aggregate and a columnstore
-- policy. Without: the same names, the same results.

DO $timescale$
DECLARE
    full_edition boolean := false;
BEGIN
    -- Whether it is preloaded is asked of the loader's own setting: shared_preload_libraries is for superusers to see.
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
       AND current_setting('timescaledb.disable_load', true) IS NOT NULL THEN
        CREATE EXTENSION IF NOT EXISTS timescaledb;
        PERFORM create_hypertable('answer', 'answered_at', chunk_time_interval => interval '90 days');
        PERFORM create_hypertable('score', 'completed_at', chunk_time_interval => interval '90 days');
        -- The Apache edition, which some hosting providers run, has hypertables only.
        full_edition := current_setting('timescaledb.license') = 'timescale';
    END IF;

    IF full_edition THEN
        EXECUTE $view$
            CREATE MATERIALIZED VIEW score_weekly
            WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
            SELECT time_bucket(interval '7 days', completed_at) AS week, instrument, scale, reporter, scoring_version,
                   count(value) AS scores, avg(value) AS mean, min(value) AS lowest, max(value) AS highest
            FROM score
            WHERE superseded_at IS NULL
            GROUP BY 1, 2, 3, 4, 5
            WITH NO DATA
        $view$;
        PERFORM add_continuous_aggregate_policy('score_weekly',
            start_offset => NULL, end_offset => interval '7 days', schedule_interval => interval '1 hour');
        EXECUTE $columns$ ALTER TABLE answer SET (timescaledb.compress, timescaledb.compress_segmentby = 'participant_id') $columns$;
        PERFORM add_compression_policy('answer', interval '1 year');
        -- Weeks that are over are stored; a score that is added to one, or taken away, counts from the next refresh on.
        EXECUTE $refresh$
            CREATE PROCEDURE refresh_score_weekly() LANGUAGE plpgsql AS $body$
            BEGIN
                CALL refresh_continuous_aggregate('score_weekly', NULL, now() - interval '7 days');
            END
            $body$
        $refresh$;
    ELSE
        -- time_bucket counts seven-day weeks from Monday 3 January 2000; so does this.
        EXECUTE $view$
            CREATE VIEW score_weekly AS
            SELECT date_bin(interval '7 days', completed_at, timestamptz '2000-01-03 00:00:00+00') AS week,
                   instrument, scale, reporter, scoring_version,
                   count(value) AS scores, avg(value) AS mean, min(value) AS lowest, max(value) AS highest
            FROM score
            WHERE superseded_at IS NULL
            GROUP BY 1, 2, 3, 4, 5
        $view$;
        EXECUTE $refresh$ CREATE PROCEDURE refresh_score_weekly() LANGUAGE sql BEGIN ATOMIC END $refresh$;
    END IF;
END
$timescale$;
