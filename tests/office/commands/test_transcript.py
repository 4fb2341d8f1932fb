"""A transcript: every text and mail of both directions; the words only for a person whose look is recorded."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from pro_collector.commands.transcript import Transcript, looks_at, show_reply, transcript
from pro_collector.errors import Conflict, NotFound
from tests.shared.office import NURSE, PHONE, Office
from tests.shared.scenes import DAY, SOON, in_conversation

WEEK = 7 * DAY
NOTED = "hello, my leg is swollen"


async def told(office: Office, code: str = "RT-1", **shown: Any) -> list[str]:
    """The transcript in short: arrows for the direction, channel, what it was, the words if they are shown."""
    found: Transcript = await transcript(office.rt, code, WEEK, **shown)
    return [
        f"{'<' if line.theirs else '>'} {line.channel} {line.what}" + (f": {line.words}" if line.words else "")
        for line in found.lines
    ]


async def test_both_directions_in_order_of_time_without_a_word(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7", NOTED)
    await office.run(office.clock.now() + DAY)
    await office.write("My new tablets make me dizzy")
    lines = await told(office)
    assert lines[lines.index("< sms answer") - 1 :] == [
        "> sms invitation, delivered",
        "< sms answer",
        "> sms question, delivered",
        "< sms unclear",
        "> sms clarification, delivered",
        "> email reminder, accepted",
        "> email reminder, accepted",
        "< email review",
        "> email review, accepted",
    ]
    assert await office.rows("SELECT * FROM look") == [], "nobody was shown a word"


async def test_with_the_words_the_look_is_recorded(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7", NOTED)
    lines = await told(office, viewer=NURSE)
    assert f"< sms unclear: {NOTED}" in lines
    assert any(line.startswith("> sms question, delivered: 2/6 Last 7 days: how tired") for line in lines)
    (look,) = await looks_at(office.rt, "RT-1")
    texts = [row["id"] for row in await office.rows("SELECT id FROM vault.inbound ORDER BY received_at")]
    assert (look.looked_by, look.view, look.inbound_ids) == ("nurse", "transcript", texts)


async def test_one_reply_is_shown_by_the_beginning_of_its_id(office: Office) -> None:
    await in_conversation(office)
    await office.reply(NOTED)
    id = str(await office.one("SELECT id FROM vault.inbound"))
    shown = await show_reply(office.rt, f" {id[:8].upper()} ", NURSE)
    assert (shown.line.words, shown.line.what, shown.codes) == (NOTED, "unclear", ["RT-1"])
    assert [look.view for look in await looks_at(office.rt, "RT-1")] == ["reply"]
    for nothing in ("", "zzz", "%"):
        with pytest.raises(NotFound, match="no text or mail begins with"):
            await show_reply(office.rt, nothing, NURSE)
    for n in (1, 2):
        await office.rows(
            "INSERT INTO vault.inbound SELECT %s, provider, %s, received_at, sender_lookup, sealed FROM vault.inbound"
            " LIMIT 1 RETURNING id",
            UUID(int=n), str(n),
        )  # fmt: skip
    with pytest.raises(Conflict, match="several texts begin with '0000'"):
        await show_reply(office.rt, "0000", NURSE)


async def test_on_a_shared_phone_a_text_of_one_survey_is_in_one_transcript(office: Office) -> None:
    await office.enrol("RT-2")
    await in_conversation(office)
    await office.reply("7")
    await office.run(office.clock.now() + SOON)
    assert [line for line in await told(office) if line.startswith("<")] == ["< sms answer"]
    assert [line for line in await told(office, "RT-2") if line.startswith("<")] == []
    await office.reply("STOP everything please")
    both = await office.one("SELECT id FROM vault.inbound ORDER BY received_at DESC LIMIT 1")
    await office.rows("UPDATE vault.inbound SET occasion_id = NULL WHERE id = %s RETURNING id", both)
    shown = await show_reply(office.rt, str(both), NURSE)
    assert sorted(shown.codes) == ["RT-1", "RT-2"]
    assert [len(await looks_at(office.rt, code)) for code in ("RT-1", "RT-2")] == [1, 1], "it may be either's"


async def test_what_was_written_from_the_old_phone_stays_in_the_transcript(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7", "0", "0", "1", "2", "0")
    await office.reply("when is my next visit?")
    await office.rows("UPDATE vault.contact SET lookup = %s WHERE channel = 'sms' RETURNING id", b"another")
    lines = await told(office, viewer=NURSE)
    assert any(line.endswith(": when is my next visit?") for line in lines)


async def test_a_strangers_text_is_shown_and_its_look_is_kept_among_those_of_strangers(office: Office) -> None:
    await office.reply("who is this?", number="+12025550166")
    id = str(await office.one("SELECT id FROM vault.inbound"))
    shown = await show_reply(office.rt, id, NURSE)
    assert (shown.line.words, shown.line.what, shown.codes) == ("who is this?", "unknown sender", [])
    (look,) = await looks_at(office.rt, "")
    assert (look.view, [str(each) for each in look.inbound_ids]) == ("stranger", [id])


async def test_as_far_back_as_one_asks(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7")
    await office.run(office.clock.now() + DAY)
    assert (await transcript(office.rt, "RT-1", timedelta(minutes=1))).lines == []
    with pytest.raises(NotFound):
        await transcript(office.rt, "RT-9", WEEK)
    assert PHONE not in str(await told(office, viewer=NURSE))
