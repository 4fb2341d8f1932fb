"""What no schedule planned: an assessment asked by hand, and a day 1 that was asked before it was delayed."""

from datetime import date, timedelta

import pytest

from pro_collector.commands.ask_unscheduled import ask_unscheduled
from pro_collector.commands.reconcile import reconcile
from pro_collector.commands.record_treatment import correct
from pro_collector.commands.set_apart import set_apart
from pro_collector.display.history import sentence
from pro_collector.errors import BadInput, Conflict, NotFound, Outdated
from tests.shared.office import Office
from tests.shared.scenes import ANSWERS, ASKED, DAY, SOON, TREATED, first_occasion, history, in_conversation, treated

WEEKLY = "weekly-symptoms"
NURSE = "nurse"
WHY = "worse since Monday"
VISIT = "SELECT planned, anchor, point, state, reason, days_since_anchor FROM research.visits WHERE visit_id = %s"


async def test_an_assessment_is_asked_outside_of_its_schedule(office: Office) -> None:
    await treated(office)
    await office.run(ASKED + SOON)
    rt = await office.of_process("team")
    with pytest.raises(BadInput, match="say why"):
        await ask_unscheduled(rt, "RT-1", WEEKLY, "self", reason=" ", by=NURSE)
    with pytest.raises(NotFound, match="did you mean `weekly-symptoms`"):
        await ask_unscheduled(rt, "RT-1", "weekly-symptom", "self", reason=WHY, by=NURSE)
    with pytest.raises(Conflict, match="ask that again"):
        await ask_unscheduled(rt, "RT-1", WEEKLY, "self", reason=WHY, by=NURSE)
    await office.reply(*ANSWERS)
    planned = await office.rows("SELECT * FROM occasion WHERE state = 'planned' ORDER BY id")

    await office.run(ASKED + timedelta(hours=14))
    with pytest.raises(Conflict, match="quiet hours"):
        await ask_unscheduled(rt, "RT-1", WEEKLY, "self", reason=WHY, by=NURSE)
    assert not await office.rows("SELECT FROM occasion WHERE anchor = 'unscheduled'"), "nothing is left open"
    await office.run(ASKED + 2 * DAY)
    before = len(office.texts())
    asked = await ask_unscheduled(rt, "RT-1", WEEKLY, "self", reason=WHY, by=NURSE)
    await office.run(office.clock.now() + SOON)
    assert len(office.texts()) == before + 1
    assert "how bad was your worst pain" in office.texts()[-1]
    await office.reply(*ANSWERS)
    (visit,) = await office.rows(VISIT, asked.occasion_id)
    assert visit == {
        "planned": False, "anchor": "unscheduled", "point": "unscheduled-2026-03-05", "state": "completed",
        "reason": "answered", "days_since_anchor": 0,
    }  # fmt: skip
    (row,) = await office.rows("SELECT * FROM occasion WHERE id = %s", asked.occasion_id)
    assert row["closes_at"] < ASKED + 7 * DAY, "it is never open together with the next one"
    assert sentence(*(await history(office, row))[0]) == f"asked by nurse outside of the schedule: {WHY}"

    with pytest.raises(Conflict, match="more than 3 surveys in seven days"):
        await ask_unscheduled(rt, "RT-1", WEEKLY, "self", reason=WHY, by=NURSE, at_hospital=True)
    second = await ask_unscheduled(
        rt, "RT-1", WEEKLY, "self", reason=WHY, by=NURSE, at_hospital=True, over_budget=True
    )  # fmt: skip
    assert second.url is not None
    assert (await office.rows(VISIT, second.occasion_id))[0]["point"] == "unscheduled-2026-03-05-2"
    await office.run(ASKED + 4 * DAY)
    assert planned == await office.rows("SELECT * FROM occasion WHERE state = 'planned' ORDER BY id")
    assert (await reconcile(office.rt)).holes == []


async def test_a_day_1_that_went_out_before_a_delay_is_kept_as_what_it_was_and_asked_again(office: Office) -> None:
    await in_conversation(office)
    row = await first_occasion(office)
    await office.reply(*ANSWERS)
    rt = await office.of_process("team")
    with pytest.raises(Conflict, match="was not asked before its day"):
        await set_apart(rt, "RT-1", str(row["id"]), reason="delayed", by=NURSE)
    seen = office.clock.now()
    await office.run(seen + SOON)
    delayed = TREATED + timedelta(days=3)
    done = await correct(office.rt, "RT-1", "treatment_start", TREATED, delayed, by=NURSE, reason="low platelets")
    assert [each.id for each in done.displaced] == [row["id"]]
    await office.settle()
    assert (await first_occasion(office))["state"] == "completed", "without a choice it stays day 1, and is not asked"

    first = await set_apart(rt, "RT-1", WEEKLY, reason="low platelets", by=NURSE, dry_run=True)
    assert f"{first.instead.due_local:%Y-%m-%d}" == "2026-03-06"
    with pytest.raises(Outdated):
        await set_apart(rt, "RT-1", WEEKLY, reason="low platelets", by=NURSE, confirmed="0" * 16)
    assert (await office.rows(VISIT, row["id"]))[0]["planned"], "nothing is done yet"
    scores = await office.rows("SELECT * FROM score ORDER BY scale")
    await set_apart(rt, "RT-1", WEEKLY, reason="low platelets", by=NURSE)
    (visit,) = await office.rows(VISIT, row["id"])
    assert (visit["planned"], visit["anchor"], visit["point"]) == (False, "unscheduled", "unscheduled-2026-03-03")
    assert visit["state"] == "completed"
    assert await office.rows("SELECT * FROM score ORDER BY scale") == scores
    assert "set apart by nurse as unscheduled" in sentence(*(await history(office, row))[-1])

    await office.run(ASKED + 3 * DAY + SOON)
    assert "how bad was your worst pain" in office.texts()[-1]
    await office.reply(*ANSWERS)
    (again,) = await office.rows("SELECT * FROM occasion WHERE anchor_on = %s AND n = 1", delayed)
    assert (again["state"], again["point"]) == ("completed", row["point"])
    async with office.rt.database.transaction() as tx:
        await tx.execute("SELECT set_config('research.as_of', %s, true)", (str(seen),))
        (then,) = await (await tx.execute(VISIT.encode(), (row["id"],))).fetchall()
    assert (then["planned"], then["point"], then["state"]) == (True, row["point"], "completed"), "as it was seen then"
    assert (await reconcile(office.rt)).holes == []


async def test_an_open_survey_that_is_set_apart_ends_and_its_answers_are_scored(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7")
    row = await first_occasion(office)
    await correct(office.rt, "RT-1", "treatment_start", TREATED, date(2026, 3, 5), by=NURSE, reason="delayed")
    await office.settle()
    await set_apart(await office.of_process("team"), "RT-1", WEEKLY, reason="delayed", by=NURSE)
    await office.settle()
    (visit,) = await office.rows(VISIT, row["id"])
    assert (visit["state"], visit["reason"]) == ("partial", "asked_too_early")
    assert await office.rows("SELECT FROM score WHERE occasion_id = %s", row["id"])
    before = len(office.texts())
    await office.run(ASKED + 2 * DAY - SOON)
    assert len(office.texts()) == before, "no reminder of the old one"
    await office.run(ASKED + 2 * DAY + SOON)
    assert "how bad was your worst pain" in office.texts()[-1]
