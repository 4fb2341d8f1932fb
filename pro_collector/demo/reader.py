"""You, the reader of the page, as a participant with a phone and an inbox."""

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pro_collector.clock import Clock
from pro_collector.demo.words import YOU
from pro_collector.rehearsal.carrier import Carrier
from pro_collector.rehearsal.cohort import CYCLE, Habits, Happening, Persona
from pro_collector.rehearsal.illness import Illness
from pro_collector.rehearsal.mailbox import Letter, Mailbox
from pro_collector.rehearsal.texts import Text

PHONE, EMAIL, ZONE = "+12025550123", "you@example.org", "America/New_York"
MAX_TEXT = 1600


def reader(starts_on: date, days: int) -> Persona:
    """You as a participant: treated from the first day, in cycles of three weeks."""
    cycles = [starts_on + timedelta(days=day) for day in range(0, days, CYCLE)]
    happenings = [Happening("treatment_start", starts_on, starts_on), *(Happening("cycle", on, on) for on in cycles)]
    return Persona(
        code=YOU,
        zone=ZONE,
        language="en",
        enrolled_on=starts_on,
        birth_date=date(1984, 5, 17),
        sex="female",
        arm="treated",
        site="bethesda",
        happenings=tuple(happenings),
        illness=Illness(0.0, 0.0, 0.0),
        habits=Habits(1.0, 0.0, 0.0, 0.0),
        phone=PHONE,
        email=EMAIL,
    )


class Device:
    """Your phone and your inbox, for the page."""

    def __init__(self, carrier: Carrier, mailbox: Mailbox, clock: Clock) -> None:
        self._carrier, self._clock = carrier, clock
        self._letters: list[tuple[datetime, Letter]] = []
        mailbox.subscribe(self._on_letter)

    @property
    def size(self) -> tuple[int, int]:
        """The numbers of texts and mails; they grow when one arrives."""
        return len(self._carrier.phones[PHONE]), len(self._letters)

    def reply(self, words: str) -> None:
        """Send the text `words`."""
        self._carrier.text_from(PHONE, words[:MAX_TEXT])

    def texts(self) -> list[dict[str, Any]]:
        """All texts, oldest first."""
        return [_shown(text) for text in self._carrier.phones[PHONE]]

    def letters(self) -> list[dict[str, Any]]:
        """All mails, newest first."""
        return [
            {"n": n, "subject": letter.subject, "sender": _name(letter), "at": _local(at)}
            for n, (at, letter) in reversed(list(enumerate(self._letters)))
        ]

    def letter(self, n: int) -> str | None:
        """The HTML of a mail, whose links open a new tab; None if there is no such mail."""
        if not 0 <= n < len(self._letters):
            return None
        return re.sub(r"(<head[^>]*>)", r'\1<base target="_blank">', self._letters[n][1].html, count=1)

    def _on_letter(self, letter: Letter) -> None:
        if letter.recipient == EMAIL:
            self._letters.append((self._clock.now(), letter))


def _shown(text: Text) -> dict[str, Any]:
    return {"yours": text.direction == "out", "words": text.body, "at": _local(text.at)}


def _local(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(ZONE)):%a %-d %b, %H:%M}"


def _name(letter: Letter) -> str:
    return str(letter.headers["From"] or "").partition("<")[0].strip(' "')
