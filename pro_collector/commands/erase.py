"""Erase a participant: addresses and words always; answers too, unless research may keep them under the pseudonym."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework import planning, streaming
from pro_collector.casework.planning import Planner
from pro_collector.channels.twilio import Twilio
from pro_collector.commands.record_treatment import find_participant
from pro_collector.domain.conversation.stranger import stranger_id
from pro_collector.domain.events import derived_id
from pro_collector.errors import BadInput, Problem, Unavailable
from pro_collector.postgres import score_weekly
from pro_collector.postgres.connection import TRANSIENT, Tx
from pro_collector.postgres.questions import erasure
from pro_collector.postgres.questions.erasure import ErasureRow
from pro_collector.postgres.tables import export_pieces, participants
from pro_collector.postgres.tables.participants import ParticipantRow, StateRow
from pro_collector.runtime import Runtime

CONCURRENT_DELETIONS = 8
"""How many texts the carrier is asked to delete concurrently."""


@dataclass(frozen=True, slots=True)
class Erased:
    """The result of an erasure. `left_at_carrier`: the carrier's ids of texts that it could not be asked to delete."""

    kept_answers: bool
    forgotten: int
    left_at_carrier: tuple[str, ...]


async def erase(
    rt: Runtime, code: str, *, keep_answers: bool, by: str, reason: str = "", study: str | None = None
) -> Erased:
    """Erase a participant in one transaction, then ask the carrier to delete the words of their texts.

    Raises NotFound, BadInput when the reason names the participant, and Unavailable when another transaction locks the
    same participant: it can be retried.
    """
    if code.casefold() in reason.casefold():
        why = f"it stays on record, which must not tell who was erased: leave out {code}"
        raise BadInput([Problem("--reason", None, "", why)])
    now = rt.clock.now()
    try:
        async with rt.database.transaction() as tx:
            person = await find_participant(tx, code, study)
            texts = await erasure.provider_ids(tx, person.id)
            row = ErasureRow(erasure_id(person.id, now), person.study, keep_answers, now, by, reason)
            await remove(tx, rt, person, row)
            await erasure.record(tx, row)
    except TRANSIENT as error:
        raise Unavailable(f"{code} is locked by another process: nothing was erased, try again") from error
    await score_weekly.refresh(rt.database)
    left = await _forget(rt.twilio, texts)
    return Erased(keep_answers, len(texts) - len(left), left)


def erasure_id(person: UUID, at: datetime) -> UUID:
    """The id of an erasure, given in UTC. It tells whose it was only to those who still have the participant's id."""
    return derived_id("erasure", person, at)


async def remove(tx: Tx, rt: Planner, person: ParticipantRow, row: ErasureRow) -> None:
    """Remove a participant from every table, as `row` says."""
    before = [stranger_id(lookup) for lookup in await erasure.addresses(tx, person.id)]
    await export_pieces.withdraw(tx, person.study, of_some_sites=False)
    await erasure.words_and_addresses(tx, person.id, before)
    if row.kept_answers:
        await _keep_answers(tx, rt, person, row.erased_by, row.erased_at)
        await streaming.refill(tx, [person.id], row.erased_at)  # what was not published yet went with the events
    else:
        await streaming.withdraw(tx, person.id, row.id, row.erased_at)
        await erasure.all_else(tx, person.id)


async def _keep_answers(tx: Tx, rt: Planner, person: ParticipantRow, by: str, now: datetime) -> None:
    """Record that the participant withdrew and remove their free text; the other answers stay under the pseudonym."""
    today = now.astimezone(ZoneInfo(person.zone)).date()
    state = StateRow(derived_id("state", person.id, "withdrew", today), person.id, "withdrew", today, None, now, by, "")
    await participants.add_state(tx, state)
    await erasure.coarsen(tx, person.id, await _wordy(tx, rt, person))
    planned = await planning.compare_plans(tx, rt, [person.id])  # a caregiver is forgotten too: nothing to decide
    await planning.apply(tx, rt, [replace(each, caregiver=None) for each in planned], "withdrew")


async def _wordy(tx: Tx, rt: Planner, person: ParticipantRow) -> list[tuple[str, str]]:
    """The free-text items of every version of the study, as (instrument, item)."""
    names = {applied.study.version for applied in await rt.studies.history(tx, person.study)}
    versions = [await rt.studies.get(tx, person.study, version) for version in sorted(names)]
    return sorted(
        {(one.id, item.id) for version in versions for one in version.instruments.values() for item in one.items if
         item.kind == "text"}
    )  # fmt: skip


async def _forget(twilio: Twilio | None, texts: Sequence[str]) -> tuple[str, ...]:
    """Ask the carrier to delete the words of texts; return the ids of those it still has."""
    if twilio is None:
        return tuple(texts)
    left: list[str] = []
    for start in range(0, len(texts), CONCURRENT_DELETIONS):
        some = texts[start : start + CONCURRENT_DELETIONS]
        done = await asyncio.gather(*(twilio.erase(text) for text in some), return_exceptions=True)
        for text, result in zip(some, done, strict=True):
            if isinstance(result, Unavailable):
                left.append(text)
            elif isinstance(result, BaseException):
                raise result
    return tuple(left)
