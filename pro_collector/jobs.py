"""Background work of the team's pages: takes one job after the other, says how far it is, and records its result.

It runs in the process of the worker, in real seconds: somebody looks at a page and waits. What a job computes, it
computes in a thread or in a process of its own, so that replies do not wait for it.
"""

import asyncio
import contextlib
import itertools
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

import structlog

from pro_collector.commands.apply_study import Preview, apply_study, finish_moving, preview, read
from pro_collector.commands.ask_job import JobKind
from pro_collector.commands.backtest_alerts import RuleFile, as_data, backtest
from pro_collector.commands.export_job import make_export
from pro_collector.commands.known_instruments import known_instruments
from pro_collector.commands.rehearse import ToRehearse, rehearse_apart
from pro_collector.domain.account.permission import Sites
from pro_collector.errors import NotMigrated, ProCollectorError
from pro_collector.postgres.connection import TRANSIENT
from pro_collector.postgres.questions.session import Scope
from pro_collector.postgres.tables import jobs, participants, studies
from pro_collector.postgres.tables.jobs import JobRow
from pro_collector.runtime import Runtime

log = structlog.get_logger(__name__)

WAIT = 30.0
"""Seconds until the next look for a job after one that failed."""
BEAT = 1.0
"""Seconds between two notes of how far a job is; so long it takes until a cancelled job ends."""
LEASE = timedelta(seconds=60)
"""How long a process may say nothing until another begins its job again."""
STARTS = 3
"""How often a job is begun: one that ends its process each time must not do so for ever."""
RELEASE_WITHIN = 2.0
"""Seconds: a worker that ends is not held up by a database that is away."""
FINISH_EVERY = 12
"""After how many looks, each after at most 5 s, we search for people whom an application of a study has left behind."""


@dataclass(slots=True)
class JobProgress:
    """How far a job is."""

    done: int = 0
    total: int = 0

    def tell(self, done: int, total: int) -> None:
        """Note that so many of so many are done."""
        self.done, self.total = done, total


Result = Mapping[str, Any]
"""The result of a job as plain data; people in it are ids, so that who looks sees codes of their own sites only."""


async def run(rt: Runtime) -> None:
    """Do jobs until cancelled. An error of a job ends the job, and nothing else."""
    for looks in itertools.count():
        try:
            if looks % FINISH_EVERY == 0 and (moved := await finish_moving(rt)):
                log.warning("an application of a study had ended in the middle", participants=moved)
            while await work_once(rt):
                pass
        except (*TRANSIENT, NotMigrated) as error:
            log.warning("background work waits", error=type(error).__name__)
            await asyncio.sleep(WAIT)
        except Exception as error:
            trace = "".join(traceback.format_tb(error.__traceback__))  # an error's message may quote patient data
            log.error("background work cannot be done", error=type(error).__name__, trace=trace)
            await asyncio.sleep(WAIT)
        await rt.listener.wait(jobs.CHANNEL)


async def work_once(rt: Runtime) -> bool:
    """Do the next job, if there is one; whether there was."""
    async with rt.database.transaction() as tx:
        job = await jobs.claim(tx, LEASE)
    if job is None:
        return False
    progress = JobProgress()
    doing = asyncio.ensure_future(_do(rt, job, progress))
    try:
        await _watch(rt, job, progress, doing)
    except asyncio.CancelledError:
        await _end(doing)
        await _release(rt, job)
        raise
    await _record(rt, job, progress, doing)
    return True


async def _do(rt: Runtime, job: JobRow, progress: JobProgress) -> Result:
    if job.head.starts > STARTS:
        raise ProCollectorError(f"the process that did this ended {STARTS} times")
    where = rt.database.limited(Scope(client=job.client))  # what it records was done where somebody asked for it
    return await KINDS[job.head.kind](replace(rt, database=where), job, progress)


async def _watch(rt: Runtime, job: JobRow, progress: JobProgress, doing: "asyncio.Future[Result]") -> None:
    """Say how far the job is until it ends; end it if it was cancelled, or if another process does it."""
    while not (await asyncio.wait([doing], timeout=BEAT))[0]:
        with contextlib.suppress(*TRANSIENT):
            async with rt.database.transaction() as tx:
                goes_on = await jobs.beat(tx, job.head.id, job.head.starts, progress.done, progress.total)
            if not goes_on:
                await _end(doing)


async def _end(doing: "asyncio.Future[Result]") -> None:
    doing.cancel()
    await asyncio.gather(doing, return_exceptions=True)


async def _record(rt: Runtime, job: JobRow, progress: JobProgress, doing: "asyncio.Future[Result]") -> None:
    """Record how the job has ended."""
    now, id, starts = rt.clock.now(), job.head.id, job.head.starts
    error = None if doing.cancelled() else doing.exception()
    if isinstance(error, TRANSIENT):
        return await _release(rt, job)
    if error is not None and not isinstance(error, ProCollectorError):
        trace = "".join(traceback.format_tb(error.__traceback__))  # an error's message may quote patient data
        log.error("background work failed", kind=job.head.kind, error=type(error).__name__, trace=trace)
    async with rt.database.transaction() as tx:
        if doing.cancelled():
            await jobs.end_cancelled(tx, id, now)
        elif error is None:
            await jobs.finish(tx, id, starts, doing.result(), progress.total, now)
        else:
            await jobs.fail(tx, id, starts, _said(error), now)


def _said(error: BaseException) -> str:
    """What somebody reads of an error: only the words that are meant for people."""
    if isinstance(error, ProCollectorError):
        return str(error)
    return f"this failed here ({type(error).__name__}); the log of the worker says where"


async def _release(rt: Runtime, job: JobRow) -> None:
    """Let another process begin the job again. Without the database, that follows after LEASE."""
    with contextlib.suppress(*TRANSIENT, TimeoutError):
        async with asyncio.timeout(RELEASE_WITHIN), rt.database.transaction() as tx:
            await jobs.release(tx, job.head.id, job.head.starts)


async def _rehearse(rt: Runtime, job: JobRow, progress: JobProgress) -> Result:
    asked = ToRehearse(**job.input)
    library = await known_instruments(rt, job.head.study)
    study = await asyncio.to_thread(read, asked.text, asked.file, library)
    used = {name: library.get(name) for name in study.instruments}
    return await rehearse_apart(asked, used, progress.tell)


async def _preview(rt: Runtime, job: JobRow, progress: JobProgress) -> Result:
    text, file = job.input["text"], job.input["file"]
    library = await known_instruments(rt, job.head.study)
    study = await asyncio.to_thread(read, text, file, library)
    async with rt.database.transaction() as tx:
        current = await studies.current(tx, study.id)
    shown = await preview(rt, study, library, progress.tell)
    before = current.version if current else None
    return {
        "text": text,
        "file": file,
        "version": study.version,
        "in_force": before,
        "preview": preview_as_data(shown) if shown else None,
    }


def preview_as_data(shown: Preview) -> Result:
    """What an amendment would change, as plain data; people by their ids."""
    return {
        "before": shown.before,
        "after": shown.after,
        "study_wide": list(shown.study_wide),
        "changes": [{**asdict(each), "counts": dict(shown.counts[each.assessment])} for each in shown.changes],
        "people": shown.people,
        "affected": {str(id): asdict(totals) for id, _, totals in shown.affected},
    }


async def _apply(rt: Runtime, job: JobRow, progress: JobProgress) -> Result:
    library = await known_instruments(rt, job.head.study)
    text, file = job.input["text"], job.input["file"]
    done = await apply_study(rt, text, file, library, job.head.asked_by, progress.tell)
    return {"before": done.before, "version": done.study.version, "people": done.participants}


async def _backtest(rt: Runtime, job: JobRow, _progress: JobProgress) -> Result:
    asked = job.input
    rules = RuleFile(asked["rules"], asked["file"])
    old = RuleFile(asked["old"], "the rules in force") if asked["old"] else None
    found = await backtest(
        rt, job.head.study, rules, old=old, event=asked["event"], days=asked["days"], sites=Sites.of(asked["sites"])
    )
    async with rt.database.transaction() as tx:
        ids = {row.code: row.id for row in await participants.of_study(tx, job.head.study)}
    return as_data(found, ids)


async def _export(rt: Runtime, job: JobRow, progress: JobProgress) -> Result:
    return await make_export(rt, job, progress.tell)


KINDS: Mapping[JobKind | str, Callable[[Runtime, JobRow, JobProgress], Awaitable[Result]]] = {
    "rehearse": _rehearse,
    "preview": _preview,
    "apply": _apply,
    "backtest": _backtest,
    "export": _export,
}
"""What each kind of job does."""
