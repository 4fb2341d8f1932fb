"""Show the reading list: what people wrote that a person must read, the most important first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework.inbound.written import Viewer, show_words
from pro_collector.domain.conversation.reading_list import Importance, ToRead, Unread, reading_list
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions.unread import UnreadTask, unread
from pro_collector.postgres.tables import inbound
from pro_collector.postgres.tables.inbound import InboundRow
from pro_collector.postgres.tables.tasks import texts_of
from pro_collector.runtime import Runtime


@dataclass(frozen=True, slots=True)
class UnreadText:
    """A text or mail of an entry; `words` is None unless they were asked for."""

    id: UUID
    received_at: datetime
    words: str | None


@dataclass(frozen=True, slots=True)
class ReadingEntry:
    """What one person wrote about one survey (None: about none), and the open tasks that it raised, as (kind, id).

    `caregiver`: the person is the caregiver, and not the participant.
    """

    code: str
    study: str
    site: str | None
    zone: ZoneInfo
    assessment: str | None
    importance: Importance
    since: datetime
    tasks: Sequence[tuple[str, UUID]]
    texts: Sequence[UnreadText]
    caregiver: bool = False


async def load_reading_list(
    rt: Runtime, *, study: str | None = None, site: str | None = None, viewer: Viewer | None = None
) -> list[ReadingEntry]:
    """The reading list, of one study or site if it is named. An entry leaves it when its tasks are done.

    With a `viewer` it has the words, and the look is recorded.
    """
    async with rt.database.transaction() as tx:
        tasks = {task.id: task for task in await unread(tx, study, site)}
        entries = reading_list(_unread(task) for task in tasks.values())
        rows = await inbound.load(tx, [text for entry in entries for text in entry.texts])
        return [await _entry(tx, rt, viewer, entry, tasks[entry.tasks[0].id], rows) for entry in entries]


async def _entry(
    tx: Tx, rt: Runtime, viewer: Viewer | None, entry: ToRead, first: UnreadTask, rows: Mapping[UUID, InboundRow]
) -> ReadingEntry:
    written = [rows[text] for text in entry.texts if text in rows]
    words: Mapping[UUID, str] = {}
    if viewer is not None:
        words = await show_words(tx, rt, viewer, "reading list", written, participant=entry.participant_id)
    return ReadingEntry(
        first.code, first.study, first.site, ZoneInfo(first.zone), first.assessment, entry.importance, entry.since,
        [(task.kind, task.id) for task in entry.tasks],
        [UnreadText(row.id, row.received_at, words.get(row.id)) for row in written], entry.caregiver,
    )  # fmt: skip


def _unread(task: UnreadTask) -> Unread:
    return Unread(
        task.id, task.participant_id, task.occasion_id, task.kind, task.importance, task.raised_at,
        texts_of(task.detail), "caregiver" in task.detail,
    )  # fmt: skip
