"""Show what a participant wrote and what was sent to them; with the words, the look is recorded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework.inbound.receiving import MAIL, PAGE
from pro_collector.casework.inbound.written import Viewer, show_strangers, show_words
from pro_collector.casework.speaking.filling import fill_words
from pro_collector.commands.record_treatment import find_participant
from pro_collector.errors import Conflict, NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import transcript as texts
from pro_collector.postgres.questions.transcript import SentText
from pro_collector.postgres.tables import looks, participants
from pro_collector.postgres.tables.inbound import InboundRow
from pro_collector.postgres.tables.looks import Look
from pro_collector.runtime import Runtime
from scheduler.rules import Reporter

_BEGINNING = re.compile(r"[0-9a-f-]+")
NOT_READ = "not read yet"
"""The outcome of a text that no handler has read yet."""


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """One text or mail. `what`: the outcome of theirs, or purpose and state of ours; `id`: of theirs only.

    `words` is None unless they were asked for. `reporter`: who wrote it, or to whom we did.
    """

    at: datetime
    theirs: bool
    channel: str
    what: str
    id: UUID | None = None
    words: str | None = None
    reporter: Reporter = "self"


@dataclass(frozen=True, slots=True)
class Transcript:
    """The texts and mails of a participant, of both directions, oldest first, and where they live."""

    code: str
    zone: ZoneInfo
    lines: Sequence[TranscriptLine]


@dataclass(frozen=True, slots=True)
class ShownReply:
    """One text or mail with its words; `codes`: whose it may be, empty for a stranger."""

    line: TranscriptLine
    codes: Sequence[str]


async def transcript(
    rt: Runtime, code: str, within: timedelta, *, viewer: Viewer | None = None, study: str | None = None
) -> Transcript:
    """The transcript of a participant within this time; with a `viewer` it has the words. Raises NotFound, Conflict."""
    since = rt.clock.now() - within
    async with rt.database.transaction() as tx:
        person = await find_participant(tx, code, study)
        written, sent = await texts.written_by(tx, person.id, since), await texts.sent_to(tx, person.id, since)
        whose = await texts.reporters_of(tx, person.id, [row.id for row in written])
        words: dict[UUID, str] = {}
        if viewer is not None:
            words = await show_words(tx, rt, viewer, "transcript", written, participant=person.id)
    lines = [_theirs(row, words.get(row.id), whose[row.id]) for row in written]
    lines += [_ours(rt, row, shown=viewer is not None) for row in sent]
    return Transcript(person.code, ZoneInfo(person.zone), sorted(lines, key=lambda line: line.at))


async def show_reply(rt: Runtime, id_start: str, viewer: Viewer) -> ShownReply:
    """The text or mail whose id begins with `id_start`, with its words; records who looks.

    Raises NotFound, Conflict.
    """
    async with rt.database.transaction() as tx:
        row = await _find(tx, id_start.strip().lower())
        whose = await participants.load_many(tx, await texts.authors(tx, row.id))
        words, reporter = "", None
        for person in whose.values():  # one look at each person whose words these may be
            reporter = (await texts.reporters_of(tx, person.id, [row.id]))[row.id]
            words = (await show_words(tx, rt, viewer, "reply", [row], participant=person.id))[row.id]
        if not whose:
            ((words, _),) = await show_strangers(tx, rt, viewer, [row], address=False)
    return ShownReply(_theirs(row, words, reporter or "self"), [person.code for person in whose.values()])


async def looks_at(rt: Runtime, code: str, study: str | None = None) -> list[Look]:
    """Who was shown the words of a participant, oldest first; with an empty code, those of strangers.

    Raises NotFound, Conflict.
    """
    async with rt.database.transaction() as tx:
        if not code:
            return await looks.at_strangers(tx)
        return await looks.at_participant(tx, (await find_participant(tx, code, study)).id)


async def _find(tx: Tx, id_start: str) -> InboundRow:
    matches = await texts.find_by_prefix(tx, id_start) if _BEGINNING.fullmatch(id_start) else []
    if not matches:
        raise NotFound(f"no text or mail begins with {id_start!r}; see: pro-collector replies list CODE")
    if len(matches) > 1:
        raise Conflict(f"several texts begin with {id_start!r}: {', '.join(str(row.id)[:13] for row in matches)}")
    return matches[0]


def _theirs(row: InboundRow, words: str | None, reporter: Reporter) -> TranscriptLine:
    channel = {MAIL: "email", PAGE: "page"}.get(row.provider, "sms")
    return TranscriptLine(row.received_at, True, channel, row.outcome or NOT_READ, row.id, words, reporter)


def _ours(rt: Runtime, row: SentText, *, shown: bool) -> TranscriptLine:
    parts = [fill_words(rt, part, row) for part in (row.subject, row.body) if part] if shown else []
    words = "\n\n".join(parts) if shown else None
    return TranscriptLine(
        row.requested_at, False, row.channel, f"{row.purpose}, {row.state}", None, words, row.reporter
    )
