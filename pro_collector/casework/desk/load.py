"""Locks the participants of a batch and loads their cases."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.phones import Phones
from pro_collector.domain.conversation.phone_turn import PhoneQuestion
from pro_collector.domain.conversation.survey import Place
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import may_stop, phones
from pro_collector.postgres.questions.phones import TextedQuestion
from pro_collector.postgres.tables import (
    answers,
    consents,
    contacts,
    messages,
    nicknames,
    occasions,
    participants,
    timelines,
)
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.postgres.together import together
from pro_collector.runtime import Runtime

QUESTION_HISTORY = timedelta(days=1)
"""How long a question asked at a phone is still loaded after its survey has ended."""


async def open_desk(
    tx: Tx, rt: Runtime, people: Iterable[UUID], rows: Sequence[OccasionRow] = (), *,
    left: Mapping[UUID, bool | None] | None = None,
) -> Desk:  # fmt: skip
    """Lock participants, and everybody who shares a phone with them, in id order; load their cases.

    The cases have the surveys that wait for an answer, and the present state of `rows`. `left`: for a question that the
    carrier was asked about, whether it left.
    """
    now = rt.clock.now()
    ids = await phones.with_shared_phone(tx, sorted(set(people)))
    persons = await participants.lock(tx, ids)
    begun = await occasions.conversations(tx, ids, now - QUESTION_HISTORY)
    others = {row.id for row in rows} - {row.id for row in begun}
    surveys = begun + (await occasions.load(tx, sorted(others)) if others else [])
    cases, texted = await _cases(tx, rt, persons, surveys, now)
    by_phone = Phones(cases)
    for row in texted:
        place = Place.parse(row.item)
        has_left = (left or {}).get(row.id, row.left)
        by_phone.note(row.lookup, PhoneQuestion(row.occasion_id, place, row.asked_at, has_left, row.again, row.bundle))
    return Desk(tx, rt, now, cases, by_phone)


async def load_unlocked(tx: Tx, rt: Runtime, row: OccasionRow) -> Case:
    """The case of one survey and its bundle, for reading only: it locks nothing and loads no contacts."""
    person = await participants.load(tx, row.participant_id)
    versions = {v: await rt.studies.get(tx, person.study, v) for v in {person.study_version, row.study_version}}
    together = [row, *(await occasions.of_bundle(tx, row) if row.bundle else [])]
    given = await answers.load(tx, [each.id for each in together], since=answers.since(together))
    return Case(
        person=person,
        versions=versions,
        contacts=[],
        occasions={each.id: each for each in together},
        answers=given,
        modes={},
        states=(await participants.states(tx, [person.id]))[person.id],
        treatment_dates=(await timelines.dates(tx, [person.id]))[person.id],
        messages=0,
        now=rt.clock.now(),
        consents=(await consents.of_participants(tx, [person.id]))[person.id],
    )


async def load_person(tx: Tx, rt: Runtime, participant: UUID) -> Case:
    """The case of one participant without any survey, for reading only: it locks nothing."""
    person = await participants.load(tx, participant)
    return Case(
        person=person,
        versions={person.study_version: await rt.studies.get(tx, person.study, person.study_version)},
        contacts=(await contacts.of_participants(tx, [person.id]))[person.id],
        occasions={},
        answers={},
        modes={},
        states=(await participants.states(tx, [person.id]))[person.id],
        treatment_dates=(await timelines.dates(tx, [person.id]))[person.id],
        messages=0,
        now=rt.clock.now(),
        consents=(await consents.of_participants(tx, [person.id]))[person.id],
        nickname=(await nicknames.of_participants(tx, [person.id])).get(person.id),
    )


async def _cases(
    tx: Tx, rt: Runtime, persons: dict[UUID, ParticipantRow], surveys: Sequence[OccasionRow], now: datetime
) -> tuple[dict[UUID, Case], Sequence[TextedQuestion]]:
    """The cases of these locked persons with these surveys, and the questions that were texted to them."""
    ids, asked = list(persons), [row.id for row in surveys]
    since = answers.since(surveys)
    async with together(tx) as ask:
        given = ask(answers.load(tx, asked, since=since))
        modes = ask(answers.modes(tx, asked, since=since))
        reachable = ask(contacts.of_participants(tx, ids))
        counts = ask(messages.count(tx, ids))
        names = ask(nicknames.of_participants(tx, ids))
        states = ask(participants.states(tx, ids))
        treatment_dates = ask(timelines.dates(tx, ids))
        stopping = ask(may_stop.reporters(tx, ids))
        agreed = ask(consents.of_participants(tx, ids))
        near = ask(occasions.due_around(tx, ids, now))
        texted = ask(phones.texted_questions(tx, ids, asked, now - QUESTION_HISTORY))
    cases = {
        id: Case(
            person=person,
            versions={
                version: await rt.studies.get(tx, person.study, version)
                for version in {
                    person.study_version,
                    *(row.study_version for row in surveys if row.participant_id == id),
                }
            },
            contacts=reachable.result()[id],
            occasions={row.id: row for row in surveys if row.participant_id == id},
            answers={row.id: given.result().get(row.id, {}) for row in surveys if row.participant_id == id},
            modes=modes.result(),
            states=states.result()[id],
            treatment_dates=treatment_dates.result()[id],
            messages=counts.result().get(id, 0),
            now=now,
            due_around=[row for row in near.result() if row.participant_id == id],
            nickname=names.result().get(id),
            may_stop=stopping.result().get(id, frozenset()),
            consents=agreed.result()[id],
        )
        for id, person in persons.items()
    }
    return cases, texted.result()
