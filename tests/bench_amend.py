"""What an amendment of a long study costs, and how long the traffic of patients waits for it.

python -m tests.bench_amend [--people 2000] [--alone 30]

Loads a study after nine years in which everybody has a check-in a week for ten years. One process opens check-ins,
records deliveries, reads answers and moves events on, as worker, scheduler and relay do; meanwhile others show what an
amendment of the weekly check-in would change (preview), put it in force, and plan everybody again (apply). A wait is
read from `pg_locks`, every ten milliseconds: how long a statement of the traffic has waited for a lock that the
amendment holds. Beside it stands how long each transaction of the traffic took, with and without the amendment.
"""

import argparse
import asyncio
import itertools
import json
import os
import resource
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo

from pro_collector.casework.inbound.receiving import receive
from pro_collector.casework.inbound.reporting import report
from pro_collector.channels.twilio import Inbound, Report
from pro_collector.commands.apply_study import apply_study, preview, read
from pro_collector.domain.events import Event, MessageReceived, MessageReported, OccasionRef, StudyAmended, SurveyDue
from pro_collector.embedded.postgres import Postgres
from pro_collector.errors import Unavailable
from pro_collector.handlers import message_received, message_reported, study_amended, survey_due
from pro_collector.kafka.consumer import Handle
from pro_collector.pipeline import WORK
from pro_collector.postgres.migrate import migrate
from pro_collector.postgres.tables import agenda, messages, outbox, participants
from pro_collector.runtime import Runtime, open_runtime
from tests.shared.clock import FixedClock
from tests.shared.decade import AFTER, NOW, code, phone, seed_decade
from tests.shared.office import STUDY, library
from tests.shared.team_year import settings_for

WAIT_MS, CPU_S, PEAK_MB = 250.0, 30.0, 400.0
"""What is promised: of any statement of another process; of a preview."""
AMENDING = "amending"
"""The login of the amendment, by which its locks are told from those of the traffic."""
LOOK_EVERY = 0.01
PLANS = next(work.batch for work in WORK["worker"] if StudyAmended in work.events)
WAITS = """
SELECT extract(epoch FROM clock_timestamp() - waits.waitstart)::float8 * 1000 AS ms, waits.locktype AS kind
FROM pg_locks waits JOIN pg_stat_activity mine ON mine.pid = waits.pid
WHERE NOT waits.granted AND mine.usename <> %(amending)s AND EXISTS (
    SELECT FROM unnest(pg_blocking_pids(waits.pid)) blocking JOIN pg_stat_activity theirs ON theirs.pid = blocking
    WHERE theirs.usename = %(amending)s)
"""


# The traffic


class Traffic:
    """One conversation after the other; each transaction is a line of a file: when it began, what, milliseconds."""

    def __init__(self, rt: Runtime, path: Path) -> None:
        self.rt, self._path, self._texts = rt, path, 0
        self._people: list[UUID] = []

    async def run(self, people: int, lanes: int) -> None:
        """Talk until this process is ended."""
        async with self.rt.database.transaction() as tx:
            ids = {row.code: row.id for row in await participants.of_study(tx, STUDY)}
        self._people = [ids[code(n)] for n in range(people)]
        numbers = itertools.cycle(range(people))
        await asyncio.gather(self._relay(), *(self._lane(numbers) for _ in range(lanes)))

    async def _lane(self, numbers: Iterator[int]) -> None:
        for n in numbers:
            await self._conversation(n)
            await asyncio.sleep(0.02)

    async def _conversation(self, n: int) -> None:
        async with self.rt.database.transaction() as tx:
            rows = await (
                await tx.execute(
                    "SELECT o.id, o.participant_id FROM occasion o JOIN vault.contact c USING (participant_id)"
                    " WHERE c.lookup = %s AND o.state = 'planned' AND o.due_at <= %s ORDER BY o.due_at DESC LIMIT 1",
                    (self.rt.vault.lookup(phone(n)), NOW),
                )
            ).fetchall()
        for row in rows:
            await self._timed("open", self._open(row["id"], row["participant_id"]))
            await self._timed("deliver", self._deliver(row["id"], row["participant_id"]))
        self._texts += 1
        later = NOW + timedelta(minutes=5, seconds=self._texts)
        rt = replace(self.rt, clock=FixedClock(later))
        text = Inbound(f"SM{self._texts:032x}", phone(n), "+12025550100", "7", 0, {}, later)
        await self._timed("receive", receive(rt, text))
        await self._timed("answer", self._handle(rt, MessageReceived, message_received.handle, self._people[n]))

    async def _open(self, occasion: UUID, participant: UUID) -> None:
        async with self.rt.database.transaction() as tx:
            await outbox.add(tx, [SurveyDue.of(OccasionRef(occasion, participant), NOW)])
        await self._handle(self.rt, SurveyDue, survey_due.handle, participant)

    async def _deliver(self, occasion: UUID, participant: UUID) -> None:
        async with self.rt.database.transaction() as tx:
            found = await tx.execute("SELECT id FROM message WHERE occasion_id = %s", (occasion,))
            (row,) = await found.fetchall()
            sid = f"SM{row['id'].hex}"
            await messages.record_left(tx, [(row["id"], NOW)])
            await tx.execute("UPDATE message SET state = 'sent', provider_id = %s WHERE id = %s", (sid, row["id"]))
        await report(self.rt, row["id"], Report(sid, "delivered", 3, None, None, 0, {}))
        await self._handle(self.rt, MessageReported, message_reported.handle, participant)

    async def _handle(self, rt: Runtime, kind: type[Event], handle: Handle, participant: UUID) -> None:
        """Handle what waits of a kind of event of one person, as a worker does."""
        async with rt.database.transaction() as tx:
            found = await tx.execute(
                "SELECT payload::text AS said FROM outbox WHERE type = %s AND participant_id = %s"
                " AND handled_at IS NULL",
                (kind.type, participant),
            )
            rows = await found.fetchall()
        await handle([kind.model_validate_json(row["said"]) for row in rows], rt)

    async def _relay(self) -> None:
        while True:
            await self._timed("relay", self._move_on())
            await asyncio.sleep(0.1)

    async def _move_on(self) -> None:
        async with self.rt.database.transaction() as tx:
            await agenda.fire(tx, NOW - timedelta(days=3000), 1000)
            rows = [row for row in await outbox.unpublished(tx, 500) if row.type != StudyAmended.type]
            await outbox.mark_published(tx, [row.id for row in rows], [])

    async def _timed(self, what: str, work: Awaitable[object]) -> None:
        begun, at = time.perf_counter(), time.time()
        try:
            await work
        except (psycopg.OperationalError, Unavailable):  # a stopped machine: the server has closed the connection
            what = "lost"
        with self._path.open("a", encoding="utf-8") as lines:
            print(json.dumps([at, what, (time.perf_counter() - begun) * 1000]), file=lines)


# The amendment


async def amend(url: str, step: str) -> None:
    """Show or apply the amendment, and print what that took."""
    async with open_runtime(settings_for(url), FixedClock(NOW)) as rt:
        study = read(AFTER, "decade.yaml", library())
        resource_before, begun = time.process_time(), time.perf_counter()
        if step == "preview":
            shown = await preview(rt, study, library())
            people = shown.people if shown else 0
        else:
            people = (await apply_study(rt, AFTER, "decade.yaml", library(), "tester")).participants
            print(json.dumps({"in_force_s": round(time.perf_counter() - begun, 1)}), file=sys.stderr)
            await _plan_again(rt)
        figures = {
            "people": people,
            "seconds": round(time.perf_counter() - begun, 1),
            "cpu_s": round(time.process_time() - resource_before, 1),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
        print(json.dumps(figures))


async def _plan_again(rt: Runtime) -> None:
    """Plan everybody again in batches, as a worker does."""
    query = "SELECT payload::text AS said FROM outbox WHERE type = %s AND handled_at IS NULL ORDER BY id LIMIT %s"
    while True:
        async with rt.database.transaction() as tx:
            rows = await (await tx.execute(query, (StudyAmended.type, PLANS))).fetchall()
        if not rows:
            return
        await study_amended.handle([StudyAmended.model_validate_json(row["said"]) for row in rows], rt)


# The measurement


@dataclass
class Waits:
    """The longest wait of each kind of lock since the last look at the figures, in milliseconds."""

    longest: dict[str, float]

    async def watch(self, url: str) -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            while True:
                for ms, kind in await (await connection.execute(WAITS, {"amending": AMENDING})).fetchall():
                    self.longest[kind] = max(self.longest.get(kind, 0.0), ms or 0.0)
                await asyncio.sleep(LOOK_EVERY)

    def take(self) -> dict[str, float]:
        taken, self.longest = self.longest, {}
        return {kind: round(ms, 1) for kind, ms in taken.items()}


@asynccontextmanager
async def traffic(url: str, path: Path, people: int) -> AsyncIterator[Process]:
    """The traffic, in a process of its own."""
    path.touch()
    process = await create_subprocess_exec(
        sys.executable, "-m", "tests.bench_amend", "--traffic", str(path), "--people", str(people), "--url", url
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def run(url: str, step: str) -> dict[str, float]:
    """Run one step of the amendment in a process of its own; what it took."""
    process = await create_subprocess_exec(
        sys.executable, "-m", "tests.bench_amend", "--amend", step, "--url", url, stdout=PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, step
    return json.loads(said)  # type: ignore[no-any-return]


def spoken(path: Path, since: float, until: float) -> dict[str, str]:
    """By kind of transaction that began in this time: how many, median, 99 of 100, the longest, in milliseconds."""
    found: dict[str, list[float]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        at, what, ms = json.loads(line)
        if since <= at < until:
            found.setdefault(what, []).append(ms)
    return {
        what: f"{len(each)}: {median(each):.0f} / {quantiles([*each, each[-1]], n=100, method='inclusive')[-1]:.0f}"
        f" / {max(each):.0f}"
        for what, each in sorted(found.items())
    }


async def measure(url: str, people: int, alone: float) -> None:
    """Load, measure and print; one JSON object a phase."""
    begun = time.perf_counter()
    async with open_runtime(settings_for(url), FixedClock(NOW)) as rt:
        occasions = await seed_decade(rt, people)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {AMENDING} SUPERUSER LOGIN PASSWORD '{AMENDING}'")
    theirs = make_conninfo(url, user=AMENDING, password=AMENDING)
    print(json.dumps({"people": people, "occasions": occasions, "load_s": round(time.perf_counter() - begun)}))
    waits = Waits({})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "traffic"
        watching = asyncio.create_task(waits.watch(url))
        async with traffic(url, path, people):
            while not path.read_text(encoding="utf-8"):
                await asyncio.sleep(0.1)
            for phase in ("alone", "preview", "apply"):
                waits.take()
                since = time.time()
                took = await run(theirs, phase) if phase != "alone" else await asyncio.sleep(alone, {})
                shown = {"phase": phase, **took, "waits_ms": waits.take(), "traffic": spoken(path, since, time.time())}
                print(json.dumps(shown), flush=True)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def talk(url: str, path: Path, people: int) -> None:
    """Be the traffic."""
    async with open_runtime(settings_for(url), FixedClock(NOW)) as rt:
        await Traffic(rt, path).run(people, lanes=2)


def main(people: int = 2000, alone: float = 30.0) -> None:
    """Print what was measured, and what is promised."""
    print(f"promised: {WAIT_MS:.0f} ms for any statement; preview {CPU_S:.0f} s of CPU, {PEAK_MB:.0f} MB")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; traffic: median / p99 / longest, ms")
    server = Postgres()
    try:
        url = server.start(durable=False)
        migrate(url)
        asyncio.run(measure(url, people, alone))
    finally:
        server.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--alone", type=float, default=30.0, help="seconds of traffic without an amendment")
    parser.add_argument("--amend", default="", help=argparse.SUPPRESS)
    parser.add_argument("--traffic", default="", help=argparse.SUPPRESS)
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.amend:
        asyncio.run(amend(given.url, given.amend))
    elif given.traffic:
        asyncio.run(talk(given.url, Path(given.traffic), given.people))
    else:
        main(given.people, given.alone)
