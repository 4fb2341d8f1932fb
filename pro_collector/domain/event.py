"""What every event has: its id, whom it concerns and when it happened; and the ids that are derived from content."""

import re
from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

NAMESPACE = UUID("6f1c7c0e-6d0b-5a53-9a8e-0d7b1f0a7c11")
"""Namespace of every deterministic (version 5) id that the product makes."""


def derived_id(*parts: object) -> UUID:
    """The UUIDv5 of `parts`: the same parts always give the same id, in every process."""
    return uuid5(NAMESPACE, "/".join(str(part) for part in parts))


class Event(BaseModel):
    """The fields of every event: its unique id, the participant, and when it happened (UTC).

    A field that a reader does not know is ignored, so that a newer release may add one.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    type: ClassVar[str] = ""

    id: UUID = Field(description="id of this event; handled once by each consumer")
    participant_id: UUID = Field(
        description="the participant (for an address of no participant: its keyed hash); also the key"
    )
    occurred_at: AwareDatetime = Field(description="when it happened, UTC")

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__()
        cls.type = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower().replace("_", ".", 1)

    @property
    def compaction_key(self) -> str | None:
        """What the key of its record is instead of the participant, in a topic that keeps the newest of each key."""
        return None


class OccasionKey(Protocol):
    """The ids of an occasion and of its participant."""

    @property
    def id(self) -> UUID: ...
    @property
    def participant_id(self) -> UUID: ...


@dataclass(frozen=True, slots=True)
class OccasionRef:
    """The key of an occasion."""

    id: UUID
    participant_id: UUID
