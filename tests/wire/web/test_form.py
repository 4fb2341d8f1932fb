"""The web form over real HTTP: the way from the neutral first page to the thanks, in a person's own words."""

import re

import pytest

from pro_collector.domain.conversation.survey import Place
from pro_collector.domain.instrument.answers import Absent
from pro_collector.errors import Misconfigured
from pro_collector.library import load_library
from pro_collector.web.form.view import View
from pro_collector.web.form.words import load_words
from tests.wire.web.all_kinds import all_kinds
from tests.wire.web.memory_store import CLINIC, TOKEN, MemoryFormStore, desk
from tests.wire.web.visit import Visitor, visit

DIARY = load_library().get("symptom-diary")
ITEMS = ("pain", "tiredness", "nausea", "vomiting", "eating", "sleep", "worry")


def diary(**given: object) -> MemoryFormStore:
    return desk(DIARY, **given)


async def answer_all(person: Visitor, nausea: str = "0") -> None:
    for number in (1, 2, 3, 5, 6, 7):
        await person.answer(number, answer=nausea if number == 3 else "2")


async def test_a_whole_diary_from_the_link_to_the_thanks() -> None:
    record = diary()
    async with visit(record) as person:
        assert (await person.post(person.link)).goes_to == f"{person.link}/q/1"
        sent = {1: "3", 2: "10", 3: "1", 4: "0", 5: "asked-declined", 6: "4", 7: "0"}
        for number, value in sent.items():
            page = await person.question(number)
            assert f"Question {number} of {7 if number > 3 else 6}" in page.html
            expected = "/review" if number == 7 else f"/q/{number + 1}"
            assert (await person.send(page, number, answer=value)).goes_to == person.link + expected
        review = await person.get(f"{person.link}/review")
        assert review.heading == "Look over your answers"
        assert "I would rather not say" in review.html
        assert ">10 – as tired as can be</dd>" in review.html
        assert (await person.post(f"{person.link}/review")).goes_to == f"{person.link}/done"
        thanks = await person.get(f"{person.link}/done")
    assert "Thank you. Your answers have been saved." in thanks.html
    assert record.survey.state == "completed"
    assert [record.value(item) for item in ITEMS] == [3, 10, 1, 0, Absent.ASKED_DECLINED, 4, 0]
    assert len(record.records) == 7


async def test_the_first_page_says_nothing_of_the_person_the_study_or_the_questions() -> None:
    record = diary()
    record.text("symptom-diary", "pain", 9)
    async with visit(record) as person:
        page = await person.get(person.link)
    assert page.status == 200
    assert page.heading == "Your check-in"
    assert "City Clinic" in page.html
    for told in ("pain", "symptom", "diary", "Symptom", "9 –", "Question"):
        assert told not in page.html.replace("Questions, or need", ""), told


async def test_the_first_page_of_an_instrument_brings_its_introduction_and_the_others_do_not() -> None:
    async with visit(diary()) as person:
        assert "There are no wrong answers." in (await person.question(1)).html
        assert "There are no wrong answers." not in (await person.question(2)).html


async def test_an_answer_opens_a_branch_and_a_correction_closes_it() -> None:
    record = diary()
    async with visit(record) as person:
        await person.answer(1, answer="0")
        await person.answer(2, answer="0")
        assert await person.answer(3, answer="4") == "/q/4"
        assert "Question 4 of 7" in (await person.question(4)).html
        assert await person.answer(3, answer="0") == "/q/5"
        assert "Question 4 of 6" in (await person.question(5)).html
        assert (await person.get(f"{person.link}/q/4")).goes_to == f"{person.link}/q/5"


async def test_back_leads_to_the_question_before_as_it_was_answered() -> None:
    async with visit(diary()) as person:
        await person.answer(1, answer="7")
        second = await person.question(2)
        assert f'<a href="{person.link}/q/1">Back</a>' in second.html
        first = await person.question(1)
        assert f'<a href="{person.link}">Back</a>' in first.html
        assert re.findall(r'value="(\d+)" id="[^"]*" checked', first.html) == ["7"]


async def test_a_change_from_the_review_leads_back_to_it_or_into_the_branch_it_opens() -> None:
    record = diary()
    async with visit(record) as person:
        await answer_all(person)
        review = await person.get(f"{person.link}/review")
        assert f'<a href="{person.link}/q/6">Change<span class="unseen"> your answer to: In the last 7 d' in review.html
        assert await person.answer(6, answer="0") == "/review"
        assert await person.answer(3, answer="3") == "/q/4"
        assert "Some questions are still open." in (await person.get(f"{person.link}/review")).html
        assert (await person.post(f"{person.link}/review")).goes_to == f"{person.link}/q/4"
        assert record.survey.state == "started"
        assert await person.answer(4, answer="1") == "/review"
    assert [record.value("sleep"), record.value("nausea"), record.value("vomiting")] == [0, 3, 1]


async def test_nothing_chosen_is_said_at_the_question_and_in_a_summary_that_leads_there() -> None:
    record = diary()
    async with visit(record) as person:
        page = await person.send(await person.question(1), 1)
    assert page.status == 422
    assert "<title>Error: Question 1 of 6 – City Clinic</title>" in page.html
    assert '<div class="mistakes" role="alert" tabindex="-1" autofocus>' in page.html
    assert '<a href="#answer">Choose one answer, or' in page.html
    assert '<input type="radio" name="answer" value="0" id="answer">' in page.html
    assert '<fieldset aria-describedby="mistake">' in page.html
    assert not record.records


async def test_every_kind_of_question_is_answered_and_read_back_in_words() -> None:
    record = desk(all_kinds())
    async with visit(record) as person:
        assert await person.answer(1, answer="1") == "/q/2"
        assert await person.answer(2, answer="40") == "/q/3"
        assert await person.answer(3, answer="61,5") == "/q/4"
        assert await person.answer(4, day="7", month="03", year="2026") == "/q/5"
        assert await person.answer(5, answer="Thanks & <b>bye</b>\r\nsee you") == "/review"
        review = (await person.get(f"{person.link}/review")).html
        assert "7 March 2026</dd>" in review
        assert "Thanks &amp; &lt;b&gt;bye&lt;/b&gt;\nsee you</dd>" in review
        page = (await person.question(4)).html
        assert re.findall(r'name="(day|month|year)"[^>]* value="(\d+)"', page) == [
            ("day", "7"),
            ("month", "3"),
            ("year", "2026"),
        ]
        assert await person.answer(1, answer="not-applicable") == "/review"
        assert "I use a wheelchair</dd>" in (await person.get(f"{person.link}/review")).html
    counted = {item: record.value(item) for item in ("walked", "steps", "weight", "since", "words")}
    assert counted == {
        "walked": Absent.NOT_APPLICABLE,
        "steps": 40,
        "weight": 61.5,
        "since": "2026-03-07",
        "words": "Thanks & <b>bye</b>\nsee you",
    }


async def test_what_was_written_wrongly_stays_in_the_field() -> None:
    async with visit(desk(all_kinds())) as person:
        page = await person.send(await person.question(4), 4, day="31", month="2", year="2026")
        assert page.status == 422
        assert (
            'name="day" id="answer" value="31" class="short" aria-describedby="hint mistake" aria-invalid' in page.html
        )


async def test_declining_is_offered_at_every_question_also_where_the_instrument_has_no_word_for_it() -> None:
    record = desk(all_kinds())
    async with visit(record) as person:
        for number in (1, 3, 4, 5):
            assert "I prefer not to answer" in (await person.question(number)).html
        await person.answer(1, answer="asked-declined")
        await person.answer(5, absent="asked-declined")
        assert 'name="absent" value="asked-declined" id="absent-1" checked' in (await person.question(5)).html
    assert record.value("walked") is record.value("words") is Absent.ASKED_DECLINED


async def test_the_reader_may_change_the_language_and_it_is_kept_and_recorded() -> None:
    record = diary()
    async with visit(record) as person:
        start = await person.get(person.link)
        assert f'<a href="{person.link}?lang=es" lang="es" hreflang="es">Español</a>' in start.html
        assert 'hreflang="fr"' in start.html
        assert 'hreflang="pt"' not in start.html, "there are pages in it, and no questions"
        assert (await person.post(f"{person.link}?lang=es")).goes_to == f"{person.link}/q/1?lang=es"
        page = await person.get(f"{person.link}/q/1?lang=es")
        assert '<html lang="es" dir="ltr">' in page.html
        assert page.heading.startswith("En los últimos 7 días")
        assert "Pregunta 1 de 6" in page.html
        assert all(line in page.html for line in CLINIC.emergency["es"].lines)
        sent = await person.post(f"{person.link}/q/1?lang=es", {**page.hidden, "answer": "5"})
        assert sent.goes_to == f"{person.link}/q/2?lang=es"
        await person.answer(2, answer="5")
        assert (await person.get(f"{person.link}/q/3?lang=xx")).heading.startswith("In the last")
    assert record.languages == ["es", "en"]


async def test_a_page_opened_in_one_language_is_answered_in_it_also_when_the_person_has_changed_meanwhile() -> None:
    record = diary()
    async with visit(record) as person:
        page = await person.question(1)
        record.language = "es"
        assert (await person.send(page, 1, answer="5")).goes_to == f"{person.link}/q/2?lang=en"
    assert record.languages == ["en"]


async def test_a_language_with_questions_but_no_words_around_them_marks_both() -> None:
    dutch = DIARY.texts["en"].model_copy(update={"language": "nl"})
    record = desk(DIARY._with(texts={"nl": dutch}), language="nl")
    async with visit(record) as person:
        page = await person.question(1)
    assert '<html lang="en" dir="ltr">' in page.html
    assert '<h1 id="prompt" lang="nl">' in page.html
    assert '<div class="choices" lang="nl">' in page.html


async def test_an_instrument_without_words_for_the_reporter_is_our_trouble_not_the_persons() -> None:
    async with visit(desk(DIARY._with(texts={}))) as person:
        page = await person.get(person.link)
    assert page.status == 500
    assert page.heading == "Something went wrong on our side"


async def test_a_question_without_words_is_named() -> None:
    form = await desk(DIARY._with(texts={"en": DIARY.texts["en"].model_copy(update={"items": {}})})).open(TOKEN)
    assert form is not None
    view = View(form, "/r/x", "en", load_words()["en"])
    for item, told in (("pain", "symptom-diary/pain has no words in 'en'"), ("none", "no question symptom-diary/none")):
        with pytest.raises(Misconfigured, match=told):
            view.wording(Place("symptom-diary", item))


@pytest.mark.parametrize("path", ["", "/q/1", "/q/4", "/review", "/done"])
async def test_whom_to_reach_stands_at_the_same_place_of_every_page(path: str) -> None:
    record = diary()
    async with visit(record) as person:
        if path in ("/review", "/done"):
            await answer_all(person)
        if path == "/done":
            await person.post(f"{person.link}/review")
        if path == "/q/4":
            await person.answer(3, answer="1")
        page = await person.get(person.link + path)
    assert page.status == 200
    header = page.html.split("<header>")[1].split("</header>")[0]
    assert 'href="tel:+15550100199">Call +1 555 010 0199</a>' in header
    assert "In an emergency call 911." in header


async def test_two_instruments_are_one_way_with_one_count() -> None:
    record = desk(DIARY, all_kinds())
    async with visit(record) as person:
        await answer_all(person)
        assert (await person.get(f"{person.link}/review")).html.count("Not answered yet") == 4
        page = await person.question(8)
        assert "Question 7 of 10" in page.html
        assert "These questions try every kind of answer." in page.html
        assert page.hidden["place"] == str(Place("all-kinds", "walked"))
