"""A person of the team writes back: marked as a person's words, sealed, within quiet hours, and never with identity."""

from datetime import timedelta

import pytest

from pro_collector.casework.inbound.written import Viewer
from pro_collector.commands.finish_task import finish_task
from pro_collector.commands.record_state import record_state
from pro_collector.commands.show_task import show_task
from pro_collector.commands.transcript import transcript
from pro_collector.commands.write_to import write_to
from pro_collector.display.task import page
from pro_collector.domain.conversation.by_hand import NOT_DELIVERED
from pro_collector.errors import BadInput, Conflict
from tests.shared.office import FIVE_SECONDS, PHONE, Office
from tests.shared.scenes import in_conversation

WORDS = "Dr Lee says you can take it with food."
NURSE = "nurse"


async def texts(office: Office) -> list[str]:
    """What came to the phone of RT-1, oldest first."""
    await office.run(office.clock.now() + FIVE_SECONDS)
    return [text.body for text in office.carrier.phones[PHONE] if text.direction == "in"]


async def question(office: Office) -> str:
    """RT-1 has a question while the first question waits; the beginning of the task's id."""
    await in_conversation(office)
    await office.reply("I have a question")
    (row,) = await office.rows("SELECT id FROM task WHERE kind = 'question'")
    return str(row["id"])[:8]


async def test_what_the_team_writes_arrives_as_the_words_of_a_person(office: Office) -> None:
    id = await question(office)
    before = len(await texts(office))
    shown = await write_to(office.rt, "RT-1", WORDS, by=NURSE, task=id, dry_run=True)
    assert len(await texts(office)) == before, "a preview sends nothing"
    sent = await write_to(office.rt, "RT-1", WORDS, by=NURSE, task=id)
    assert sent.text == shown.text
    assert (await texts(office))[before:] == [sent.text]
    assert sent.text.endswith(f", from a person of the team: {WORDS}")
    assert (sent.channel, sent.reporter, sent.size.count, sent.waits) == ("sms", "self", 1, False)


async def test_the_words_are_sealed_and_on_record(office: Office) -> None:
    await write_to(office.rt, "RT-1", WORDS, by=NURSE, task=await question(office))
    await office.settle()
    (row,) = await office.rows("SELECT w.*, m.body FROM vault.written w JOIN message m ON m.id = w.message_id")
    assert WORDS not in row["body"]
    assert WORDS.encode() not in bytes(row["sealed"])
    assert (row["written_by"], row["task_id"] is not None) == (NURSE, True)
    shown = await transcript(office.rt, "RT-1", timedelta(days=90), viewer=Viewer(NURSE, "cli"))
    assert any(line.words and WORDS in line.words for line in shown.lines)


async def test_words_that_follow_reach_the_team_and_a_number_is_an_answer(office: Office) -> None:
    await write_to(office.rt, "RT-1", "Which tablets do you mean?", by=NURSE, task=await question(office))
    await office.settle()
    await office.reply("the small white ones at night")
    assert "a person will read it" in (await texts(office))[-1], "it is no answer to the diary"
    (task,) = await office.rows("SELECT detail FROM task WHERE kind = 'question' AND done_at IS NULL")
    assert "answers what the team wrote" in task["detail"]["reason"]
    assert len(task["detail"]["earlier"]) == 1
    await office.reply("7")
    assert (await texts(office))[-1].startswith("2/6")


async def test_in_quiet_hours_it_waits_unless_it_is_urgent(office: Office) -> None:
    id = await question(office)
    await office.run(office.clock.now() + timedelta(hours=12))  # 22:00
    before = await texts(office)
    sent = await write_to(office.rt, "RT-1", WORDS, by=NURSE, task=id)
    assert sent.waits
    assert await texts(office) == before
    await write_to(office.rt, "RT-1", "Please call us now.", by=NURSE, urgent=True)
    assert "Please call us now." in (await texts(office))[-1]
    await office.run(sent.leaves_at + timedelta(minutes=1))
    assert any(WORDS in text for text in await texts(office))


async def test_a_task_is_done_with_a_reply(office: Office) -> None:
    id = await question(office)
    finished = await finish_task(office.rt, id, by=NURSE, reply=WORDS)
    assert finished.written is not None
    assert WORDS in (await texts(office))[-1]
    assert await office.rows("SELECT id FROM task WHERE kind = 'question' AND done_at IS NULL") == []


@pytest.mark.parametrize(
    "words",
    ["", "Hello RT-1", "hello rt-1!",
     f"we called {PHONE}", "see https://example.org/a", "see www.example.org", "x" * 401,
     "a {link}"],
)  # fmt: skip
async def test_words_with_identity_or_links_are_refused(office: Office, words: str) -> None:
    id = await question(office)
    before = await texts(office)
    with pytest.raises(BadInput):
        await write_to(office.rt, "RT-1", words, by=NURSE, task=id)
    assert await texts(office) == before


async def test_nothing_is_written_after_a_stop_or_a_death(office: Office) -> None:
    await question(office)
    await office.reply("STOP")
    with pytest.raises(Conflict, match="opted out"):
        await write_to(office.rt, "RT-1", WORDS, by=NURSE)
    await office.reply("START")
    await record_state(office.rt, "RT-1", "died", since=None, until=None, by=NURSE)
    with pytest.raises(Conflict, match="left the study"):
        await write_to(office.rt, "RT-1", WORDS, by=NURSE)


async def test_the_team_learns_that_a_stop_came_before_its_words_left(office: Office) -> None:
    id = await question(office)
    await office.run(office.clock.now() + timedelta(hours=12))  # 22:00
    sent = await finish_task(office.rt, id, by=NURSE, reply=WORDS)
    await office.reply("STOP")
    assert sent.written is not None
    await office.run(sent.written.leaves_at + timedelta(minutes=1))
    assert not any(WORDS in text for text in await texts(office))
    (task,) = await office.rows("SELECT id, detail FROM task WHERE kind = 'question' AND done_at IS NULL")
    assert task["detail"]["reason"] == f"{NOT_DELIVERED}: opted out"
    shown = page(await show_task(office.rt, str(task["id"]), Viewer(NURSE, "cli")), office.clock.now())
    assert any("did not arrive, and nobody has answered them" in line for line in shown)


async def test_the_team_learns_once_that_its_words_failed(office: Office) -> None:
    await write_to(office.rt, "RT-1", WORDS, by=NURSE, task=await question(office))
    office.carrier.unreachable[PHONE] = 30006
    await texts(office)
    rows = await office.rows("SELECT detail FROM task WHERE detail->>'reason' ~ 'did not arrive'")
    assert [row["detail"] for row in rows] == [{"reason": f"{NOT_DELIVERED}: address does not work"}]
