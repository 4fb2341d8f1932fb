"""The turn of a phone: only one survey asks at a phone at a time, and a reply is matched to its question for certain.

A phone may belong to several people, and a person may have several open surveys, but a text message does not say which
question it answers. So one survey at a time has its turn at a phone. A reply that could belong to two questions is
recorded for neither: the question is asked again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Literal
from uuid import UUID

from pro_collector.domain.conversation.survey import Place

UNANSWERED_TURN = timedelta(hours=4)
"""How long an unanswered question keeps its phone before the next waiting survey may ask."""
MIN_REPLY_TIME = timedelta(seconds=4)
"""The shortest time to receive, read and answer a question; an earlier reply is to something else."""
CROSSING_TIME = timedelta(minutes=2)
"""A reply within this time after the turn passed to another survey may still be to the previous survey.

A reply within this time before it may be to the new one: our clock and the carrier's differ.
"""
LATE_DELIVERY = timedelta(minutes=1)
"""A reply that was sent this long before the open question was delivered late; it is not to that question."""
MIN_GAP = timedelta(minutes=15)
"""The minimum time between a question that waits for an answer and the question of another survey."""

Verdict = Literal["take", "again", "overtaken", "nothing"]


@dataclass(frozen=True, slots=True)
class PhoneQuestion:
    """A question as it was texted to a phone.

    `left` is false while the text is in our queue or the carrier's, or if it was lost; None if that is unknown.
    `again`: the question was repeated, because a reply could not be matched. `bundle`: surveys with the same one share
    their questions, so that an answer to a question of one is an answer to the same question of another.
    """

    occasion_id: UUID
    place: Place
    at: datetime
    left: bool | None = True
    again: bool = False
    bundle: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReplyTarget:
    """The survey that a reply belongs to, and what to do with the reply.

    `take`: it answers the open question of the survey. `again`: it may be meant for another question, so the open
    question is asked again. `overtaken`: it was to a question that is no longer open, or it crossed a question that is
    still in delivery or was asked again already. `nothing`: no question is open. `perhaps`: the other survey to whose
    open question it may be, if it is not taken for that reason.
    """

    verdict: Verdict
    occasion_id: UUID | None = None
    perhaps: UUID | None = None


def free_at(
    mine: UUID, asked: Sequence[PhoneQuestion], begun: Mapping[UUID, Place | None], now: datetime,
    window: tuple[datetime, datetime],
) -> datetime:  # fmt: skip
    """When the survey `mine` may ask at a phone: now, or after the other survey had no reply for its turn.

    `asked`: every question texted to the phone, oldest first; `begun`: the surveys that wait for an answer there, each
    with its open question; `window`: when `mine` is due and when it closes. `mine` waits at most for half of its
    window, and then only for the minimum gap after the other question, because a reply to two questions asked together
    cannot be matched.
    """
    others = [each.at for each in asked if each.occasion_id != mine and begun.get(each.occasion_id) is not None]
    if not others:
        return now
    due_at, closes_at = window
    patience = max(due_at + (closes_at - due_at) / 2, max(others) + MIN_GAP)
    if patience >= closes_at:
        return now
    return max(now, min(patience, max(others) + UNANSWERED_TURN))


def newest_question(asked: Sequence[PhoneQuestion], live: Mapping[UUID, Place | None]) -> PhoneQuestion | None:
    """The last question texted to a phone, among the surveys that still take answers; None if there is none."""
    return next((each for each in reversed(asked) if each.occasion_id in live), None)


def match_reply(sent_at: datetime, asked: Sequence[PhoneQuestion], live: Mapping[UUID, Place | None]) -> ReplyTarget:
    """The target of a reply that was sent at `sent_at`.

    `asked`: every question texted to the phone, oldest first; `live`: the surveys that still take answers (late ones
    included), each with its open question.
    """
    newest = newest_question(asked, live)
    if newest is None:
        return ReplyTarget("nothing")
    readable = [each for each in asked if each.left is not False and each.at + MIN_REPLY_TIME <= sent_at]
    last_read = readable[-1] if readable else None
    newest_was_read = last_read is not None and _same(last_read, newest)
    other_survey = last_read is not None and last_read.occasion_id != newest.occasion_id
    crossed = _crossed(sent_at, readable, live) if readable else None
    if last_read is not None and (
        newest_was_read or (other_survey and not _came_soon_after(sent_at, last_read, asked))
    ):
        waits = live.get(last_read.occasion_id) == last_read.place
        if waits and not _doubtful(readable) and crossed is None:
            return ReplyTarget("take", last_read.occasion_id)
    long_before = sent_at < newest.at - (CROSSING_TIME if other_survey else LATE_DELIVERY)
    settled = newest.again or newest.left is False or long_before
    perhaps = crossed or _other_waiting(newest, readable, live)
    return ReplyTarget("overtaken" if settled and not newest_was_read else "again", newest.occasion_id, perhaps)


def _other_waiting(
    newest: PhoneQuestion, read: Sequence[PhoneQuestion], live: Mapping[UUID, Place | None]
) -> UUID | None:
    """The survey other than that of the newest question that waits, if a reply may be to its question."""
    others = (each for each in _last_read(read, live) if each.occasion_id != newest.occasion_id)
    waiting = (each.occasion_id for each in others if live[each.occasion_id] == each.place and not _same(each, newest))
    return next(waiting, None)


def _came_soon_after(sent_at: datetime, last_read: PhoneQuestion, asked: Sequence[PhoneQuestion]) -> bool:
    """Whether another survey asked so soon after the reply that the reply may be to that: clocks differ."""
    later = (each for each in asked if each.left is not False and each.at + MIN_REPLY_TIME > sent_at)
    other = next((each for each in later if each.occasion_id != last_read.occasion_id), None)
    return other is not None and not _same(last_read, other) and other.at - sent_at < CROSSING_TIME


def _same(a: PhoneQuestion, b: PhoneQuestion) -> bool:
    one_survey = a.occasion_id == b.occasion_id or (a.bundle is not None and a.bundle == b.bundle)
    return one_survey and a.place == b.place


def _doubtful(read: Sequence[PhoneQuestion]) -> bool:
    """Whether the last question may not have arrived, so that a reply may be to an earlier one."""
    for each in reversed(read):
        if not _same(each, read[-1]):
            return True
        if each.left:
            return False
    return False


def _crossed(sent_at: datetime, read: Sequence[PhoneQuestion], live: Mapping[UUID, Place | None]) -> UUID | None:
    """The survey that had the previous turn and still waits for an answer, if a reply may be to that one.

    This is so if the reply was sent soon after the turn passed, or if both surveys asked at almost the same time.
    """
    latest = read[-1]
    # The same question may have been asked several times.
    repeats = list(takewhile(lambda each: _same(each, latest), reversed(read)))
    arrived = [each for each in repeats if each.left] or repeats[:1]
    if any(each.again for each in arrived):
        return None
    turn_began = arrived[-1].at
    crossed = (
        before.occasion_id
        for before in _last_read(read[: -len(repeats)], live)
        if before.occasion_id != latest.occasion_id
        and live[before.occasion_id] == before.place
        and min(sent_at - turn_began, turn_began - before.at) < CROSSING_TIME
    )
    return next(crossed, None)


def _last_read(read: Sequence[PhoneQuestion], live: Mapping[UUID, Place | None]) -> Iterator[PhoneQuestion]:
    """The questions from the last one that certainly arrived on, the newest first."""
    for each in reversed(read):
        if each.occasion_id in live:
            yield each
            if each.left:
                return
