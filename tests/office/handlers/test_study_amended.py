"""study.amended: everyone is planned again; what has begun is finished under the version it began with."""

from datetime import timedelta

import pytest

from pro_collector.errors import Conflict
from tests.shared.office import DEMO, PHONE, Office
from tests.shared.scenes import ANSWERS, ASKED, DAY, SOON, first_occasion, history_names, in_conversation, treated

AN_HOUR_LATER = DEMO.replace('version: "1.0"', 'version: "1.1"').replace('at: "10:00"', 'at: "11:00"', 1)
WITHOUT_WEEKLY = DEMO.replace('version: "1.0"', 'version: "2.0"')


def without(text: str, assessment: str) -> str:
    """The study without one assessment."""
    start = text.index(f"  {assessment}:\n")
    end = text.index("\n\n", start) + 2
    return text[:start] + text[end:]


async def test_moves_what_has_not_begun_under_the_same_names(office: Office) -> None:
    await treated(office)
    before = await office.rows("SELECT id FROM occasion WHERE assessment = 'weekly-symptoms' ORDER BY id")
    await office.apply(AN_HOUR_LATER)
    await office.settle()
    rows = await office.rows("SELECT id, due_local, study_version, state FROM occasion "
                             "WHERE assessment = 'weekly-symptoms' ORDER BY id")  # fmt: skip
    assert [row["id"] for row in rows] == [row["id"] for row in before]
    assert {(row["due_local"].hour, row["study_version"], row["state"]) for row in rows} == {(11, "1.1", "planned")}
    await office.run(ASKED + SOON)
    assert not [text for text in office.texts() if "short questions" in text]
    await office.run(ASKED + timedelta(hours=1) + SOON)
    assert len([text for text in office.texts() if "short questions" in text]) == 1


async def test_what_has_begun_is_finished_under_the_old_version(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7")
    await office.apply(AN_HOUR_LATER)
    await office.settle()
    assert (await office.reply(*ANSWERS[1:])).startswith("Thank you")
    occasion = await first_occasion(office)
    assert (occasion["state"], occasion["study_version"]) == ("completed", "1.0")
    await office.run(ASKED + 6 * DAY)
    assert len([text for text in office.texts() if "short questions" in text]) == 1, "nothing is asked twice"


async def test_an_assessment_that_is_dropped_is_asked_no_more(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    await office.apply(without(WITHOUT_WEEKLY, "weekly-symptoms"))
    await office.settle()
    rows = await office.rows("SELECT state, reason, count(*) AS n FROM occasion "
                             "WHERE assessment = 'weekly-symptoms' GROUP BY 1, 2 ORDER BY 1")  # fmt: skip
    assert [(row["state"], row["reason"]) for row in rows] == [
        ("cancelled", "not_in_schedule"), ("completed", "every question answered"),
    ]  # fmt: skip
    await office.run(ASKED + 8 * DAY)
    assert len([text for text in office.texts() if "short questions" in text]) == 1


async def test_rolled_back_the_old_plan_stands_again(office: Office) -> None:
    await treated(office)
    before = await office.rows("SELECT id, due_at, state FROM occasion ORDER BY id")
    await office.apply(AN_HOUR_LATER)
    await office.settle()
    await office.apply(DEMO)
    await office.settle()
    assert await office.rows("SELECT id, due_at, state FROM occasion ORDER BY id") == before
    assert await history_names(office, await first_occasion(office)) == ["planned", "moved", "moved"]


async def test_the_same_version_with_other_content_is_refused(office: Office) -> None:
    await office.enrol()
    with pytest.raises(Conflict, match="give this one a new version"):
        await office.apply(DEMO.replace('at: "10:00"', 'at: "11:00"', 1))


async def test_everybody_is_planned_again_in_one_go(office: Office) -> None:
    await office.crowd(20)
    await office.apply(AN_HOUR_LATER.replace('at: "11:00"', 'at: "12:00"', 1))
    await office.settle()
    versions = await office.rows("SELECT DISTINCT study_version FROM participant")
    assert versions == [{"study_version": "1.1"}]
    assert await office.one("SELECT count(*) FROM outbox WHERE type = 'study.amended'") == 20
    assert await office.one("SELECT count(*) FROM occasion") == 40
    assert office.texts(PHONE) == []
