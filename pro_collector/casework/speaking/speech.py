"""Turns a `Say` effect of a survey into the subject and body of a text or mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pro_collector import rendering
from pro_collector.casework.speaking.advising import survey_advice
from pro_collector.casework.speaking.quiet import next_silence
from pro_collector.domain.conversation.permission import MessagePurpose
from pro_collector.domain.conversation.phone_turn import UNANSWERED_TURN
from pro_collector.domain.conversation.survey import Place, Say, Survey, asked_places, find, progress
from pro_collector.domain.instrument.text import ItemWording
from pro_collector.domain.study.definition import Contact
from pro_collector.domain.study.emergency import Emergency
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.studies import StudyVersion
from scheduler.after_end import follows
from scheduler.calendar import Silence

SECONDS_PER_QUESTION = 15
REPLY_WITHIN = timedelta(hours=6)
"""How long after somebody's text a reply to it may still be sent."""
NEXT_QUESTION_WITHIN = timedelta(minutes=30)
"""How long after an answer the next question may still be sent."""
URGENCY: Mapping[MessagePurpose, int] = {
    "emergency": 0,
    "stop_confirmed": 0,
    "leave_noted": 0,
    "erase_noted": 0,
    "help": 0,
    "code": 0,
    "person": 0,
    "advice": 0,
    "question": 1,
    "again": 1,
    "clarification": 1,
    "explanation": 1,
    "thanks": 1,
    "closed": 1,
    "nothing_open": 1,
    "review": 1,
    "question_noted": 0,
    "language_changed": 0,
    "put_off": 0,
    "language_not_offered": 0,
    "bereaved": 1,
    "no_pictures": 1,
    "paused": 1,
    "started_again": 0,
    "invitation": 2,
    "reminder": 3,
}
"""The priority of each purpose in the sender's queue; 0 is sent first."""


@dataclass(frozen=True, slots=True)
class MessageText:
    """A message ready to be sent."""

    purpose: MessagePurpose
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
    """Makes the messages about one occasion."""

    version: StudyVersion
    row: OccasionRow
    survey: Survey
    now: datetime
    zone: str = ""
    """The time zone (IANA name) of the recipient; that of the occasion by default."""
    team: Contact | None = None
    """The team that the recipient may call; the study's contact by default."""
    about: str = ""
    """The code of the participant, at an address that several people share."""
    answering: bool = False
    """Whether this is a reply to something that the person has just written."""
    silence: Silence | None = None
    """The quiet hours and blackouts of the recipient; those of the study by default."""
    emergency: Emergency | None = None
    """What the recipient should do in an emergency."""
    titled: bool = False
    """Whether texts name the check-in, because the recipient may have another one that day."""
    assessments: Sequence[str] = ()
    """What a mail names: all that is asked under this one invitation, in order; by default, that of the occasion."""

    def sms(self, said: Say) -> MessageText:
        """A text with a question or with a link."""
        asks = self._question(said.place)
        by_link = said.purpose in ("invitation", "reminder") and asks is None
        usual = f"{said.purpose}_link" if by_link else said.purpose
        number, total = progress(self.survey, said.place) if said.place else (0, len(asked_places(self.survey)))
        advice = self._advice() if said.purpose == "thanks" else ""
        body = rendering.sms(
            self._language,
            "advice" if advice else self._after_the_end(said) or usual,
            advice=advice,
            sender=self.version.study.sender,
            phone=self._team.phone,
            question=asks or "",
            explanation=self._explanation(said.place),
            number=number,
            total=total,
            about=self.about,
            proxy=self.survey.reporter == "proxy",
            caregiver=self.survey.reporter == "caregiver",
            title=self._title_of(self.row.assessment) if self.titled else "",
            call=self._call,
        )
        return MessageText(said.purpose, self._language, body, self._until(said), place=said.place)

    def email(self, said: Say) -> MessageText:
        """A mail, which always carries a link."""
        questions = len(asked_places(self.survey))
        letter = rendering.email(
            self._language,
            self._after_the_end(said) or said.purpose,
            sender=self.version.study.sender,
            phone=self._team.phone,
            minutes=max(1, round(questions * SECONDS_PER_QUESTION / 60)),
            closes=self.row.closes_at.astimezone(ZoneInfo(self.row.zone)),
            about=self.about,
            proxy=self.survey.reporter == "proxy",
            caregiver=self.survey.reporter == "caregiver",
            title=", ".join(map(self._title_of, self.assessments or (self.row.assessment,))),
            call=self._call,
            own_page=self.version.study.page.offered and follows(self.row.anchor) is None,
        )
        return MessageText(said.purpose, self._language, letter.text, self._end, letter.subject, letter.html)

    def _after_the_end(self, said: Say) -> str | None:
        """The name of the words that ask or remind because participation ended: words of their own."""
        ending = follows(self.row.anchor)
        if ending is None or said.purpose not in ("invitation", "reminder"):
            return None
        return "after_reminder" if said.purpose == "reminder" else f"after_{ending}"

    def _advice(self) -> str:
        """What the study advises after these answers; empty without advice. It says thanks itself."""
        advice = survey_advice(self.version, self.survey)
        none = Emergency(medical="", crisis="")
        return advice.words(self._language, self._team.phone, self.emergency or none)[0] if advice else ""

    @property
    def _team(self) -> Contact:
        return self.team or self.version.study.contact

    @property
    def _language(self) -> str:
        return self.row.language or self.version.study.languages[0]

    @property
    def _call(self) -> str | None:
        return self.emergency.call if self.emergency else None

    def _title_of(self, assessment: str) -> str:
        """What the study calls this check-in, in the language of the message if the study has it there."""
        titles = self.version.study.assessment(assessment).title
        known = (self._language, self._language.split("-")[0], *self.version.study.languages, *titles)
        return next(titles[language] for language in known if language in titles)

    def _question(self, place: Place | None) -> str | None:
        wording = self.wording(place) if place else None
        return rendering.question(wording) if wording else None

    def _explanation(self, place: Place | None) -> str:
        wording = self.wording(place) if place else None
        return (wording.explain if wording else None) or ""

    def wording(self, place: Place) -> ItemWording | None:
        """The wording of a question in this occasion's language, for its reporter; None when there is none."""
        item = find(self.survey, place)
        text = item[0].texts.get(self._language) if item else None
        return text.wording(item[1], self.survey.reads_as, self.survey.age) if item and text else None

    @property
    def _end(self) -> datetime:
        """When the survey stops taking answers; in late entry, when it stops taking late ones."""
        return self.row.closes_at if self.now < self.row.closes_at else self.row.late_until

    def _until(self, said: Say) -> datetime:
        """When a text expires. An unrequested text never rings in quiet hours, however long it queues at the carrier.

        A question expires before our next text can overtake it, so that nobody answers an old question.
        """
        if said.purpose in ("thanks", "closed"):
            return self.now + REPLY_WITHIN
        if self.answering:
            return min(self._end, self.now + NEXT_QUESTION_WITHIN)
        silence = self.version.silence if self.silence is None else self.silence
        quiet = next_silence(self.now, ZoneInfo(self.zone or self.row.zone), silence)
        ends = [self._end, *([quiet] if quiet else [])]
        if said.place is not None:
            ends += [self.now + UNANSWERED_TURN, *(at for at in self.row.reminders if at > self.now)]
        return min(ends)
