"""The nightly look: it opens nobody's words to count them, and whatever goes wrong with it ends nothing else."""

import asyncio
from collections.abc import MutableMapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import structlog

from pro_collector import nightly
from pro_collector.commands.audit import close_chain
from pro_collector.commands.strangers import strangers_wrote
from pro_collector.runtime import Runtime, acting_as
from tests.shared.clock import FixedClock
from tests.shared.office import Office

NIGHT = timedelta(days=1)


class TwoNights(FixedClock):
    """A clock on which two nights come at once, and no third."""

    def __init__(self) -> None:
        super().__init__()
        self.nights, self.over = 0, asyncio.Event()

    async def sleep(self, _seconds: float) -> None:
        self.nights += 1
        if self.nights > 2:
            self.over.set()
            await asyncio.Event().wait()


async def two_nights(rt: Runtime) -> list[MutableMapping[str, Any]]:
    """What the log says of two nightly checks."""
    clock = TwoNights()
    with structlog.testing.capture_logs() as told:
        looking = asyncio.create_task(nightly.run(replace(rt, clock=clock)))
        await asyncio.wait({looking, asyncio.ensure_future(clock.over.wait())}, return_when=asyncio.FIRST_COMPLETED)
    assert not looking.done()
    looking.cancel()
    return told


async def test_a_look_that_fails_is_told_and_repeated_the_next_night(office: Office) -> None:
    await office.enrol()
    await office.rows("UPDATE participant SET zone = 'Nowhere/Land' RETURNING id")
    told = await two_nights(office.rt)
    failed = [line for line in told if line["event"].startswith("the nightly check failed")]
    assert [line["error"] for line in failed] == ["ZoneInfoNotFoundError"] * 2
    assert "Nowhere" not in repr(told)
    assert [line["checkpoint"] for line in told if line["event"] == "the audit chain is closed"] == [1, 2]


async def test_a_record_that_was_changed_is_told_each_night(office: Office) -> None:
    await office.enrol()
    await office.happened("treatment_start", date(2026, 3, 2))
    await close_chain(office.rt)
    await office.by_force("UPDATE treatment_event SET happened_on = happened_on + 1 RETURNING 1")
    async with acting_as(office.rt, "nightly") as limited:
        told = await two_nights(limited)
    found = [line["faults"] for line in told if line["event"].startswith("records are not what they were")]
    assert found == [{"treatment_event: row changed": 1}] * 2


async def test_strangers_are_counted_unread(office: Office) -> None:
    for n in range(3):
        await office.carrier.reply("+12025550166", f"hello, message {n}", to=office.rt.settings.twilio_sender)
    await office.run(office.clock.now() + timedelta(seconds=5))
    await office.rows("UPDATE vault.inbound SET sealed = 'not to be opened' RETURNING id")
    assert await strangers_wrote(office.rt, NIGHT) == 3
