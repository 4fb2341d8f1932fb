"""Tells the streams where scores are in the treatment, and what is believed of the treatment, whenever that changes.

What was told is in `stream_state`, so that whatever moves a score (a corrected date, another site, a move to another
time zone, an amendment) is found by comparison, not by a list of causes. Participants must be locked.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from pro_collector.domain.event import Event, derived_id
from pro_collector.domain.placement import Placement
from pro_collector.domain.stream_events import (
    BelievedEvent,
    ScoreRecorded,
    ScoreRelinked,
    ScoresLatest,
    ScoresOfResponse,
    TimelineLatest,
)
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import streams
from pro_collector.postgres.tables import outbox, stream_states

SCORES, TIMELINE = ScoresLatest.type, TimelineLatest.type


async def announce_scores(tx: Tx, recorded: Sequence[ScoreRecorded]) -> None:
    """Publish new scores with their place: what happened, and the state that it leads to.

    Scores of a reporter who withdrew consent to the use of their data have no place for research: nobody is told.
    """
    places = await streams.placements(tx, {event.response_id: event.participant_id for event in recorded})
    placed = [
        event.model_copy(update=dict(places[event.response_id])) for event in recorded if event.response_id in places
    ]
    latest = [_latest(event, event.occurred_at, event.id) for event in placed]
    await outbox.add(tx, [*placed, *latest])
    await _remember_scores(tx, placed)


async def announce_again(tx: Tx, people: Sequence[UUID], instrument: str, now: datetime) -> None:
    """Publish the scores of these participants that another definition has replaced."""
    scores = [one for one in await streams.scores_of(tx, people) if one.instrument == instrument]
    recorded = [
        ScoreRecorded(id=derived_id(ScoreRecorded.type, one.response_id, now), occurred_at=now, **dict(one))
        for one in scores
    ]
    await outbox.add(tx, [*recorded, *(_latest(event, now, event.id) for event in recorded)])
    await _remember_scores(tx, scores)


async def follow(tx: Tx, people: Sequence[UUID], cause: str, now: datetime) -> None:
    """Publish what has another place in the treatment than the streams were told, and what is believed now.

    Delete what the streams were told of a reporter who has withdrawn consent to the use of their data.
    """
    await outbox.add(tx, [*await _relinked(tx, people, cause, now), *await _timeline(tx, people, now)])
    await _delete_left_out(tx, people, now)


async def refill(tx: Tx, people: Sequence[UUID], now: datetime) -> None:
    """Publish the whole state of these participants again, for a Kafka that has lost it."""
    scores, believed = await streams.scores_of(tx, people), await streams.believed_of(tx, people)
    await outbox.add(tx, [*(_latest(one, now, now) for one in scores), *(_fact(one, now) for one in believed)])
    await _remember_scores(tx, scores)
    await _remember_timeline(tx, believed)
    await _delete_left_out(tx, people, now)


async def withdraw(tx: Tx, participant: UUID, erasure: UUID, now: datetime) -> None:
    """Delete everything about a participant from the topics of states."""
    for topic in (SCORES, TIMELINE):
        keys = list(await stream_states.of_participants(tx, topic, [participant]))
        await outbox.delete_keys(tx, topic, keys, erasure, now)
        await stream_states.remove(tx, topic, keys)


async def _delete_left_out(tx: Tx, people: Sequence[UUID], now: datetime) -> None:
    """Delete the scores that no output has any more from the topic of states."""
    for key, told in (await stream_states.of_left_out(tx, SCORES, people)).items():
        await outbox.delete_keys(tx, SCORES, [key], told.participant_id, now)
        await stream_states.remove(tx, SCORES, [key])


async def _relinked(tx: Tx, people: Sequence[UUID], cause: str, now: datetime) -> list[Event]:
    told = await stream_states.of_participants(tx, SCORES, people)
    before = {key: Placement.model_validate_json(row.state) for key, row in told.items()}
    moved = [one for one in await streams.scores_of(tx, people) if one.placement != before.get(one.response_id)]
    events: list[Event] = []
    for one in moved:
        if one.response_id in before:
            events.append(_relink(one, before[one.response_id], cause, now))
        events.append(_latest(one, now, now))
    await _remember_scores(tx, moved)
    return events


def _relink(one: ScoresOfResponse, before: Placement, cause: str, now: datetime) -> ScoreRelinked:
    id = derived_id(ScoreRelinked.type, one.response_id, one.placement.model_dump_json(), now)
    return ScoreRelinked(
        id=id, participant_id=one.participant_id, occurred_at=now,
        study=one.study, occasion_id=one.occasion_id, response_id=one.response_id, instrument=one.instrument,
        reporter=one.reporter, completed_at=one.completed_at, cause=cause,
        changed=one.placement.differing(before), before=before, after=one.placement,
    )  # fmt: skip


async def _timeline(tx: Tx, people: Sequence[UUID], now: datetime) -> list[Event]:
    told = await stream_states.of_participants(tx, TIMELINE, people)
    before = {key: BelievedEvent.model_validate_json(row.state) for key, row in told.items()}
    believed = await streams.believed_of(tx, people)
    changed = [one for one in believed if one != before.get(one.event_id)]
    await _remember_timeline(tx, changed)
    for key in told.keys() - {one.event_id for one in believed}:
        await outbox.delete_keys(tx, TIMELINE, [key], told[key].participant_id, now)
        await stream_states.remove(tx, TIMELINE, [key])
    return [_fact(one, now) for one in changed]


def _latest(one: ScoresOfResponse, at: datetime, *which: object) -> ScoresLatest:
    known = {name: getattr(one, name) for name in ScoresOfResponse.model_fields}
    return ScoresLatest(
        id=derived_id(SCORES, one.response_id, one.placement.model_dump_json(), *which), occurred_at=at, **known
    )


def _fact(one: BelievedEvent, now: datetime) -> TimelineLatest:
    return TimelineLatest(id=derived_id(TIMELINE, one.model_dump_json(), now), occurred_at=now, **dict(one))


async def _remember_scores(tx: Tx, scores: Iterable[ScoresOfResponse]) -> None:
    told = {one.response_id: (one.participant_id, one.placement.model_dump_json()) for one in scores}
    await stream_states.put(tx, SCORES, told)


async def _remember_timeline(tx: Tx, believed: Iterable[BelievedEvent]) -> None:
    await stream_states.put(
        tx, TIMELINE, {one.event_id: (one.participant_id, one.model_dump_json()) for one in believed}
    )
