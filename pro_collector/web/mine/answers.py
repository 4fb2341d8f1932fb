"""The page of one check-in: its questions with the answers as given, when and how, and corrections beside."""

from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands.own_answers import AnsweredItem, OwnAnswer, OwnSurvey, own_answers
from pro_collector.domain.instrument.text import ItemWording
from pro_collector.web.form.fields import answer_text
from pro_collector.web.mine.dates import local_day
from pro_collector.web.mine.guard import OwnPageGuard, PageVisit
from pro_collector.web.mine.overview import title_of
from pro_collector.words import day_as_said
from scheduler.person import age_on
from scheduler.values import reads_as


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """One question with its answer as text. `before`: earlier answers, each with how and when, as text.

    `foreign`: the language of the question, if it is not that of the page.
    """

    prompt: str
    answer: str
    foreign: str
    corrected: bool
    before: tuple[str, ...]


class AnswerPages:
    """The page of one check-in."""

    def __init__(self, guard: OwnPageGuard) -> None:
        self.guard, self.rt = guard, guard.rt

    async def answers(self, request: Request, visit: PageVisit) -> Response:
        """Show the answers of one check-in of this reader; of anybody else's, go back to the overview."""
        occasion = _uuid(request.path_params["occasion"])
        found = await own_answers(self.rt, visit.case, visit.reporter, occasion) if occasion else []
        if not found:
            return self.guard.pages.go(visit.base)
        survey = found[0]
        return self.guard.show(
            request,
            visit,
            "answers.html",
            title=title_of(visit.case, survey.row, visit.language),
            given=given_in_words(visit, survey),
            shown=[shown_answer(visit, survey, item) for item in survey.items],
        )


def shown_answer(visit: PageVisit, survey: OwnSurvey, item: AnsweredItem) -> ShownAnswer:
    """One question and its answers, in the language of the page where the instrument has it."""
    wording, language = wording_of(visit, survey, item)
    prompt = wording.prompt if wording else item.place.item
    before = tuple(
        visit.words.say(
            "mine.answers.before", answer=text_of(visit, wording, each), how=_how(visit, each), day=_day(visit, each)
        )
        for each in item.before
    )
    corrected = item.now.row.corrected_by is not None
    foreign = "" if language == visit.language else language
    return ShownAnswer(prompt, text_of(visit, wording, item.now), foreign, corrected, before)


def given_in_words(visit: PageVisit, survey: OwnSurvey) -> str:
    """When and how a check-in was answered, by its last answer that is no correction."""
    given = [item.before[-1] if item.before else item.now for item in survey.items]
    last = max(given, key=lambda each: each.row.answered_at)
    late = f", {visit.words.say('mine.answers.late')}" if last.row.late else ""
    return visit.words.say("mine.answers.given", day=_day(visit, last), how=_how(visit, last)) + late


def wording_of(visit: PageVisit, survey: OwnSurvey, item: AnsweredItem) -> tuple[ItemWording | None, str]:
    """The words of a question and their language: that of the page, else that in which it was answered, else any."""
    known = item.instrument.item(item.place.item)
    texts = item.instrument.texts
    age = age_on(visit.case.person.birth_date, survey.row.due_local.date())
    for language in (visit.language, item.now.row.language, *texts):
        text = texts.get(language)
        wording = text.wording(known, reads_as(survey.row.reporter), age) if text and known else None
        if wording is not None:
            return wording, language
    return None, visit.language


def text_of(visit: PageVisit, wording: ItemWording | None, given: OwnAnswer) -> str:
    """An answer in words; its code where the question has no words here."""
    return answer_text(wording, visit.words, given.value) if wording else str(given.value)


def _how(visit: PageVisit, given: OwnAnswer) -> str:
    return visit.words.say(f"mine.answers.{given.row.mode}")


def _day(visit: PageVisit, given: OwnAnswer) -> str:
    return day_as_said(visit.words, local_day(given.row.answered_at, visit.case.person.zone), visit.case.today)


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
