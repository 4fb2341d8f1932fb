"""A person corrects an answer after the end of its survey: the old answer and the old scores stay beside the new."""

from dataclasses import replace
from uuid import UUID

from pro_collector.casework.desk.answer_rows import answer_row
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.effects import complete_responses
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.domain.conversation.caregiver import kind_of_flagged
from pro_collector.domain.conversation.own_choices import may_correct
from pro_collector.domain.conversation.survey import ENDED, Place, answer_at, asked_places, find, places_that_came_up
from pro_collector.domain.instrument.answer_check import allows
from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.instrument.branching import came_up
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item
from pro_collector.errors import BadInput, Conflict, NotFound, Problem
from pro_collector.postgres.tables import answers, occasions
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime
from scheduler.rules import Reporter


async def correct_answer(
    rt: Runtime, participant: UUID, reporter: Reporter, occasion: UUID, place: Place, value: Answer
) -> list[Place]:
    """Store a corrected answer, marked with who corrected it, and score its survey again.

    Returns the questions that were not asked before and are to be asked now. Without their answers, which may be given
    in the same way, the response is partial.

    The time of the response stays that of the first answers (a microsecond later, so that the new scores supersede the
    old): it is a measurement of that day. Raises NotFound, Conflict when nothing may be corrected any more, BadInput.
    """
    async with rt.database.transaction() as tx:
        rows = [row for row in await occasions.load(tx, [occasion]) if row.participant_id == participant]
        if not rows or rows[0].reporter != reporter:
            raise NotFound("no such survey of this reporter")
        together = await occasions.of_bundle(tx, rows[0]) if rows[0].bundle else []
        desk = await open_desk(tx, rt, [participant], [*rows, *together])
        case = desk.cases[participant]
        row, survey = case.occasions[occasion], case.survey(case.occasions[occasion])
        found = find(survey, place)
        if found is None or place not in asked_places(survey):
            raise NotFound(f"{place} was not asked")
        if not may_correct(row.state, row.ended_at, desk.now):
            raise Conflict("its answers cannot be corrected any more")
        instrument, item = found
        if not allows(item, value):
            raise BadInput([Problem("", None, str(place), f"expected {item.allowed}")])
        if answer_at(survey, place) == value:
            return places_that_came_up(survey)
        given = {**survey.answers_to(instrument), item.id: value}
        for each in _with_same_answer(case, row, place):
            _correct(desk, case, each, instrument, item, value)
        desk.responses = await answers.at_their_time(tx, desk.responses)
        await save(desk)
        return places_that_came_up(replace(survey, answers={**survey.answers, instrument.id: given}))


def _with_same_answer(case: Case, row: OccasionRow, place: Place) -> list[OccasionRow]:
    """The occasion, and those of its bundle for which the same answer was stored."""
    given = answer_at(case.own_survey(row), place)
    others = [each for each in case.bundle_of(row) if each.id != row.id and place.instrument in each.instruments]
    return [row, *(each for each in others if answer_at(case.own_survey(each), place) == given)]


def _correct(desk: Desk, case: Case, row: OccasionRow, instrument: Instrument, item: Item, value: Answer) -> None:
    place = Place(instrument.id, item.id)
    stored = answer_row(row, instrument, item.id, value, desk.now, "web", None, late=False)
    desk.answers.append(replace(stored, corrected_by=row.reporter))
    given = {**case.own_survey(row).answers_to(instrument), item.id: value}
    missing = {each.id for each in came_up(instrument, given)}
    counted = {id: each for id, each in given.items() if id not in missing}
    case.answers[row.id] = {**case.answers[row.id], instrument.id: counted}
    desk.note(row, "corrected", item=str(place), reporter=row.reporter)
    if not desk.tasks and (meaning := instrument.flagged(item.id, value)):
        desk.raise_task(case, row, kind_of_flagged(row.reporter), f"{place}: {meaning}", f"{place} {value}")
    if row.state in ENDED:
        complete_responses(desk, case, row, only=instrument.id)
