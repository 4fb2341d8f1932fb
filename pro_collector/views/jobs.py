"""The background work of a study: the list of it, and one job with its result, as somebody at some sites may see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pro_collector.domain.account.permission import Sites
from pro_collector.errors import NotFound
from pro_collector.postgres.questions import protocol
from pro_collector.postgres.tables import jobs
from pro_collector.postgres.tables.jobs import JobHead
from pro_collector.runtime import Runtime


@dataclass(frozen=True, slots=True)
class JobShown:
    """A job. `affected`: of an amendment, each person at these sites (by code) with the totals of their changes."""

    head: JobHead
    input: Mapping[str, Any]
    result: Mapping[str, Any] | None
    affected: tuple[tuple[str, Mapping[str, int]], ...] = ()


async def jobs_of_study(rt: Runtime, study: str) -> list[JobHead]:
    """The newest jobs of a study."""
    async with rt.database.transaction() as tx:
        return await jobs.of_study(tx, study)


async def one_job(rt: Runtime, study: str, id: str, sites: Sites) -> JobShown:
    """One job of a study. Raises NotFound."""
    async with rt.database.transaction() as tx:
        found = await jobs.find(tx, study, _uuid(id))
        if found is None:
            raise NotFound("no such job")
        changed = ((found.result or {}).get("preview") or {}).get("affected", {})
        codes = await protocol.codes(tx, study, [UUID(each) for each in changed], sites.listed) if changed else {}
    affected = tuple((code, changed[str(who)]) for who, code in codes.items())
    return JobShown(found.head, found.input, found.result, affected)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("no such job") from None
