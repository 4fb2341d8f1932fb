"""The events that travel between processes: ids, codes and numbers only, never identity or free text.

One event, one name, everywhere: type `survey.due`, class `SurveyDue`, topic `<prefix>survey.due`,
`schemas/events/survey.due.json`, `handlers/survey_due.py`. The key is always the participant, so that one person's
events keep their order.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol, Self
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from scheduler.rules import Channel

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


class OccasionKey(Protocol):
    """Which occasion an event is about, and whose it is."""

    @property
    def id(self) -> UUID: ...
    @property
    def participant_id(self) -> UUID: ...


@dataclass(frozen=True, slots=True)
class OccasionRef:
    """An occasion by its key alone."""

    id: UUID
    participant_id: UUID


class ParticipantEnrolled(Event):
    """Someone joined a study: their occasions are to be planned."""

    @classmethod
    def of(cls, participant: UUID, at: datetime) -> Self:
        """The one event of this kind that a participant has."""
        return cls(id=derived_id(cls.type, participant), participant_id=participant, occurred_at=at)


class TimelineChanged(Event):
    """Treatment events, zone, state or horizon of a participant changed: replan."""

    cause: str = Field(description="what changed: a treatment event kind, `state`, `zone`, `horizon`")

    @classmethod
    def of(cls, participant: UUID, at: datetime, cause: str, *which: object) -> Self:
        """`which` names the change: the same change gives the same event."""
        return cls(id=derived_id(cls.type, *which), participant_id=participant, occurred_at=at, cause=cause)


class StudyAmended(Event):
    """A new version of the study file applies to this participant: replan."""

    study: str
    version: str

    @classmethod
    def of(cls, participant: UUID, at: datetime, study: str, version: str) -> Self:
        """A version is put in force at one instant; it may be put in force again later."""
        id = derived_id(cls.type, participant, version, at)
        return cls(id=id, participant_id=participant, occurred_at=at, study=study, version=version)


class SurveyEvent(Event):
    """What every event about one occasion carries besides."""

    occasion_id: UUID

    @classmethod
    def _about(cls, occasion: OccasionKey, at: datetime, *which: object, **fields: object) -> Self:
        return cls.model_validate(
            {
                "id": derived_id(cls.type, occasion.id, *which),
                "participant_id": occasion.participant_id,
                "occurred_at": at,
                "occasion_id": occasion.id,
                **fields,
            }
        )

    def put_off(self, at: datetime) -> Self:
        """The same, at a later instant."""
        which = self.model_dump(exclude={"id", "participant_id", "occurred_at", "occasion_id"}).values()
        id = derived_id(self.type, self.occasion_id, *which, at)
        return self.model_copy(update={"id": id, "occurred_at": at})


class SurveyDue(SurveyEvent):
    """The moment of an occasion has come: open it."""

    @classmethod
    def of(cls, occasion: OccasionKey, at: datetime) -> Self:
        """Planned again for the same instant it is the same event."""
        return cls._about(occasion, at, at)


class SurveyReminderDue(SurveyEvent):
    """A reminder of an open survey is due."""

    n: int = Field(ge=0, description="which of the occasion's reminders")
    rung: int | None = Field(None, ge=0, description="no longer written: `survey.rung_due` says it")
    resumes: bool = Field(False, description="no longer written: `survey.resume_due` says it")

    @classmethod
    def of(cls, occasion: OccasionKey, at: datetime, n: int, *reopened_at: datetime) -> Self:
        """`reopened_at`: when an occasion that had been cancelled was opened again; none for the first time."""
        return cls._about(occasion, at, n, *reopened_at, n=n)

    def as_written_now(self) -> "SurveyEvent":
        """The same as it is said today: before 0.1.0 this event also meant a rung, or a question that may be asked."""
        fields = self.model_dump(include={"id", "participant_id", "occurred_at", "occasion_id"})
        if self.resumes:
            return SurveyResumeDue(**fields)
        return self if self.rung is None else SurveyRungDue(**fields, rung=self.rung)


class SurveyRungDue(SurveyEvent):
    """The next rung of the channel ladder is due."""

    rung: int = Field(ge=0, description="the rung to go on to; nothing happens where a later one was reached before")

    @classmethod
    def of(cls, occasion: OccasionKey, at: datetime, rung: int, *reopened_at: datetime) -> Self:
        """`reopened_at`: when an occasion that had been cancelled was opened again; none for the first time."""
        return cls._about(occasion, at, rung, *reopened_at, rung=rung)


class SurveyResumeDue(SurveyEvent):
    """A question that had to wait for its phone, which others use too, may be asked."""

    @classmethod
    def of(cls, occasion: OccasionKey, at: datetime) -> Self:
        """Two reasons to resume at one instant are one event."""
        return cls._about(occasion, at, at)


class SurveyRetryDue(SurveyEvent):
    """What was to be said about a survey has not arrived: say it again."""

    rung: int | None = Field(None, ge=0, description="the rung to go on to; null: the present one")

    @classmethod
    def of(cls, occasion: OccasionKey, at: datetime, *which: object, rung: int | None = None) -> Self:
        """`which` names the message or the change because of which it is said again."""
        return cls._about(occasion, at, *which, rung=rung)


class SurveyExpired(SurveyEvent):
    """The window of an occasion has closed."""

    @classmethod
    def of(cls, occasion: OccasionKey, at: datetime, *which: object) -> Self:
        """`which`: when it was opened again, or why it ended before its window."""
        return cls._about(occasion, at, *which)


class MessageRequested(Event):
    """A message is to be sent; its text and address stay in the database."""

    message_id: UUID
    channel: Channel

    @classmethod
    def of(cls, message: UUID, participant: UUID, channel: Channel, at: datetime, *which: object) -> Self:
        """`which` tells the ticket of one attempt from that of another; none for the first."""
        id = derived_id(cls.type, message, *which)
        return cls(id=id, participant_id=participant, occurred_at=at, message_id=message, channel=channel)


class MessageReceived(Event):
    """A text or mail came in; its text and sender stay in the database."""

    inbound_id: UUID

    @classmethod
    def of(cls, inbound: UUID, participant: UUID, at: datetime) -> Self:
        """The one event of a text or mail."""
        return cls(id=derived_id(cls.type, inbound), participant_id=participant, occurred_at=at, inbound_id=inbound)


class MessageReported(Event):
    """A provider said what became of a message."""

    message_id: UUID
    status: str = Field(description="the provider's word: queued, sent, delivered, undelivered, failed, ...")
    error_code: str | None = None

    @classmethod
    def of(
        cls, message: UUID, participant: UUID, at: datetime, status: str, error_code: str | None, *which: object
    ) -> Self:
        """`which` names the report: the provider's id and status, or the attempt that was refused."""
        return cls(
            id=derived_id(cls.type, message, *which),
            participant_id=participant,
            occurred_at=at,
            message_id=message,
            status=status,
            error_code=error_code,
        )


class ResponseCompleted(Event):
    """All that will be answered of one instrument on one occasion is answered."""

    occasion_id: UUID
    response_id: UUID
    instrument: str

    @classmethod
    def of(cls, occasion: OccasionKey, response: UUID, instrument: str, at: datetime) -> Self:
        """A response that a late answer changes is completed again."""
        return cls(
            id=derived_id(cls.type, response, at),
            participant_id=occasion.participant_id,
            occurred_at=at,
            occasion_id=occasion.id,
            response_id=response,
            instrument=instrument,
        )


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
    """Something the study team must look at; raised again every day until its task is done."""

    alert_id: UUID = Field(description="its task, if there is one")
    kind: str = Field(
        description="of the task: urgent, flagged; or stranger: nobody has that address; held: no text leaves"
    )
    study: str | None = Field(None, description="whose team is told of no participant; null: the participant's")

    @classmethod
    def of_task(cls, task: UUID, participant: UUID, kind: str, at: datetime, *which: object) -> Self:
        """An alert of a task; `which`: the day, where it is raised again because nobody has acted."""
        id = derived_id("alert", task, *which)
        return cls(id=id, participant_id=participant, occurred_at=at, alert_id=task, kind=kind)

    @classmethod
    def of_study(cls, study: str, kind: str, whom: UUID, at: datetime, *which: object) -> Self:
        """An alert of no participant; `which` names what happened: a team is told of it once."""
        id = derived_id("alert", kind, study, *which)
        return cls(id=id, participant_id=whom, occurred_at=at, alert_id=id, kind=kind, study=study)

    def again(self, at: datetime) -> Self:
        """The same alert once more, because nobody could be told."""
        return self.model_copy(update={"id": derived_id(self.type, self.id, "again"), "occurred_at": at})


EVENTS: dict[str, type[Event]] = {
    event.type: event
    for event in (
        ParticipantEnrolled,
        TimelineChanged,
        StudyAmended,
        SurveyDue,
        SurveyReminderDue,
        SurveyRungDue,
        SurveyResumeDue,
        SurveyRetryDue,
        SurveyExpired,
        MessageRequested,
        MessageReceived,
        MessageReported,
        ResponseCompleted,
        ScoreRecorded,
        AlertRaised,
    )
}

FOLLOW_UPS: tuple[type[SurveyEvent], ...] = (SurveyReminderDue, SurveyRungDue, SurveyResumeDue, SurveyRetryDue)
"""Events that say something again about an open survey."""
