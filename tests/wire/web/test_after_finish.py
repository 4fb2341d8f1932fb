"""After Finish: the advice of the study, the day of the next check-in, and a look at what was answered."""

from datetime import date, timedelta

import pytest

from pro_collector.domain.conversation.survey import Place, open_places
from pro_collector.domain.events import derived_id
from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.study.advice import Advice
from pro_collector.postgres.tables import links
from pro_collector.vault import token_hash
from pro_collector.web.form.postgres_store import PostgresFormStore
from pro_collector.web.form.store import VISIT, Afterwards, OpenForm
from tests.shared.clock import START
from tests.shared.office import Office
from tests.shared.scenes import first_occasion, in_conversation
from tests.wire.web.memory_store import MemoryFormStore
from tests.wire.web.test_form import answer_all, diary
from tests.wire.web.visit import visit

OPEN = START + timedelta(hours=5)
ADVICE = Advice(
    instrument="symptom-diary",
    item="pain",
    at_least=2,
    urgency="today",
    text={"en": "Please call your care team today: {phone}. {medical}", "es": "Llame hoy a su equipo: {phone}."},
)
TODAY = date(2026, 3, 27)


def finished(**given: object) -> MemoryFormStore:
    return diary(afterwards=Afterwards(TODAY, ADVICE, date(2026, 4, 3)), **given)


async def test_the_thanks_give_the_advice_the_next_day_and_what_was_answered() -> None:
    async with visit(finished()) as person:
        await answer_all(person)
        assert (await person.post(f"{person.link}/review")).goes_to == f"{person.link}/done"
        thanks = await person.get(f"{person.link}/done")
        spanish = await person.get(f"{person.link}/done?lang=es")
    told = '<p class="advice">Please call your care team today: +1 555 010 0199. In an emergency call 911.'
    assert told in thanks.html
    assert "Your next check-in: Friday, April 3." in thanks.html
    assert "What you answered" in thanks.html
    assert ">2</dd>" in thanks.html
    assert "/q/1" not in thanks.html  # to be read, not to be changed
    assert '<p class="advice">Llame hoy a su equipo: +1 555 010 0199.</p>' in spanish.html
    assert "Su próximo cuestionario: viernes 3 de abril." in spanish.html


async def test_a_calm_advice_takes_the_place_of_the_thanks_without_a_frame() -> None:
    record = finished()
    record.afterwards = Afterwards(TODAY, ADVICE.model_copy(update={"urgency": "calm"}), date(2027, 1, 1))
    async with visit(record) as person:
        await answer_all(person)
        await person.post(f"{person.link}/review")
        thanks = await person.get(f"{person.link}/done")
    assert '<p class="lead">Please call your care team today' in thanks.html
    assert "Your next check-in: Friday, January 1, 2027." in thanks.html


async def test_a_study_that_guards_earlier_answers_shows_none_after_finish() -> None:
    record = finished()
    record.afterwards = Afterwards(TODAY, ADVICE, None, answers=False)
    async with visit(record) as person:
        await answer_all(person)
        await person.post(f"{person.link}/review")
        thanks = await person.get(f"{person.link}/done")
    assert "Please call your care team today" in thanks.html
    assert "What you answered" not in thanks.html


async def test_in_an_interview_the_team_reads_the_advice_aloud_and_sees_no_summary() -> None:
    async with visit(finished(mode="call")) as person:
        await answer_all(person)
        await person.post(f"{person.link}/review")
        thanks = await person.get(f"{person.link}/done")
    assert "Please read these words to them:" in thanks.html
    assert "Please call your care team today" in thanks.html
    assert "What you answered" not in thanks.html


@pytest.fixture
async def token(office: Office) -> str:
    """RT-1 has the link to the baseline of the demo study."""
    await office.enrol()
    await office.run(OPEN)
    return office.link()


async def fill_in(office: Office, token: str, **answers: Answer) -> OpenForm:
    """Answer every question, with 0 unless said otherwise, and finish."""
    await answer_each(office, token, **answers)
    done = await PostgresFormStore(office.rt).finish(token)
    assert done is not None
    return done


async def answer_each(office: Office, token: str, **answers: Answer) -> None:
    """Answer every question, with 0 unless said otherwise."""
    store = PostgresFormStore(office.rt)
    while True:
        form = await store.open(token)
        assert form is not None
        if not (places := open_places(form.survey)):
            break
        await store.answer(token, places[0], answers.get(places[0].item, 0), str(places[0]), "en")


async def test_the_link_tells_it_for_a_while_and_then_only_thanks(office: Office, token: str) -> None:
    store = PostgresFormStore(office.rt)
    before = await store.open(token)
    assert before is not None
    assert before.afterwards is None
    done = await fill_in(office, token, nausea=4, vomiting=5)
    assert done.afterwards is not None
    assert done.afterwards.advice is not None
    assert (done.afterwards.advice.item, done.afterwards.today) == ("vomiting", (START + timedelta(hours=1)).date())
    assert await store.open(token) == done
    await office.run(OPEN + VISIT - timedelta(seconds=1))
    assert (await store.open(token)).afterwards is not None  # type: ignore[union-attr]  # it is open
    await office.run(OPEN + VISIT)
    later = await store.open(token)
    assert later is not None
    assert later.finished
    assert later.afterwards is None
    noted = await office.rows("SELECT detail FROM occasion_log WHERE what = 'advised'")
    assert [each["detail"] for each in noted] == [{"urgency": "today", "item": "symptom-diary/vomiting"}]


async def test_an_answer_that_no_longer_counts_brings_no_advice(office: Office, token: str) -> None:
    place = Place("symptom-diary", "nausea")
    await answer_each(office, token, nausea=4, vomiting=5)
    await PostgresFormStore(office.rt).answer(token, place, 0, "changed", "en")
    done = await fill_in(office, token)
    assert done.afterwards is not None
    assert done.afterwards.advice is None
    assert not await office.rows("SELECT FROM occasion_log WHERE what = 'advised'")


async def test_the_next_day_is_that_of_the_plan_where_the_person_lives(office: Office, token: str) -> None:
    await office.happened("treatment_start", START.date())
    done = await fill_in(office, token)
    planned = await office.one("SELECT min(due_local)::date AS on FROM occasion WHERE state = 'planned'")
    assert done.afterwards is not None
    assert done.afterwards.next_on == planned


async def test_a_survey_answered_by_text_shows_nothing_on_its_link(office: Office) -> None:
    await in_conversation(office)
    await office.reply("9", "2", "not at all", "0", "0", "0")
    occasion = await first_occasion(office)
    assert occasion["state"] == "completed"
    token = office.rt.vault.token(derived_id("elsewhere", occasion["id"]))
    async with office.rt.database.transaction() as tx:
        await links.add(tx, [links.LinkRow(token_hash(token), occasion["id"], None)])
    form = await PostgresFormStore(office.rt).open(token)
    assert form is not None
    assert (form.finished, form.afterwards) == (True, None)
    assert "pain sounds very hard. Please call your care team today" in office.texts()[-1]
