"""alert.raised: the team of the participant's site is mailed at once, without who it is about; until it has left."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from pro_collector.channels.mail import Sender
from pro_collector.channels.smtp import Smtp
from pro_collector.handlers.alert_raised import handle
from pro_collector.rehearsal.mailbox import Trouble
from tests.shared.office import DEMO, PHONE, Office
from tests.shared.scenes import in_conversation

TEAM = "study-team@rare-tumour-story.example.org"
URGENT = "I cannot breathe and my chest hurts badly"
PERHAPS_URGENT = "I have the pills lined up"
"""What no rule knows, and only the second reader takes for an emergency."""
WITH_A_SITE_OF_ITS_OWN = DEMO.replace('version: "1.0"', 'version: "1.1"').replace(
    "    zone: America/New_York\n",
    '    zone: America/New_York\n    contact: {phone: "+12025550199", email: ward@maple-ridge.example.org}\n',
    1,
)


async def test_the_team_is_mailed_without_who_it_is(office: Office) -> None:
    await in_conversation(office)
    await office.reply(URGENT)
    (letter,) = office.world.mailbox.inboxes[TEAM]
    everything = f"{letter.headers} {letter.text} {letter.html}"
    assert "RT-1" in letter.subject
    assert letter.headers["List-Unsubscribe"] is None, "a button that stops nothing, or alerts"
    for private in (PHONE, "rt-1@example.org", "breathe", "chest"):
        assert private not in everything


async def test_what_may_be_an_emergency_is_called_so(office: Office) -> None:
    await in_conversation(office)
    await office.reply(PERHAPS_URGENT)
    (letter,) = office.world.mailbox.inboxes[TEAM]
    assert letter.subject == "urgent, may be an emergency: RT-1"
    assert "wrote something that may be an emergency; a person must see to it now" in letter.text
    assert "pills" not in f"{letter.headers} {letter.text} {letter.html}"
    await office.reply(URGENT)
    assert office.world.mailbox.inboxes[TEAM][-1].subject == "urgent: RT-1"


async def test_the_hospital_s_own_team_where_it_has_one(office: Office) -> None:
    await office.apply(WITH_A_SITE_OF_ITS_OWN)
    await in_conversation(office)
    await office.reply(URGENT)
    assert len(office.world.mailbox.inboxes["ward@maple-ridge.example.org"]) == 1
    assert office.world.mailbox.inboxes[TEAM] == []


async def test_a_relay_that_is_down_is_tried_again_every_minute(office: Office) -> None:
    await in_conversation(office)
    office.world.mailbox.trouble(TEAM, *[Trouble("451 4.3.0 not now")] * 3)
    await office.reply(URGENT)
    assert office.world.mailbox.inboxes[TEAM] == []
    await office.run(office.clock.now() + timedelta(minutes=2))
    assert office.world.mailbox.inboxes[TEAM] == []
    await office.run(office.clock.now() + timedelta(minutes=2))
    assert len(office.world.mailbox.inboxes[TEAM]) == 1
    await office.run(office.clock.now() + timedelta(hours=1))
    assert len(office.world.mailbox.inboxes[TEAM]) == 1


async def test_until_a_relay_is_configured_it_is_tried_again_and_not_laid_aside(office: Office) -> None:
    await in_conversation(office)
    await office.read(URGENT)
    events = (await office.published("alert.raised"))["alert.raised"]
    await handle(events, rt=replace(office.rt, smtp=None, mail_sender=Sender("pro-collector", "", "")))  # type: ignore[arg-type]
    assert office.world.mailbox.inboxes[TEAM] == []
    await office.run(office.clock.now() + timedelta(minutes=2))
    assert len(office.world.mailbox.inboxes[TEAM]) == 1


async def test_delivered_twice_it_is_mailed_once(office: Office) -> None:
    await in_conversation(office)
    await office.reply(URGENT)
    await office.redeliver(["alert.raised"])
    assert len(office.world.mailbox.inboxes[TEAM]) == 1


async def test_who_writes_it_hears_what_to_do_and_stays_in_the_survey(office: Office) -> None:
    await in_conversation(office)
    assert "Call 911" in await office.reply(URGENT)
    assert (await office.reply("7")).startswith("2/6")


async def test_nobody_is_locked_while_the_relay_takes_its_time_and_a_death_in_the_middle_loses_nothing(
    office: Office,
) -> None:
    await in_conversation(office)
    await office.read(URGENT)
    waiting = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        slow = replace(office.rt, smtp=Smtp("127.0.0.1", port, security="none", connect_timeout=600.0))
        events = (await office.published("alert.raised"))["alert.raised"]
        telling = asyncio.ensure_future(handle(events, rt=slow))  # type: ignore[arg-type]
        await waiting.wait()
        assert await office.rows("SELECT id FROM participant FOR UPDATE NOWAIT")
        telling.cancel()  # as if the process had died
        await asyncio.gather(telling, return_exceptions=True)
    await office.run(office.clock.now() + timedelta(minutes=10))
    assert len(office.world.mailbox.inboxes[TEAM]) == 1
