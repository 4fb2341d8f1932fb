"""Writes every decision about a batch, in the transaction of the batch."""

from datetime import timedelta
from uuid import UUID

from pro_collector.casework.desk.desk import Desk
from pro_collector.domain.conversation.survey import ENDED, no_call_needed
from pro_collector.domain.events import SurveyDue, SurveyEvent, SurveyResumeDue
from pro_collector.postgres.tables import agenda, answers, links, messages, occasions, outbox, tasks, written

TEXT_INTERVAL = timedelta(seconds=10)
"""The time between two texts that follow each other at a phone, so that they arrive in this order."""


async def save(desk: Desk) -> None:
    """Write every decision of the desk to the database, in the transaction of the batch."""
    await _offer_free_phones(desk)
    async with desk.tx.pipeline():  # nobody reads a result, so all of it is one round trip
        await occasions.save(desk.tx, list(desk.changed.values()))
        await agenda.drop(desk.tx, desk.dropped)
        await agenda.drop_follow_ups(desk.tx, desk.without_reminders)
        await agenda.put(desk.tx, [event for event in desk.agenda.values() if not _is_over(desk, event)])
        await messages.add(desk.tx, desk.messages)
        await written.add(desk.tx, desk.written)
        await links.add(desk.tx, desk.links)
        await answers.add(desk.tx, desk.answers)
        await answers.add_responses(desk.tx, desk.responses)
        await tasks.add(desk.tx, desk.tasks)
        await tasks.close_needless_calls(desk.tx, _needless_calls(desk), desk.now)
        await occasions.log(desk.tx, desk.log)
        await outbox.add(desk.tx, desk.events)


async def _offer_free_phones(desk: Desk) -> None:
    """Where a survey no longer waits for an answer at a phone, let the surveys ask that wait for this phone."""
    at = desk.now + TEXT_INTERVAL
    ended = {id for id, row in desk.changed.items() if row.state in ENDED or row.asked is None}
    for lookup in desk.phones.freed_by(ended):
        for _, row in desk.phones.waiting_surveys(lookup):
            desk.schedule(SurveyResumeDue.of(row, at))
        for row in await occasions.due_unopened(desk.tx, desk.phones.people(lookup), desk.now):
            if row.id not in desk.changed:
                desk.schedule(SurveyDue.of(row, at))


def _is_over(desk: Desk, event: object) -> bool:
    return isinstance(event, SurveyEvent) and event.occasion_id in desk.dropped


def _needless_calls(desk: Desk) -> dict[UUID, str]:
    """The occasions of this batch that no longer need a call, each with the reason."""
    surveys = {id: desk.cases[row.participant_id].survey(row) for id, row in desk.changed.items()}
    return {id: why for id, survey in surveys.items() if (why := no_call_needed(survey, desk.now))}
