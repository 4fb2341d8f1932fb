"""message.received: replies land on the question that waits, stop stops, and nothing is lost or taken twice."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import cast

import pytest

from pro_collector.casework.inbound import written_at
from pro_collector.casework.inbound.receiving import receive
from pro_collector.channels.twilio import Inbound
from pro_collector.domain.events import MessageReceived
from pro_collector.errors import Unavailable
from pro_collector.handlers import message_received
from tests.shared.clock import START
from tests.shared.office import PHONE, STUDY, Office
from tests.shared.scenes import (
    ANSWERS,
    ASKED,
    DAY,
    MOTHER,
    SOON,
    TREATED,
    first_occasion,
    history,
    in_conversation,
    treated,
)


async def test_a_conversation_goes_question_by_question_to_its_scores(office: Office) -> None:
    await in_conversation(office)
    assert "6 short questions" in office.texts()[-1]
    assert (await office.reply("7ish")).startswith("2/6")
    assert (await office.reply("three")).startswith("3/6")
    assert (await office.reply("not at all")).startswith("4/6 Last 7 days: how much trouble did you have eating")
    assert (await office.reply("1", "2", "0")).startswith("Thank you")
    scores = await office.rows("SELECT scale, value, study_day FROM score_on_treatment")
    assert {row["scale"]: row["value"] for row in scores} == {
        "pain": 70.0, "tiredness": 30.0, "stomach": 12.5, "sleep": 50.0, "worry": 0.0, "vomiting": None,
        "symptom_burden": (70 + 30 + 12.5 + 50 + 0) / 5,
    }  # fmt: skip
    assert {row["study_day"] for row in scores} == {2}
    assert await office.one("SELECT absent FROM answer_current WHERE item = 'vomiting'") == "not-asked"


async def test_a_reply_that_cannot_be_read_is_asked_once_more_then_read_by_a_person(office: Office) -> None:
    await in_conversation(office)
    assert (await office.reply("3 and then 4")).startswith("Thank you for writing. To go on, we need one short answer.")
    assert "Someone will read this" in await office.reply("hmm who knows")
    said = len(office.texts())
    await office.reply(*["blah blah"] * 20)
    assert len(office.texts()) == said + 2, "two machines must not talk to each other for ever"
    assert await office.one("SELECT count(*) FROM task WHERE kind = 'review'") == 1, (
        "the texts to one survey share a task"
    )
    assert (await office.reply("3")).startswith("2/6")


async def test_stop_silences_every_queue(office: Office) -> None:
    await in_conversation(office)
    await office.reply("please stop texting me")
    said = len(office.texts())
    await office.run(START + timedelta(days=30))
    assert len(office.texts()) == said
    letters = office.world.mailbox.inboxes["rt-1@example.org"]
    assert letters, "email is another channel, and was not stopped"


async def test_delivered_twice_is_taken_once(office: Office) -> None:
    await in_conversation(office)
    await office.reply("4", "5")
    before = await office.rows("SELECT seq, item, value FROM answer ORDER BY seq")
    texts = office.texts()
    await office.redeliver()
    await office.settle()
    assert await office.rows("SELECT seq, item, value FROM answer ORDER BY seq") == before
    assert office.texts() == texts


async def test_an_answer_after_the_window_counts_as_late(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7")
    await office.run(ASKED + 4 * DAY + SOON)
    assert (await first_occasion(office))["state"] == "partial"
    assert (await office.reply("3")).startswith("3/6")
    rows = await office.rows("SELECT item, late FROM answer WHERE absent IS NULL ORDER BY seq")
    assert rows == [{"item": "pain", "late": False}, {"item": "tiredness", "late": True}]
    occasion = await first_occasion(office)
    assert occasion["state"] == "partial", "how it ended stays what it was"
    scores = await office.rows("SELECT value FROM score WHERE scale = 'tiredness' ORDER BY scored_at")
    assert [row["value"] for row in scores] == [None, 30.0], "scored again, beside what was scored"
    assert await office.one("SELECT value FROM score_current WHERE scale = 'tiredness'") == 30.0


async def test_the_first_answer_after_the_window_makes_a_missed_one_partial(office: Office) -> None:
    await in_conversation(office)
    await office.run(ASKED + 4 * DAY + SOON)
    assert (await first_occasion(office))["state"] == "missed"
    assert (await office.reply("7")).startswith("2/6")
    occasion = await first_occasion(office)
    assert (occasion["state"], occasion["reason"]) == ("partial", "answered after the window closed")
    assert await office.one("SELECT value FROM score_current WHERE scale = 'pain'") == 70.0


async def test_after_late_entry_nothing_is_recorded_and_it_says_so(office: Office) -> None:
    await in_conversation(office)
    await office.run(ASKED + 5 * DAY + SOON)
    assert "This check-in has ended, and that is OK" in await office.reply("7")
    assert await office.one("SELECT count(*) FROM answer") == 0
    assert (await first_occasion(office))["state"] == "missed"
    assert await office.one("SELECT count(*) FROM response") == 0


@pytest.mark.parametrize(
    ("words", "item"),
    [("skip", "asked-declined"), ("I'd rather not say", "asked-declined")],
)
async def test_declining_is_an_answer_of_its_own(office: Office, words: str, item: str) -> None:
    await in_conversation(office)
    assert (await office.reply(words)).startswith("2/6")
    assert await office.one("SELECT absent FROM answer_current WHERE item = 'pain'") == item


async def test_back_corrects_the_answer_before(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7")
    assert (await office.reply("back")).startswith("1/6")
    assert (await office.reply("4")).startswith("2/6")
    values = await office.rows("SELECT value FROM answer WHERE item = 'pain' ORDER BY seq")
    assert [row["value"] for row in values] == [7.0, 4.0], "what was said first stays in the record"
    assert await office.one("SELECT value FROM answer_current WHERE item = 'pain'") == 4.0


async def test_an_emergency_is_answered_at_once_and_a_person_is_alerted(office: Office) -> None:
    await in_conversation(office)
    said = await office.reply("I cannot breathe and my chest hurts badly")
    assert "Call 911" in said
    assert await office.one("SELECT count(*) FROM task WHERE kind = 'urgent'") == 1
    (letter,) = office.world.mailbox.inboxes["study-team@rare-tumour-story.example.org"]
    assert "RT-1" in letter.subject
    assert await office.one("SELECT count(*) FROM answer") == 0
    assert (await office.reply("6")).startswith("2/6"), "the question waits as before"


async def test_help_says_whom_to_call_and_start_takes_stop_back(office: Office) -> None:
    await in_conversation(office)
    assert "Call +12025550142" in await office.reply("help me please")
    assert "no more texts to this number" in await office.reply("please stop texting me")
    said = len(office.texts())
    await office.reply("7")
    assert len(office.texts()) == said, "whoever said stop hears nothing more"
    assert await office.one("SELECT count(*) FROM answer") == 0
    await office.reply("start texting me again")
    assert any("texts are on again" in text for text in office.texts()[-2:])
    assert "worst pain" in "".join(office.texts()[-2:]), "the question that waits is asked again"
    assert await office.one("SELECT opted_out_at FROM vault.contact WHERE channel = 'sms'") is None
    assert (await office.reply("7")).startswith("2/6")


async def test_two_people_on_one_phone_are_asked_one_after_the_other(office: Office) -> None:
    for code in ("RT-1", "RT-2"):
        await treated(office, code=code, birth_date="2021-01-01", phone=None, email=None, proxy_phone=MOTHER)
    await office.run(ASKED + SOON)
    asked = [text for text in office.texts(MOTHER) if "worst pain" in text]
    assert len(asked) == 1, "two open questions on one phone could not be told apart"
    await office.reply(*ANSWERS, number=MOTHER)
    await office.run(office.clock.now() + SOON)
    rows = await office.rows("SELECT p.code, o.state FROM occasion o JOIN participant p ON p.id = o.participant_id "
                             "WHERE assessment = 'weekly-symptoms' AND o.due_at = %s ORDER BY 2", ASKED)  # fmt: skip
    assert [row["state"] for row in rows] == ["completed", "invited"]
    await office.reply(*ANSWERS, number=MOTHER)
    counts = await office.rows("SELECT participant_id, count(*) AS n FROM answer GROUP BY 1")
    assert [row["n"] for row in counts] == [7, 7]  # six that were asked, and the one that was not


async def test_an_unknown_sender_is_kept_and_nobody_is_answered(office: Office) -> None:
    await in_conversation(office)
    stranger = "+12025550777"
    await office.reply("7", number=stranger)
    assert office.texts(stranger) == []
    (row,) = await office.rows("SELECT id, outcome FROM vault.inbound")
    assert row["outcome"] == "unknown sender"
    assert (await office.opened(row["id"]))["body"] == "7"
    assert await office.one("SELECT count(*) FROM answer") == 0


async def test_what_was_written_is_kept_sealed_before_it_is_read(office: Office) -> None:
    await in_conversation(office)
    await office.reply("my pain is a seven today, dear")
    (row,) = await office.rows("SELECT id, sealed FROM vault.inbound")
    assert b"seven" not in bytes(row["sealed"])
    fields = await office.opened(row["id"])
    assert fields["Body"] == "my pain is a seven today, dear"
    assert fields["From"] == PHONE


async def test_writing_when_nothing_is_asked_gets_a_kind_word_and_a_person(office: Office) -> None:
    await office.enrol()
    assert "a person will read it" in await office.reply("is the parking free on sundays?")
    assert await office.one("SELECT kind FROM task") == "question"


async def test_two_machines_do_not_talk_all_night(office: Office) -> None:
    await office.enrol()
    for n in range(12):
        await office.reply(f"number {n} of the parking question")
    assert len(office.texts()) <= 3


async def test_a_batch_is_the_same_as_one_after_the_other(office: Office) -> None:
    """Everything that waited while no worker ran, in one call: STOP in the middle silences what follows."""
    office.carrier.handles_keywords = False
    await in_conversation(office)
    waiting = ["7", "3", "STOP", "1", "START", "not at all"]
    for n, words in enumerate(waiting):
        at = office.clock.now() + timedelta(seconds=30 * n)
        await receive(office.rt, Inbound(f"SM{n:032}", PHONE, "+12025550100", words, 0, {"Body": words}, at))
    office.outage(office.clock.now() + timedelta(minutes=5))
    (events,) = (await office.published("message.received")).values()
    assert len(events) == len(waiting)
    await message_received.handle([event for event in events if isinstance(event, MessageReceived)], rt=office.rt)
    outcomes = await office.rows("SELECT outcome FROM vault.inbound ORDER BY received_at")
    assert [row["outcome"] for row in outcomes][2:5] == ["opt_out", "answer", "opt_in"]
    tasks = await office.rows("SELECT detail ->> 'reason' AS why FROM task WHERE kind = 'review'")
    assert [row["why"].split(";")[0] for row in tasks] == ["wrote after opting out"]
    assert await office.one("SELECT opted_out_at FROM vault.contact WHERE channel = 'sms'") is None
    await office.settle()


async def test_the_same_text_twice_from_the_provider_is_one(office: Office) -> None:
    await in_conversation(office)
    text = Inbound("SM" + "7" * 32, PHONE, "+12025550100", "7", 0, {"Body": "7"})
    assert [await receive(office.rt, text) for _ in range(3)] == [True, False, False]
    await office.settle()
    assert await office.one("SELECT count(*) FROM answer") == 1


async def test_a_life_tells_what_was_heard(office: Office) -> None:
    await in_conversation(office)
    await office.reply("HELP", "hmm", "7")
    told = [(name, detail.get("outcome")) for name, detail in await history(office, await first_occasion(office))]
    assert ("heard", "help") in told
    assert ("heard", "unclear") in told
    assert ("answered", None) in told


async def test_years_of_a_study_keep_one_line_of_time(office: Office) -> None:
    """Nothing in the life of an occasion is told out of order."""
    await in_conversation(office)
    await office.reply(*ANSWERS)
    await office.run(START + 20 * DAY)
    times = [row["at"] for row in await office.rows("SELECT at FROM occasion_log ORDER BY id")]
    assert all(one <= other for one, other in pairwise(times))
    assert await office.one("SELECT count(DISTINCT study) FROM occasion WHERE study = %s", STUDY) == 1


async def two_texts(
    office: Office, first_text: str, second: str, in_doubt: Sequence[str] = (PHONE,)
) -> tuple[list[MessageReceived], str]:
    """One batch of two texts, from PHONE and MOTHER, and the carrier's id of the first.

    Whoever is in doubt has answered one question before: which one they answer now the carrier is asked.
    """
    await office.enrol("RT-2", phone=MOTHER)
    await office.happened("treatment_start", TREATED, "RT-2")
    await in_conversation(office)
    for phone in in_doubt:
        await office.reply("7", number=phone)
    sid = await office.carrier.reply(PHONE, first_text)
    await office.carrier.reply(MOTHER, second)
    while not office.carrier.idle():
        await asyncio.sleep(0.01)
    events = (await office.published("message.received"))["message.received"]
    assert len(events) == 2
    return cast(list[MessageReceived], events), sid


def silence(office: Office, monkeypatch: pytest.MonkeyPatch, about: str) -> asyncio.Event:
    """The carrier says nothing of one text until the event is set."""
    assert office.rt.twilio
    asked, go = office.rt.twilio.sent_at, asyncio.Event()

    async def silent(provider_id: str) -> datetime | None:
        if provider_id == about:
            await go.wait()
        return await asked(provider_id)

    monkeypatch.setattr(office.rt.twilio, "sent_at", silent)
    return go


async def outcomes(office: Office) -> list[str]:
    return [row["outcome"] for row in await office.rows("SELECT outcome FROM vault.inbound ORDER BY 1")]


async def test_a_stop_does_not_wait_for_a_carrier_that_is_asked_about_another_text(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, sid = await two_texts(office, "3", "please stop texting me")
    monkeypatch.setattr(written_at, "LOOKUP_TIMEOUT", 120)
    go = silence(office, monkeypatch, sid)
    task = asyncio.create_task(message_received.handle(events, office.rt))
    while not await office.one("SELECT bool_or(opted_out_at IS NOT NULL) FROM vault.contact"):
        assert not task.done()
        await asyncio.sleep(0.01)
    unhandled = "SELECT count(*) FROM outbox WHERE type = 'message.received' AND handled_at IS NULL"
    assert await office.one(unhandled) == 1
    go.set()
    await task
    await office.settle()
    assert await outcomes(office) == ["answer", "answer", "opt_out"]


async def test_a_carrier_that_is_silent_about_one_phone_tells_of_the_others(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, sid = await two_texts(office, "3", "4", in_doubt=(PHONE, MOTHER))
    monkeypatch.setattr(written_at, "LOOKUP_TIMEOUT", 3.0)
    silence(office, monkeypatch, sid)
    await message_received.handle(events, office.rt)
    await office.settle()
    assert await outcomes(office) == ["again", "answer", "answer", "answer"], "it is not known, and asked again"


async def test_a_silent_carrier_is_not_waited_for_again_and_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, _ = await two_texts(office, "3", "4", in_doubt=(PHONE, MOTHER))
    assert office.rt.twilio
    asked: list[str] = []

    async def no_answer(provider_id: str) -> datetime | None:
        asked.append(provider_id)
        raise Unavailable("no answer")

    monkeypatch.setattr(office.rt.twilio, "sent_at", no_answer)
    await message_received.handle(events[:1], office.rt)
    assert len(asked) == 1
    await message_received.handle(events[1:], office.rt)
    assert len(asked) == 1, "it did not answer a moment ago"
    await office.settle()
    assert (await outcomes(office)).count("again") == 2, "both questions are asked again"
    await office.run(office.clock.now() + timedelta(minutes=1))
    await office.carrier.reply(PHONE, "5")
    await office.settle()
    assert len(asked) > 1, "it is asked again later"
