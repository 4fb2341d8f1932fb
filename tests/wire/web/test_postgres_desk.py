"""The web form's desk on the record: one answer, one transaction; the same page twice changes nothing."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from pro_collector.casework.speaking.links import call_token
from pro_collector.commands.record_state import record_state
from pro_collector.domain.conversation.survey import Place, open_places
from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.web.form.postgres_store import PostgresFormStore
from pro_collector.web.form.store import OpenForm
from pro_collector.web.form.view import form_languages
from tests.shared.clock import START
from tests.shared.office import Office
from tests.shared.scenes import ASKED, DAY, SOON, first_occasion, in_conversation

OPEN = START + timedelta(hours=5)


@dataclass
class Patient:
    """Somebody with the link of their baseline in hand."""

    office: Office
    desk: PostgresFormStore
    token: str

    async def form(self) -> OpenForm:
        """The form as it stands."""
        form = await self.desk.open(self.token)
        assert form is not None
        return form

    async def say(self, place: Place, value: Answer, nonce: str = "", language: str = "en") -> OpenForm:
        """Answer one question."""
        form = await self.desk.answer(self.token, place, value, nonce or str(place), language)
        assert form is not None
        return form

    async def say_all(self, value: int = 1) -> None:
        """Answer every question that is asked."""
        while places := open_places((await self.form()).survey):
            await self.say(places[0], value)

    async def state(self) -> tuple[str, str | None]:
        """What the record says of the occasion."""
        row = await first_occasion(self.office, "baseline")
        return row["state"], row["reason"]


@pytest.fixture
async def patient(office: Office) -> Patient:
    """RT-1 has the link to the baseline."""
    await office.enrol()
    await office.run(OPEN)
    return Patient(office, PostgresFormStore(office.rt), office.link())


async def test_opening_changes_nothing(patient: Patient) -> None:
    before = await patient.office.rows("SELECT * FROM occasion_log ORDER BY id")
    for _ in range(3):
        form = await patient.form()
    assert (form.survey.state, form.language, form.finished, form.closed) == ("invited", "en", False, False)
    assert form.contact.phone == "+12025550142"
    assert await patient.office.rows("SELECT * FROM occasion_log ORDER BY id") == before


async def test_a_form_speaks_the_languages_of_its_study_alone(patient: Patient) -> None:
    form = await patient.form()
    assert form_languages(form) == ["en", "es"]
    assert form_languages(replace(form, languages=["en"])) == ["en"]
    assert form_languages(replace(form, languages=["es"], language="es")) == ["es"]


async def test_a_page_opens_while_somebody_writes(patient: Patient) -> None:
    async with patient.office.rt.database.transaction() as tx, asyncio.timeout(5):
        await tx.execute("SELECT FROM participant FOR UPDATE")
        assert not (await patient.form()).finished


async def test_an_unknown_link_opens_nothing(patient: Patient) -> None:
    for token in ("", "x", "0" * 22, "é" * 22, "'; DROP TABLE link; --"):
        assert await patient.desk.open(token) is None, token
        assert await patient.desk.answer(token, Place("well-being-diary", "x"), 1, "n", "en") is None
        assert await patient.desk.finish(token) is None
        assert await patient.desk.stopping(token) is None
    assert await patient.desk.stop(token, "page") is None


async def test_an_answer_is_saved_at_once_with_how_it_was_given(patient: Patient) -> None:
    place = open_places((await patient.form()).survey)[0]
    form = await patient.say(place, 2, "page-1", "es")
    assert await patient.form() == form, "what is looked at is what was answered"
    assert form.survey.answers[place.instrument][place.item] == 2
    (row,) = await patient.office.rows("SELECT * FROM answer")
    assert (row["value"], row["mode"], row["nonce"], row["language"], row["inbound_id"]) == (
        2,
        "web",
        "page-1",
        "es",
        None,
    )
    assert (await patient.state())[0] == "started"


async def test_the_same_page_again_changes_nothing_even_after_a_correction(patient: Patient) -> None:
    place = open_places((await patient.form()).survey)[0]
    await patient.say(place, 2, "page-1")
    await patient.say(place, 3, "page-1")  # tapped the wrong one first
    await patient.say(place, 2, "page-1")  # a delayed repeat of the first tap
    rows = await patient.office.rows("SELECT value FROM answer ORDER BY seq")
    assert [row["value"] for row in rows] == [2, 3]
    assert (await patient.form()).survey.answers[place.instrument][place.item] == 3


async def test_declining_on_the_web_is_kept_as_that(patient: Patient) -> None:
    place = open_places((await patient.form()).survey)[0]
    await patient.say(place, Absent.ASKED_DECLINED)
    assert await patient.office.one("SELECT absent FROM answer") == "asked-declined"


async def test_all_answered_it_waits_for_the_review_then_it_is_done(patient: Patient) -> None:
    await patient.say_all()
    assert (await patient.state())[0] == "started"
    assert await patient.office.one("SELECT count(*) FROM response") == 0
    form = await patient.desk.finish(patient.token)
    assert form is not None
    assert form.finished
    await patient.office.settle()
    assert await patient.state() == ("completed", "every question answered")
    assert await patient.office.one("SELECT count(DISTINCT response_id) FROM score") == 2


async def test_confirmed_twice_is_confirmed_once(patient: Patient) -> None:
    await patient.say_all()
    for _ in range(3):
        await patient.desk.finish(patient.token)
    await patient.office.settle()
    assert await patient.office.one("SELECT count(*) FROM outbox WHERE type = 'response.completed'") == 2


async def test_confirmed_with_questions_left_it_is_partial(patient: Patient) -> None:
    await patient.say(open_places((await patient.form()).survey)[0], 2)
    await patient.desk.finish(patient.token)
    await patient.office.settle()
    assert await patient.state() == ("partial", "confirmed with questions left open")
    assert await patient.office.one("SELECT status FROM response") == "partial"


async def test_changing_an_answer_after_the_end_is_scored_again(patient: Patient) -> None:
    await patient.say_all(1)
    await patient.desk.finish(patient.token)
    await patient.office.settle()
    before = await patient.office.one("SELECT count(*) FROM score")
    await patient.office.run(OPEN + SOON)
    await patient.say(Place("symptom-diary", "pain"), 9, "again")
    await patient.office.settle()
    assert (await patient.state())[0] == "completed"
    assert not await patient.office.one("SELECT late FROM answer WHERE nonce = 'again'"), "the window is still open"
    assert await patient.office.one("SELECT count(*) FROM score") > before
    assert await patient.office.one("SELECT value FROM score_current WHERE scale = 'pain'") == 90.0


async def test_after_late_entry_nothing_can_be_answered(patient: Patient) -> None:
    await patient.office.run(OPEN + 15 * DAY)
    form = await patient.form()
    assert form.closed
    await patient.say(open_places(form.survey)[0], 2)
    assert await patient.office.one("SELECT count(*) FROM answer") == 0
    assert (await patient.state())[0] == "missed"


async def test_within_late_entry_a_missed_one_becomes_partial(patient: Patient) -> None:
    await patient.office.run(OPEN + 11 * DAY)
    assert (await patient.state())[0] == "missed"
    await patient.say(open_places((await patient.form()).survey)[0], 2)
    await patient.office.settle()
    assert await patient.state() == ("partial", "answered after the window closed")
    assert await patient.office.one("SELECT status FROM response") == "partial"


async def test_whoever_has_left_is_taken_at_their_word(patient: Patient) -> None:
    await patient.say(open_places((await patient.form()).survey)[0], 2)
    await record_state(patient.office.rt, "RT-1", "withdrew", START.date(), None, by="tester")
    form = await patient.form()
    assert form.closed
    await patient.say(open_places(form.survey)[0], 2)
    await patient.desk.finish(patient.token)
    await patient.office.settle()
    assert await patient.office.one("SELECT count(*) FROM answer WHERE absent IS NULL") == 1
    assert await patient.state() == ("partial", "participation_ended")


async def test_half_by_text_half_on_the_web(office: Office) -> None:
    await in_conversation(office, email="rt-1@example.org")
    await office.reply("7", "3")
    await office.run(ASKED + DAY + SOON)
    token = _token(office)
    desk = PostgresFormStore(office.rt)
    form = await desk.open(token)
    assert form is not None
    assert form.survey.answers["symptom-diary"] == {"pain": 7, "tiredness": 3}
    while places := open_places(form.survey):
        form = await desk.answer(token, places[0], 0, str(places[0]), "en")
        assert form is not None
    await desk.finish(token)
    await office.settle()
    assert (await first_occasion(office))["state"] == "completed"
    modes = await office.rows("SELECT item, mode FROM answer WHERE absent IS NULL ORDER BY seq")
    assert [row["mode"] for row in modes] == ["sms", "sms", "web", "web", "web", "web"]
    said = len(office.texts())
    await office.run(ASKED + 3 * DAY + SOON)
    assert len(office.texts()) == said


def _token(office: Office) -> str:
    """The link of the last mail."""
    letter = office.world.mailbox.inboxes["rt-1@example.org"][-1]
    return letter.text.partition("/r/")[2].split()[0]


async def test_the_link_of_a_text_stops_texts_alone_and_leaves_a_record(patient: Patient) -> None:
    before = len(patient.office.texts())
    found = await patient.desk.stopping(patient.token)
    assert found is not None
    assert found.channel == "sms"
    assert await patient.desk.stop(patient.token, "page")
    await patient.office.settle()
    assert await patient.desk.stop(patient.token, "page"), "a second press changes nothing"
    await patient.office.run(OPEN + SOON)
    assert await _stopped(patient.office) == ["sms"]
    assert [text.partition(": ")[2][:20] for text in patient.office.texts()[before:]] == ["no more texts to thi"]
    detail = {"channel": "sms", "reporter": "self", "way": "page"}
    assert await patient.office.rows("SELECT detail FROM occasion_log WHERE what = 'opted_out'") == [{"detail": detail}]
    assert await patient.desk.open(patient.token) is not None, "the survey goes on"


async def test_the_link_of_a_mail_stops_mail_alone(office: Office) -> None:
    await in_conversation(office, email="rt-1@example.org")
    await office.run(ASKED + DAY + SOON)
    desk, token = PostgresFormStore(office.rt), _token(office)
    found = await desk.stop(token, "one-click")
    assert found is not None
    assert found.channel == "email"
    letters, texts = len(office.letters()), len(office.texts())
    await office.run(ASKED + 3 * DAY)
    assert await _stopped(office) == ["email"]
    assert (len(office.letters()), len(office.texts())) == (letters, texts), "the button is the confirmation"
    detail = {"channel": "email", "reporter": "self", "way": "one-click"}
    assert await office.rows("SELECT detail FROM occasion_log WHERE what = 'opted_out'") == [{"detail": detail}]


async def _stopped(office: Office) -> list[str]:
    rows = await office.rows("SELECT channel FROM vault.contact WHERE opted_out_at IS NOT NULL")
    return [row["channel"] for row in rows]


async def test_the_record_holds_no_link(patient: Patient) -> None:
    for table in ("link", "message", "outbox", "occasion_log"):
        rows = await patient.office.rows(f"SELECT * FROM {table}")
        assert patient.token not in str(rows), table


async def test_a_link_of_the_team_is_of_a_telephone_interview(patient: Patient) -> None:
    await patient.office.run(OPEN + 4 * DAY)  # the ladder has come to the call
    row = await first_occasion(patient.office, "baseline")
    token = call_token(patient.office.rt, row["id"])
    assert await patient.office.one("SELECT message_id FROM link WHERE mode = 'call'") is None
    form = await patient.desk.open(token)
    assert form is not None
    assert (form.mode, form.contact.phone) == ("call", "")  # not to be taken for the patient's number
    assert (await patient.form()).mode == "web"
    place = open_places(form.survey)[0]
    await patient.desk.answer(token, place, 2, "page-1", "en")
    await patient.desk.answer(token, place, 2, "page-1", "en")  # tapped twice
    rows = await patient.office.rows("SELECT mode, rung, nonce FROM answer")
    assert rows == [{"mode": "call", "rung": 2, "nonce": "page-1"}]
    assert await patient.desk.stopping(token) is None
    assert await patient.desk.stop(token, "page") is None


async def test_a_language_chosen_on_the_form_is_kept_for_all_that_follows(patient: Patient) -> None:
    first, second = open_places((await patient.form()).survey)[:2]
    await patient.say(first, 1, language="es")
    await patient.say(second, 1, language="es")
    person = await patient.office.rows("SELECT language FROM participant")
    changes = await patient.office.rows("SELECT field, was, became, reason FROM participant_change")
    assert person == [{"language": "es"}]
    assert changes == [{"field": "language", "was": "en", "became": "es", "reason": "chose it on the form"}]


async def test_whoever_calls_for_the_patient_chooses_no_language_for_them(patient: Patient) -> None:
    await patient.office.run(OPEN + 4 * DAY)  # the ladder has come to the call
    row = await first_occasion(patient.office, "baseline")
    caller = replace(patient, token=call_token(patient.office.rt, row["id"]))
    await caller.say(open_places((await caller.form()).survey)[0], 1, language="es")
    assert await patient.office.rows("SELECT language FROM participant") == [{"language": "en"}]
