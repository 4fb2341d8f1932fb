"""The events that travel between processes: ids, codes and numbers only, never identity or free text.

One event, one name, everywhere: type `survey.due`, class `SurveyDue`, topic `<prefix>survey.due`,
`schemas/events/survey.due.json`, `handlers/survey_due.py`. The key is always the participant, so that one person's
events keep their order.
"""

import re
from typing import ClassVar, Literal
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

NAMESPACE = UUID("6f1c7c0e-6d0b-5a53-9a8e-0d7b1f0a7c11")
"""Namespace of every deterministic (version 5) id that the product makes."""


def derived_id(*parts: object) -> UUID:
    """The UUIDv5 of `parts`: the same parts give the same id, in every process, for ever."""
    return uuid5(NAMESPACE, "/".join(str(part) for part in parts))


class Event(BaseModel):
    """What every event carries: its id (unique for ever), whom it concerns, and when it happened (UTC)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: ClassVar[str] = ""

    id: UUID = Field(description="id of this event; handled once by each consumer")
    participant_id: UUID = Field(
        description="whom it concerns (of an address that nobody has: its keyed hash); also the key"
    )
    occurred_at: AwareDatetime = Field(description="when it happened, UTC")

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__()
        cls.type = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower().replace("_", ".", 1)


class ParticipantEnrolled(Event):
    """Someone joined a study: their occasions are to be planned."""


class TimelineChanged(Event):
    """Treatment events, zone, state or horizon of a participant changed: replan."""

    cause: str = Field(description="what changed: a treatment event kind, `state`, `zone`, `horizon`")


class StudyAmended(Event):
    """A new version of the study file applies to this participant: replan."""

    study: str
    version: str


class SurveyDue(Event):
    """The moment of an occasion has come: open it."""

    occasion_id: UUID


class SurveyReminderDue(Event):
    """A reminder or the next rung of the channel ladder is due."""

    occasion_id: UUID
    n: int = Field(ge=0, description="which of the occasion's follow-ups")
    rung: int | None = Field(
        None, ge=0, description="the rung of the ladder to climb to; null: remind on the present one"
    )
    resumes: bool = Field(
        False, description="its question was left behind at a phone that others use too: ask it when the phone is free"
    )


class SurveyExpired(Event):
    """The window of an occasion has closed."""

    occasion_id: UUID


class MessageRequested(Event):
    """A message is to be sent; its text and address stay in the database."""

    message_id: UUID
    channel: Literal["sms", "email", "call"]


class MessageReceived(Event):
    """A text or mail came in; its text and sender stay in the database."""

    inbound_id: UUID


class MessageReported(Event):
    """A provider said what became of a message."""

    message_id: UUID
    status: str = Field(description="the provider's word: queued, sent, delivered, undelivered, failed, ...")
    error_code: str | None = None


class ResponseCompleted(Event):
    """All that will be answered of one instrument on one occasion is answered."""

    occasion_id: UUID
    response_id: UUID
    instrument: str


class ScoreRecorded(Event):
    """The scores of one response were written to the time series."""

    study: str
    occasion_id: UUID
    response_id: UUID
    instrument: str
    instrument_version: str
    reporter: str
    completed_at: AwareDatetime
    scores: dict[str, float | None] = Field(description="scale code to value; null where the missing rule forbids one")


class AlertRaised(Event):
    """Something an eye of the study team must see; raised again every day until its task is done."""

    alert_id: UUID = Field(description="its task, if there is one")
    kind: str = Field(
        description="of the task: urgent, flagged; or stranger: nobody has that address; held: no text leaves"
    )
    study: str | None = Field(None, description="whose team is told of no participant; null: the participant's")


EVENTS: dict[str, type[Event]] = {
    event.type: event
    for event in (
        ParticipantEnrolled,
        TimelineChanged,
        StudyAmended,
        SurveyDue,
        SurveyReminderDue,
        SurveyExpired,
        MessageRequested,
        MessageReceived,
        MessageReported,
        ResponseCompleted,
        ScoreRecorded,
        AlertRaised,
    )
}
