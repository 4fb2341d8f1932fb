"""Read a feed: ask its source for what changed since the last reading, and take it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pro_collector.commands.read_fhir import read_fhir
from pro_collector.commands.read_redcap import read_redcap
from pro_collector.commands.record_state import record_state
from pro_collector.commands.record_treatment import find_participant
from pro_collector.commands.take_feed import FedChange, Feed, FeedResult, study_of_feed, take_feed
from pro_collector.domain.events import derived_id
from pro_collector.domain.feed.fhir_mapping import FhirMapping
from pro_collector.domain.feed.record import TreatmentRecord, author
from pro_collector.domain.feed.redcap_mapping import RedcapMapping
from pro_collector.errors import ProCollectorError
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import feeds, participants, tasks
from pro_collector.postgres.tables.feeds import FeedRun, RunKind
from pro_collector.postgres.tables.tasks import TaskRow
from pro_collector.runtime import Runtime

OVERLAP = timedelta(minutes=90)
"""How far before the last reading the next begins: an hour may be told twice in autumn, and clocks differ."""
PER_MINUTE = 300
"""So many requests go to a source in a minute at most; REDCap shuts out for good whoever sends 600."""
SLICE = 100
"""How many records are taken in one transaction; what people and other processes do passes between two of them."""
FEW = 3
"""So many records may be gone from a source at once without a question."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was read from a source. `read_at` is its time then; `since`: that of the last reading, None if all was read.

    `known`: how many of its records stood before; `gone`: how many of these it does not have any more.
    """

    feed: Feed
    began: datetime
    records: tuple[TreatmentRecord, ...]
    read_at: datetime
    since: datetime | None
    known: int
    gone: int
    whole: bool = False

    @property
    def doubtful(self) -> bool:
        """Whether so many records are gone that the token may not see them any more."""
        return self.gone > FEW and self.gone * 10 > self.known


async def fetch(rt: Runtime, mapping: RedcapMapping | FhirMapping, *, by: str, whole: bool) -> Fetched:
    """Read what changed in the source since the last reading, or everything (`whole`, and the first time).

    Changes nothing but the list of runs: an error (Unavailable, Misconfigured) is recorded there and raised.
    """
    feed = Feed(mapping.study, mapping.feed, by, mapping.rules)
    began = rt.clock.now()
    try:
        return await _read(rt, mapping, feed, began, whole=whole)
    except ProCollectorError as error:
        await record_run(rt, feed, began, None, {}, str(error), whole=whole)
        raise


async def take_fetched(
    rt: Runtime, fetched: Fetched, ended: Sequence[FedChange] = (), *, keep_gone: bool = False
) -> FeedResult:
    """Take what was fetched, in slices. Idempotent: after an interruption the next reading takes the rest.

    `ended`: the changes that end participation and that nobody has confirmed. These people are paused, with a task, and
    their records are left out and read again next time: nobody is ended by a slip, or gets a text after their death.
    `keep_gone`: what is gone from the source is not retracted; the reading counts as failed until somebody confirms it.
    """
    for change in ended:
        await pause_ended(rt, fetched.feed, change)
    held = frozenset(change.code for change in ended)
    chosen = (each for each in fetched.records if each.code not in held and not (keep_gone and each.deleted))
    records = sorted(chosen, key=lambda each: each.code)
    parts = [
        await take_feed(rt, fetched.feed, records[start : start + SLICE], counted=False)
        for start in range(0, len(records), SLICE)
    ]
    steps = tuple(step for part in parts for step in part.steps)
    mark = fetched.since if held else fetched.read_at
    failure = (
        f"{fetched.gone} of {fetched.known} records are gone: confirm that they are retracted" if keep_gone else ""
    )
    counts: Counter[str] = Counter(step.what for step in steps)
    gone = fetched.gone if keep_gone else 0
    await record_run(rt, fetched.feed, fetched.began, mark, counts, failure, whole=fetched.whole, gone=gone)
    return FeedResult(steps, tuple(each for part in parts for each in part.changes))


async def pause_ended(rt: Runtime, feed: Feed, change: FedChange) -> None:
    """Pause somebody whose participation seems to have ended, once, and raise a task."""
    by, now = author(feed.name), rt.clock.now()
    async with rt.database.transaction() as tx:
        person = await find_participant(tx, change.code, feed.study)
        states = (await participants.states(tx, [person.id]))[person.id]
        on = next(said.on for said in change.statements if said.kind == change.ends)
        reason = f"{by}: {change.ends} on {on}; paused until somebody confirms it"
        id = derived_id("task", "feed ends", person.id, feed.name, change.ends, on)
        await tasks.add(tx, [TaskRow(id, person.id, None, "treatment", now, {"reason": reason})])
    if not any(state.kind == "paused" and state.recorded_by == by for state in states):
        await record_state(rt, change.code, "paused", None, None, by=by, reason=f"{change.ends}?", study=feed.study)


async def _read(
    rt: Runtime, mapping: RedcapMapping | FhirMapping, feed: Feed, began: datetime, *, whole: bool
) -> Fetched:
    async with rt.database.transaction() as tx:
        await study_of_feed(tx, rt, mapping.study)
        last = next(iter(await feeds.last_runs(tx, mapping.study, mapping.feed)), None)
        people = await _present(tx, mapping.study)
        known = [row.taken.record for row in await feeds.remembered(tx, mapping.feed, [], list(people))]
    standing = [record for record in known if not record.deleted]
    since = None if whole or last is None else last.read_until
    overlap = timedelta(minutes=mapping.schedule.overlap_minutes) if mapping.schedule else OVERLAP
    pace = mapping.schedule.requests_per_minute if mapping.schedule else PER_MINUTE
    from_then = since and since - overlap
    if isinstance(mapping, FhirMapping):
        reading = await read_fhir(mapping, list(people.values()), standing, from_then, pace)
    else:
        reading = await read_redcap(mapping, standing, from_then, pace)
    kept = [each for each in reading.found if not each.deleted or any(each.id == record.id for record in known)]
    tombs = [replace(each, deleted=True, on=None, changed_at=reading.read_at) for each in reading.gone]
    records = (*kept, *tombs)
    gone = len({each.id for each in records if each.deleted} & {each.id for each in standing})
    return Fetched(feed, began, records, reading.read_at, since, len(standing), gone, since is None)


async def _present(tx: Tx, study: str) -> dict[UUID, str]:
    """The codes of everybody in a study, without those who withdrew: of them nothing is asked."""
    people = {row.id: row.code for row in await participants.of_study(tx, study)}
    states = await participants.states(tx, list(people))
    return {id: code for id, code in people.items() if all(state.kind != "withdrew" for state in states[id])}


async def record_run(
    rt: Runtime, feed: Feed, began: datetime, read_until: datetime | None, counts: Mapping[str, int],
    failure: str = "", *, whole: bool = False, gone: int = 0, shown: Mapping[UUID, Mapping[str, Any]] | None = None,
) -> None:  # fmt: skip
    """Record a reading, after all of its slices, or its failure; or a look, with what it has `shown`."""
    kind: RunKind = "read" if shown is None else "look"
    id = derived_id("feed run", feed.study, feed.name, began, *([kind] if kind != "read" else []))
    run = FeedRun(
        id, feed.study, feed.name, began, rt.clock.now(), feed.by, read_until, counts, failure[:500], kind, whole, gone
    )  # fmt: skip
    async with rt.database.transaction() as tx:
        await feeds.add_run(tx, run)
        if shown is not None:
            await feeds.add_look(tx, run, shown)
