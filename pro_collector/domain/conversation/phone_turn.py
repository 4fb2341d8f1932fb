"""Whose question a phone answers: one is outstanding at a time, and a reply lands on it for certain or is asked again.

A phone may belong to several people and a person may have several surveys open, but a text message does not say what
it replies to. So one survey at a time has its turn at a phone, and a reply that could belong to two questions is
never given to either: it is asked again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Literal
from uuid import UUID

from pro_collector.domain.conversation.survey import Place

KEPT = timedelta(hours=4)
"""How long a question that nobody answers keeps its phone from the next survey that waits for it."""
TOO_SOON = timedelta(seconds=4)
"""Nobody has received, read and answered a question that fast: such a reply was written to something else."""
CROSSING = timedelta(minutes=2)
"""After the turn has passed from one survey to another, a reply this soon may still have been meant for the first."""
LONG_AGO = timedelta(minutes=1)
"""A reply so much older than the question that waits was delivered late: whoever wrote it has moved on since."""
APART = timedelta(minutes=15)
"""However late it is for a survey, it asks nothing so soon after another that waits for an answer at the phone."""

Verdict = Literal["take", "again", "overtaken", "nothing"]


@dataclass(frozen=True, slots=True)
class PhoneQuestion:
    """A question as it was texted to a phone.

    `left` is false while it is in a queue, ours or the carrier's, or when it was lost; None when nobody can say.
    `again`: it was asked for certainty's sake, after something that could not be told apart.
    """

    occasion_id: UUID
    place: Place
    at: datetime
    left: bool | None = True
    again: bool = False


@dataclass(frozen=True, slots=True)
class ReplyTarget:
    """What a reply is to: the survey, and whether it is certain which question of it.

    `take`: an answer to the question that survey waits for. `again`: it may be meant for another question, so the one
    that waits is asked again. `overtaken`: it was written to a question that nobody waits for any more, or crossed
    one that is on its way or was asked again already. `nothing`: nothing is being asked.
    """

    verdict: Verdict
    occasion_id: UUID | None = None


def free_at(
    mine: UUID, asked: Sequence[PhoneQuestion], begun: Mapping[UUID, Place | None], now: datetime,
    window: tuple[datetime, datetime],
) -> datetime:  # fmt: skip
    """When the survey `mine` may ask something at a phone: now, or once the other one there has been silent so long.

    `asked`: every question texted to the phone, oldest first; `begun`: the surveys that wait for an answer there, with
    the question each waits for; `window`: when `mine` is due and when it closes. It waits at most half of that, and
    then only until the other's question is not new any more: two at once are one reply that nobody can place.
    """
    others = [each.at for each in asked if each.occasion_id != mine and begun.get(each.occasion_id) is not None]
    if not others:
        return now
    due_at, closes_at = window
    patience = max(due_at + (closes_at - due_at) / 2, max(others) + APART)
    if patience >= closes_at:
        return now
    return max(now, min(patience, max(others) + KEPT))


def newest_question(asked: Sequence[PhoneQuestion], live: Mapping[UUID, Place | None]) -> PhoneQuestion | None:
    """The question that a phone was asked last, of those surveys whose answers still count."""
    return next((each for each in reversed(asked) if each.occasion_id in live), None)


def match_reply(sent_at: datetime, asked: Sequence[PhoneQuestion], live: Mapping[UUID, Place | None]) -> ReplyTarget:
    """Where a reply belongs that was sent at `sent_at`.

    `asked`: every question texted to the phone, oldest first; `live`: the surveys whose answers still count, late ones
    included, with the question each waits for.
    """
    newest = newest_question(asked, live)
    if newest is None:
        return ReplyTarget("nothing")
    read = [each for each in asked if each.left is not False and each.at + TOO_SOON <= sent_at]
    seen = read[-1] if read else None
    newest_seen = seen is not None and _same(seen, newest)
    if seen is not None and (newest_seen or seen.occasion_id != newest.occasion_id):
        waits = live.get(seen.occasion_id) == seen.place
        if waits and not _doubtful(read) and not _crossing(sent_at, read, live):
            return ReplyTarget("take", seen.occasion_id)
    settled = newest.again or newest.left is False or sent_at < newest.at - LONG_AGO
    return ReplyTarget("overtaken" if settled and not newest_seen else "again", newest.occasion_id)


def _same(one: PhoneQuestion, other: PhoneQuestion) -> bool:
    return (one.occasion_id, one.place) == (other.occasion_id, other.place)


def _doubtful(read: Sequence[PhoneQuestion]) -> bool:
    """Whether the last question may never have been seen, and a reply to it may be meant for another."""
    for each in reversed(read):
        if not _same(each, read[-1]):
            return True
        if each.left:
            return False
    return False


def _crossing(sent_at: datetime, read: Sequence[PhoneQuestion], live: Mapping[UUID, Place | None]) -> bool:
    """Whether a reply may be meant for the survey that had its turn before, which still waits.

    It was written soon after the turn had passed, or both asked at almost the same moment.
    """
    seen = read[-1]
    run = list(takewhile(lambda each: _same(each, seen), reversed(read)))  # the same question, asked several times
    arrived = [each for each in run if each.left] or run[:1]
    if any(each.again for each in arrived):
        return False
    passed = arrived[-1].at
    return any(
        before.occasion_id != seen.occasion_id
        and live[before.occasion_id] == before.place
        and min(sent_at - passed, passed - before.at) < CROSSING
        for before in _last_read(read[: -len(run)], live)
    )


def _last_read(read: Sequence[PhoneQuestion], live: Mapping[UUID, Place | None]) -> Iterator[PhoneQuestion]:
    """The last question that certainly arrived, and those after it that may have; the newest first."""
    for each in reversed(read):
        if each.occasion_id in live:
            yield each
            if each.left:
                return
