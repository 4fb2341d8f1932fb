"""The team has somebody asked: now, again, later, at the hospital; never in quiet hours, never who is away."""

from datetime import date, datetime, timedelta

import pytest

from pro_collector.commands.ask_by_hand import (
    ask_again,
    ask_early,
    ask_in_clinic,
    ask_now,
    open_interview,
    put_off_check_in,
)
from pro_collector.commands.record_state import record_state, retract_state
from pro_collector.display.history import sentence
from pro_collector.domain.conversation.survey import open_places
from pro_collector.errors import BadInput, Conflict, NotFound
from pro_collector.web.form.postgres_store import PostgresFormStore
from tests.shared.office import DEMO, FIVE_SECONDS, Office
from tests.shared.scenes import ASKED, DAY, SOON, first_occasion, history, history_names, in_conversation, treated

HOUR = timedelta(hours=1)
WEEKLY = "weekly-symptoms"
NURSE = "nurse"
VISIT = DEMO.replace('version: "1.0"', 'version: "1.1"').replace(
    "window: {closes: 4d, late_entry: 1d}", "window: {opens: -1d, closes: 4d, late_entry: 1d}"
)


async def passes(office: Office, time: timedelta) -> int:
    """Let time pass; how many texts came meanwhile."""
    before = len(office.texts())
    await office.run(office.clock.now() + time)
    return len(office.texts()) - before


async def test_an_open_check_in_is_asked_again_and_later(office: Office) -> None:
    await in_conversation(office)  # 10:05 in New York
    asked = await ask_again(office.rt, "RT-1", WEEKLY, by=NURSE)
    assert (asked.waits, asked.assessment) == (False, WEEKLY)
    assert await passes(office, HOUR) == 1
    row = await first_occasion(office)
    with pytest.raises(NotFound):
        await ask_again(office.rt, "RT-1", "no-such", by=NURSE)
    later = await office.one("SELECT id FROM occasion WHERE state = 'planned' ORDER BY due_at DESC LIMIT 1")
    with pytest.raises(Conflict, match="is not open; it is planned"):
        await ask_again(office.rt, "RT-1", str(later), by=NURSE)

    url = await open_interview(office.rt, "RT-1", WEEKLY, by=NURSE)
    assert await open_interview(office.rt, "RT-1", WEEKLY, by=NURSE) == url, "as often as one likes"
    form = await PostgresFormStore(office.rt).open(url.rpartition("/")[2])
    assert form is not None
    assert form.mode == "call"

    today = datetime(2026, 3, 3, 14, 0)  # noqa: DTZ001  # a wall time
    for wrong in (today.replace(hour=3), today.replace(hour=23), today + timedelta(days=4)):
        with pytest.raises(BadInput):
            await put_off_check_in(office.rt, "RT-1", str(row["id"])[:8], wrong, by=NURSE)
    put = await put_off_check_in(office.rt, "RT-1", WEEKLY, today, by=NURSE)
    assert put.waits
    assert await passes(office, 2 * HOUR) == 0
    assert await passes(office, HOUR) == 1, "at 14:00 where she lives"
    said = [sentence(what, detail) for what, detail in await history(office, row)]
    assert "the study team (nurse) has it asked again" in said
    assert any(each.startswith("not sent yet: the study team put it off") for each in said)


async def test_who_is_away_or_stopped_is_not_asked(office: Office) -> None:
    await in_conversation(office)
    await record_state(office.rt, "RT-1", "hospital", None, date(2026, 3, 20), by=NURSE)
    for ask in (ask_again(office.rt, "RT-1", WEEKLY, by=NURSE), ask_now(office.rt, "RT-1", "self", by=NURSE)):
        with pytest.raises(Conflict, match="hospital"):
            await ask
    await retract_state(office.rt, "RT-1", "hospital", None, by=NURSE)
    await office.reply("STOP")
    with pytest.raises(Conflict, match="opted out"):
        await ask_now(office.rt, "RT-1", "self", by=NURSE)
    assert not await office.rows("SELECT FROM occasion WHERE assessment = 'unprompted'"), "nothing is left open"


async def test_they_are_asked_how_they_are_now(office: Office) -> None:
    await office.enrol()
    await office.run(office.clock.now() + 3 * HOUR)
    before = len(office.texts())
    asked = await ask_now(office.rt, "RT-1", "self", by=NURSE)
    await office.run(office.clock.now() + FIVE_SECONDS)
    assert len(office.texts()) == before + 1
    row = await first_occasion(office, asked.assessment)
    assert row["id"] == asked.occasion_id
    with pytest.raises(Conflict, match="ask that again"):
        await ask_now(office.rt, "RT-1", "self", by=NURSE)
    names = [name for name, _ in await history(office, row)]
    assert names[0] == "asked_now"
    assert "said" in names
    await office.run(office.clock.now() + 14 * HOUR)
    with pytest.raises(Conflict, match="quiet hours"):
        await ask_now(office.rt, "RT-1", "self", by=NURSE)


async def before_it_is_due(office: Office) -> None:
    """The window of the weekly check-in opens a day before it is due, and that was some hours ago."""
    await office.apply(VISIT)
    await treated(office)
    with pytest.raises(Conflict, match="its window opens 2026-03-02"):
        await ask_early(office.rt, "RT-1", WEEKLY, by=NURSE)
    await office.run(ASKED - 2 * HOUR)


async def test_a_check_in_is_answered_at_the_hospital(office: Office) -> None:
    await before_it_is_due(office)
    rt = await office.of_process("team")
    with pytest.raises(Conflict, match="has several of these: say which"):
        await ask_in_clinic(rt, "RT-1", by=NURSE)
    with pytest.raises(NotFound, match="did you mean `weekly-symptoms`"):
        await ask_in_clinic(rt, "RT-1", "weekly-symptom", by=NURSE)
    opened = await ask_in_clinic(rt, "RT-1", WEEKLY, by=NURSE)
    assert await ask_in_clinic(rt, "RT-1", WEEKLY, by=NURSE) == opened, "it is open now"
    store, token = PostgresFormStore(office.rt), opened.url.rpartition("/")[2]
    form = await store.open(token)
    while form is not None and (places := open_places(form.survey)):
        form = await store.answer(token, places[0], 1, str(places[0]), "en")
    await store.finish(token)
    await office.run(ASKED + 3 * DAY)
    weekly = await first_occasion(office)
    assert (weekly["id"], weekly["state"]) == (opened.occasion_id, "completed")
    assert {row["mode"] for row in await office.rows("SELECT mode FROM answer")} == {"clinic"}
    assert (await history_names(office, weekly)).count("in_clinic") == 2
    assert "said" not in await history_names(office, weekly), "nobody is texted about it"
    with pytest.raises(Conflict, match="is not open; it is"):
        await ask_in_clinic(rt, "RT-1", str(weekly["id"]), by=NURSE)


async def test_a_check_in_is_asked_before_it_is_due_and_only_once(office: Office) -> None:
    await before_it_is_due(office)
    rt = await office.of_process("team")
    with pytest.raises(Conflict, match="its window is open: ask it now"):
        await ask_again(rt, "RT-1", WEEKLY, by=NURSE)
    asked = await ask_early(rt, "RT-1", WEEKLY, by=NURSE)
    assert (asked.waits, asked.assessment) == (False, WEEKLY)
    assert await passes(office, SOON) == 1
    assert "how bad was your worst pain" in office.texts()[-1]
    with pytest.raises(Conflict, match="is open: ask it again"):
        await ask_early(rt, "RT-1", WEEKLY, by=NURSE)
    assert await passes(office, 3 * HOUR) == 0, "not asked a second time when it is due"
    assert "asked_by_hand" in await history_names(office, await first_occasion(office))
