"""A caregiver is asked about themselves: from the enrolment to the score, through the ends of the patient's part."""

from datetime import timedelta

import pytest

from pro_collector.commands.ask_unscheduled import ask_unscheduled
from pro_collector.commands.change_person import change, move_address
from pro_collector.commands.enrol import enrol
from pro_collector.commands.erase import erase
from pro_collector.commands.record_consent import give_consent
from pro_collector.commands.record_state import record_state, retract_state
from pro_collector.commands.release import release
from pro_collector.domain.account.permission import ALL_SITES
from pro_collector.errors import BadInput, Conflict
from pro_collector.views.people import Wanted, list_people
from tests.shared.office import DEMO, PHONE, STUDY, Office
from tests.shared.scenes import ANSWERS, ASKED, DAY, SOON, TREATED, treated

NURSE = "garcia"
BO = "+12025550177"
CARING = DEMO.replace('version: "1.0"', 'version: "1.1"').replace(
    "  weekly-symptoms:\n",
    """\
  how-are-you:
    title: {en: How you are, es: Cómo está usted}
    instruments: [symptom-diary]
    anchor: treatment_start
    repeat: {every: 1w, count: 20}
    at: "12:00"
    window: {closes: 3d}
    ladder: [{channel: sms}, {channel: call, after: 1d}]
    mode: conversation
    asks: caregiver

  bereaved:
    title: {en: The last weeks, es: Las últimas semanas}
    instruments: [symptom-diary]
    after: {participation: deceased, asks: caregiver}
    window: {closes: 30d}

  weekly-symptoms:
""",
    1,
)
NOON = ASKED + timedelta(hours=2)
WEEK = timedelta(days=7)
DECISIONS = "SELECT done_by, note FROM task WHERE kind = 'caregiver' ORDER BY raised_at"


async def caring(office: Office, **fields: object) -> None:
    """RT-1 starts treatment tomorrow; Bo, who looks after them, agreed to be asked, in Spanish."""
    await office.apply(CARING)
    agreed = {"caregiver_phone": BO, "caregiver_language": "es", "caregiver_consented_on": "2026-03-02"}
    await treated(office, **(agreed | fields))


async def test_a_caregiver_is_asked_and_scored_and_each_stop_counts_for_who_said_it(office: Office) -> None:
    await caring(office)
    await record_state(office.rt, "RT-1", "hospital", TREATED, TREATED + 3 * DAY, by=NURSE)
    await office.run(NOON + SOON)
    assert len(office.texts(BO)) == 1, "the patient is in hospital, and the caregiver at home"
    assert office.texts(BO)[0].count("STOP") == 1
    await office.reply(*ANSWERS, number=BO)
    assert await office.rows(
        "SELECT DISTINCT o.state, s.reporter, r.language FROM score s JOIN occasion o ON o.id = s.occasion_id"
        " JOIN response r ON r.occasion_id = o.id"
    ) == [{"state": "completed", "reporter": "caregiver", "language": "es"}]

    with pytest.raises(Conflict, match="weekly-symptoms is about the patient"):
        await ask_unscheduled(office.rt, "RT-1", "weekly-symptoms", "caregiver", reason="a slip", by=NURSE)
    asked = await ask_unscheduled(office.rt, "RT-1", "how-are-you", "self", reason="they called", by=NURSE)
    assert asked.reporter == "caregiver"

    await office.reply("STOP")
    to_patient, to_bo = len(office.texts()), len(office.texts(BO))
    await office.run(NOON + WEEK + SOON)
    assert (len(office.texts()), len(office.texts(BO))) == (to_patient, to_bo + 1), "the patient's STOP is theirs"
    await office.reply("START")
    await office.reply("STOP", number=BO)
    to_patient, to_bo = len(office.texts()), len(office.texts(BO))
    await office.run(NOON + 2 * WEEK + SOON)
    assert len(office.texts(BO)) == to_bo
    assert len(office.texts()) > to_patient, "the caregiver's STOP is theirs"
    assert await office.rows("SELECT kind FROM participant_state WHERE kind IN ('paused', 'withdrew')") == []
    (line,) = (await list_people(office.rt, STUDY, ALL_SITES, Wanted())).people
    assert (line.received, line.unanswered) == (0, line.expected), "the caregiver's answer is none of the patient's"
    assert (line.addresses, line.stopped) == (2, 0)


async def test_a_withdrawal_ends_it_until_the_team_decides_that_the_caregiver_goes_on(office: Office) -> None:
    await caring(office)
    await office.run(NOON + SOON)
    with pytest.raises(BadInput, match="has not withdrawn"):
        await change(office.rt, "RT-1", "caregiver_goes_on", "2026-03-09", by=NURSE)
    left = TREATED + 5 * DAY
    await office.run(NOON + 5 * DAY)
    await record_state(office.rt, "RT-1", "withdrew", left, None, by=NURSE, no_further_contact=True)
    to_patient, to_bo = len(office.texts()), len(office.texts(BO))
    await office.run(NOON + WEEK + SOON)
    assert (len(office.texts()), len(office.texts(BO))) == (to_patient, to_bo), "nobody is asked meanwhile"
    assert await office.rows(DECISIONS) == [{"done_by": None, "note": None}]
    with pytest.raises(BadInput, match="the day of the withdrawal, 2026-03-08, or a later day"):
        await change(office.rt, "RT-1", "caregiver_goes_on", "2026-03-07", by=NURSE)
    await change(office.rt, "RT-1", "caregiver_goes_on", "2026-03-12", by=NURSE, reason="she wants to go on")
    assert await office.rows(DECISIONS) == [{"done_by": "system", "note": "it is decided"}]
    await office.run(NOON + 2 * WEEK + SOON)
    assert (len(office.texts()), len(office.texts(BO))) == (to_patient, to_bo + 1)
    await office.run(NOON + 2 * WEEK + DAY + 2 * SOON)
    calls = "SELECT o.reporter, t.done_at FROM task t JOIN occasion o ON o.id = t.occasion_id WHERE t.kind = 'call'"
    await change(office.rt, "RT-1", "caregiver_language", "en", by=NURSE)  # they are planned again
    assert {"reporter": "caregiver", "done_at": None} in await office.rows(calls), "the team calls the caregiver still"
    await office.reply(*ANSWERS, number=BO)
    states = "SELECT state FROM occasion WHERE assessment = 'how-are-you' ORDER BY n LIMIT 3"
    assert [row["state"] for row in await office.rows(states)] == ["missed", "cancelled", "completed"]
    changed = "SELECT became, recorded_by, reason FROM participant_change WHERE field = 'caregiver_goes_on'"
    assert await office.rows(changed) == [
        {"became": "2026-03-12", "recorded_by": NURSE, "reason": "she wants to go on"}
    ]


async def test_a_reported_death_is_read_by_a_person_before_a_caregiver_is_asked_and_then_only_released(
    office: Office,
) -> None:
    await caring(office, proxy_phone="+12025550166")
    await give_consent(office.rt, "RT-1", "caregiver", "bereavement", None, by=NURSE)
    await office.run(ASKED + SOON)
    to_patient = len(office.texts())
    await office.reply("mi marido murió ayer", number=BO)
    reported = "SELECT kind FROM task WHERE done_at IS NULL"
    assert [row["kind"] for row in await office.rows(reported)] == ["death"]
    await office.run(NOON + WEEK + SOON)
    assert (len(office.texts()), len(office.texts(BO))) == (to_patient, 1), "nobody is asked: a person looks first"
    await retract_state(office.rt, "RT-1", "paused", None, by=NURSE)
    await record_state(office.rt, "RT-1", "died", TREATED, None, by=NURSE)
    due = ASKED + 42 * DAY
    await office.run(due + SOON)
    assert len(office.texts(BO)) == 1
    assert await office.rows(DECISIONS) == [], "after a death nobody decides that"
    await release(office.rt, "RT-1", "bereaved", by=NURSE)
    await office.run(due + DAY)
    assert (len(office.texts()), len(office.texts(BO))) == (to_patient, 2)


async def test_a_phone_is_the_caregivers_or_somebody_elses(office: Office) -> None:
    await caring(office)
    theirs = office.person("RT-2", phone=BO)
    with pytest.raises(BadInput, match="RT-2: this is a caregiver's address too, and a STOP counts for everybody"):
        await enrol(office.rt, STUDY, [theirs])
    with pytest.raises(BadInput, match="this is a patient's or a proxy's address too"):
        await move_address(office.rt, "RT-1", "caregiver_phone", PHONE, by=NURSE)
    with pytest.raises(BadInput, match="2026-04-01 is a day to come"):
        await enrol(
            office.rt, STUDY, [office.person("RT-3", phone="+12025550133", caregiver_consented_on="2026-04-01")]
        )
    await office.enrol("RT-2", phone="+12025550122", caregiver_phone=BO)
    theirs_too = "SELECT count(*) FROM vault.contact WHERE reporter = 'caregiver'"
    assert await office.one(theirs_too) == 2, "somebody may look after two people"
    await erase(office.rt, "RT-1", keep_answers=True, by=NURSE)
    assert (await office.one(theirs_too), await office.rows(DECISIONS)) == (1, []), "the caregiver is forgotten too"
    await move_address(office.rt, "RT-2", "caregiver_phone", "", by=NURSE)
    await office.enrol("RT-4", phone=BO)
