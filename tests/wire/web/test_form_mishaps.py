"""What happens to a form in real hands: double taps, old pages, a second device, answers by text, time running out."""

import asyncio

import pytest

from pro_collector.domain.conversation.survey import Place
from pro_collector.errors import Unavailable
from tests.wire.web.test_form import answer_all, diary
from tests.wire.web.visit import Visitor, visit


async def note_after(person: Visitor, address: str) -> str:
    """The note on the page that `address` leads to; empty when there is none."""
    page = await person.get(address)
    return page.html.split('role="status">')[1].split("<")[0] if 'role="status"' in page.html else ""


async def test_a_double_tap_saves_one_answer() -> None:
    record = diary()
    async with visit(record) as person:
        page = await person.question(1)
        both = await asyncio.gather(person.send(page, 1, answer="4"), person.send(page, 1, answer="4"))
        assert [got.goes_to for got in both] == [f"{person.link}/q/2"] * 2
    assert [(one.place.item, one.answer) for one in record.records] == [("pain", 4)]


async def test_a_slip_mended_before_the_next_page_came_is_a_correction() -> None:
    record = diary()
    async with visit(record) as person:
        page = await person.question(1)
        await person.send(page, 1, answer="4")
        await person.send(page, 1, answer="5")
    assert [one.answer for one in record.records] == [4, 5]
    assert record.value("pain") == 5


async def test_a_delayed_repeat_of_an_old_page_does_not_undo_a_newer_answer() -> None:
    record = diary()
    async with visit(record) as person:
        old = await person.question(1)
        await person.send(old, 1, answer="4")
        await person.answer(1, answer="5")
        await person.send(old, 1, answer="4")
    assert record.value("pain") == 5


async def test_the_browsers_back_button_and_a_new_choice_change_the_answer_without_comment() -> None:
    record = diary()
    async with visit(record) as person:
        await person.answer(1, answer="4")
        page = await person.question(1)
        moved = await person.send(page, 1, answer="6")
        assert moved.goes_to == f"{person.link}/q/2"
    assert record.value("pain") == 6


async def test_a_page_whose_question_was_answered_by_text_meanwhile_tells_which_answer_counts() -> None:
    record = diary()
    async with visit(record) as person:
        page = await person.question(1)
        record.text("symptom-diary", "pain", 2)
        record.text("symptom-diary", "tiredness", 3)
        moved = await person.send(page, 1, answer="8")
        assert moved.goes_to == f"{person.link}/q/3?note=changed"
        assert (await note_after(person, moved.goes_to)).startswith("You had already answered that question.")
    assert [(one.answer, one.mode) for one in record.records] == [(2, "sms"), (3, "sms"), (8, "web")]


async def test_the_same_answer_by_text_and_on_the_page_is_no_matter() -> None:
    record = diary()
    async with visit(record) as person:
        page = await person.question(1)
        record.text("symptom-diary", "pain", 2)
        assert (await person.send(page, 1, answer="2")).goes_to == f"{person.link}/q/2"
    assert len(record.records) == 1


async def test_an_answer_to_a_question_that_is_no_longer_asked_is_kept_and_said_so() -> None:
    record = diary()
    async with visit(record) as person:
        await person.answer(3, answer="2")
        page = await person.question(4)
        record.text("symptom-diary", "nausea", 0)
        moved = await person.send(page, 4, answer="1")
        assert moved.goes_to == f"{person.link}/q/1?note=skipped"
        assert "no longer needed" in await note_after(person, moved.goes_to)
    assert (record.records[-1].place, record.records[-1].answer) == (Place("symptom-diary", "vomiting"), 1)


async def test_half_by_text_half_here_resumes_at_the_first_open_question_on_any_device() -> None:
    record = diary()
    record.text("symptom-diary", "pain", 2)
    async with visit(record) as phone:
        begun = await phone.post(phone.link)
        assert begun.goes_to == f"{phone.link}/q/2?note=resumed"
        assert "Your answers so far are saved" in await note_after(phone, begun.goes_to)
        await phone.answer(2, answer="1")
    async with visit(record) as laptop:
        assert (await laptop.post(laptop.link)).goes_to == f"{laptop.link}/q/3?note=resumed"


async def test_completed_by_text_meanwhile_every_page_leads_to_the_thanks_and_shows_no_answer() -> None:
    record = diary()
    async with visit(record) as person:
        page = await person.question(7)
        for item in ("pain", "tiredness", "nausea", "eating", "sleep", "worry"):
            record.text("symptom-diary", item, 0)
        assert record.survey.state == "completed"
        for path in ("/q/1", "/review"):
            assert (await person.get(person.link + path)).goes_to == f"{person.link}/done"
        assert (await person.post(person.link)).goes_to == f"{person.link}/done"
        assert (await person.send(page, 7, answer="9")).goes_to == f"{person.link}/done?note=changed"
    assert record.value("worry") == 9


async def test_thanks_come_only_when_confirmed_and_finishing_twice_is_the_same() -> None:
    record = diary()
    async with visit(record) as person:
        assert (await person.get(f"{person.link}/done")).goes_to == f"{person.link}/q/1"
        await answer_all(person)
        assert (await person.get(f"{person.link}/done")).goes_to == f"{person.link}/review"
        for _ in range(2):
            assert (await person.post(f"{person.link}/review")).goes_to == f"{person.link}/done"
        assert (await person.get(f"{person.link}/done")).heading == "All done"
        assert (await person.get(person.link)).goes_to == f"{person.link}/done"  # whoever opens a reminder afterwards


async def test_after_the_window_answers_are_taken_and_marked_late() -> None:
    record = diary()
    async with visit(record) as person:
        page = await person.question(1)
        record.later(days=2)
        assert str(record.survey.state) == "missed"
        assert (await person.send(page, 1, answer="4")).goes_to == f"{person.link}/q/2"
        await answer_all(person)
        assert (await person.get(f"{person.link}/review")).heading == "Look over your answers"
        assert (await person.post(f"{person.link}/review")).goes_to == f"{person.link}/done"
        assert (await person.get(f"{person.link}/done")).heading == "All done"
    assert all(one.late for one in record.records)
    assert record.survey.state == "partial"


async def test_when_even_late_entry_is_over_the_person_hears_that_the_answer_was_not_saved() -> None:
    record = diary()
    async with visit(record) as person:
        page = await person.question(1)
        record.later(days=9)
        moved = await person.send(page, 1, answer="4")
        assert moved.goes_to == f"{person.link}/done?note=unsaved"
        ended = await person.get(moved.goes_to)
        assert ended.status == 410
        assert ended.heading == "This check-in has ended"
        assert "your last answer could not be saved" in ended.html
        for path in ("", "/q/1", "/done"):
            again = await person.get(person.link + path)
            assert (again.status, again.heading) == (410, "This check-in has ended")
    assert not record.records


async def test_a_check_in_called_off_by_the_team_is_closed() -> None:
    record = diary()
    async with visit(record) as person:
        page = await person.question(1)
        record.cancel()
        assert (await person.get(f"{person.link}/q/1")).status == 410
        assert (await person.send(page, 1)).status == 410
        assert (await person.post(f"{person.link}/review")).goes_to == f"{person.link}/done"
    assert record.calls.count("finish") == 0


@pytest.mark.parametrize(("failure", "status"), [(Unavailable("no database"), 503), (ZeroDivisionError(), 500)])
async def test_when_the_record_fails_the_answer_waits_on_the_page_for_another_try(
    failure: Exception, status: int
) -> None:
    record = diary(failing=failure)
    async with visit(record) as person:
        page = await person.question(1)
        failed = await person.send(page, 1, answer="4")
        assert failed.status == status
        assert failed.heading == "Something went wrong on our side"
        assert failed.hidden == {**page.hidden, "answer": "4"}
        record.failing = None
        again = await person.post(f"{person.link}/q/1", failed.hidden)
        assert again.goes_to == f"{person.link}/q/2"
    assert record.value("pain") == 4


async def test_a_link_that_ends_between_page_and_answer_gives_the_friendly_page() -> None:
    record = diary()
    async with visit(record) as person:
        page = await person.question(1)
        await answer_all(person)
        record.ending = True
        assert (await person.send(page, 1, answer="4")).status == 404
        assert (await person.post(f"{person.link}/review")).status == 404


@pytest.mark.parametrize(
    "fields",
    [{}, {"place": "symptom-diary/nothing", "answer": "1"}, {"place": "x", "answer": "1"}, {"place": "\0"}],
)
async def test_a_garbled_post_leads_to_the_open_question(fields: dict[str, str]) -> None:
    record = diary()
    async with visit(record) as person:
        assert (await person.post(f"{person.link}/q/3", fields)).goes_to == f"{person.link}/q/1"
    assert record.calls.count("answer") == 0
