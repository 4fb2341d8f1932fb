"""The pages that show questionnaires as patients meet them, and what the product understands of a reply."""

from collections.abc import Iterable

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from pro_collector.domain.account.acts import Act
from pro_collector.views.questionnaire import QuestionnaireShown, QuestionShown, questionnaire
from pro_collector.views.tried_reply import LONGEST, questions_to_try, try_reply
from pro_collector.web.form.fields import choices, control, opt_outs
from pro_collector.web.form.pages import fragment
from pro_collector.web.form.words import load_words
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.pages import TeamPages
from pro_collector.words import REFERENCE, Words, own_name

_ENTRY = "protocol"


class QuestionnairePages:
    """Questionnaires, and replies on trial."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, pages

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """The routes of these pages."""
        at = "/team/study/{study}/protocol"
        return (
            (f"{at}/questionnaires", "GET", self._guard.of_study(Act.see_people, self.questionnaires)),
            (f"{at}/try", "GET", self._guard.of_study(Act.see_people, self.ask_reply)),
            (f"{at}/try", "POST", self._guard.of_study(Act.see_people, self.try_reply)),
        )

    async def questionnaires(self, request: Request, visit: StudyVisit) -> Response:
        """Show a questionnaire: its texts, and one question as a page of the form."""
        query = request.query_params
        shown = await questionnaire(
            visit.rt, visit.study, query.get("questionnaire", ""), query.get("language", ""), query.get("reporter", "")
        )
        number = query.get("question", "")
        asked = next((each for each in shown.questions if str(each.number) == number), None)
        asked = asked or next(iter(shown.questions), None)
        return self._pages.of_study(
            "questionnaires.html", visit, _ENTRY, shown=shown, asked=asked, own_name=own_name,
            form=_as_form(shown, asked) if asked else "",
        )  # fmt: skip

    async def ask_reply(self, request: Request, visit: StudyVisit) -> Response:
        """Show the form to try a reply."""
        return await self._try(visit, request.query_params.get("language", ""))

    async def try_reply(self, request: Request, visit: StudyVisit) -> Response:
        """Say how a reply is read; it is in no URL, and nothing of it is stored."""
        fields = await fields_of(request)
        return await self._try(
            visit, fields.get("language", ""), fields.get("question", ""), fields.get("reply", "")[:LONGEST]
        )

    async def _try(self, visit: StudyVisit, language: str, question: str = "", reply: str = "") -> Response:
        languages = (await questionnaire(visit.rt, visit.study)).languages
        language = language if language in languages else languages[0]
        questions = await questions_to_try(visit.rt, visit.study, language)
        places = [each.place for each in questions]
        question = question if question in places else next(iter(places), "")
        ready = bool(question and reply.strip())
        tried = await try_reply(visit.rt, visit.study, question, language, reply) if ready else None
        return self._pages.of_study(
            "try_reply.html", visit, _ENTRY, languages=languages, language=language, questions=questions,
            question=question, reply=reply, tried=tried, own_name=own_name,
        )  # fmt: skip


def _as_form(shown: QuestionnaireShown, asked: QuestionShown) -> Markup:
    """A question as a page of the form; without a form around it, so that nothing can be sent."""
    words, kind = _words(shown.language), control(asked.wording.item)
    foreign = "" if words.language == shown.language else shown.language
    return fragment(
        "specimen.html", words, wording=asked.wording, control=kind, mistake=None, fields={}, foreign=foreign,
        choices=choices(asked.wording) if kind == "choices" else (), opt_outs=opt_outs(asked.wording, words),
        introduction=shown.opening if asked.number == 1 else None,
    )  # fmt: skip


def _words(language: str) -> Words:
    known = load_words()
    return known.get(language) or known.get(language.split("-")[0]) or known[REFERENCE]
