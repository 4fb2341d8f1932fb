"""The interface between the web form and the database: open a link, save an answer, finish, stop a channel."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, Protocol

from pro_collector.domain.conversation.survey import Mode, Place, Survey
from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.study.advice import Advice
from pro_collector.domain.study.emergency import Emergency


@dataclass(frozen=True, slots=True)
class TeamContact:
    """The contact of the study team, shown at the top of each page. A field is empty if it is not configured.

    `emergency` is what to do in an emergency at the person's site, by language. Anybody who holds the phone can see it
    and `sender`, so they name no illness.
    """

    sender: str = ""
    phone: str = ""
    email: str = ""
    emergency: Mapping[str, Emergency] = field(default_factory=dict)
    languages: Collection[str] = ()
    """Those that a page without a known person offers: of the studies in force; empty if none is."""
    watched: Mapping[str, str] = field(default_factory=dict)
    """By language: whether and when the study team reads what is answered here."""


VISIT = timedelta(minutes=30)
"""How long after Finish the link still shows what was answered."""


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What the thanks tell a person who has just finished: the advice of the study, and the day of the next survey.

    `today` is the date where the person lives. `answers`: they also show what was answered; not in a study that asks
    for a code or a year of birth before it shows earlier answers.
    """

    today: date
    advice: Advice | None = None
    next_on: date | None = None
    answers: bool = True


@dataclass(frozen=True, slots=True)
class OpenForm:
    """A survey as its link shows it at the instant `now`, to a person whose language is `language`.

    `languages`: the approved languages of the study, None if every language is allowed.
    `mode` "call": the reader is a team member who interviews the person by telephone and enters the answers. "clinic":
    the reader is the reporter, at a device of the hospital.
    `afterwards`: only within VISIT after the survey was finished on the form; then the thanks also show the answers.
    """

    survey: Survey
    language: str
    contact: TeamContact
    now: datetime
    mode: Mode = "web"
    languages: Collection[str] | None = None
    afterwards: Afterwards | None = None
    own_page: bool = False
    """Whether the study has own pages."""
    asks: Literal["code", "birth_year"] | None = None
    """What the reader is asked for before the form shows answers of an earlier visit; None for nothing."""
    given_at: Mapping[Place, datetime] = field(default_factory=dict)
    """When each answer was given; empty if nothing is asked for."""

    @property
    def finished(self) -> bool:
        """Whether the person has finished the survey: then the link shows thanks, and no answers."""
        return self.survey.state == "completed"

    @property
    def closed(self) -> bool:
        """Whether no answer is taken any more, not even a late one."""
        return self.survey.state == "cancelled" or self.now >= self.survey.late_until


@dataclass(frozen=True, slots=True)
class Stopping:
    """What the link in a message can stop: messages on its channel to its address."""

    channel: Literal["sms", "email"]
    language: str
    contact: TeamContact


class FormStore(Protocol):
    """The storage of the form. Each method takes the token of a link and returns None if there is no valid link."""

    async def open(self, token: str) -> OpenForm | None:
        """Return the current form. Changes nothing."""

    async def answer(self, token: str, place: Place, value: Answer, nonce: str, language: str) -> OpenForm | None:
        """Save one answer, given to the question as worded in `language`; return the form after it.

        `nonce` identifies the page of the answer. Idempotent: the same (place, nonce, value) again changes nothing, so
        that a double tap or a delayed repeat cannot undo a newer answer. The same nonce with another value is a
        correction (the person tapped the wrong choice and changed it before the next page came). A late answer is
        stored and marked as late.
        """

    async def finish(self, token: str) -> OpenForm | None:
        """Record that the person has confirmed all answers (`survey.confirm`)."""

    async def stopping(self, token: str) -> Stopping | None:
        """Return what the stop page of this link can stop. Changes nothing."""

    async def stop(self, token: str, way: Literal["page", "one-click"]) -> Stopping | None:
        """Opt out the address that this link was sent to. The person stays in the study.

        `way`: our own page, or the one-click unsubscribe of a mail program (RFC 8058).
        """
