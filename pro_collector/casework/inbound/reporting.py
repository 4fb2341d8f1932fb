"""Stores delivery reports as they arrived, and applies them to their messages, several at once."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from pro_collector.casework.alert_delivery import Means, not_delivered
from pro_collector.casework.passing_on import PassedOn, advance, has_consequences, passed_on
from pro_collector.channels.twilio import FINAL_RANK, RANKS, Report
from pro_collector.domain.events import MessageReported
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import alerts, new_reports
from pro_collector.postgres.questions.new_reports import NewReport
from pro_collector.postgres.tables import messages, outbox
from pro_collector.postgres.tables.messages import ReportedMessage
from pro_collector.runtime import Runtime

STORED_FIELDS = frozenset(
    {"MessageSid", "MessageStatus", "ErrorCode", "MessagingServiceSid", "RawDlrDoneDate", "action", "status"}
)
"""The fields of a delivery report that are stored. Others may identify a person, and providers add new ones."""
NOT_ARRIVED = frozenset({"failed", "undelivered", "canceled"})
"""The statuses of a text or mail that will not arrive."""
ArrivedReport = tuple[UUID, Report]
"""A report, and the id of the message or alert that it is about."""


async def report(rt: Runtime, about: UUID, said: Report) -> bool:
    """Store one delivery report and apply it; false if we sent nothing with this id."""
    (known,) = await record_reports(rt, [(about, said)])
    return known


async def record_reports(rt: Runtime, arrived: Sequence[ArrivedReport]) -> list[bool]:
    """Store delivery reports and apply those that repeat no known one; false for each with an id of nothing of ours.

    A late report on an attempt that has ended must not count for the next attempt.
    """
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        stored = await new_reports.add(tx, [_row(about, said, now) for about, said in arrived])
        counting = [
            (each.message, said) for each, (_, said) in zip(stored, arrived, strict=True) if each and each.counts
        ]
        for together in _one_a_message(counting):
            await _apply(tx, together, now)
        return [
            each is not None or await _of_alert(tx, rt, about, said)
            for each, (about, said) in zip(stored, arrived, strict=True)
        ]


def _row(about: UUID, said: Report, now: datetime) -> NewReport:
    codes = {name: value for name, value in said.raw.items() if name in STORED_FIELDS}
    ended = [status for status, rank in RANKS.items() if rank > said.rank and rank >= FINAL_RANK]
    return NewReport(about, said.provider_id, said.status, said.error_code, codes, now, ended)


def _one_a_message(
    reports: Sequence[tuple[ReportedMessage, Report]],
) -> Iterator[list[tuple[ReportedMessage, Report]]]:
    """The reports in their order, in lists with at most one of each message."""
    left = list(reports)
    while left:
        first = {message.id: n for n, (message, _) in reversed(list(enumerate(left)))}
        places = set(first.values())
        yield [each for n, each in enumerate(left) if n in places]
        left = [each for n, each in enumerate(left) if n not in places]


async def _apply(tx: Tx, reports: Sequence[tuple[ReportedMessage, Report]], now: datetime) -> None:
    """Give messages the state that a provider reports; what has more consequences is left to the worker."""
    await messages.identify(
        tx, [(message.id, said.provider_id) for message, said in reports
             if message.provider_id is None or message.state in ("claimed", "unknown")],
    )  # fmt: skip
    await outbox.add(
        tx, [_event(message, said, now) for message, said in reports if has_consequences(message, said.rank)]
    )
    passed = [
        PassedOn(message, state, said.error_code)
        for message, said in reports
        if not has_consequences(message, said.rank) and (state := passed_on(said.rank)) is not None
    ]
    await advance(tx, passed, now)


def _event(message: ReportedMessage, said: Report, now: datetime) -> MessageReported:
    return MessageReported.of(
        message.id, message.participant_id, now, said.status, said.error_code, said.provider_id, said.status
    )


async def _of_alert(tx: Tx, rt: Runtime, id: UUID, said: Report) -> bool:
    """Record that a mail or text about an alert of a rule did not arrive; false if it is none of ours."""
    event = await alerts.notice(tx, id)
    if event is not None and said.status in NOT_ARRIVED:
        means: Means = "email" if "action" in said.raw else "sms"
        await not_delivered(tx, rt, event, means, said.error_code or said.status)
    return event is not None
