"""Show a person their own answers as they gave them, with what they corrected beside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from pro_collector.casework.desk.case import Case
from pro_collector.domain.conversation.survey import Place
from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import answers, occasions
from pro_collector.postgres.tables.answers import AnswerRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime
from scheduler.rules import Reporter

ANSWERED = ("completed", "partial", "started", "missed")
"""The states of an occasion that may have answers."""


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """One answer, as it was given: `row` says when and how."""

    value: Answer
    row: AnswerRow


@dataclass(frozen=True, slots=True)
class AnsweredItem:
    """The answer to one question that counts now, and the different ones before it, the newest first."""

    place: Place
    instrument: Instrument
    now: OwnAnswer
    before: Sequence[OwnAnswer]


@dataclass(frozen=True, slots=True)
class OwnSurvey:
    """One check-in with its answers, in the order of the questions."""

    row: OccasionRow
    items: Sequence[AnsweredItem]


async def own_answers(rt: Runtime, case: Case, reporter: Reporter, occasion: UUID | None = None) -> list[OwnSurvey]:
    """The check-ins that a reporter has answered, or one of them, oldest first."""
    async with rt.database.transaction() as tx:
        return await load_answers(tx, rt, case, reporter, occasion)


async def load_answers(
    tx: Tx, rt: Runtime, case: Case, reporter: Reporter, occasion: UUID | None = None
) -> list[OwnSurvey]:
    """As `own_answers`, in a transaction. Adds the study versions of these check-ins to the case."""
    rows = [
        row
        for row in (await occasions.of_participants(tx, [case.person.id]))[case.person.id]
        if row.reporter == reporter and row.state in ANSWERED and occasion in (None, row.id)
    ]
    for version in {row.study_version for row in rows} - case.versions.keys():
        case.versions[version] = await rt.studies.get(tx, case.person.study, version)
    given: dict[UUID, list[AnswerRow]] = {}
    for answer in await answers.history(tx, [row.id for row in rows], since=answers.since(rows)):
        given.setdefault(answer.occasion_id, []).append(answer)
    surveys = [OwnSurvey(row, list(_items(case, row, given.get(row.id, [])))) for row in rows]
    return [survey for survey in surveys if survey.items]


def _items(case: Case, row: OccasionRow, given: Sequence[AnswerRow]) -> Iterable[AnsweredItem]:
    by_place: dict[Place, list[OwnAnswer]] = {}
    for each in given:
        value = answers.read(each.value, each.code, each.absent)
        own = by_place.setdefault(Place(each.instrument, each.item), [])
        if not own or own[-1].value != value:  # the same answer again is no correction
            own.append(OwnAnswer(value, each))
    for name in row.instruments:
        instrument = case.version_of(row).instruments[name]
        for item in instrument.items:
            told = [one for one in by_place.get(Place(name, item.id), []) if one.value is not Absent.NOT_ASKED]
            if told:
                yield AnsweredItem(Place(name, item.id), instrument, told[-1], tuple(reversed(told[:-1])))
