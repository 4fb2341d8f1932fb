"""What the web form asks of the record: open a link, save one answer, finish, stop what comes by a channel."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from pro_collector.domain.conversation.survey import Mode, Place, Survey
from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.study.emergency import Emergency


@dataclass(frozen=True, slots=True)
class TeamContact:
    """Whom a person can reach: what each page shows at its top. Empty where nothing was configured.

    `emergency` is what to do in an emergency where the person is, by language; it and `sender` stand on pages that
    anybody with the phone in hand may see, so they name no illness.
    """

    sender: str = ""
    phone: str = ""
    email: str = ""
    emergency: Mapping[str, Emergency] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenForm:
    """A survey as its link shows it at the instant `now`, to a person whose language is `language`.

    `languages`: those of the study, None where any will do: nobody approved other words for it.
    `mode` "call": whoever reads it talks with that person on the telephone, and writes down what they say.
    """

    survey: Survey
    language: str
    contact: TeamContact
    now: datetime
    mode: Mode = "web"
    languages: Collection[str] | None = None

    @property
    def finished(self) -> bool:
        """Whether the person is done with it: from then on the link shows thanks, and no answers any more."""
        return self.survey.state == "completed"

    @property
    def closed(self) -> bool:
        """Whether nothing can be answered any more, not even late."""
        return self.survey.state == "cancelled" or self.now >= self.survey.late_until


@dataclass(frozen=True, slots=True)
class Stopping:
    """What the link of a message can stop: what comes by the channel it came by, to the address it came to."""

    channel: Literal["sms", "email"]
    language: str
    contact: TeamContact


class FormStore(Protocol):
    """The record behind the form. Each method takes the token of a link; None: there is no such link, or no longer."""

    async def open(self, token: str) -> OpenForm | None:
        """The form as it stands. Changes nothing, however often and by whomever it is called."""

    async def answer(self, token: str, place: Place, value: Answer, nonce: str, language: str) -> OpenForm | None:
        """Save one answer at once, given to the question as worded in `language`; the form as it stands then.

        `nonce` names the page it was given on. The same (place, nonce, value) again changes nothing, so that a double
        tap or a delayed repeat cannot undo a newer answer; the same nonce with another value is a correction (tapped
        the wrong one, changed it before the next page came). A late answer is kept and marked as late.
        """

    async def finish(self, token: str) -> OpenForm | None:
        """The person has looked at all answers and confirmed them (`survey.confirm`)."""

    async def stopping(self, token: str) -> Stopping | None:
        """What the stop page of this link would stop. Changes nothing."""

    async def stop(self, token: str, way: Literal["page", "one-click"]) -> Stopping | None:
        """Nothing more to the address that this link was sent to; its person stays in the study.

        `way`: our own page, or a mail program's one click (RFC 8058).
        """
