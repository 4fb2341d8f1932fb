"""The share file: which data of a study leave for which project, who agreed to that, and how they are de-identified."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pro_collector.domain.instrument.definition import Slug
from pro_collector.domain.instrument.item import FrozenModel

SharedName = Literal["participants", "visits", "items", "scores", "events", "alerts"]


class ShareFile(FrozenModel):
    """What a bundle holds. What nobody should decide by leaving it out has no default."""

    project: Slug = Field(description="whom it is for: pseudonyms and shifts of two projects cannot be joined")
    institution: Slug = Field(description="whose data they are; the name stands beside every pooled row")
    study: str = Field(description="study, as its file names it")
    consent: Literal["any"] | Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        description="versions of the consent text that allow it; `any`: everybody's data, whatever they agreed to"
    )
    dates: Literal["days", "shift"] = Field(
        description="`days`: only days since enrolment; `shift`: dates, moved by whole weeks of each participant's own"
    )
    smallest_group: int = Field(
        5, ge=2, description="how many participants must have the same traits (k), and the same kind of event"
    )
    left_out_at_most: float = Field(
        0.1, ge=0, le=1, description="share of participants who may be left out so that the others keep more traits"
    )
    specimens: Literal["leave_out", "keep"] = Field(
        "leave_out",
        description="`keep`: ids of specimens, to join tumour profiles; the laboratory knows whose they are",
    )
    tables: tuple[SharedName, ...] = Field(
        ("participants", "visits", "items", "scores", "events"), description="tables; participants is always needed"
    )

    @model_validator(mode="after")
    def _participants(self) -> Self:
        if "participants" not in self.tables or len(set(self.tables)) < len(self.tables):
            raise ValueError("tables: expected participants, and no table twice")
        return self

    def agreed(self, consent_version: str | None) -> bool:
        """Whether somebody with this consent may be in the bundle."""
        return self.consent == "any" or consent_version in self.consent
