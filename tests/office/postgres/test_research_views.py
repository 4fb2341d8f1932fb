"""What researchers read: scores beside treatment; a corrected date reshapes every line and rewrites no score."""

from datetime import date, timedelta
from typing import Any

from pro_collector.commands.record_treatment import correct
from tests.shared.office import Office
from tests.shared.scenes import ANSWERS, ASKED, DAY, SOON, TREATED, in_conversation, treated


async def beside(office: Office) -> dict[str, Any]:
    """The one line of the pain score."""
    (row,) = await office.rows("SELECT * FROM score_on_treatment WHERE scale = 'pain'")
    return row


async def test_study_day_cycle_and_days_since_each_event(office: Office) -> None:
    await office.enrol()
    await office.happened("cycle", date(2026, 2, 9))
    await office.happened("cycle", date(2026, 3, 2))
    await office.happened("treatment_start", TREATED)
    await office.happened("cycle", date(2026, 3, 23))  # still to come: no part of this day
    await office.run(ASKED + SOON)
    await office.reply(*ANSWERS)
    row = await beside(office)
    assert (row["study_day"], row["cycle"], row["cycle_day"]) == (2, 2, 2)
    assert (row["on_day"], row["days_since_anchor"]) == (date(2026, 3, 3), 0)
    assert row["days_since"] == {"cycle": 1, "treatment_start": 0}
    assert (row["participant_code"], row["arm"], row["site"], row["value"]) == ("RT-1", "treated", "bethesda", 70.0)


async def test_the_day_is_the_participant_s_own(office: Office) -> None:
    """22:30 in New York is tomorrow in UTC, and today for whoever answers."""
    await in_conversation(office)
    await office.run(ASKED + timedelta(hours=12, minutes=30))
    await office.reply(*ANSWERS)
    row = await beside(office)
    assert row["completed_at"].date() == date(2026, 3, 4)
    assert (row["on_day"], row["study_day"]) == (date(2026, 3, 3), 2)


async def test_a_corrected_date_moves_the_line_and_rewrites_no_score(office: Office) -> None:
    await office.enrol()
    await office.happened("cycle", date(2026, 3, 2))
    await office.happened("treatment_start", TREATED)
    await office.run(ASKED + SOON)
    await office.reply(*ANSWERS)
    scores = await office.rows("SELECT * FROM score ORDER BY scale")
    before = await beside(office)
    await correct(office.rt, "RT-1", "cycle", date(2026, 3, 2), date(2026, 2, 25), by="tester", reason="was earlier")
    await correct(office.rt, "RT-1", "treatment_start", TREATED, date(2026, 3, 1), by="tester", reason="typo")
    await office.settle()
    after = await beside(office)
    assert (before["cycle_day"], after["cycle_day"]) == (2, 7)
    assert (before["days_since"], after["days_since"]) == (
        {"cycle": 1, "treatment_start": 0}, {"cycle": 6, "treatment_start": 2},
    )  # fmt: skip
    assert await office.rows("SELECT * FROM score ORDER BY scale") == scores
    same = set(before) - {"cycle_day", "days_since"}
    assert {name: before[name] for name in same} == {name: after[name] for name in same}


async def test_a_retracted_cycle_is_none(office: Office) -> None:
    await office.enrol()
    await office.happened("cycle", date(2026, 3, 2))
    await office.happened("treatment_start", TREATED)
    await office.run(ASKED + SOON)
    await office.reply(*ANSWERS)
    await correct(office.rt, "RT-1", "cycle", date(2026, 3, 2), None, by="tester", reason="another patient's")
    await office.settle()
    row = await beside(office)
    assert (row["cycle"], row["cycle_day"]) == (None, None)


async def test_planned_is_the_sum_of_all_states(office: Office) -> None:
    await treated(office)
    await office.run(ASKED + SOON)
    await office.reply(*ANSWERS)
    await office.run(ASKED + 8 * DAY)
    counts = await office.rows("SELECT state, sum(occasions) AS n FROM occasion_count GROUP BY state")
    assert sum(row["n"] for row in counts) == await office.one("SELECT count(*) FROM occasion")
    assert {"planned", "completed", "invited"} <= {row["state"] for row in counts}
