"""timeline.changed: plans follow a treatment; what has begun is kept, and nothing is asked twice."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pro_collector.commands.record_state import record_state
from pro_collector.commands.record_treatment import correct, record_event
from tests.shared.clock import START
from tests.shared.office import Office
from tests.shared.scenes import (
    ANSWERS,
    ASKED,
    DAY,
    SOON,
    TREATED,
    first_occasion,
    history_names,
    in_conversation,
    treated,
)


async def planned(office: Office, assessment: str) -> list[dict[str, Any]]:
    """The occasions of an assessment, by due time."""
    return await office.rows("SELECT * FROM occasion WHERE assessment = %s ORDER BY due_at, id", assessment)


async def test_weekly_from_the_start_of_treatment(office: Office) -> None:
    await treated(office)
    rows = await planned(office, "weekly-symptoms")
    assert [row["due_local"].date() for row in rows[:3]] == [TREATED, date(2026, 3, 10), date(2026, 3, 17)]
    assert {row["due_local"].hour for row in rows} == {10}
    assert {row["due_at"].hour for row in rows[:4]} == {15, 14}, "the clocks go forward on 8 March"


async def test_a_corrected_date_moves_what_has_not_begun_and_renames_nothing(office: Office) -> None:
    await treated(office)
    before = {row["id"] for row in await planned(office, "weekly-symptoms")}
    await correct(office.rt, "RT-1", "treatment_start", TREATED, date(2026, 3, 5), by="tester", reason="typo")
    await office.settle()
    rows = await planned(office, "weekly-symptoms")
    assert before == {row["id"] for row in rows}
    assert rows[0]["due_local"].date() == date(2026, 3, 5)
    assert (await history_names(office, rows[0])) == ["planned", "moved"]


async def test_what_was_asked_is_kept_and_not_asked_again(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    done = await first_occasion(office)
    await correct(office.rt, "RT-1", "treatment_start", TREATED, date(2026, 3, 4), by="tester", reason="typo")
    await office.run(ASKED + 3 * DAY)
    assert (await first_occasion(office)) == done
    assert len([text for text in office.texts() if "short questions" in text]) == 1
    await office.run(ASKED + 8 * DAY + SOON)
    assert len([text for text in office.texts() if "short questions" in text]) == 2


async def test_a_cycle_found_later_renames_no_other(office: Office) -> None:
    await office.enrol()
    await office.happened("cycle", date(2026, 3, 2))
    await office.happened("cycle", date(2026, 4, 13))
    ids = {row["id"] for row in await planned(office, "cycle-day-8")}
    await office.happened("cycle", date(2026, 3, 23))
    rows = await planned(office, "cycle-day-8")
    assert ids < {row["id"] for row in rows}
    assert [row["due_local"].date() for row in rows] == [date(2026, 3, 9), date(2026, 3, 30), date(2026, 4, 20)]
    assert [row["anchor_n"] for row in rows] == [1, 2, 3]


@pytest.mark.parametrize("kind", ["withdrew", "died"])
async def test_whoever_left_is_asked_nothing_more_and_every_occasion_says_why(office: Office, kind: str) -> None:
    await in_conversation(office)
    await office.reply("7")
    await record_state(office.rt, "RT-1", kind, office.clock.now().date(), None, by="tester")
    await office.settle()
    states = await office.rows("SELECT DISTINCT state, reason FROM occasion")
    assert {(row["state"], row["reason"]) for row in states} == {
        ("cancelled", kind), ("cancelled", "participation_ended"), ("partial", "participation_ended"),
    }  # fmt: skip
    said, letters = len(office.texts()), len(office.letters())
    await office.run(START + 30 * DAY)
    assert (len(office.texts()), len(office.letters())) == (said, letters)


async def test_what_was_answered_before_leaving_is_scored(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7")
    await record_state(office.rt, "RT-1", "withdrew", office.clock.now().date(), None, by="tester")
    await office.settle()
    assert await office.one("SELECT value FROM score_current WHERE scale = 'pain'") == 70.0


async def test_what_was_queued_when_somebody_died_does_not_leave(office: Office) -> None:
    await in_conversation(office)
    await office.read("7")
    sent = len(office.carrier.log.all())
    await record_event(office.rt, "RT-1", "death", date(2026, 3, 2), by="tester")
    await office.settle()
    assert len(office.carrier.log.all()) == sent
    (row,) = await office.rows("SELECT state, reason FROM message WHERE purpose = 'question'")
    assert (row["state"], row["reason"]) == ("suppressed", "has left the study")


@pytest.mark.parametrize("how", ["state", "event"])
async def test_whoever_writes_afterwards_hears_no_more_of_the_study(how: str, office: Office) -> None:
    await in_conversation(office)
    await office.read("I need a break for a few weeks")
    if how == "state":
        await record_state(office.rt, "RT-1", "died", None, None, by="tester")
    else:
        await record_event(office.rt, "RT-1", "death", date(2026, 3, 2), by="tester")
    await office.settle()
    before = len(office.texts())
    await office.reply("7", "thank you for everything", "what happens now")
    assert len(office.texts()) == before, "neither what was queued nor an answer"
    assert {row["state"] for row in await office.rows("SELECT state FROM message WHERE purpose = 'paused'")} <= {
        "suppressed"
    }
    assert "Call 911" in await office.reply("I cannot breathe"), "but for an emergency"


async def test_death_as_an_event_of_the_treatment_ends_it_too(office: Office) -> None:
    await treated(office)
    await office.happened("death", date(2026, 3, 2))
    assert {row["state"] for row in await office.rows("SELECT state FROM occasion")} == {"cancelled"}
    await office.run(START + 10 * DAY)
    assert office.texts() == []


async def test_a_mistaken_withdrawal_taken_back_plans_again_under_the_same_names(office: Office) -> None:
    await treated(office)
    before = {row["id"] for row in await planned(office, "weekly-symptoms")}
    await record_state(office.rt, "RT-1", "paused", date(2026, 3, 2), None, by="tester")
    assert {row["state"] for row in await planned(office, "weekly-symptoms")} == {"missed"}
    await record_state(office.rt, "RT-1", "paused", date(2026, 3, 2), date(2026, 3, 3), by="tester")
    rows = await planned(office, "weekly-symptoms")
    assert ({row["id"] for row in rows}, {row["state"] for row in rows}) == (before, {"planned"})
    await office.run(ASKED + SOON)
    assert len([text for text in office.texts() if "short questions" in text]) == 1


async def test_moving_to_another_zone_moves_what_has_not_begun(office: Office) -> None:
    await treated(office)
    await record_state(office.rt, "RT-1", "moved", date(2026, 3, 2), None, by="tester", zone="Europe/Madrid")
    await office.settle()
    row = await first_occasion(office)
    assert (row["due_local"].hour, row["zone"], row["due_at"]) == (10, "Europe/Madrid", ASKED - timedelta(hours=6))


async def test_a_move_told_ahead_counts_from_its_day(office: Office) -> None:
    await treated(office)
    await record_state(office.rt, "RT-1", "moved", date(2026, 3, 12), None, by="tester", zone="Europe/Madrid")
    await office.run(ASKED + SOON)
    asked, later = (await planned(office, "weekly-symptoms"))[:2]
    assert (asked["zone"], asked["due_at"], asked["state"]) == ("America/New_York", ASKED, "invited")
    assert later["zone"] == "America/New_York", "what is planned follows on the day"
    await record_state(office.rt, "RT-1", "holiday", date(2026, 6, 1), date(2026, 6, 8), by="tester")  # replans
    await office.run(datetime(2026, 3, 11, 23, 1, tzinfo=UTC))  # midnight in Madrid
    after = (await planned(office, "weekly-symptoms"))[2]
    assert (after["due_local"].hour, after["zone"]) == (10, "Europe/Madrid")
    assert await office.one("SELECT zone FROM participant") == "Europe/Madrid"


async def test_of_several_moves_the_last_that_has_come_counts(office: Office) -> None:
    await treated(office)
    for day, zone in (
        (date(2026, 3, 20), "Asia/Tokyo"),
        (date(2026, 3, 1), "Europe/Madrid"),
        (date(2026, 2, 1), "UTC"),
    ):
        await record_state(office.rt, "RT-1", "moved", day, None, by="tester", zone=zone)
    assert await office.one("SELECT zone FROM participant") == "Europe/Madrid"
    await office.run(datetime(2026, 3, 21, tzinfo=UTC))
    assert await office.one("SELECT zone FROM participant") == "Asia/Tokyo"


async def test_many_changes_at_once_plan_each_person_once(office: Office) -> None:
    await office.enrol()
    for n in range(4):
        await record_event(office.rt, "RT-1", "cycle", date(2026, 3, 2) + n * 21 * DAY, by="tester")
    await office.settle()
    await office.redeliver()
    rows = await planned(office, "cycle-day-8")
    assert len(rows) == 4
    lives = [await history_names(office, row) for row in rows]
    assert [life.count("planned") for life in lives] == [1] * 4


async def test_a_state_without_a_day_counts_from_today_where_they_live(office: Office) -> None:
    await in_conversation(office)
    await office.run(datetime(2026, 3, 4, 0, 30, tzinfo=UTC))  # in New York it is half past seven, the evening before
    await record_state(office.rt, "RT-1", "died", None, None, by="tester")
    assert await office.one("SELECT starts_on FROM participant_state") == date(2026, 3, 3)
    before = len(office.texts())
    await office.reply("5")
    await office.run(datetime(2026, 3, 4, 4, 30, tzinfo=UTC))
    assert len(office.texts()) == before
    assert (await first_occasion(office))["reason"] == "participation_ended"
