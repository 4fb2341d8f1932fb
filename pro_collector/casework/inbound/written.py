"""The words of inbound texts and mails, unsealed for a person who must read them. Each look is recorded.

Whoever shows words to a person gets them here, so that no words are shown without a row in the table `look`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pro_collector.casework.inbound.altered import NOT_SHOWN
from pro_collector.casework.inbound.mails import mail_of
from pro_collector.casework.inbound.receiving import MAIL
from pro_collector.errors import Altered
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import looks
from pro_collector.postgres.tables.inbound import InboundRow
from pro_collector.postgres.tables.looks import Door, Look, View
from pro_collector.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Viewer:
    """The user who is shown words: who it is, where they come from, and their reason, if they give one."""

    by: str
    door: Door
    why: str = ""


async def show_words(
    tx: Tx, rt: Runtime, viewer: Viewer, view: View, rows: Sequence[InboundRow], *, participant: UUID,
    task: UUID | None = None,
) -> dict[UUID, str]:  # fmt: skip
    """The words of these texts and mails of a participant, by id. The look is recorded in the same transaction."""
    await _record(tx, rt, viewer, view, rows, participant, task)
    return {row.id: (await _open(rt, row))[0] for row in rows}


async def show_strangers(
    tx: Tx, rt: Runtime, viewer: Viewer, rows: Sequence[InboundRow], *, address: bool
) -> list[tuple[str, str]]:
    """The words of each text or mail of strangers, with its sender if `address`. The look is recorded."""
    await _record(tx, rt, viewer, "stranger and address" if address else "stranger", rows, None, None)
    opened = [await _open(rt, row) for row in rows]
    return [(words, sender if address else "") for words, sender in opened]


async def _record(
    tx: Tx, rt: Runtime, viewer: Viewer, view: View, rows: Sequence[InboundRow], participant: UUID | None,
    task: UUID | None,
) -> None:  # fmt: skip
    """Record who is shown these texts; nothing is recorded where there is nothing to show."""
    if rows:
        ids = [row.id for row in rows]
        await looks.add(
            tx, Look(rt.clock.now(), viewer.by, viewer.door, view, participant, task, ids, viewer.why)
        )  # fmt: skip


async def _open(rt: Runtime, row: InboundRow) -> tuple[str, str]:
    """The words and the sender of a text or mail."""
    try:
        fields = rt.vault.unseal_json(row.sealed, row.row)
    except Altered:
        return NOT_SHOWN, ""
    return await _words(row, fields), str(fields.get("sender", ""))


async def _words(row: InboundRow, fields: Mapping[str, Any]) -> str:
    """The words of a text, or of a mail with its subject."""
    if row.provider == MAIL:
        mail = await mail_of(fields)
        return "\n\n".join(filter(None, (mail.subject, mail.text.strip(), *_missing(fields, mail.cut))))
    pictures = int(fields.get("NumMedia") or 0)
    more = f"\n(with {pictures} pictures or files, which are at the provider)" if pictures else ""
    return f"{fields['body']}{more}"


def _missing(fields: Mapping[str, Any], cut: bool) -> Iterator[str]:
    """Notes for the reader of a mail: which parts of it are missing."""
    if cut:
        yield "(the mail was too large or too strange to be read whole: words may be missing; ask them)"
    elif "size" in fields:
        yield f"(with large attachments, of which only the beginning was kept; {fields['size']} bytes came)"
