"""What a person does on their own page, on the record: settings, a pause, a correction, a question, leaving."""

from datetime import date, time, timedelta
from uuid import UUID

import pytest

from pro_collector.commands.ask_team import LONGEST_QUESTION, MOST_QUESTIONS, Taken, ask_team
from pro_collector.commands.choose_how_asked import choose_channels, choose_hour, choose_language, choose_quiet
from pro_collector.commands.correct_answer import correct_answer
from pro_collector.commands.export import fhir
from pro_collector.commands.leave_study import leave_study, stop_channel
from pro_collector.commands.pause_self import end_own_pause, pause_self
from pro_collector.commands.record_state import record_state
from pro_collector.domain.conversation.channel_order import ChannelOrder
from pro_collector.domain.conversation.own_choices import CORRECTABLE
from pro_collector.domain.conversation.survey import Place
from pro_collector.errors import BadInput, Conflict, NotFound
from tests.shared.clock import START
from tests.shared.office import Office
from tests.shared.scenes import ASKED, DAY, SOON, first_occasion, in_conversation, treated

PAIN = Place("symptom-diary", "pain")
ME = "participant"


@pytest.fixture
async def person(office: Office) -> UUID:
    """RT-1 of the demo study, whose treatment has begun."""
    await treated(office)
    return UUID(str(await office.one("SELECT id FROM participant")))


async def answered(office: Office) -> UUID:
    """RT-1 has answered the first weekly survey by text; its id."""
    await in_conversation(office)
    await office.reply("9", "2", "not at all", "0", "0", "0")
    occasion = await first_occasion(office)
    assert occasion["state"] == "completed"
    return UUID(str(occasion["id"]))


async def changes(office: Office) -> list[tuple[str, str | None, str | None, str]]:
    """What was changed of the participants, and by whom, in order."""
    rows = await office.rows("SELECT * FROM participant_change ORDER BY recorded_at, id")
    return [(each["field"], each["was"], each["became"], each["recorded_by"]) for each in rows]


async def test_hours_are_kept_moved_to_and_never_when_the_study_is_silent(office: Office, person: UUID) -> None:
    await choose_hour(office.rt, person, time(17), by=ME)
    hours = "SELECT DISTINCT due_local::time AS at FROM occasion WHERE assessment = 'weekly-symptoms'"
    assert [each["at"] for each in await office.rows(hours)] == [time(17)]
    with pytest.raises(BadInput, match="sends nothing at 23:00"):
        await choose_hour(office.rt, person, time(23), by=ME)
    await choose_quiet(office.rt, person, time(12), time(14), by=ME)
    with pytest.raises(BadInput, match="too little of the day"):
        await choose_quiet(office.rt, person, time(8), time(19), by=ME)
    await choose_quiet(office.rt, person, None, None, by=ME)
    await choose_hour(office.rt, person, None, by=ME)
    await choose_language(office.rt, person, "es", by=ME)
    with pytest.raises(BadInput, match="not in the study"):
        await choose_language(office.rt, person, "fr", by=ME)
    assert sorted(await changes(office), key=str) == [
        ("language", "en", "es", ME),
        ("preferred_time", "17:00:00", None, ME),
        ("preferred_time", None, "17:00:00", ME),
        ("quiet", "12:00-14:00", None, ME),
        ("quiet", None, "12:00-14:00", ME),
    ]


async def test_who_wants_mail_first_is_mailed_and_texted_only_later(office: Office, person: UUID) -> None:
    texts, letters = len(office.texts()), len(office.letters())
    await choose_channels(office.rt, person, "self", ChannelOrder("email"), by=ME)
    await choose_channels(office.rt, person, "self", ChannelOrder("email"), by=ME)
    assert await changes(office) == [("channels", None, "email,sms", ME)]
    await office.run(ASKED + SOON)
    assert (len(office.texts()), len(office.letters())) == (texts, letters + 2)  # this one, and the baseline before
    await office.run(ASKED + DAY + SOON)
    assert len(office.texts()) > texts
    with pytest.raises(Conflict):
        await choose_channels(office.rt, person, "proxy", ChannelOrder("email"), by=ME)


async def test_who_wants_mail_only_gets_every_message_and_reminder_by_mail(office: Office, person: UUID) -> None:
    texts, letters = len(office.texts()), len(office.letters())
    await choose_channels(office.rt, person, "self", ChannelOrder("email", only=True), by=ME)
    await office.run(ASKED + 3 * DAY)
    assert len(office.texts()) == texts
    assert len(office.letters()) > letters + 2
    await choose_channels(office.rt, person, "self", ChannelOrder(), by=ME)
    await office.run(ASKED + 8 * DAY)
    assert len(office.texts()) > texts


async def test_a_pause_is_silent_ends_by_itself_and_is_bounded(office: Office, person: UUID) -> None:
    today = office.clock.now().date()
    assert await pause_self(office.rt, person, today, by=ME) == "past"
    assert await pause_self(office.rt, person, today + timedelta(days=100), by=ME) == "too_long"
    assert await pause_self(office.rt, person, today + timedelta(days=30), by=ME) is None
    assert await pause_self(office.rt, person, today + timedelta(days=10), by=ME) is None
    (state,) = await office.rows("SELECT kind, starts_on, ends_on, recorded_by FROM participant_state")
    assert state == {"kind": "paused", "starts_on": today, "ends_on": today + timedelta(days=10), "recorded_by": ME}
    texts = len(office.texts())
    await office.run(START + 9 * DAY)
    assert len(office.texts()) == texts
    await office.run(START + 20 * DAY)
    assert len(office.texts()) > texts


async def test_a_pause_ends_earlier_where_its_owner_wants_but_never_that_of_the_team(
    office: Office, person: UUID
) -> None:
    today = office.clock.now().date()
    assert not await end_own_pause(office.rt, person, by=ME)
    await pause_self(office.rt, person, today + timedelta(days=10), by=ME)
    assert await end_own_pause(office.rt, person, by=ME)
    assert await office.one("SELECT retracted_by FROM participant_state") == ME
    await pause_self(office.rt, person, today + timedelta(days=10), by=ME)
    await office.run(office.clock.now() + 2 * DAY)
    assert await end_own_pause(office.rt, person, by=ME)
    assert await office.one("SELECT ends_on FROM participant_state WHERE retracted_at IS NULL") == today + 2 * DAY
    await record_state(office.rt, "RT-1", "paused", None, None, by="system")
    assert await pause_self(office.rt, person, today + timedelta(days=10), by=ME) == "by_team"
    assert not await end_own_pause(office.rt, person, by=ME)


async def test_a_correction_stands_beside_and_scores_anew_on_the_same_day(office: Office) -> None:
    occasion = await answered(office)
    person = await office.one("SELECT id FROM participant")
    await office.run(office.clock.now() + 3 * DAY)
    await correct_answer(office.rt, person, "self", occasion, PAIN, 7)
    await correct_answer(office.rt, person, "self", occasion, PAIN, 7)
    await office.settle()
    given = await office.rows("SELECT code, corrected_by, mode FROM answer WHERE item = 'pain' ORDER BY seq")
    assert [tuple(each.values()) for each in given] == [("9", None, "sms"), ("7", "self", "web")]
    pain = "SELECT value, completed_at::date AS on, superseded_at IS NULL AS counts FROM score WHERE scale = 'pain'"
    first, second = await office.rows(f"{pain} ORDER BY completed_at")
    assert (first["value"], first["counts"], second["value"], second["counts"]) == (90, False, 70, True)
    assert first["on"] == second["on"]
    assert await office.one("SELECT value FROM score_on_treatment WHERE scale = 'pain'") == 70
    assert await office.one("SELECT corrected_by FROM answer_current WHERE item = 'pain'") == "self"
    sent = [each async for each in fhir(office.rt) if each["resourceType"] == "QuestionnaireResponse"]
    assert [each["status"] for each in sent] == ["amended"]
    await office.check_laws()


async def test_a_correction_that_opens_a_branch_is_partial_until_its_questions_are_answered(office: Office) -> None:
    occasion = await answered(office)
    person = await office.one("SELECT id FROM participant")

    async def correct(item: str, value: int) -> tuple[list[Place], str]:
        new = await correct_answer(office.rt, person, "self", occasion, Place("symptom-diary", item), value)
        await office.run(office.clock.now() + SOON)
        return new, str(await office.one("SELECT status FROM response"))

    vomiting = Place("symptom-diary", "vomiting")
    assert await correct("nausea", 2) == ([vomiting], "partial")
    assert await correct("nausea", 2) == ([vomiting], "partial")
    assert await correct("pain", 8) == ([vomiting], "partial")
    assert await correct("vomiting", 3) == ([], "completed")
    given = await office.rows("SELECT code, absent, corrected_by FROM answer WHERE item = 'vomiting' ORDER BY seq")
    assert [tuple(each.values()) for each in given] == [(None, "not-asked", None), ("3", None, "self")]
    assert await office.one("SELECT value FROM score_current WHERE scale = 'vomiting'") == pytest.approx(3 / 7 * 100)
    assert await correct("nausea", 0) == ([], "completed")
    assert await office.one("SELECT absent FROM answer_current WHERE item = 'vomiting'") == "not-asked"
    await office.check_laws()


async def test_what_may_not_be_corrected(office: Office) -> None:
    occasion = await answered(office)
    person = await office.one("SELECT id FROM participant")
    with pytest.raises(BadInput):
        await correct_answer(office.rt, person, "self", occasion, PAIN, 11)
    with pytest.raises(NotFound):
        await correct_answer(office.rt, person, "proxy", occasion, PAIN, 7)
    with pytest.raises(NotFound):
        await correct_answer(office.rt, person, "self", occasion, Place("symptom-diary", "vomiting"), 1)
    with pytest.raises(NotFound):
        await correct_answer(office.rt, UUID(int=1), "self", occasion, PAIN, 7)
    await office.run(office.clock.now() + CORRECTABLE)
    with pytest.raises(Conflict):
        await correct_answer(office.rt, person, "self", occasion, PAIN, 7)


async def test_a_question_is_a_task_with_its_words_sealed(office: Office, person: UUID) -> None:
    texts = len(office.texts())
    for _ in range(2):  # a double tap
        assert await ask_team(office.rt, person, "self", "May I take a bath?", "one") == Taken()
    await office.settle()
    (task,) = await office.rows("SELECT kind, detail FROM task")
    assert (task["kind"], task["detail"]["reason"]) == ("question", "asked on their own page")
    (row,) = await office.rows("SELECT id, sealed FROM vault.inbound WHERE provider = 'page'")
    assert b"bath" not in row["sealed"]
    assert await office.opened(row["id"]) == {"body": "May I take a bath?"}
    assert len(office.texts()) == texts
    await office.check_laws()


@pytest.mark.parametrize(
    ("words", "kind", "emergency"),
    [
        ("I cannot breathe", "urgent", "urgent"),
        ("I want to die", "urgent", "crisis"),
        ("My wife has passed away. She died last night.", "death", ""),
    ],
)
async def test_an_emergency_in_a_question_alerts_at_once(
    office: Office, person: UUID, words: str, kind: str, emergency: str
) -> None:
    found = await ask_team(office.rt, person, "self", words, "one")
    assert isinstance(found, Taken)
    assert found.emergency == emergency
    assert [each["kind"] for each in await office.rows("SELECT kind FROM task")] == [kind]


async def test_a_parent_who_writes_of_a_death_pauses_everything(office: Office) -> None:
    child = await office.enrol(proxy_phone="+12025550199", phone=None, email=None, birth_date=date(2021, 1, 1))
    await ask_team(office.rt, child, "proxy", "My son died last night.", "one")
    assert await office.one("SELECT kind FROM task") == "death"
    assert await office.one("SELECT kind FROM participant_state") == "paused"


async def test_words_of_a_stop_in_a_question_stop(office: Office, person: UUID) -> None:
    await ask_team(office.rt, person, "self", "Please stop texting me", "one")
    assert await office.one("SELECT DISTINCT how FROM opt_out") == "page"
    assert [each["kind"] for each in await office.rows("SELECT kind FROM task")] == ["question"]


async def test_questions_have_bounds(office: Office, person: UUID) -> None:
    assert await ask_team(office.rt, person, "self", "  ", "one") == "empty"
    assert await ask_team(office.rt, person, "self", "x" * (LONGEST_QUESTION + 1), "one") == "long"
    for number in range(MOST_QUESTIONS):
        assert await ask_team(office.rt, person, "self", f"Question {number}", str(number)) == Taken()
    assert await ask_team(office.rt, person, "self", "One more", "more") == "many"


async def test_leaving_stops_every_channel_confirms_once_and_asks_the_team(office: Office, person: UUID) -> None:
    await leave_study(office.rt, person, "self", by=ME)
    await office.run(office.clock.now() + SOON)
    assert "you will get no more messages" in office.texts()[-1]
    assert await office.one("SELECT count(*) FROM vault.contact WHERE opted_out_at IS NULL") == 0
    assert [each["kind"] for each in await office.rows("SELECT kind FROM task")] == ["leave"]
    texts, letters = len(office.texts()), len(office.letters())
    await office.run(START + 30 * DAY)
    assert (len(office.texts()), len(office.letters())) == (texts, letters)


async def test_a_parent_who_leaves_for_one_child_is_still_asked_about_the_other(office: Office) -> None:
    mother = {"proxy_phone": "+12025550199", "phone": None, "email": None, "birth_date": date(2021, 1, 1)}
    first = await office.enrol("RT-1", **mother)
    second = await office.enrol("RT-2", **mother)
    await leave_study(office.rt, first, "proxy", by="proxy")
    await office.settle()
    assert await office.one("SELECT count(*) FROM vault.contact WHERE opted_out_at IS NOT NULL") == 0
    paused = await office.rows("SELECT participant_id, kind, ends_on FROM participant_state")
    assert paused == [{"participant_id": first, "kind": "paused", "ends_on": None}]
    await office.run(START + 30 * DAY)
    said = await office.rows("SELECT participant_id AS of, purpose FROM message")
    assert {each["purpose"] for each in said if each["of"] == first} == {"stop_confirmed"}
    assert "invitation" in {each["purpose"] for each in said if each["of"] == second}


async def test_one_channel_stops_and_the_other_goes_on(office: Office, person: UUID) -> None:
    assert await stop_channel(office.rt, person, "self", "sms", by=ME)
    assert not await stop_channel(office.rt, person, "self", "sms", by=ME)
    await office.run(office.clock.now() + SOON)
    assert "no more texts to this number" in office.texts()[-1]
    letters = len(office.letters())
    await office.run(ASKED + SOON)
    assert len(office.letters()) > letters
    assert await office.rows("SELECT how, stopped_by FROM opt_out") == [{"how": "page", "stopped_by": ME}]
