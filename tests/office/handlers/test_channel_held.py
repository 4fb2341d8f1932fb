"""A fault of our own holds what is to be said: nobody is asked elsewhere for it, and it leaves once it is mended."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pro_collector.casework.sending import holding
from pro_collector.commands.reconcile import reconcile
from pro_collector.domain.conversation.channel_hold import LONGEST_WAIT
from pro_collector.domain.conversation.survey import NO_MESSAGE_COULD_LEAVE
from pro_collector.postgres.questions.gauges import exceptions
from pro_collector.postgres.tables import holds
from pro_collector.reconciler import Reconciler
from pro_collector.rehearsal import twilio_api
from tests.shared.office import PHONE, Office
from tests.shared.provider import twilio
from tests.shared.scenes import (
    ANSWERS,
    ASKED,
    DAY,
    SOON,
    first_occasion,
    history,
    history_names,
    in_conversation,
    treated,
)

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TEAM = "study-team@rare-tumour-story.example.org"
WRONG = "a token that nobody knows"


@contextmanager
def expired_token(office: Office) -> Iterator[None]:
    """Twilio refuses our credentials (20003)."""
    token, office.carrier.auth_token = office.carrier.auth_token, WRONG
    yield
    office.carrier.auth_token = token


def unset(office: Office) -> None:
    """Neither Twilio nor a mail relay is set up yet."""
    office.world = replace(office.world, rt=replace(office.rt, twilio=None, smtp=None))


async def asked(office: Office, number: str = PHONE) -> int:
    """How often the first question has come to a phone."""
    return len([text for text in office.texts(number) if "how bad was your worst pain" in text])


async def nobody_is_bothered(office: Office) -> None:
    """No task for a nurse, no other rung for the weekly symptoms, nothing given up."""
    assert await office.rows("SELECT kind, detail FROM task") == []
    assert await office.rows("SELECT id FROM occasion WHERE rung > 0 AND assessment = 'weekly-symptoms'") == []
    assert await office.rows("SELECT channel, reason FROM message WHERE state = 'failed'") == []


async def mailed(office: Office) -> int:
    """How many mails were written about the weekly symptoms."""
    found: int = await office.one(
        "SELECT count(*) FROM message m JOIN occasion o ON o.id = m.occasion_id"
        " WHERE m.channel = 'email' AND o.assessment = 'weekly-symptoms'"
    )
    return found


async def held(office: Office) -> dict[str, str]:
    """The channels that are held, and why."""
    async with office.rt.database.transaction() as tx:
        return {hold.channel: hold.reason for hold in await holds.load_all(tx)}


async def the_sender_starts(office: Office) -> None:
    """The pump of the sender that looks after what waits, until nothing is held."""
    pump = asyncio.create_task(Reconciler(office.rt).run())
    while await held(office):
        assert not pump.done()
        await asyncio.sleep(0.01)
    pump.cancel()
    await asyncio.gather(pump, return_exceptions=True)


async def test_people_enrolled_before_anything_is_set_up_are_asked_when_it_is(office: Office) -> None:
    ready = office.rt
    unset(office)
    phones = await office.crowd(20)
    await treated(office)
    await office.run(ASKED + SOON)
    assert [len(office.texts(phone)) for phone in phones] == [0] * 20
    await nobody_is_bothered(office)
    assert await held(office) == {"sms": "not-configured"}
    told = [hole.detail for hole in (await reconcile(office.rt)).holes if "fault of our own" in hole.kind]
    assert [each[: len("sms: not-configured")] for each in told] == ["sms: not-configured"]
    office.world = replace(office.world, rt=ready)  # the settings are made, and everything is started again
    await the_sender_starts(office)
    await office.run(office.clock.now() + SOON)
    assert [len(office.texts(phone)) for phone in phones] == [1] * 20
    assert await held(office) == {}
    await nobody_is_bothered(office)


async def tries(office: Office) -> tuple[int, datetime]:
    """How many messages went to see whether it is mended, and when the next goes."""
    async with office.rt.database.transaction() as tx:
        (hold,) = await holds.load_all(tx)
        return hold.tries, hold.try_again_at


async def test_what_is_requested_while_a_channel_is_held_is_no_further_try(office: Office) -> None:
    await treated(office)
    await office.run(ASKED - SOON)
    with expired_token(office):
        await office.run(ASKED + HOUR)
        await office.run((await tries(office))[1] + timedelta(seconds=1))
        before, refused = await tries(office), office.carrier.tally["requests"]
        for _ in range(3):
            await office.reply("HELP")
        assert office.clock.now() < before[1]
        assert await tries(office) == before
        assert office.carrier.tally["requests"] == refused
        assert before[0] < 25, "an hour of them, at most one in five minutes by then"


async def test_a_token_that_expires_at_ten_and_is_mended_at_eleven_costs_nobody_anything(office: Office) -> None:
    await treated(office)
    await office.run(ASKED - SOON)
    with expired_token(office):
        await office.run(ASKED + HOUR)
        assert await asked(office) == 0
        await nobody_is_bothered(office)
        assert await held(office) == {"sms": "20003"}
    await office.run(ASKED + HOUR + LONGEST_WAIT)
    assert await asked(office) == 1
    assert await held(office) == {}
    await nobody_is_bothered(office)
    occasion = await first_occasion(office)
    waits = [detail for name, detail in await history(office, occasion) if name == "held"]
    assert [each["purpose"] for each in waits] == ["invitation"], "it is told once"
    assert (await office.reply(*ANSWERS)).startswith("Thank you")


async def test_one_message_at_a_time_goes_to_see_whether_it_is_mended(office: Office) -> None:
    await office.crowd(30)
    with expired_token(office):
        await office.run(office.clock.now() + 5 * HOUR)
    attempts = await office.rows("SELECT reason, count(*) AS n FROM message WHERE channel = 'sms' GROUP BY 1")
    assert {row["reason"] for row in attempts} <= {"20003", None}
    tries = await office.one("SELECT tries FROM channel_hold WHERE channel = 'sms'")
    assert 12 <= tries <= 20, "an hour, with a try every five minutes at most"


async def test_the_next_rung_waits_for_a_message_that_is_held(office: Office) -> None:
    await treated(office)
    await office.run(ASKED - SOON)
    with expired_token(office):
        await office.run(ASKED + 26 * HOUR)
        assert await asked(office) == 0
        assert await mailed(office) == 0, "nobody is asked by mail because our token has expired"
        await nobody_is_bothered(office)
    await office.run(ASKED + 27 * HOUR)
    assert await asked(office) == 1
    left = ASKED + 26 * HOUR
    await office.run(left + DAY - MINUTE)
    assert await mailed(office) == 0
    await office.run(left + DAY + HOUR)
    assert await mailed(office) == 1, "a day after the text without an answer"
    assert "call" not in await history_names(office, await first_occasion(office))


async def test_a_call_is_not_asked_for_while_nothing_could_leave(office: Office) -> None:
    await treated(office, email=None)
    await office.run(ASKED - SOON)
    with expired_token(office):
        await office.run(ASKED + 5 * DAY)
    assert (
        await office.rows(
            "SELECT kind FROM task t JOIN occasion o ON o.id = t.occasion_id WHERE o.assessment = 'weekly-symptoms'"
        )
        == []
    )
    occasion = await first_occasion(office)
    assert (occasion["state"], occasion["reason"]) == ("missed", NO_MESSAGE_COULD_LEAVE)


async def test_where_a_text_had_left_the_ladder_goes_on_past_a_mail_that_is_held(office: Office) -> None:
    await in_conversation(office)
    office.world = replace(office.world, rt=replace(office.rt, smtp=None))
    await office.run(ASKED + 3 * DAY + HOUR)
    assert await held(office) == {"email": "not-configured"}
    assert "call" in await history_names(office, await first_occasion(office)), "nobody answered the text that they got"


async def test_nobody_is_reminded_of_what_has_only_just_left(office: Office) -> None:
    await treated(office)
    await office.run(ASKED - SOON)
    with expired_token(office):
        await office.run(ASKED + 2 * DAY - 10 * MINUTE)
    await office.run(ASKED + 2 * DAY + 15 * MINUTE)
    assert await asked(office) == 1, "its reminder was due ten minutes after it left"
    await office.run(ASKED + 2 * DAY + HOUR)
    assert await asked(office) == 2


async def test_what_its_window_closed_on_is_dropped_and_the_rest_leaves(office: Office) -> None:
    await treated(office)
    await office.run(ASKED - SOON)
    with expired_token(office):
        await office.run(ASKED + 5 * DAY)
    await office.run(ASKED + 5 * DAY + HOUR)
    assert await asked(office) == 0
    await office.run(ASKED + 7 * DAY + HOUR)
    assert await asked(office) == 1


async def test_a_stop_while_it_is_held_counts(office: Office) -> None:
    await in_conversation(office)
    with expired_token(office):
        await office.reply("7")
        await office.reply("STOP")
        before = len(office.texts())
        await office.run(ASKED + HOUR)
    await office.run(ASKED + 2 * HOUR)
    assert [text for text in office.texts()[before:] if "2/6" in text] == []


async def test_an_account_that_is_suspended_after_it_took_the_text_holds_until_one_arrives(office: Office) -> None:
    office.carrier.unreachable[PHONE] = 30002
    await in_conversation(office)
    await nobody_is_bothered(office)
    assert await held(office) == {"sms": "30002"}
    await office.run(ASKED + HOUR)
    assert await held(office) == {"sms": "30002"}, "that the provider takes a text does not show that it is mended"
    office.carrier.unreachable.clear()
    await office.run(ASKED + 2 * HOUR)
    assert await held(office) == {}
    assert await asked(office) == 1
    await nobody_is_bothered(office)


async def test_a_refusal_of_one_text_for_our_settings_holds_only_that_one(office: Office) -> None:
    await treated(office)
    await office.enrol("RT-2", phone="+12025550102")
    await office.happened("treatment_start", ASKED.date(), "RT-2")
    await office.run(ASKED - SOON)
    with refused(office, PHONE, 21408):
        await office.run(ASKED + HOUR)
        assert (await asked(office), await asked(office, "+12025550102")) == (0, 1)
        assert await held(office) == {}
        await nobody_is_bothered(office)
    await office.run(ASKED + 2 * HOUR)
    assert await asked(office) == 1


@contextmanager
def refused(_office: Office, number: str, code: int) -> Iterator[None]:
    """The provider refuses texts to one number with this code."""
    patch = pytest.MonkeyPatch()
    patch.setattr(twilio_api, "MAGIC_RECIPIENTS", {**twilio_api.MAGIC_RECIPIENTS, number: code})
    yield
    patch.undo()


async def test_a_provider_that_cannot_be_reached_costs_nobody_anything(office: Office) -> None:
    await treated(office)
    await office.run(ASKED - SOON)
    ready = office.rt
    async with twilio("http://127.0.0.1:1") as away:
        office.world = replace(office.world, rt=replace(ready, twilio=away))
        await office.run(ASKED + HOUR)
        await nobody_is_bothered(office)
        assert await held(office) == {"sms": "unreachable"}
    office.world = replace(office.world, rt=ready)
    await office.run(ASKED + HOUR + LONGEST_WAIT)
    assert await asked(office) == 1


async def test_the_team_is_mailed_once_that_no_text_leaves(office: Office) -> None:
    await treated(office)
    await office.run(ASKED - SOON)
    with expired_token(office):
        await office.run(ASKED + 3 * MINUTE)
        assert office.world.mailbox.inboxes[TEAM] == []
        await office.run(ASKED + 3 * HOUR)
    await office.run(ASKED + 4 * HOUR)
    (letter,) = office.world.mailbox.inboxes[TEAM]
    assert letter.subject == "held: no text leaves"
    assert "No text leaves at present: the provider refuses our account or our settings (code 20003)." in letter.text


async def test_monitoring_sees_what_is_held(office: Office) -> None:
    await treated(office)
    await office.run(ASKED - SOON)
    with expired_token(office):
        await office.run(ASKED + HOUR)
        async with office.rt.database.transaction() as tx:
            found = {each.kind: (each.n, each.seconds) for each in await exceptions(tx, office.clock.now())}
    assert (found["sms_held"], found["email_held"]) == ((1, 3600.0), (0, 0.0))


async def test_a_try_that_got_lost_is_made_again(office: Office) -> None:
    await treated(office)
    await office.run(ASKED - SOON)
    with expired_token(office):
        await office.run(ASKED + SOON)
    await office.rows("DELETE FROM agenda WHERE type = 'message.requested' RETURNING 1")
    await office.run(ASKED + HOUR)
    assert await asked(office) == 0
    await holding.recheck_holds(office.rt)
    await office.run(office.clock.now() + SOON)
    assert await asked(office) == 1
