"""The events that travel between processes: ids, codes and numbers only, never identity or free text.

An event has the same name everywhere: type `survey.due`, class `SurveyDue`, topic `<prefix>survey.due`,
`schemas/events/survey.due.json`, `handlers/survey_due.py`. The key is the participant, so that the events of one
participant keep their order; a topic that keeps only the newest record of each thing has that thing's id as the key.
"""

from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from pro_collector.domain.alert_changed import AlertChanged
from pro_collector.domain.event import NAMESPACE, Event, OccasionKey, OccasionRef, derived_id
from pro_collector.domain.stream_events import ScoreRecorded, ScoreRelinked, ScoresLatest, TimelineLatest
from scheduler.rules import Channel

__all__ = ["NAMESPACE", "AlertChanged", "Event", "OccasionKey", "OccasionRef", "ScoreRecorded", "derived_id"]


class ParticipantEnrolled(Event):
    """Someone joined a study: their occasions are to be planned."""

    @classmethod
    def of(cls, participant: UUID, at: datetime) -> Self:
        """The event; a participant has only one of this kind."""
        return cls(id=derived_id(cls.type, participant), participant_id=participant, occurred_at=at)


class TimelineChanged(Event):
    """Treatment events, zone, state or horizon of a participant changed: replan."""

    cause: str = Field(description="what changed: a kind of treatment event, a state, `zone`, `horizon`, ...")
    event_id: UUID | None = Field(None, description="the treatment event or the state; null: something else changed")
    source: Literal["treatment", "state"] | None = Field(None, description="which of the two it is")
    before: date | None = Field(None, description="its day as it was believed before; null: it was not in the record")
    after: date | None = Field(None, description="its day as it is believed now; null: it was retracted")

    @classmethod
    def of(cls, participant: UUID, at: datetime, cause: str, *which: object) -> Self:
        """The event; `which` identifies the change, so that the same change gives the same event."""
        return cls(id=derived_id(cls.type, *which), participant_id=participant, occurred_at=at, cause=cause)

    def saying(
        self, event: UUID, source: Literal["treatment", "state"], before: date | None, after: date | None
    ) -> Self:
        """The same event with what changed."""
        return self.model_copy(update={"event_id": event, "source": source, "before": before, "after": after})


class StudyAmended(Event):
    """A new version of the study file applies to this participant: replan."""

    study: str
    version: str

    @classmethod
    def of(cls, participant: UUID, at: datetime, study: str, version: str) -> Self:
        """The event; its id depends on `at`, because a version may come into force again later."""
        id = derived_id(cls.type, participant, version, at)
        return cls(id=id, participant_id=participant, occurred_at=at, study=study, version=version)


class SurveyEvent(Event):
    """The additional field of every event about one occasion."""

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

    def postponed(self, at: datetime) -> Self:
        """The same event at a later instant, with another id."""
        which = self.model_dump(exclude={"id", "participant_id", "occurred_at", "occasion_id"}).values()
        id = derived_id(self.type, self.occasion_id, *which, at)
        return self.model_copy(update={"id": id, "occurred_at": at})


class SurveyDue(SurveyEvent):
    """The moment of an occasion has come: open it."""

    @classmethod
    def of(cls, occasion: OccasionKey, at: datetime) -> Self:
        """The event; if it is planned again for the same instant, it is the same event."""
        return cls._about(occasion, at, at)


class SurveyReminderDue(SurveyEvent):
    """A reminder of an open survey is due."""

    n: int = Field(ge=0, description="which of the occasion's reminders")
    rung: int | None = Field(None, ge=0, description="no longer written: replaced by `survey.rung_due`")
    resumes: bool = Field(False, description="no longer written: replaced by `survey.resume_due`")

    @classmethod
    def of(cls, occasion: OccasionKey, at: datetime, n: int, *reopened_at: datetime) -> Self:
        """The event; `reopened_at`: when a cancelled occasion was opened again; empty for the first time."""
        return cls._about(occasion, at, n, *reopened_at, n=n)

    def as_written_now(self) -> "SurveyEvent":
        """The event in its present form: before 0.1.0 it was used for a rung and for a resumed question too."""
        fields = self.model_dump(include={"id", "participant_id", "occurred_at", "occasion_id"})
        if self.resumes:
            return SurveyResumeDue(**fields)
        return self if self.rung is None else SurveyRungDue(**fields, rung=self.rung)


class SurveyRungDue(SurveyEvent):
    """The next rung of the channel ladder is due."""

    rung: int = Field(ge=0, description="the next rung; ignored if the ladder is there or further already")

    @classmethod
    def of(cls, occasion: OccasionKey, at: datetime, rung: int, *reopened_at: datetime) -> Self:
        """The event; `reopened_at`: when a cancelled occasion was opened again; empty for the first time."""
        return cls._about(occasion, at, rung, *reopened_at, rung=rung)


class SurveyResumeDue(SurveyEvent):
    """A question that had to wait for its phone, because another survey was asking there, may be asked."""

    @classmethod
    def of(cls, occasion: OccasionKey, at: datetime) -> Self:
        """The event; two reasons to resume at the same instant give one event."""
        return cls._about(occasion, at, at)


class SurveyRetryDue(SurveyEvent):
    """A message about a survey has not arrived: send it again."""

    rung: int | None = Field(None, ge=0, description="the next rung; null: the present one")

    @classmethod
    def of(cls, occasion: OccasionKey, at: datetime, *which: object, rung: int | None = None) -> Self:
        """The event; `which` identifies the message or the change that causes the retry."""
        return cls._about(occasion, at, *which, rung=rung)


class SurveyExpired(SurveyEvent):
    """The window of an occasion has closed."""

    @classmethod
    def of(cls, occasion: OccasionKey, at: datetime, *which: object) -> Self:
        """The event; `which`: when the occasion was opened again, or why it ended before its window."""
        return cls._about(occasion, at, *which)


class MessageRequested(Event):
    """A message is to be sent; its text and address stay in the database."""

    message_id: UUID
    channel: Channel

    @classmethod
    def of(cls, message: UUID, participant: UUID, channel: Channel, at: datetime, *which: object) -> Self:
        """The event; `which` identifies the attempt; it is empty for the first."""
        id = derived_id(cls.type, message, *which)
        return cls(id=id, participant_id=participant, occurred_at=at, message_id=message, channel=channel)


class MessageReceived(Event):
    """A text or mail came in; its text and sender stay in the database."""

    inbound_id: UUID

    @classmethod
    def of(cls, inbound: UUID, participant: UUID, at: datetime) -> Self:
        """The event; a text or mail has only one."""
        return cls(id=cls.id_of(inbound), participant_id=participant, occurred_at=at, inbound_id=inbound)

    @classmethod
    def id_of(cls, inbound: UUID) -> UUID:
        """The id of the event of a text or mail."""
        return derived_id(cls.type, inbound)


class MessageUrgent(Event):
    """A text or mail came in that may be a stop, an emergency or news of a death: it does not wait for others."""

    inbound_id: UUID

    @classmethod
    def of(cls, inbound: UUID, participant: UUID, at: datetime) -> Self:
        """The event; a text or mail has at most one, beside its `message.received`."""
        return cls(id=derived_id(cls.type, inbound), participant_id=participant, occurred_at=at, inbound_id=inbound)


class MessageReported(Event):
    """A provider reported that a message failed, or that one has left whose channel was held."""

    message_id: UUID
    status: str = Field(description="as the provider reports it: queued, sent, delivered, undelivered, failed, ...")
    error_code: str | None = None

    @classmethod
    def of(
        cls, message: UUID, participant: UUID, at: datetime, status: str, error_code: str | None, *which: object
    ) -> Self:
        """The event; `which` identifies the report: the provider's id and status, or the attempt that was refused."""
        return cls(
            id=derived_id(cls.type, message, *which),
            participant_id=participant,
            occurred_at=at,
            message_id=message,
            status=status,
            error_code=error_code,
        )


class ResponseCompleted(Event):
    """An instrument of an occasion has all the answers that it will get."""

    occasion_id: UUID
    response_id: UUID
    instrument: str

    @classmethod
    def of(cls, occasion: OccasionKey, response: UUID, instrument: str, at: datetime) -> Self:
        """The event; its id depends on `at`, because a late answer completes a response again."""
        return cls(
            id=derived_id(cls.type, response, at),
            participant_id=occasion.participant_id,
            occurred_at=at,
            occasion_id=occasion.id,
            response_id=response,
            instrument=instrument,
        )


RULE = "rule"
"""The kind of an alert that a rule of the study raised; all others are about tasks, strangers or channels."""


class AlertRaised(Event):
    """Something the study team must look at; raised again every day until its task is done."""

    alert_id: UUID = Field(description="its task, if there is one")
    kind: str = Field(
        description="of the task: urgent, flagged; or stranger: an unknown address; held: no text is sent; rule: a rule"
    )
    study: str | None = Field(None, description="whose team is alerted; null: the study of the participant")
    first: UUID | None = Field(
        None, description="of a mail that is tried again: the event of the first attempt; a text is never tried again"
    )
    who: str | None = Field(
        None, description="of an alert of a rule: who of the roster is told; null: nobody is on duty, the contact is"
    )

    @classmethod
    def of_task(cls, task: UUID, participant: UUID, kind: str, at: datetime, *which: object) -> Self:
        """An alert about a task; `which`: the day, if it is raised again because the task is still open."""
        id = derived_id("alert", task, *which)
        return cls(id=id, participant_id=participant, occurred_at=at, alert_id=task, kind=kind)

    @classmethod
    def of_study(cls, study: str, kind: str, whom: UUID, at: datetime, *which: object) -> Self:
        """An alert about no participant; `which` identifies the incident, so that each team is alerted once."""
        id = derived_id("alert", kind, study, *which)
        return cls(id=id, participant_id=whom, occurred_at=at, alert_id=id, kind=kind, study=study)

    @classmethod
    def of_rule(cls, alert: UUID, participant: UUID, who: str | None, at: datetime) -> Self:
        """An alert of a rule, for one person of the roster, or for the contact of the study."""
        id = derived_id("alert", alert, who or "", at)
        return cls(id=id, participant_id=participant, occurred_at=at, alert_id=alert, kind=RULE, who=who)

    def again(self, at: datetime) -> Self:
        """The same alert again, because nobody could be reached."""
        again = {"id": derived_id(self.type, self.id, "again"), "first": self.first or self.id, "occurred_at": at}
        return self.model_copy(update=again)


class AlertDue(Event):
    """An alert of a rule is to be told to the next step of the roster, or comes back because it was forgotten."""

    alert_id: UUID

    @classmethod
    def of(cls, alert: UUID, participant: UUID, at: datetime) -> Self:
        """The event; its id depends on `at`, so that each moment of an alert has one."""
        return cls(id=derived_id(cls.type, alert, at), participant_id=participant, occurred_at=at, alert_id=alert)

    @classmethod
    def lost(cls, alert: UUID, participant: UUID, at: datetime) -> Self:
        """The event in place of one that was lost."""
        id = derived_id(cls.type, alert, "lost", at)
        return cls(id=id, participant_id=participant, occurred_at=at, alert_id=alert)


class SilenceNoticed(Event):
    """Somebody has answered nothing for as long as a rule of the study waits for."""

    @classmethod
    def of(cls, participant: UUID, at: datetime) -> Self:
        """The event; a participant has at most one a day (UTC)."""
        return cls(id=derived_id(cls.type, participant, at.date()), participant_id=participant, occurred_at=at)


class AdviceDue(Event):
    """A rule of the study has raised an alert: whoever answered is to be told what to do."""

    alert_id: UUID
    occasion_id: UUID

    @classmethod
    def of(cls, alert: UUID, participant: UUID, occasion: UUID, at: datetime) -> Self:
        """The event; an alert has only one, for the check-in that raised it."""
        id = derived_id(cls.type, alert)
        return cls(id=id, participant_id=participant, occurred_at=at, alert_id=alert, occasion_id=occasion)


NOBODY = UUID(int=0)
"""In the place of a participant's id in an event of a system that knows their code only."""


class TreatmentReported(Event):
    """A system of the hospital reports a version of a record of treatment; the one event that others publish.

    A field that is not known here is refused: it could be a name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: UUID = Field(NOBODY, description="left out: derived from the rest, so that what is reported twice is one event")
    participant_id: UUID = Field(NOBODY, description="left out: a source knows the code; the key may be the code")
    occurred_at: AwareDatetime = Field(
        description="when the source changed the record, by its clock; of two versions of a record the later counts"
    )
    study: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")
    feed: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$", description="the name of the source here")
    record: str = Field(
        min_length=1, max_length=200, description="the id of the record in the source; never a name or hospital number"
    )
    code: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", description="of the participant; never a name")
    kind: str = Field(pattern=r"^[a-z][a-z0-9_]{0,59}$", description="an event of the study's `timeline`")
    on: date | None = Field(None, description="when it happened; null only if deleted")
    deleted: bool = Field(False, description="the source deleted the record, or it was entered in error: retracted")
    cycle: int | None = Field(None, ge=1, le=1000)
    dose: str = Field("", max_length=200)
    specimen_id: str = Field("", max_length=200)
    specimen_kind: str = Field("", max_length=200)
    specimen_system: str = Field("", max_length=200, description="the biobank or laboratory whose id it is")

    @model_validator(mode="before")
    @classmethod
    def _with_id(cls, said: object) -> object:
        """Derive the id from all else."""
        if not isinstance(said, dict) or "id" in said:
            return said
        return {**said, "id": derived_id(cls.type, *(f"{name}={said[name]}" for name in sorted(said, key=str)))}


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
        MessageUrgent,
        MessageReceived,
        MessageReported,
        ResponseCompleted,
        ScoreRecorded,
        ScoreRelinked,
        ScoresLatest,
        TimelineLatest,
        AlertRaised,
        AlertChanged,
        AlertDue,
        AdviceDue,
        SilenceNoticed,
        TreatmentReported,
    )
}

FOLLOW_UPS: tuple[type[SurveyEvent], ...] = (SurveyReminderDue, SurveyRungDue, SurveyResumeDue, SurveyRetryDue)
"""Events that send another message about an open survey."""
