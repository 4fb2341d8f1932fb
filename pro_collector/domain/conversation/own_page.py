"""The rules of the door to a person's own page: how many codes are sent, which code opens it, how long a visit lasts.

Pure functions; `now` is passed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

CODE_DIGITS = 6
CODE_VALID = timedelta(minutes=10)
"""How long a code can be used after it was requested."""
CODES_AN_HOUR = 3
CODES_A_DAY = 10
"""How many codes an address gets at most, counting everybody who shares it."""
MAX_WRONG = 5
"""How many wrong codes may be entered while one code is valid; then it is not accepted any more."""
MAX_WRONG_A_DAY = 20
"""How many wrong codes may be entered in a day for one person, with any of their links; then no code is accepted."""
SECOND_TAP = timedelta(seconds=10)
"""How long a used code still opens the page: a double tap sends it twice, and the browser shows the second answer."""
IDLE = timedelta(minutes=15)
"""After so long without a page, a visit is over."""
LONGEST_VISIT = timedelta(hours=2)
MAX_WRONG_YEARS_A_DAY = 5
"""How many wrong years of birth may be entered in a day for one person; a year is easy to guess."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

CodeVerdict = Literal["right", "wrong", "expired", "used", "none", "locked"]
"""`none`: no code waits to be entered; `locked`: too many wrong codes were entered today."""


@dataclass(frozen=True, slots=True)
class SentCode:
    """A code that was sent within the last day. `matches`: whether it is the one that was entered."""

    sent_at: datetime
    expires_at: datetime
    wrong: int
    used_at: datetime | None
    matches: bool = False

    def is_open(self, now: datetime) -> bool:
        """Whether this code can still open the page."""
        return self.used_at is None and now < self.expires_at and self.wrong < MAX_WRONG


def may_send(sent: Sequence[datetime], now: datetime) -> bool:
    """Whether one more code may be sent to an address; `sent` has the instants of the earlier ones."""
    last_hour = sum(at > now - HOUR for at in sent)
    last_day = sum(at > now - DAY for at in sent)
    return last_hour < CODES_AN_HOUR and last_day < CODES_A_DAY


def verdict(codes: Sequence[SentCode], now: datetime) -> CodeVerdict:
    """Whether the entered code opens the page. `codes`: all that were sent to this person within the last day.

    Every open code counts, not only the newest: texts may arrive late or in another order.
    """
    if sum(code.wrong for code in codes) >= MAX_WRONG_A_DAY:
        return "locked"
    entered = [code for code in codes if code.matches]
    if any(code.is_open(now) or _tapped_twice(code, now) for code in entered):
        return "right"
    if any(code.used_at for code in entered):
        return "used"
    if any(now >= code.expires_at for code in entered):
        return "expired"
    return "wrong" if any(code.is_open(now) for code in codes) else "none"


def tries_left(codes: Sequence[SentCode], now: datetime) -> int:
    """How many more codes may be entered before a new code is needed; 0 if none is open."""
    return max((MAX_WRONG - code.wrong for code in codes if code.is_open(now)), default=0)


def is_over(began: datetime, seen: datetime, now: datetime) -> bool:
    """Whether a visit that began at `began`, with its last page at `seen`, is over."""
    return now >= seen + IDLE or now >= began + LONGEST_VISIT


def digits_of(entered: str) -> str:
    """The digits of what somebody typed, in ASCII: "12 34-56" is 123456, and so is "١٢٣٤٥٦"."""
    return "".join(str(int(sign)) for sign in entered if sign.isdecimal())


def _tapped_twice(code: SentCode, now: datetime) -> bool:
    return code.used_at is not None and now < code.used_at + SECOND_TAP
