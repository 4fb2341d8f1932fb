"""The form in the hands of the team, who ask on the telephone: it says so, and so does every answer."""

from dataclasses import replace

import pytest

from pro_collector.domain.conversation.survey import RecordAnswer
from tests.wire.web.test_form import answer_all, diary
from tests.wire.web.visit import visit


async def test_the_first_page_is_for_the_caller_and_names_nobody() -> None:
    async with visit(diary(mode="call")) as team:
        page = await team.get(team.link)
        plain = await team.get(f"{team.link}/q/1")
    assert page.heading == "Telephone interview"
    for said in ("Speak with the patient", "word for word", "This link is for the study team"):
        assert said in page.html
    assert "This link is for one person" not in page.html
    assert '<p class="interview">Telephone interview</p>' in plain.html


async def test_it_says_who_is_to_answer() -> None:
    record = diary(mode="call")
    record.survey = replace(record.survey, reporter="proxy")
    async with visit(record) as team:
        assert "Speak with the parent or carer" in (await team.get(team.link)).html


@pytest.mark.parametrize(("language", "heading"), [("es", "Entrevista telefónica"), ("en", "Telephone interview")])
async def test_in_the_language_of_the_patient(language: str, heading: str) -> None:
    async with visit(diary(mode="call", language=language)) as team:
        assert (await team.get(team.link)).heading == heading


async def test_nobody_else_sees_a_word_of_it() -> None:
    async with visit(diary()) as person:
        for path in ("", "/q/1", "/review"):
            assert "elephone" not in (await person.get(person.link + path)).html.replace("telephone=no", "")


async def test_every_answer_says_how_it_was_given_and_the_review_comes_last() -> None:
    record = diary(mode="call")
    async with visit(record) as team:
        await answer_all(team)
        before = record.survey
        page = await team.post(f"{team.link}/review")
        done = await team.get(page.goes_to)
    assert {each.mode for each in record.records if isinstance(each, RecordAnswer)} == {"call"}
    assert len(record.records) == 6
    assert (before.state, record.survey.state) == ("started", "completed")
    assert "The answers are saved, as given on the telephone." in done.html
    assert "tell your study team" not in done.html
