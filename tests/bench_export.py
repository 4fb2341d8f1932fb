"""How long an export takes beside the bare COPY of the same columns: `python -m tests.bench_export [--scores 1000000]`.

Both are measured in turns, on one server, and the best of each counts. The ceiling of Parquet is a COPY whose CSV
pyarrow reads into one table and writes; that of CSV is the COPY alone, into memory.
"""

import argparse
import asyncio
import io
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pyarrow.csv
import pyarrow.parquet

from pro_collector.commands.export_tables import export_tables
from pro_collector.domain.research.tables import TABLES
from pro_collector.embedded.postgres import Postgres
from pro_collector.postgres.database import Database
from pro_collector.postgres.migrate import migrate
from pro_collector.research.files import FileFormat

LIMITS: dict[FileFormat, float] = {"parquet": 2.0, "csv": 1.5}
"""The promised ratio to the ceiling, by form."""
SCALES, VISITS, ROUNDS = 10, 100, 2
NOW = datetime(2026, 11, 30, tzinfo=UTC)
FILL = (
    "INSERT INTO study (id, version, document, hash, applied_at, applied_by, current, definition)"
    " VALUES ('s', '1', '', 'h', now(), 'bench', true, '{\"timeline\": {}}')",
    "INSERT INTO participant (id, study, study_version, code, zone, language, arm, site, enrolled_on)"
    " SELECT md5('p' || n)::uuid, 's', '1', 'P-' || n, 'Europe/Madrid', 'es', 'a', 'madrid', '2026-01-05'"
    " FROM generate_series(1, %(people)s) n",
    "INSERT INTO occasion (id, participant_id, study, study_version, assessment, anchor, anchor_n, anchor_on,"
    " anchor_key, n, point, reporter, instruments, due_at, due_local, wanted_local, zone, opens_at, closes_at,"
    " late_until, priority, state, reason, opened_at, ended_at)"
    " SELECT md5(p.id || '/' || n)::uuid, p.id, 's', '1', 'daily', 'enrolment', 1, '2026-01-05', '', n, n || 'd',"
    " 'self', '{diary}', due, due AT TIME ZONE 'UTC', due AT TIME ZONE 'UTC', 'Europe/Madrid', due,"
    " due + interval '2 days', due + interval '3 days', 1, 'completed', 'every question answered', due, due"
    " FROM participant p, generate_series(1, %(visits)s) n, LATERAL (SELECT timestamptz '2026-01-05T09:00Z'"
    " + make_interval(days => n) AS due) d",
    "INSERT INTO response (id, participant_id, occasion_id, instrument, instrument_version, instrument_hash, reporter,"
    " mode, language, status, completed_at) SELECT md5('r' || id)::uuid, participant_id, id, 'diary', '1.0.0', 'h',"
    " 'self', 'sms', 'es', 'completed', due_at FROM occasion",
    "INSERT INTO score (completed_at, response_id, participant_id, occasion_id, instrument, instrument_version,"
    " scoring_version, scale, value, answered, of, reporter, mode, scored_at)"
    " SELECT r.completed_at, r.id, r.participant_id, r.occasion_id, 'diary', '1.0.0', 'h', 'scale' || n,"
    " (hashtext(r.id::text || n) & 9999) / 100.0, 1, 1, 'self', 'sms', r.completed_at"
    " FROM response r, generate_series(1, %(scales)s) n",
)


def main(scores: int = 1_000_000) -> None:
    """Print the seconds of both, and their ratio beside its limit."""
    server = Postgres()
    try:
        url = server.start(durable=False)
        migrate(url)
        fill(url, scores)
        asyncio.run(_measure(url, scores))
    finally:
        server.stop()


def fill(url: str, scores: int) -> None:
    """A study with so many scores: VISITS visits of each participant, SCALES scores at each."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in FILL:
            size = {"people": scores // (VISITS * SCALES), "visits": VISITS, "scales": SCALES}
            connection.execute(statement.encode(), size)
        connection.execute("VACUUM ANALYZE")


async def _measure(url: str, scores: int) -> None:
    database = await Database(url).open()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        async def export(form: FileFormat) -> None:
            (done,) = await export_tables(database, ["scores"], folder, form, study="s", now=NOW)
            assert done.rows == scores

        for form, limit in LIMITS.items():
            bare = _copy if form == "csv" else _copy_to_parquet
            ours, ceiling = await _best(lambda form=form: export(form), lambda bare=bare: bare(url, folder))  # type: ignore[misc]
            print(
                f"{scores:,} scores to {form}: {ours:.1f} s, {scores / ours:,.0f} a second; bare COPY: {ceiling:.1f} s"
                f" ({ours / ceiling:.2f}x, limit {limit:.1f}x)"
            )
    await database.close()


async def _best(ours: Callable[[], Awaitable[None]], bare: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """The shortest time of each, measured in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for work, took in zip((ours, bare), times, strict=True):
            begun = time.perf_counter()
            await work()
            took.append(time.perf_counter() - begun)
    return min(times[0]), min(times[1])


async def _copied(url: str) -> io.BytesIO:
    """The same columns as CSV, by a bare COPY."""
    columns = ", ".join(column.name for column in TABLES["scores"].columns)
    text = io.BytesIO()
    async with await psycopg.AsyncConnection.connect(url) as connection, connection.cursor() as cursor:
        query = f"COPY (SELECT {columns} FROM research.scores WHERE study = 's') TO STDOUT (FORMAT csv, HEADER)"
        async with cursor.copy(query.encode()) as copy:
            async for piece in copy:
                text.write(piece)
    text.seek(0)
    return text


async def _copy(url: str, _: Path) -> None:
    await _copied(url)


async def _copy_to_parquet(url: str, folder: Path) -> None:
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(await _copied(url)), folder / "bare.parquet")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", type=int, default=1_000_000)
    main(parser.parse_args().scores)
