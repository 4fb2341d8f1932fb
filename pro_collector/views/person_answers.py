"""One check-in of a person: everything that happened to it, and its answers as they are believed now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pro_collector.casework import planning
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.load import load_person
from pro_collector.casework.inbound.written import Viewer
from pro_collector.commands.ask_by_hand import may_be_answered, may_be_interviewed, may_be_opened
from pro_collector.commands.own_answers import AnsweredItem, load_answers
from pro_collector.commands.set_apart import day_now
from pro_collector.display.history import sentence
from pro_collector.domain.account.permission import Sites
from pro_collector.domain.conversation.survey import Mode
from pro_collector.errors import NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import looks, occasions
from pro_collector.postgres.tables.looks import Look
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.runtime import Runtime
from pro_collector.views.person_at import find_person
from pro_collector.views.person_check_ins import CheckIn, add_answers, add_versions, check_in
from scheduler.person import age_on
from scheduler.rulebook import with_enrolment
from scheduler.values import reads_as


@dataclass(frozen=True, slots=True)
class AnswerInWords:
    """The answer to one question. `prompt`, `answer`: in English or the language in which it was answered.

    `answer` is None for words that whoever looks may not read. `before`: how many different answers came before it.
    """

    instrument: str
    item: str
    prompt: str
    answer: str | None
    code: str
    mode: Mode
    at: datetime
    corrected_by: str | None
    before: int


@dataclass(frozen=True, slots=True)
class CheckInPage:
    """One check-in. `steps`: what happened, in words, oldest first. `takes_answers`: also from an interview.

    `may_be_opened`: it can be asked before it is due. `at_hospital`: it can be answered on a device there.
    `day_now`: the day that its event has now, if it was asked for another one. `waits_for_release`: it follows the end
    of participation, and the team decides whether it is asked.
    """

    person: ParticipantRow
    check_in: CheckIn
    steps: Sequence[tuple[datetime, str]]
    answers: Sequence[AnswerInWords]
    takes_answers: bool
    may_be_opened: bool
    at_hospital: bool
    day_now: date | None
    waits_for_release: bool
    now: datetime


async def check_in_page_of(
    rt: Runtime, study: str, code: str, check_in_id: UUID, sites: Sites, viewer: Viewer | None
) -> CheckInPage:
    """One check-in of a person; a `viewer` may read answers in free text, and each look at these is recorded.

    Raises NotFound.
    """
    async with rt.database.transaction() as tx:
        person = await find_person(tx, study, code, sites)
        row = next((each for each in await occasions.load(tx, [check_in_id]) if each.participant_id == person.id), None)
        if row is None:
            raise NotFound(f"no check-in {check_in_id}")
        case = await load_person(tx, rt, person.id)
        await add_versions(tx, rt, case, [row])
        await add_answers(tx, case, [row])
        surveys = await load_answers(tx, rt, case, row.reporter, row.id)
        items = [item for survey in surveys for item in survey.items]
        if viewer is not None and any(_is_free_text(item) for item in items):
            await looks.add(tx, Look(case.now, viewer.by, viewer.door, "answers", person.id, None, [], viewer.why))
        day = await _day_now(tx, rt, row) if row.state != "planned" else None
        steps = [(step.at, sentence(step.what, step.detail)) for step in await occasions.history(tx, row.id)]
    shown = check_in(case, row)
    may = may_be_interviewed(case, row), may_be_opened(row, case.now), may_be_answered(row, case.now)
    answers = [_in_words(case, row, item, readable=viewer is not None) for item in items]
    waits = row.state == "planned" and case.waits_for_release(row)
    return CheckInPage(person, shown, steps, answers, *may, day, waits, case.now)


async def _day_now(tx: Tx, rt: Runtime, row: OccasionRow) -> date | None:
    ((_, inputs),) = await planning.load_plan_inputs(tx, rt, [row.participant_id], unlocked=True)
    return day_now(row, inputs.occasions, with_enrolment(inputs.timeline, inputs.person))


def _is_free_text(item: AnsweredItem) -> bool:
    known = item.instrument.item(item.place.item)
    return known is not None and known.kind == "text"


def _in_words(case: Case, row: OccasionRow, item: AnsweredItem, *, readable: bool) -> AnswerInWords:
    known = item.instrument.item(item.place.item)
    age = age_on(case.person.birth_date, row.due_local.date())
    texts = [item.instrument.texts.get(language) for language in ("en", item.now.row.language)]
    wordings = [text.wording(known, reads_as(row.reporter), age) for text in texts if text and known]
    wording = next((each for each in wordings if each is not None), None)
    value, given = item.now.value, item.now.row
    hidden = _is_free_text(item) and not readable
    label = "" if wording is None else next((each.label for each in wording.options if each.code == value), "")
    return AnswerInWords(
        item.place.instrument, item.place.item, wording.prompt if wording else item.place.item,
        None if hidden else label or str(given.code if given.absent is None else given.absent),
        "" if hidden else str(given.code if given.absent is None else given.absent),
        given.mode, given.answered_at, given.corrected_by, len(item.before),
    )  # fmt: skip
