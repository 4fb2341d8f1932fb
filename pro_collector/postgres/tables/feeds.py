"""Rows of `feed_record` and `feed_run`: the records that were taken from other systems, and when they were read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from pro_collector.domain.feed.record import Specimen, Standing, TakenRecord, TreatmentRecord
from pro_collector.postgres.connection import Tx

_OF: LiteralString = """
    SELECT f.id, source_id, coalesce(p.code, '') AS code, kind, happened_on, changed_at, deleted, cycle, dose,
           specimen_id, specimen_kind, specimen_system, participant_id, standing, root_id, why, task_id
    FROM feed_record f LEFT JOIN participant p ON p.id = f.participant_id
    WHERE f.feed = %(feed)s AND (f.id = ANY(%(ids)s) OR participant_id = ANY(%(people)s))
    ORDER BY f.id
"""
_REMEMBER: LiteralString = """
    INSERT INTO feed_record (id, study, feed, changed_at, deleted, standing, why, taken_at, participant_id, source_id,
        kind, happened_on, root_id, cycle, dose, specimen_id, specimen_kind, specimen_system, task_id)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (id) DO UPDATE SET changed_at = excluded.changed_at, deleted = excluded.deleted,
        standing = excluded.standing, why = excluded.why, taken_at = excluded.taken_at,
        participant_id = excluded.participant_id, source_id = excluded.source_id, kind = excluded.kind,
        happened_on = excluded.happened_on, root_id = excluded.root_id, cycle = excluded.cycle, dose = excluded.dose,
        specimen_id = excluded.specimen_id, specimen_kind = excluded.specimen_kind,
        specimen_system = excluded.specimen_system, task_id = excluded.task_id
"""


RunKind = Literal["look", "read"]


@dataclass(frozen=True, slots=True)
class FeedRecordRow:
    """What is remembered of a record of a source, with the participant's code and the task for a person, if any."""

    id: UUID
    source_id: str | None
    code: str
    kind: str
    happened_on: date | None
    changed_at: datetime
    deleted: bool
    cycle: int | None
    dose: str
    specimen_id: str | None
    specimen_kind: str
    specimen_system: str
    participant_id: UUID | None
    standing: Standing
    root_id: UUID | None
    why: str
    task_id: UUID | None

    @property
    def taken(self) -> TakenRecord:
        """The record as the core knows it."""
        specimen = Specimen(self.specimen_id, self.specimen_kind, self.specimen_system) if self.specimen_id else None
        record = TreatmentRecord(
            id=self.id, source_id=self.source_id or "", code=self.code, kind=self.kind, on=self.happened_on,
            changed_at=self.changed_at, deleted=self.deleted, cycle=self.cycle, dose=self.dose, specimen=specimen,
        )  # fmt: skip
        return TakenRecord(record, self.participant_id, self.standing, self.root_id, self.why)


@dataclass(frozen=True, slots=True)
class FeedRun:
    """One time that a feed was read. `read_until` is by the clock of the source; `failure` is empty if it was read.

    `kind`: `look` took nothing. `whole`: everything was read. `gone`: so many records are gone that somebody must
    confirm it.
    """

    id: UUID
    study: str
    feed: str
    began_at: datetime
    ended_at: datetime
    run_by: str
    read_until: datetime | None
    counts: Mapping[str, int]
    failure: str = ""
    kind: RunKind = "read"
    whole: bool = False
    gone: int = 0


@dataclass(frozen=True, slots=True)
class ShownChange:
    """What a look has shown of one participant: events, whether they end participation, totals of the plan."""

    participant_id: UUID
    changes: Mapping[str, Any]


async def lock(tx: Tx, study: str, feed: str) -> None:
    """Let only one transaction at a time take records of a feed; it ends with the transaction."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"feed {study} {feed}",))


async def remembered(tx: Tx, feed: str, ids: Sequence[UUID], people: Sequence[UUID]) -> list[FeedRecordRow]:
    """What is remembered of these records of a feed, and of all its records of these participants."""
    async with tx.cursor(row_factory=class_row(FeedRecordRow)) as cursor:
        await cursor.execute(_OF, {"feed": feed, "ids": list(ids), "people": list(people)})
        return await cursor.fetchall()


async def remember(
    tx: Tx, study: str, feed: str, taken: Sequence[TakenRecord], task_ids: Mapping[UUID, UUID], now: datetime
) -> None:
    """Store what became of records. `task_ids`: by record, the task of a person who must decide.

    Of a record whose code nobody here has, only the id and the time are stored.
    """
    async with tx.cursor() as cursor:
        await cursor.executemany(
            _REMEMBER, [_values(each, study, feed, task_ids.get(each.record.id), now) for each in taken]
        )


def _values(taken: TakenRecord, study: str, feed: str, task: UUID | None, now: datetime) -> tuple[object, ...]:
    """The values of a row, in the order of _REMEMBER."""
    record = taken.record
    version = (record.id, study, feed, record.changed_at, record.deleted, taken.standing, taken.why, now)
    if taken.participant is None:
        return *version, None, None, "", None, None, None, "", None, "", "", None
    specimen = record.specimen or Specimen("")
    event = (taken.participant, record.source_id, record.kind, record.on, taken.root, record.cycle, record.dose)
    return *version, *event, specimen.id or None, specimen.kind, specimen.system, task


async def add_run(tx: Tx, run: FeedRun) -> None:
    """Record that a feed was read, or why it could not be read."""
    await tx.execute(
        "INSERT INTO feed_run VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (run.id, run.study, run.feed, run.began_at, run.ended_at, run.run_by, run.read_until, Jsonb(dict(run.counts)),
         run.failure, run.kind, run.whole, run.gone),
    )  # fmt: skip


async def add_look(tx: Tx, run: FeedRun, changes: Mapping[UUID, Mapping[str, Any]]) -> None:
    """Record what a look has shown, by participant, in place of what the one before has shown."""
    await tx.execute(
        "DELETE FROM feed_look l USING feed_run r WHERE r.id = l.run_id AND r.study = %s AND r.feed = %s",
        (run.study, run.feed),
    )
    async with tx.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO feed_look VALUES (%s, %s, %s)", [(run.id, who, Jsonb(what)) for who, what in changes.items()]
        )


async def shown_in(tx: Tx, run: UUID) -> list[ShownChange]:
    """What a look has shown, by participant."""
    async with tx.cursor(row_factory=class_row(ShownChange)) as cursor:
        await cursor.execute("SELECT participant_id, changes FROM feed_look WHERE run_id = %s", (run,))
        return await cursor.fetchall()


async def last_runs(tx: Tx, study: str | None = None, feed: str | None = None) -> list[FeedRun]:
    """The last time that each feed was read without failure; of one study or feed, if given."""
    async with tx.cursor(row_factory=class_row(FeedRun)) as cursor:
        await cursor.execute(
            """
            SELECT DISTINCT ON (study, feed) * FROM feed_run WHERE failure = '' AND kind = 'read'
            AND (%(study)s::text IS NULL OR study = %(study)s) AND (%(feed)s::text IS NULL OR feed = %(feed)s)
            ORDER BY study, feed, ended_at DESC
            """,
            {"study": study, "feed": feed},
        )
        return await cursor.fetchall()


async def last_look(tx: Tx, study: str, feed: str) -> FeedRun | None:
    """The newest look at what reading a feed would change; None if it was read since."""
    newest = await newest_runs(tx, study, feed, limit=1)
    return newest[0] if newest and newest[0].kind == "look" and not newest[0].failure else None


async def find_run(tx: Tx, id: UUID) -> FeedRun | None:
    """One run of a feed."""
    async with tx.cursor(row_factory=class_row(FeedRun)) as cursor:
        await cursor.execute("SELECT * FROM feed_run WHERE id = %s", (id,))
        return await cursor.fetchone()


async def newest_runs(tx: Tx, study: str, feed: str, limit: int) -> list[FeedRun]:
    """The newest runs of a feed, also those that failed."""
    async with tx.cursor(row_factory=class_row(FeedRun)) as cursor:
        await cursor.execute(
            "SELECT * FROM feed_run WHERE study = %s AND feed = %s ORDER BY ended_at DESC, id LIMIT %s",
            (study, feed, limit),
        )
        return await cursor.fetchall()


async def last_whole(tx: Tx, study: str, feed: str) -> datetime | None:
    """When everything of a feed was last read without failure."""
    rows = await tx.execute(
        "SELECT max(began_at) AS at FROM feed_run"
        " WHERE study = %s AND feed = %s AND whole AND failure = '' AND kind = 'read'",
        (study, feed),
    )
    row = await rows.fetchone()
    at: datetime | None = row["at"] if row else None
    return at
