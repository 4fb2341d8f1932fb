"""An unprompted report: opened by the person, answered on the form, scored, alerting, and never a hole in the plan."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from pro_collector.commands.reconcile import reconcile
from pro_collector.commands.record_state import record_state
from pro_collector.commands.report_now import OpenReport, report_now
from pro_collector.domain.conversation.survey import Place, open_places
from pro_collector.domain.conversation.unprompted import NoReport
from pro_collector.web.form.postgres_store import PostgresFormStore
from tests.office.handlers.test_flagged_answers import alerts, flagging
from tests.shared.clock import START
from tests.shared.office import DEMO, Office

DAY = timedelta(days=1)


@pytest.fixture
async def person(office: Office) -> UUID:
    """RT-1 of the demo study, five hours after their enrolment."""
    id = await office.enrol()
    await office.run(START + timedelta(hours=5))
    return id


async def opened(office: Office, person: UUID) -> OpenReport:
    report = await report_now(office.rt, person, "self", by="participant")
    assert isinstance(report, OpenReport)
    return report


async def answer(office: Office, report: OpenReport, value: int = 1, *, finish: bool = True) -> None:
    """Answer every question of the report on its form; without `finish`, only the first."""
    store = PostgresFormStore(office.rt)
    while (form := await store.open(report.token)) and (places := open_places(form.survey)):
        await store.answer(report.token, places[0], value, str(places[0]), "en")
        if not finish:
            return
    await store.finish(report.token)


async def test_it_is_an_occasion_of_its_own_scored_like_any_other_and_marked(office: Office, person: UUID) -> None:
    told = len(office.texts())
    report = await opened(office, person)
    await answer(office, report)
    await office.settle()
    (row,) = await office.rows("SELECT * FROM occasion WHERE assessment = 'unprompted'")
    assert (row["id"], row["state"], row["anchor"]) == (report.occasion_id, "completed", "unprompted")
    pain = await office.rows("SELECT * FROM score_on_treatment WHERE occasion_id = %s AND scale = 'pain'", row["id"])
    assert [(each["value"], each["assessment"], each["days_since_anchor"]) for each in pain] == [(10, "unprompted", 0)]
    assert len(office.texts()) == told  # nobody asked, so nobody is written to


async def test_it_is_no_hole_and_no_new_plan_touches_it(office: Office, person: UUID) -> None:
    await answer(office, await opened(office, person))
    await opened(office, person)
    await office.happened("treatment_start", START.date())
    assert [each for each in (await reconcile(office.rt)).holes if "unprompted" in each.detail] == []
    await office.run(START + 3 * DAY)
    states = await office.rows("SELECT state, reason FROM occasion WHERE assessment = 'unprompted' ORDER BY n")
    assert [(each["state"], each["reason"]) for each in states] == [
        ("completed", "every question answered"),
        ("cancelled", "nothing_reported"),
    ]
    assert (await reconcile(office.rt)).holes == []
    await office.check_laws()


async def test_an_open_one_is_given_again_and_the_day_has_a_limit(office: Office, person: UUID) -> None:
    first = await opened(office, person)
    assert await opened(office, person) == first
    for _ in range(3):
        await answer(office, await opened(office, person))
    assert await report_now(office.rt, person, "self", by="participant") is NoReport.ENOUGH_TODAY
    await office.run(START + DAY)
    await opened(office, person)


async def test_one_that_was_left_unfinished_keeps_its_answers(office: Office, person: UUID) -> None:
    await answer(office, await opened(office, person), finish=False)
    await office.run(START + DAY)
    assert await office.one("SELECT state FROM occasion WHERE assessment = 'unprompted'") == "partial"


async def test_a_pause_forbids_nothing_and_the_end_forbids_it(office: Office, person: UUID) -> None:
    await record_state(office.rt, "RT-1", "paused", None, None, by="tester")
    report = await opened(office, person)
    await record_state(office.rt, "RT-1", "withdrew", None, None, by="tester")
    assert await report_now(office.rt, person, "self", by="participant") is NoReport.LEFT_STUDY
    row = await office.rows("SELECT state, reason FROM occasion WHERE id = %s", report.occasion_id)
    assert [(each["state"], each["reason"]) for each in row] == [("cancelled", "participation_ended")]


async def test_a_study_without_it_offers_none(office: Office) -> None:
    start, end = DEMO.index("unprompted:"), DEMO.index("# What somebody is told after the last answer")
    await office.apply((DEMO[:start] + DEMO[end:]).replace('version: "1.0"', 'version: "1.1"'))
    id = await office.enrol()
    assert await report_now(office.rt, id, "self", by="participant") is NoReport.NOT_OFFERED


async def test_its_answers_alert_like_any_other(office: Office, tmp_path: Path) -> None:
    await flagging(office, tmp_path)
    person = await office.enrol()
    await office.run(START + timedelta(hours=5))
    report = await opened(office, person)
    await PostgresFormStore(office.rt).answer(report.token, Place("symptom-diary", "pain"), 9, "page", "en")
    await office.settle()
    task = await office.rows("SELECT kind, occasion_id FROM task")
    assert [(each["kind"], each["occasion_id"]) for each in task] == [("flagged", report.occasion_id)]
    assert alerts(office) == ["flagged: RT-1"]
