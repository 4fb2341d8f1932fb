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
from tests.shared.weekly_scores import BY_ARM, ONE, RUNNING, SCALES, store

ONE_SCALE, WEEKLY = "one scale of one participant", "weekly mean by arm"
VISITS, ROUNDS = 104, 7
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
    store(connection, people, visits)
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
