"""Take what a hospital's own bus reports about treatment, or refuse it with a reason that a person can act on."""

from collections.abc import Sequence
from itertools import groupby

from pro_collector.commands.record_treatment import find_participant
from pro_collector.commands.run_feed import pause_ended
from pro_collector.commands.take_feed import Feed, FeedResult, preview_feed, take_feed
from pro_collector.domain.events import TreatmentReported, derived_id
from pro_collector.domain.feed.record import author
from pro_collector.domain.feed.reported import record_of
from pro_collector.errors import NotFound, NotTaken
from pro_collector.postgres.tables import dead_letters, tasks
from pro_collector.postgres.tables.tasks import TaskRow
from pro_collector.runtime import Runtime

BY = "the topic treatment.reported"
"""Who takes what is reported, if no person does."""


async def take_reported(rt: Runtime, events: Sequence[TreatmentReported], *, confirmed_by: str = "") -> None:
    """Take versions of records, those of each feed in one transaction. Idempotent.

    Raises NotTaken if one cannot be taken, and then takes nothing of its feed: its code or event is not known, its date
    is impossible, or it would end somebody's participation. Of a single one, somebody is told: a task, and whoever
    would be ended is paused. `confirmed_by`: a person has looked, and participation may end.
    """
    for (study, feed), some in groupby(sorted(events, key=_feed_of), key=_feed_of):
        reported = list(some)
        taking = Feed(study, feed, confirmed_by or BY)
        records = [record_of(event) for event in reported]
        try:
            seen = await preview_feed(rt, taking, records)
        except NotFound as error:
            raise NotTaken(str(error)) from None
        if why := _refusal(seen, confirmed=bool(confirmed_by)):
            if len(events) == 1:
                await _tell(rt, taking, reported[0], seen, why)
            raise NotTaken(why)
        await take_feed(rt, taking, records, counted=False)


async def redrive_reported(rt: Runtime, numbers: Sequence[int], by: str) -> tuple[int, list[str]]:
    """Take dead letters of this topic again, as a person says who has looked: participation may end.

    Returns how many were taken, and why others were not.
    """
    taken, refused = 0, []
    for number in numbers:
        async with rt.database.transaction() as tx:
            letter = await dead_letters.find(tx, number)
        if letter is None or letter.topic != TreatmentReported.type or letter.event_id is None or letter.redriven_at:
            continue
        try:
            await take_reported(rt, [TreatmentReported.model_validate_json(letter.value)], confirmed_by=by)
        except NotTaken as error:
            refused.append(f"{number}: {error}")
            continue
        async with rt.database.transaction() as tx:
            await dead_letters.mark_taken(tx, number)
        taken += 1
    return taken, refused


def _feed_of(event: TreatmentReported) -> tuple[str, str]:
    return event.study, event.feed


def _refusal(seen: FeedResult, *, confirmed: bool) -> str:
    """Why a batch cannot be taken; empty if it can."""
    for step in seen.steps:
        if step.what in ("unknown", "unreadable"):
            return step.why
    ended = next((change for change in seen.changes if change.ends), None)
    if ended is None or confirmed:
        return ""
    return f"{ended.ends} ends participation: confirm it with pro-collector dead-letters redrive"


async def _tell(rt: Runtime, feed: Feed, event: TreatmentReported, seen: FeedResult, why: str) -> None:
    """Raise a task about a record that was refused, if its code is known here; pause whoever would be ended."""
    for change in seen.changes:
        if change.ends:
            return await pause_ended(rt, feed, change)
    async with rt.database.transaction() as tx:
        try:
            person = await find_participant(tx, event.code, event.study)
        except NotFound:
            return
        id = derived_id("task", "feed refused", event.id)
        said = f"{author(feed.name)}: {event.kind}{f' on {event.on}' if event.on else ''} was not taken: {why}"
        await tasks.add(tx, [TaskRow(id, person.id, None, "treatment", rt.clock.now(), {"reason": said})])
