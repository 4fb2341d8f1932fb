"""The faults of the rehearsal carrier: their probabilities, and the decision for each message, fixed by a seed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random
from typing import TypeVar

_Key = TypeVar("_Key")

HOURS = 3600.0


class Answer(StrEnum):
    """The response to a request to send."""

    NORMAL = "normal"
    RATE_LIMITED = "rate_limited"
    """HTTP 429: not accepted."""
    REFUSED = "refused"
    """HTTP 400 with an error code: not accepted."""
    FAILED_BEFORE = "failed_before"
    """HTTP 503, and the message was not accepted."""
    FAILED_AFTER = "failed_after"
    """HTTP 500, but the message was accepted."""
    RESET_BEFORE = "reset_before"
    """The connection is reset, and the message was not accepted."""
    RESET_AFTER = "reset_after"
    """The connection is reset, but the message was accepted."""
    SILENT = "silent"
    """The message was accepted, but the response does not come in time."""


@dataclass(frozen=True, slots=True)
class SendFate:
    """The fate of a request to send: its response, and whether the reader texts STOP at the same moment."""

    answer: Answer = Answer.NORMAL
    code: int = 0
    stop: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryFate:
    """The fate of an accepted message: more seconds in the queue, and an error code (0: it is delivered)."""

    delay: float = 0.0
    code: int = 0


@dataclass(frozen=True, slots=True)
class Hostility:
    """Probabilities from 0 to 1, and the longest delays in seconds. Every decision depends on `seed` and the message.

    The carrier counts its faults in `tally`, under the names of these fields.
    """

    seed: int = 0

    # Responses to requests to send; their sum is at most 1.
    rate_limited: float = 0.0
    failed_before: float = 0.0
    failed_after: float = 0.0
    reset_before: float = 0.0
    reset_after: float = 0.0
    silent: float = 0.0
    refused: Mapping[int, float] = field(default_factory=dict)
    """Error code -> probability."""

    stop_mid_send: float = 0.0
    """The reader's STOP arrives after the message was accepted and before the request is answered."""

    # Faults of accepted messages.
    slow_delivery: float = 0.0
    slowest_delivery: float = 2 * HOURS
    undelivered: Mapping[int, float] = field(default_factory=dict)
    """Error code of the delivery report -> probability."""

    # Faults of delivery reports.
    report_dropped: float = 0.0
    report_repeated: float = 0.0
    report_late: float = 0.0
    latest_report: float = 6 * HOURS
    reports_swapped: float = 0.0
    """`delivered` is reported before `sent`."""

    # Faults of replies on their way to us.
    reply_lost: float = 0.0
    """Our webhook is never called: only the message log shows the text."""
    reply_repeated: float = 0.0
    reply_late: float = 0.0
    latest_reply: float = 12 * HOURS

    def send_fate(self, key: str) -> SendFate:
        """The fate of one request to send; `key` identifies the attempt."""
        answer, code = self._answer(self._draw("answer", key))
        accepted = answer in (Answer.NORMAL, Answer.FAILED_AFTER, Answer.RESET_AFTER, Answer.SILENT)
        return SendFate(answer, code, accepted and self._draw("stop", key) < self.stop_mid_send)

    def delivery_fate(self, sid: str) -> DeliveryFate:
        """The fate of one accepted message."""
        delay = self._delay("delivery", sid, self.slow_delivery, self.slowest_delivery)
        draw = self._draw("undelivered", sid)
        for code, limit in _cumulated(self.undelivered):
            if draw < limit:
                return DeliveryFate(delay, code)
        return DeliveryFate(delay)

    def report_delays(self, sid: str, status: str) -> tuple[float, ...]:
        """The delays of a report in seconds: none when it is dropped, several when it is repeated."""
        return self._delays(
            f"{sid} {status}", self.report_dropped, self.report_repeated, self.report_late, self.latest_report
        )

    def swapped(self, sid: str) -> bool:
        """Whether the reports of a message come in the wrong order."""
        return self._draw("swapped", sid) < self.reports_swapped

    def reply_delays(self, sid: str) -> tuple[float, ...]:
        """The delays of a reply in seconds: none when it is lost, several when it is repeated."""
        return self._delays(sid, self.reply_lost, self.reply_repeated, self.reply_late, self.latest_reply)

    def _answer(self, draw: float) -> tuple[Answer, int]:
        plain = {
            Answer.RATE_LIMITED: self.rate_limited,
            Answer.FAILED_BEFORE: self.failed_before,
            Answer.FAILED_AFTER: self.failed_after,
            Answer.RESET_BEFORE: self.reset_before,
            Answer.RESET_AFTER: self.reset_after,
            Answer.SILENT: self.silent,
        }
        limit = 0.0
        for answer, limit in _cumulated(plain):
            if draw < limit:
                return answer, 0
        for code, more in _cumulated(self.refused):
            if draw < limit + more:
                return Answer.REFUSED, code
        return Answer.NORMAL, 0

    def _delays(self, key: str, lost: float, repeated: float, late: float, latest: float) -> tuple[float, ...]:
        if self._draw("lost", key) < lost:
            return ()
        copies = 2 if self._draw("repeated", key) < repeated else 1
        return tuple(self._delay(f"copy {copy}", key, late, latest) for copy in range(copies))

    def _delay(self, what: str, key: str, probability: float, longest: float) -> float:
        if self._draw(f"late {what}", key) >= probability:
            return 0.0
        return self._draw(f"how late {what}", key) * longest

    def _draw(self, what: str, key: str) -> float:
        return Random(f"{self.seed} {what} {key}").random()  # noqa: S311 - reproducible, not for security


CALM = Hostility()
"""Everything is accepted, delivered, reported once and in order."""


def hostile(seed: int) -> Hostility:
    """Every kind of fault, each so often that a hundred messages have some of it."""
    return replace(
        CALM,
        seed=seed,
        rate_limited=0.04,
        failed_before=0.02,
        failed_after=0.02,
        reset_before=0.02,
        reset_after=0.02,
        silent=0.02,
        refused={21611: 0.01, 21408: 0.005},
        stop_mid_send=0.01,
        slow_delivery=0.1,
        undelivered={30003: 0.02, 30005: 0.005, 30008: 0.01},
        report_dropped=0.1,
        report_repeated=0.1,
        report_late=0.1,
        reports_swapped=0.1,
        reply_lost=0.03,
        reply_repeated=0.1,
        reply_late=0.05,
    )


def _cumulated(weights: Mapping[_Key, float]) -> Iterator[tuple[_Key, float]]:
    total = 0.0
    for key, weight in weights.items():
        total += weight
        yield key, total
