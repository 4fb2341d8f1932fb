"""Turns what a survey wants to say into the words of a text or a mail."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pro_collector import rendering
from pro_collector.domain.instrument_text import ItemWording
from pro_collector.domain.survey import Place, Say, Survey, asked_places, find, progress
from pro_collector.postgres.occasions import OccasionRow
from pro_collector.postgres.studies import StudyInForce

SECONDS_A_QUESTION = 15
URGENCY = {
    "emergency": 0,
    "stop_confirmed": 0,
    "help": 0,
    "question": 1,
    "clarification": 1,
    "thanks": 1,
    "closed": 1,
    "nothing_open": 1,
    "review": 1,
    "started_again": 1,
    "invitation": 2,
    "reminder": 3,
}
"""What goes first when the sender is slower than the queue."""


@dataclass(frozen=True, slots=True)
class Line:
    """Words ready to be sent."""

    purpose: str
    language: str
    body: str
    expires_at: datetime
    subject: str | None = None
    html: str | None = None
    place: Place | None = None

    @property
    def urgency(self) -> int:
        """0 is sent first."""
        return URGENCY[self.purpose]


@dataclass(frozen=True, slots=True)
class Speech:
    """The voice of one occasion."""

    force: StudyInForce
    row: OccasionRow
    survey: Survey
    now: datetime

    def sms(self, said: Say) -> Line:
        """A text: with the question it asks, or with a link."""
        asks = self._question(said.place)
        by_link = said.purpose in ("invitation", "reminder") and asks is None
        number, total = progress(self.survey, said.place) if said.place else (0, len(asked_places(self.survey)))
        body = rendering.sms(
            self._language,
            f"{said.purpose}_link" if by_link else said.purpose,
            sender=self.force.study.sender,
            phone=self.force.study.contact.phone,
            question=asks or "",
            number=number,
            total=total,
        )
        return Line(said.purpose, self._language, body, self._until(said), place=said.place)

    def email(self, said: Say) -> Line:
        """A mail, which always carries a link."""
        questions = len(asked_places(self.survey))
        letter = rendering.email(
            self._language,
            said.purpose,
            sender=self.force.study.sender,
            phone=self.force.study.contact.phone,
            minutes=max(1, round(questions * SECONDS_A_QUESTION / 60)),
            closes=self.row.closes_at.astimezone(ZoneInfo(self.row.zone)).strftime("%Y-%m-%d %H:%M"),
        )
        return Line(said.purpose, self._language, letter.text, self._until(said), letter.subject, letter.html)

    @property
    def _language(self) -> str:
        return self.row.language or self.force.study.languages[0]

    def _question(self, place: Place | None) -> str | None:
        wording = self.wording(place) if place else None
        return rendering.question(wording) if wording else None

    def wording(self, place: Place) -> ItemWording | None:
        """The words of a question in this occasion's language, for its reporter."""
        found = find(self.survey, place)
        text = found[0].texts.get(self._language) if found else None
        return text.wording(found[1], self.survey.reporter) if found and text else None

    def _until(self, said: Say) -> datetime:
        return self.row.late_until if said.purpose in ("thanks", "closed") else self.row.closes_at
