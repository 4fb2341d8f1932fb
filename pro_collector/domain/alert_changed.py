"""The event `alert.changed`: something happened to an alert of a rule."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field

from pro_collector.domain.event import Event, derived_id

AlertChange = Literal["raised", "escalated", "acknowledged", "handed_over", "released", "came_back", "closed"]


class AlertChanged(Event):
    """An alert of a rule was raised, told to a further step, taken care of, given back, or closed."""

    alert_id: UUID
    study: str
    rule: str = Field(description="the name of the rule in the study file")
    reporter: str = Field(description="whose answers raised it: self, or a proxy")
    change: AlertChange = Field(
        description="raised; escalated: a further step of the roster is told; acknowledged; handed_over to a "
        "colleague; released: given back; came_back: acknowledged and forgotten, or a death was retracted; closed"
    )
    raised_at: AwareDatetime = Field(description="when it was raised; after a closed one a new alert has its own")
    done: str | None = Field(None, description="of a closed one: what was done, as coded: phoned, seen, ...")

    @classmethod
    def of(
        cls, alert: UUID, participant: UUID, study: str, rule: str, reporter: str, change: AlertChange, *,
        raised_at: datetime, at: datetime, done: str | None = None,
    ) -> Self:  # fmt: skip
        """The event; its id depends on `at`, because the same may happen to an alert again."""
        return cls(
            id=derived_id(cls.type, alert, change, at),
            participant_id=participant,
            occurred_at=at,
            alert_id=alert,
            study=study,
            rule=rule,
            reporter=reporter,
            change=change,
            raised_at=raised_at,
            done=done,
        )
