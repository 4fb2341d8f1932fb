"""How fast researchers' questions are at size: `python -m tests.bench_weeks [--scores 3000000] [--folder FOLDER]`.

One participant's one scale, and the weekly mean of a scale by arm: while the day that runs is stale, as always, and
when a crossover of one participant has made all their days stale, before and after the refresh. Ten scales a week for
two years of each participant, at 8 sites in 2 arms; one in twenty crossed over after a year. `--folder`: an empty one
on a disk for the server; without it, memory if there is enough.
"""

import argparse
import time
from pathlib import Path

import psycopg

from pro_collector.embedded.postgres import Postgres
from pro_collector.postgres.migrate import migrate

LIMITS = {"one scale of one participant": 3.0, "weekly mean by arm": 100.0}
"""The promised milliseconds."""
SCALES, VISITS, ROUNDS = 10, 104, 7
FILL = (
    "INSERT INTO study (id, version, document, hash, applied_at, applied_by, current, definition)"
    " VALUES ('s', '1', '', 'h', now(), 'bench', true, '{\"timeline\": {}}')",
    "INSERT INTO participant (id, study, study_version, code, zone, language, arm, site, enrolled_on)"
    " SELECT md5('p' || n)::uuid, 's', '1', 'P-' || n, 'Europe/Madrid', 'es', (ARRAY['a', 'b'])[1 + n %% 2],"
    " 'site' || n %% 8, '2024-01-01' FROM generate_series(1, %(people)s) n",
    "INSERT INTO occasion (id, participant_id, study, study_version, assessment, anchor, anchor_n, anchor_on,"
    " anchor_key, n, point, reporter, instruments, due_at, due_local, wanted_local, zone, opens_at, closes_at,"
    " late_until, priority, state, reason, opened_at, ended_at)"
    " SELECT md5(p.id || '/' || n)::uuid, p.id, 's', '1', 'weekly', 'enrolment', 1, '2024-01-01', '', n, n || 'w',"
    " 'self', '{diary}', due, due AT TIME ZONE 'UTC', due AT TIME ZONE 'UTC', 'Europe/Madrid', due,"
    " due + interval '2 days', due + interval '3 days', 1, 'completed', 'every question answered', due, due"
    " FROM generate_series(0, %(visits)s - 1) n, participant p, LATERAL (SELECT timestamptz '2024-01-02T09:00Z'"
    " + make_interval(days => 7 * n + abs(hashtext(p.code)) %% 7) AS due) d",
    "INSERT INTO response (id, participant_id, occasion_id, instrument, instrument_version, instrument_hash, reporter,"
    " mode, language, status, completed_at) SELECT md5('r' || id)::uuid, participant_id, id, 'diary', '1.0.0', 'h',"
    " 'self', 'sms', 'es', 'completed', due_at + make_interval(secs => abs(hashtext(id::text)) %% 86400) FROM occasion",
    "INSERT INTO score (completed_at, response_id, participant_id, occasion_id, instrument, instrument_version,"
    " scoring_version, scale, value, answered, of, reporter, mode, scored_at)"
    " SELECT r.completed_at, r.id, r.participant_id, r.occasion_id, 'diary', '1.0.0', 'h', 'scale' || n,"
    " (hashtext(r.id::text || n) & 9999) / 100.0, 1, 1, 'self', 'sms', r.completed_at"
    " FROM (SELECT * FROM response ORDER BY completed_at) r, generate_series(1, %(scales)s) n",
    "INSERT INTO participant_state (id, participant_id, kind, starts_on, recorded_at, recorded_by, arm)"
    " SELECT gen_random_uuid(), id, 'crossed_over', '2025-01-01', now(), 'bench', CASE arm WHEN 'a' THEN 'b' ELSE 'a'"
    " END FROM participant WHERE hashtext(code) %% 20 = 0",
)
ONE = (
    "SELECT study_day, value FROM score_on_treatment WHERE study = 's' AND participant_code = 'P-7'"
    " AND scale = 'scale3'"
)
BY_ARM = (
    "SELECT week, arm, sum(total) / sum(scores) FROM research.score_weeks"
    " WHERE study = 's' AND instrument = 'diary' AND scale = 'scale3' GROUP BY week, arm"
)
RUNNING = "INSERT INTO score_day_stale SELECT max(day) FROM score_day"
CROSSED = (
    "INSERT INTO participant_state (id, participant_id, kind, starts_on, recorded_at, recorded_by, arm)"
    " SELECT gen_random_uuid(), id, 'crossed_over', '2024-01-01', now(), 'bench', 'b' FROM participant"
    " WHERE code = 'P-2'"
)
SIZE = "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) / 1e6 FROM pg_class c WHERE relname LIKE %s"


def main(scores: int = 3_000_000, folder: Path | None = None) -> None:
    """Print the best milliseconds of each question beside its limit, and the seconds of each refresh."""
    server = Postgres()
    try:
        url = server.start(folder, durable=False)
        migrate(url)
        with psycopg.connect(url, autocommit=True) as connection:
            _measure(connection, scores)
    finally:
        server.stop()


def _measure(connection: psycopg.Connection, scores: int) -> None:
    begun = time.perf_counter()
    for statement in FILL:
        size = {"people": scores // (VISITS * SCALES), "visits": VISITS, "scales": SCALES}
        connection.execute(statement.encode(), size)
    connection.execute("VACUUM ANALYZE")
    extension = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    (count,) = connection.execute("SELECT count(*) FROM score").fetchone() or (0,)
    print(f"{count:,} scores, TimescaleDB {extension[0] if extension else 'not used'}:"
          f" stored in {time.perf_counter() - begun:.0f} s")  # fmt: skip
    _refresh(connection, "all days")
    connection.execute("VACUUM ANALYZE")
    _question(connection, "one scale of one participant", ONE)
    connection.execute(RUNNING)
    _question(connection, "weekly mean by arm", BY_ARM)
    _refresh(connection, "one day")
    connection.execute(CROSSED)
    _question(connection, "weekly mean by arm", BY_ARM, " while all days of one participant are stale", rounds=2)
    _refresh(connection, "the days of one participant")
    _question(connection, "weekly mean by arm", BY_ARM, " after the refresh")
    for name, pattern in (("days", "score\\_day"), ("occasions", "occasion")):
        ((megabytes,),) = connection.execute(SIZE, (pattern,)).fetchall()
        print(f"{name}: {megabytes:,.0f} MB")


def _question(connection: psycopg.Connection, name: str, query: str, when: str = "", *, rounds: int = ROUNDS) -> None:
    took = []
    for _ in range(rounds):
        begun = time.perf_counter()
        connection.execute(query.encode()).fetchall()
        took.append(1_000 * (time.perf_counter() - begun))
    print(f"{name}{when}: {min(took):.1f} ms (limit {LIMITS[name]:.0f} ms)")


def _refresh(connection: psycopg.Connection, what: str) -> None:
    begun = time.perf_counter()
    connection.execute("CALL refresh_score_weekly()")
    print(f"refresh of {what}: {time.perf_counter() - begun:.1f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", type=int, default=3_000_000)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    main(asked.scores, asked.folder)
