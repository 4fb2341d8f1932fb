"""The consumer in `examples/`, run as its reader would run it, against a broker: states, and what is deleted."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest

from pro_collector.domain.stream_events import ScoresLatest
from pro_collector.postgres.tables import outbox
from tests.shared.clock import START
from tests.shared.places import ROOT
from tests.wire.kafka.pipe import PATIENCE, Pipe

pytestmark = [pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]


def state(response: UUID, cycle: int) -> ScoresLatest:
    """The scores of a response as they are in this cycle."""
    return ScoresLatest(
        id=uuid4(), participant_id=uuid4(), occurred_at=START, study="s", occasion_id=uuid4(), response_id=response,
        instrument="diary", instrument_version="1.0", reporter="self", completed_at=START, scores={"pain": 70.0},
        study_day=2, cycle=cycle, arm="treated",
    )  # fmt: skip


async def told(process: Process) -> dict[str, Any]:
    """The next line that the example prints."""
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
    return dict(json.loads(line))


async def test_a_consumer_that_starts_late_knows_the_scores_and_forgets_what_is_erased(flow: Pipe) -> None:
    response = uuid4()
    async with flow.database.transaction() as tx:
        await outbox.add(tx, [state(response, 1)])
    await flow.all_done()
    example = await create_subprocess_exec(
        sys.executable, ROOT / "examples/latest_scores.py", flow.settings.kafka_bootstrap, flow.settings.kafka_prefix,
        stdout=PIPE,
    )  # fmt: skip
    try:
        known = {"study_day": 2, "arm": "treated", "scores": {"pain": 70.0}}
        assert await told(example) == {**known, "cycle": 1}
        async with flow.database.transaction() as tx:
            await outbox.add(tx, [state(response, 2)])
            await outbox.delete_keys(tx, ScoresLatest.type, [response], uuid4(), START)
        assert await told(example) == {**known, "cycle": 2}
        assert await told(example) == {"deleted": str(response), "known": True}
    finally:
        with suppress(ProcessLookupError):
            example.kill()
        await example.wait()
