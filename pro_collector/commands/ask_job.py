"""Ask for background work on a study, or cancel it; `pro_collector/jobs.py` does it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from pro_collector.domain.events import derived_id
from pro_collector.errors import Conflict, NotFound
from pro_collector.postgres.tables import jobs
from pro_collector.runtime import Runtime

JobKind = Literal["rehearse", "preview", "apply", "backtest", "export"]


async def ask_job(rt: Runtime, study: str, kind: JobKind, input: Mapping[str, Any], *, by: str) -> UUID:
    """Ask for a job; `input` is plain data without anything personal, because it is kept. Returns its id."""
    now = rt.clock.now()
    digest = hashlib.sha256(json.dumps(input, sort_keys=True).encode()).hexdigest()
    id = derived_id("job", study, kind, by, now, digest)
    async with rt.database.transaction() as tx:
        await jobs.add(tx, id, study, kind, input, by, now)
    return id


async def cancel_job(rt: Runtime, study: str, id: UUID, *, by: str) -> None:
    """Cancel a job that has not ended. Raises NotFound; Conflict if it ended, or puts a version in force already."""
    async with rt.database.transaction() as tx:
        found = await jobs.find(tx, study, id)
        if found is None:
            raise NotFound("no such job")
        if found.head.kind == "apply" and found.head.state == "running":
            raise Conflict("the version is in force, and people are put under it: apply the version before to go back")
        if not await jobs.cancel(tx, study, id, by, rt.clock.now()):
            raise Conflict("this has ended already")
