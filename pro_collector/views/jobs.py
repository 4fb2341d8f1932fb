"""The background work of a study: the list of it, and one job with its result, as somebody at some sites may see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pro_collector.domain.account.permission import Sites
from pro_collector.errors import NotFound
from pro_collector.postgres.questions import protocol
from pro_collector.postgres.tables import jobs
from pro_collector.postgres.tables.jobs import JobHead, JobRow
from pro_collector.runtime import Runtime


@dataclass(frozen=True, slots=True)
class JobShown:
    """A job. `affected`: of an amendment, each person at these sites (by code) with the totals of their changes.

    `people`: of a back-test, whose alerts there would have been, by code, and how many; the most first.
    """

    head: JobHead
    input: Mapping[str, Any]
    result: Mapping[str, Any] | None
    affected: tuple[tuple[str, Mapping[str, int]], ...] = ()
    people: tuple[tuple[str, int], ...] = ()


async def jobs_of_study(rt: Runtime, study: str) -> list[JobHead]:
    """The newest jobs of a study."""
    async with rt.database.transaction() as tx:
        return await jobs.of_study(tx, study)


async def one_job(rt: Runtime, study: str, id: str, sites: Sites) -> JobShown:
    """One job of a study. Raises NotFound; also for a back-test or an export of people at other sites."""
    async with rt.database.transaction() as tx:
        found = await jobs.find(tx, study, _uuid(id))
        if found is None or not sites.cover(_sites_of(found)):
            raise NotFound("no such job")
        result = found.result or {}
        changed = (result.get("preview") or {}).get("affected", {})
        alerts = result.get("people", {}) if found.head.kind == "backtest" else {}
        codes = await protocol.codes(tx, study, [UUID(each) for each in (*changed, *alerts)], sites.listed)
    affected = tuple((code, changed[str(who)]) for who, code in codes.items() if str(who) in changed)
    people = [(code, alerts[str(who)]) for who, code in codes.items() if str(who) in alerts]
    return JobShown(
        found.head, found.input, found.result, affected, tuple(sorted(people, key=lambda each: (-each[1], each[0])))
    )


def _sites_of(job: JobRow) -> Sites:
    """Of the people at which sites the result of a job tells; of other jobs it tells nothing about sites."""
    return Sites.of(job.input.get("sites")) if job.head.kind in ("backtest", "export") else Sites(frozenset())


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("no such job") from None
