"""The nightly look: it opens nobody's words to count them, and whatever goes wrong with it ends nothing else."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import structlog

from pro_collector import nightly
from pro_collector.commands.strangers import strangers_wrote
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


async def test_a_look_that_fails_is_told_and_repeated_the_next_night(office: Office) -> None:
    await office.enrol()
    await office.rows("UPDATE participant SET zone = 'Nowhere/Land' RETURNING id")
    clock = TwoNights()
    with structlog.testing.capture_logs() as told:
        looking = asyncio.create_task(nightly.run(replace(office.rt, clock=clock)))
        await asyncio.wait({looking, asyncio.ensure_future(clock.over.wait())}, return_when=asyncio.FIRST_COMPLETED)
    assert not looking.done()
    looking.cancel()
    failed = [line for line in told if line["event"].startswith("the nightly check failed")]
    assert [line["error"] for line in failed] == ["ZoneInfoNotFoundError"] * 2
    assert "Nowhere" not in repr(told)


async def test_strangers_are_counted_unread(office: Office) -> None:
    for n in range(3):
        await office.carrier.reply("+12025550166", f"hello, message {n}", to=office.rt.settings.twilio_sender)
    await office.run(office.clock.now() + timedelta(seconds=5))
    await office.rows("UPDATE vault.inbound SET sealed = 'not to be opened' RETURNING id")
    assert await strangers_wrote(office.rt, NIGHT) == 3
