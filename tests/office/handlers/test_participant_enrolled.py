"""participant.enrolled: everything the study asks of somebody new is planned, once, with its moment on the agenda."""

from datetime import UTC, date, datetime, timedelta

from pro_collector.casework.planning import HORIZON
from pro_collector.domain.events import EVENTS
from tests.shared.clock import START
from tests.shared.office import PHONE, STUDY, Office
from tests.shared.scenes import DAY

OBSERVED = {"arm": "observed"}


async def test_plans_what_the_study_asks_and_puts_each_moment_on_the_agenda(office: Office) -> None:
    await office.enrol()
    occasions = await office.rows("SELECT * FROM occasion ORDER BY due_at")
    assert [(row["assessment"], f"{row['due_local']:%Y-%m-%d %H:%M}") for row in occasions] == [
        ("baseline", "2026-03-02 11:00"), ("yearly-story", "2027-03-02 10:00"),
    ]  # fmt: skip
    assert occasions[0]["due_at"] == datetime(2026, 3, 2, 16, tzinfo=UTC)
    entries = await office.rows("SELECT type, due_at, occasion_id FROM agenda WHERE occasion_id IS NOT NULL")
    assert {(row["occasion_id"], row["due_at"]) for row in entries} == {(row["id"], row["due_at"]) for row in occasions}
    assert {row["type"] for row in entries} == {"survey.due"}
    assert await office.one("SELECT planned_until FROM participant") == START + HORIZON


async def test_each_life_begins_with_why_it_is_planned(office: Office) -> None:
    await office.enrol()
    rows = await office.rows("SELECT what, detail FROM occasion_log ORDER BY id")
    assert [row["what"] for row in rows] == ["planned", "planned"]
    assert rows[0]["detail"] == {
        "cause": "enrolment", "anchor": "enrolment", "anchor_on": "2026-03-02", "point": rows[0]["detail"]["point"],
        "due_at": "2026-03-02T16:00:00+00:00", "due_local": "2026-03-02T11:00:00", "zone": "America/New_York",
        "study_version": rows[0]["detail"]["study_version"],
    }  # fmt: skip


async def test_two_reporters_are_two_occasions(office: Office) -> None:
    await office.enrol(birth_date=date(2015, 6, 1), proxy_phone="+12025550188")
    rows = await office.rows("SELECT reporter FROM occasion WHERE assessment = 'baseline' ORDER BY reporter")
    assert [row["reporter"] for row in rows] == ["proxy", "self"]


async def test_nobody_knows_who_answers_without_a_birth_date_and_it_says_so(office: Office) -> None:
    await office.enrol(birth_date=None)
    rows = await office.rows("SELECT DISTINCT state, reason FROM occasion")
    assert rows == [{"state": "cancelled", "reason": "birth_date_unknown"}]


async def test_enrolled_before_the_study_was_installed_the_baseline_is_asked_at_once(office: Office) -> None:
    await office.enrol(enrolled_on=date(2026, 2, 1))
    (row,) = await office.rows("SELECT * FROM occasion WHERE assessment = 'baseline'")
    assert (row["state"], row["moved_by"]) == ("planned", "late_anchor")
    assert row["due_at"] == START + timedelta(hours=1)  # 07:00 in New York: the night ends at eight


async def test_a_crowd_in_one_batch_and_again(office: Office) -> None:
    await office.crowd(40)
    before = await office.rows("SELECT * FROM occasion ORDER BY id")
    agenda = await office.rows("SELECT * FROM agenda ORDER BY event_id")
    assert len(before) == 80
    await office.redeliver(["participant.enrolled"])
    assert await office.rows("SELECT * FROM occasion ORDER BY id") == before
    assert await office.rows("SELECT * FROM agenda ORDER BY event_id") == agenda


async def test_the_plan_reaches_further_as_time_goes_by(office: Office) -> None:
    await office.enrol()
    await office.run(START + HORIZON - 100 * DAY + timedelta(hours=1))
    assert await office.one("SELECT planned_until FROM participant") == START + HORIZON + HORIZON - 100 * DAY
    (horizon,) = await office.rows("SELECT due_at FROM agenda WHERE type = 'timeline.changed'")
    assert horizon["due_at"] == START + 2 * (HORIZON - 100 * DAY)


async def test_the_event_says_who_and_nothing_else(office: Office) -> None:
    person = await office.enrol()
    (row,) = await office.rows("SELECT payload FROM outbox WHERE type = 'participant.enrolled'")
    assert set(row["payload"]) == {"id", "participant_id", "occurred_at"}
    assert row["payload"]["participant_id"] == str(person)
    assert {row["type"] for row in await office.rows("SELECT DISTINCT type FROM outbox")} <= set(EVENTS)
    sealed = await office.rows("SELECT sealed, lookup FROM vault.contact")
    assert not [row for row in sealed if PHONE.encode() in bytes(row["sealed"]) + bytes(row["lookup"])]
    assert await office.one("SELECT count(*) FROM participant WHERE study = %s", STUDY) == 1
