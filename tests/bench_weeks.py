"""How fast researchers' questions are at size: `python -m tests.bench_weeks [--scores 3000000] [--folder FOLDER]`.

One participant's one scale, and the weekly mean of a scale by arm: while the day that runs is stale, as always, and
when a crossover of one participant has made all their days stale, before and after the refresh. Ten scales a week for
two years of each participant, at 8 sites in 2 arms; one in twenty crossed over after a year. `--visits`: another number
of weeks; fewer weeks of the same number of scores are more people, and a larger stale day. `--folder`: an empty one
on a disk for the server; without it, memory if there is enough. One process of the server does all the work of a
question, so that its time on a core is known, also on a busy machine (Linux).
"""

import argparse
import time
from pathlib import Path

import psycopg

from pro_collector.embedded.postgres import Postgres
from pro_collector.postgres.migrate import migrate

ONE_SCALE, WEEKLY = "one scale of one participant", "weekly mean by arm"
SCALES, VISITS, ROUNDS = 10, 104, 7
STORE = "SET session_replication_role = replica"
"""Foreign keys and triggers are left out while the rows are stored; the rows fit together, and every day is stale."""
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
    "INSERT INTO score_day_stale SELECT DISTINCT day_of(completed_at) FROM score",
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
SIZES = "SELECT pg_database_size(current_database()) / 1e6, pg_total_relation_size('score_day') / 1e6"


def limit(question: str, scores: int) -> float:
    """The promised milliseconds of a question about this many scores."""
    return {ONE_SCALE: 3.0, WEEKLY: 20.0 if scores <= 3_000_000 else 100.0}[question]


def main(scores: int = 3_000_000, folder: Path | None = None, visits: int = VISITS) -> None:
    """Print the best milliseconds of each question beside its limit, and the seconds of each refresh."""
    server = Postgres()
    try:
        url = server.start(folder, durable=False)
        migrate(url)
        with psycopg.connect(url, autocommit=True) as connection:
            _store(connection, scores, visits)
            _measure(connection, scores)
    finally:
        server.stop()


def _store(connection: psycopg.Connection, scores: int, visits: int) -> None:
    connection.execute("SET max_parallel_workers_per_gather = 0")
    people = scores // (visits * SCALES)
    begun, cpu = time.perf_counter(), _cpu(connection)
    connection.execute(STORE)
    for statement in FILL:
        connection.execute(statement.encode(), {"people": people, "visits": visits, "scales": SCALES})
    connection.execute("RESET session_replication_role")
    connection.execute("VACUUM ANALYZE")
    extension = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    print(f"{people * visits * SCALES:,} scores of {people:,} people, TimescaleDB"
          f" {extension[0] if extension else 'not used'}: stored in {time.perf_counter() - begun:.0f} s"
          f" ({(_cpu(connection) - cpu) / 1_000:.0f} s on a core)", flush=True)  # fmt: skip


def _measure(connection: psycopg.Connection, scores: int) -> None:
    _refresh(connection, "all days")
    connection.execute("VACUUM ANALYZE")
    _question(connection, scores, ONE_SCALE)
    _question(connection, scores, WEEKLY, " when no day is stale")
    connection.execute(RUNNING)
    _question(connection, scores, WEEKLY, " while one day is stale")
    _refresh(connection, "one day")
    connection.execute(CROSSED)
    _question(connection, scores, WEEKLY, " while all days of one participant are stale", rounds=2)
    _refresh(connection, "the days of one participant")
    _question(connection, scores, WEEKLY, " after the refresh")
    ((whole, days),) = connection.execute(SIZES).fetchall()
    print(f"the database: {whole:,.0f} MB, of which the days: {days:,.0f} MB")


def _question(connection: psycopg.Connection, scores: int, name: str, when: str = "", *, rounds: int = ROUNDS) -> None:
    query = {ONE_SCALE: ONE, WEEKLY: BY_ARM}[name].encode()
    took, cpu = [], []
    for _ in range(rounds):
        begun, before = time.perf_counter(), _cpu(connection)
        connection.execute(query).fetchall()
        took.append(1_000 * (time.perf_counter() - begun))
        cpu.append(_cpu(connection) - before)
    print(f"{name}{when}: {min(took):.1f} ms, {min(cpu):.1f} ms on a core"
          f" (limit {limit(name, scores):.0f} ms)", flush=True)  # fmt: skip


def _refresh(connection: psycopg.Connection, what: str) -> None:
    begun, before = time.perf_counter(), _cpu(connection)
    connection.execute("CALL refresh_score_weekly()")
    print(f"refresh of {what}: {time.perf_counter() - begun:.1f} s,"
          f" {(_cpu(connection) - before) / 1_000:.1f} s on a core", flush=True)  # fmt: skip


def _cpu(connection: psycopg.Connection) -> float:
    """The milliseconds that the connection's process of the server has had on a core so far."""
    return int(Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text().split()[0]) / 1e6


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", type=int, default=3_000_000)
    parser.add_argument("--visits", type=int, default=VISITS)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    main(asked.scores, asked.folder, asked.visits)
