"""Putting right what is known of somebody: plans follow, addresses move, and a stop is never forgotten."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from pro_collector.commands.change_person import change, known_field, move_address
from pro_collector.commands.record_treatment import record_event
from pro_collector.domain.events import SurveyReminderDue
from pro_collector.errors import BadInput, Conflict
from pro_collector.postgres.tables import outbox
from tests.shared.clock import START
from tests.shared.office import PHONE, Office
from tests.shared.scenes import ASKED, SOON, in_conversation, treated

NEW = "+12025550177"


async def moved(office: Office, address: str, column: str = "phone", *, consented: bool = False) -> int:
    """RT-1 is reached elsewhere, and what follows has happened."""
    waiting = await move_address(office.rt, "RT-1", column, address, by="tester", consented=consented)
    await office.settle()
    return waiting


async def test_what_is_planned_follows_what_was_put_right(office: Office) -> None:
    await treated(office)
    seen = await change(office.rt, "RT-1", "birth_date", "2019-05-01", by="tester", dry_run=True)
    assert str(await office.one("SELECT birth_date FROM participant")) == "1980-01-01", "a dry run changes nothing"
    diff = await change(office.rt, "RT-1", "birth_date", "2019-05-01", by="tester", reason="typing mistake")
    assert diff == seen
    assert {occasion.reporter for occasion in diff.cancelled} == {"self"}
    assert "proxy" in {occasion.reporter for occasion in diff.added}, "a parent answers for a child of six"
    (row,) = await office.rows("SELECT * FROM participant_change")
    told = (row["field"], row["was"], row["became"], row["recorded_by"], row["reason"])
    assert told == ("birth_date", "1980-01-01", "2019-05-01", "tester", "typing mistake")
    back = await change(office.rt, "RT-1", "birth_date", "1980-01-01", by="tester")
    planned = {occasion.id for occasion in back.added} | {move.after.id for move in back.moved}
    assert planned == {occasion.id for occasion in diff.cancelled}, "and back"


async def test_the_language_of_what_comes_next(office: Office) -> None:
    await treated(office)
    await change(office.rt, "RT-1", "language", "es", by="tester")
    await office.run(ASKED + SOON)
    assert "semana" in office.texts()[-1] or "7 d" in office.texts()[-1]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("language", "sv", "'sv' is not in the study"),
        ("arm", "treeted", "did you mean `treated`"),
        ("birth_date", "1980-13-01", "birth_date"),
        ("birth_date", "", "the age decides who answers"),
        ("preferred_time", "25:00", "preferred_time"),
    ],
)
async def test_what_cannot_be_right_is_refused(field: str, value: str, told: str, office: Office) -> None:
    await office.enrol()
    with pytest.raises(BadInput, match=told):
        await change(office.rt, "RT-1", field, value, by="tester")


def test_a_field_is_known_by_its_name() -> None:
    assert known_field("birth-date") == "birth_date"
    for wrong, near in {"langauge": "did you mean `language`", "zone": "participant state CODE moved"}.items():
        with pytest.raises(BadInput, match=near):
            known_field(wrong)


async def test_a_new_phone_gets_what_waits_and_the_old_one_nothing(office: Office) -> None:
    await in_conversation(office)
    before = len(office.texts())
    assert await moved(office, NEW) == 2, "the first look and the weekly symptoms"
    await office.run(ASKED + timedelta(hours=5))
    assert len(office.texts()) == before
    assert any("worst pain" in text for text in office.texts(NEW))
    said = [row["row"] for row in await office.rows("SELECT row_to_json(c)::text AS row FROM participant_change c")]
    assert said
    assert not [row for row in said if NEW in row or PHONE in row]


async def test_somebody_nobody_could_reach_is_reached(office: Office) -> None:
    await treated(office, phone="", email="rt-1@example.org")
    await office.run(ASKED + SOON)
    assert len(office.letters()) == 2
    await moved(office, NEW)
    await moved(office, "", column="email")
    assert not office.texts(NEW), "they were asked by mail already, and that is the rung they are on"
    letters = len(office.letters())
    await office.run(START + timedelta(days=9))
    assert len(office.letters()) == letters
    assert office.texts(NEW), "the next survey goes to the phone"


async def test_who_said_stop_is_asked_before_the_new_phone_is_used(office: Office) -> None:
    await in_conversation(office)
    await office.reply("STOP")
    with pytest.raises(Conflict, match="--consented"):
        await moved(office, NEW)
    await moved(office, NEW, consented=True)
    await office.run(ASKED + timedelta(hours=5))
    assert office.texts(NEW)


async def test_a_phone_that_said_stop_stays_stopped_for_whoever_comes_to_it(office: Office) -> None:
    await in_conversation(office)
    await office.reply("STOP")
    before = len(office.texts())
    await office.enrol("RT-2", phone=PHONE, email="")
    assert await office.one("SELECT count(*) FROM vault.contact WHERE opted_out_at IS NULL AND channel = 'sms'") == 0
    await office.enrol("RT-3", phone="+12025550133", email="")
    await move_address(office.rt, "RT-3", "phone", PHONE, by="tester")
    await office.run(START + timedelta(days=9))
    assert len(office.texts()) == before


async def test_the_enrolment_has_one_date_and_it_moves_what_hangs_on_it(office: Office) -> None:
    await office.enrol()
    with pytest.raises(BadInput, match="participant change RT-1 enrolled_on 2026-03-09"):
        await record_event(office.rt, "RT-1", "enrolment", date(2026, 3, 9), by="tester")
    diff = await change(office.rt, "RT-1", "enrolled_on", "2026-03-09", by="tester", dry_run=True)
    assert diff.moved


async def test_own_quiet_hours_are_planned_for_and_kept_by_what_comes_late(office: Office) -> None:
    await treated(office, quiet="10:00-12:00")
    await office.run(ASKED + SOON)
    assert [text for text in office.texts() if "worst pain" in text] == [], "it was due at ten"
    await office.run(ASKED + timedelta(hours=2) + SOON)
    assert len([text for text in office.texts() if "worst pain" in text]) == 1
    diff = await change(office.rt, "RT-1", "quiet", "13:00-15:00", by="tester")
    assert diff.moved, "the next weeks come at ten again"
    assert await office.one("SELECT quiet FROM participant") == "13:00-15:00"
    assert "2/6" in await office.reply("7"), "whoever writes is answered"
    survey = "SELECT id FROM occasion WHERE assessment = 'weekly-symptoms' AND state = 'started'"
    reminder = SurveyReminderDue(
        id=uuid4(), participant_id=await office.one("SELECT id FROM participant"), occurred_at=office.clock.now(),
        occasion_id=await office.one(survey), n=0,
    )  # fmt: skip
    await office.run(ASKED + timedelta(hours=3, minutes=1))
    before = len(office.texts())
    async with office.rt.database.transaction() as tx:
        await outbox.add(tx, [reminder])
    await office.run(ASKED + timedelta(hours=4, minutes=59))
    assert len(office.texts()) == before, "a reminder that comes late does not ring in them"
    await office.run(ASKED + timedelta(hours=5) + SOON)
    assert len(office.texts()) == before + 1
    await change(office.rt, "RT-1", "quiet", "", by="tester")
    assert await office.one("SELECT quiet FROM participant") is None


async def test_hours_that_leave_no_minute_of_the_day_are_refused(office: Office) -> None:
    await office.enrol()
    for value, told in {"08:00-21:00": "it covers the whole day", "21-8": "expected quiet hours such as"}.items():
        with pytest.raises(BadInput, match=told):
            await change(office.rt, "RT-1", "quiet", value, by="tester")
