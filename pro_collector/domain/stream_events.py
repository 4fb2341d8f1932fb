"""The events for whoever consumes the streams: scores with their place in the treatment, and the treatment itself.

`score.recorded` and `score.relinked` say what happened. `scores.latest` and `timeline.latest` are states.
"""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from pro_collector.domain.event import Event
from pro_collector.domain.placement import Placed, Placement


class ScoresOfResponse(Placed):
    """The scores of one response and their place in the treatment."""

    participant_id: UUID = Field(description="the participant; also the key, if nothing else is")
    study: str
    occasion_id: UUID = Field(description="the visit: `visit_id` of every table for research")
    response_id: UUID
    instrument: str
    instrument_version: str
    reporter: str
    completed_at: AwareDatetime
    scores: dict[str, float | None] = Field(description="scale code to value; null if the missing rule allows no score")
    mode: str | None = Field(None, description="how it was answered: sms, web, call, or clinic")
    scoring_version: str | None = Field(
        None, description="hash of the definition that scored it, and the policy for skipped items if any"
    )

    @property
    def placement(self) -> Placement:
        """The place alone."""
        return Placement.model_validate(self.model_dump(include=set(Placed.model_fields)))


class ScoreRecorded(ScoresOfResponse, Event):
    """The scores of one response were written to the time series."""


class ScoresLatest(ScoreRecorded):
    """The scores of one response as they are believed now; a record without a value: they were erased."""

    @property
    def compaction_key(self) -> str:
        """The response: of each, the topic keeps the newest record."""
        return str(self.response_id)


class ScoreRelinked(Event):
    """The scores of one response have another place in the treatment, because the record was corrected."""

    study: str
    occasion_id: UUID
    response_id: UUID
    instrument: str
    reporter: str
    completed_at: AwareDatetime
    cause: str = Field(description="what was corrected, as in `timeline.changed`")
    changed: list[str] = Field(description="the fields that differ")
    before: Placement
    after: Placement


class BelievedEvent(BaseModel):
    """A treatment event or a state as it is believed now."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    participant_id: UUID = Field(description="the participant")
    study: str
    event_id: UUID = Field(description="all statements about one event have the same; also the key")
    record_id: UUID = Field(description="the statement that is believed")
    source: Literal["treatment", "state"]
    kind: str = Field(description="kind of the event, as the study file names it, or name of the state")
    happened_on: date = Field(description="when it happened; of a state: its first day")
    ends_on: date | None = Field(description="of a state: the day after its last")
    recorded_at: AwareDatetime


class TimelineLatest(BelievedEvent, Event):
    """A treatment event or a state as it is believed now; a record without a value: it was retracted or erased."""

    @property
    def compaction_key(self) -> str:
        """The treatment event or the state: of each, the topic keeps the newest record."""
        return str(self.event_id)


COMPACTED = frozenset({ScoresLatest.type, TimelineLatest.type})
"""Topics that keep the newest record of each key, so that a consumer that starts today finds everything there."""
