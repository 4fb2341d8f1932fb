"""How a person corrects an answer on their own page: which check-in, which question, the new answer."""

from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.load import load_unlocked
from pro_collector.commands.correct_answer import correct_answer
from pro_collector.domain.conversation.own_choices import may_correct
from pro_collector.domain.conversation.survey import Place, answer_at, asked_places, find, places_that_came_up
from pro_collector.domain.instrument.text import ItemWording
from pro_collector.postgres.tables import occasions
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.web.form.fields import Mistake, answer_text, choices, control, opt_outs, read, stored_fields
from pro_collector.web.mine.acts import done_at
from pro_collector.web.mine.dates import local_day
from pro_collector.web.mine.guard import OwnPageGuard, PageVisit
from pro_collector.web.mine.overview import title_of
from pro_collector.web.request import fields_of
from pro_collector.words import day_as_said
from scheduler.values import reads_as

CORRECT = "/correct"


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """A question: its words, the answer as text (None if it came up only now), and the URL to correct it."""

    prompt: str
    answer: str | None
    url: str


class CorrectingPages:
    """The pages of a correction."""

    def __init__(self, guard: OwnPageGuard) -> None:
        self.guard, self.rt = guard, guard.rt

    async def which(self, request: Request, visit: PageVisit) -> Response:
        """List the check-ins whose answers can still be corrected, the newest first."""
        async with self.rt.database.transaction() as tx:
            rows = (await occasions.of_participants(tx, [visit.case.person.id]))[visit.case.person.id]
            for version in {row.study_version for row in rows} - visit.case.versions.keys():
                visit.case.versions[version] = await self.rt.studies.get(tx, visit.case.person.study, version)
        listed = [
            (visit.at(f"{CORRECT}/{row.id}"), title_of(visit.case, row, visit.language), _day(visit, row))
            for row in reversed(rows)
            if row.reporter == visit.reporter and may_correct(row.state, row.ended_at, visit.case.now)
        ]
        return self.guard.show(request, visit, "act_correct.html", listed=listed)

    async def answers(self, request: Request, visit: PageVisit) -> Response:
        """List the answers of one check-in."""
        found = await self._find(request, visit)
        if found is None:
            return self.guard.pages.go(visit.at(CORRECT))
        case, row = found
        survey = case.survey(row)
        new = places_that_came_up(survey)
        given = [
            GivenAnswer(
                wording.prompt,
                None if place in new else answer_text(wording, visit.words, answer_at(survey, place)),
                visit.at(f"{CORRECT}/{row.id}/{number}"),
            )
            for number, place in enumerate(asked_places(survey), start=1)
            if (wording := _wording(case, row, place, visit.language)) and answer_at(survey, place) is not None
        ]
        return self.guard.show(
            request,
            visit,
            "act_correct_answers.html",
            title=title_of(case, row, visit.language),
            day=_day(visit, row),
            given=given,
            came_up=bool(new),
        )

    async def answer(self, request: Request, visit: PageVisit) -> Response:
        """Show one question with its answer, and store the new answer."""
        found = await self._find(request, visit)
        places = asked_places(found[0].survey(found[1])) if found else []
        number = int(request.path_params["number"])
        if found is None or not 1 <= number <= len(places):
            return self.guard.pages.go(visit.at(CORRECT))
        case, row = found
        place = places[number - 1]
        wording = _wording(case, row, place, visit.language)
        if wording is None:
            return self.guard.pages.go(visit.at(CORRECT))
        fields = await fields_of(request) if request.method == "POST" else None
        value = read(wording, visit.words, fields) if fields is not None else None
        if fields is not None and not isinstance(value, Mistake):
            new = await correct_answer(self.rt, case.person.id, visit.reporter, row.id, place, value)
            return self.guard.pages.go(visit.at(f"{CORRECT}/{row.id}") if new else done_at(visit, "corrected"))
        kind = control(wording.item)
        stored = stored_fields(kind, answer_at(case.survey(row), place))
        return self.guard.show(
            request,
            visit,
            "act_correct_answer.html",
            422 if isinstance(value, Mistake) else 200,
            wording=wording,
            control=kind,
            choices=choices(wording) if kind == "choices" else (),
            opt_outs=opt_outs(wording, visit.words),
            fields=stored if fields is None else fields,
            mistake=value if isinstance(value, Mistake) else None,
            here=visit.at(f"{CORRECT}/{row.id}/{number}"),
            back=visit.at(f"{CORRECT}/{row.id}"),
        )

    async def _find(self, request: Request, visit: PageVisit) -> tuple[Case, OccasionRow] | None:
        """The check-in in the path, if this reader may correct it."""
        id = _uuid(str(request.path_params["occasion"]))
        async with self.rt.database.transaction() as tx:
            rows = await occasions.load(tx, [id]) if id else []
            own = [row for row in rows if row.participant_id == visit.case.person.id]
            own = [row for row in own if row.reporter == visit.reporter]
            if not own or not may_correct(own[0].state, own[0].ended_at, visit.case.now):
                return None
            return await load_unlocked(tx, self.rt, own[0]), own[0]


def _wording(case: Case, row: OccasionRow, place: Place, language: str) -> ItemWording | None:
    """The words of a question in the language of the page, else in that of the check-in."""
    survey = case.survey(row)
    found = find(survey, place)
    if found is None:
        return None
    instrument, item = found
    texts = [instrument.texts[each] for each in (language, row.language or "") if each in instrument.texts]
    return next(
        (wording for text in texts if (wording := text.wording(item, reads_as(row.reporter), survey.age))), None
    )


def _day(visit: PageVisit, row: OccasionRow) -> str:
    day = local_day(row.ended_at or row.due_at, visit.case.person.zone)
    return day_as_said(visit.words, day, visit.case.today)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
