"""The rules of a study file that raise alerts: on which condition, for whom, how urgent, and whom they go to."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pro_collector.domain.alert.watching import Watched
from pro_collector.domain.condition.language import AllOf, AnyOf, Elapsed, InTreatment, NotThis, When, parts, span
from pro_collector.domain.document import text_like
from scheduler.duration import Duration
from scheduler.rules import Frozen
from scheduler.values import AboutPatient

Urgency = Literal["now", "today", "this_week"]
URGENCIES: tuple[Urgency, ...] = ("now", "today", "this_week")
"""The most urgent first."""
RuleName = Annotated[
    str, text_like(r"^[a-z0-9]+(?:-[a-z0-9]+)*$", "lower-case letters, digits and hyphens, such as severe-pain")
]
Role = Annotated[str, text_like(r"^[a-z]+(?:-[a-z0-9]+)*$", "the name of a role in the roster, such as nurse")]


class Escalation(Frozen):
    """One step: those who have this role are told, and have so much watched time until somebody acknowledges."""

    to: Role
    within: Elapsed


class RuleFor(Frozen):
    """The participants that a rule is for. What is not given does not restrict them."""

    arms: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()

    def includes(self, arm: str | None, site: str | None) -> bool:
        """Whether a participant of this arm and site is meant."""
        return (not self.arms or arm in self.arms) and (not self.sites or site in self.sites)


class AlertRule(Frozen):
    """One rule. `when` is evaluated for each reporter alone, each time that an answer comes in or a check-in ends.

    A rule has one open alert for each participant and reporter; what raises it again is counted. For `cool_down` after
    an alert was raised no other one is opened, even if it was closed meanwhile. An alert that was acknowledged and is
    not closed in `close_within` comes back. `advice` is sent to whoever answered, once an alert.
    """

    label: dict[str, str] = Field(min_length=1, description="by language: what the team reads")
    when: When
    only: RuleFor = RuleFor()
    reporters: tuple[AboutPatient, ...] = Field(default=("self", "proxy"), min_length=1)
    advice: dict[str, str] = Field(
        default_factory=dict,
        description="by language: what the patient reads at once; with {phone}, {medical} or {crisis} in their places",
    )
    urgency: Urgency
    steps: tuple[Escalation, ...] = Field(min_length=1, description="whom it goes to; the next if nobody acknowledges")
    every_hour: bool = Field(default=False, description="people are told, and time counts, also outside watched hours")
    cool_down: Elapsed | None = None
    close_within: Elapsed = Duration(days=7)

    @property
    def quiet_for(self) -> timedelta:
        """How long after an alert of this rule no other one is opened."""
        return timedelta() if self.cool_down is None else span(self.cool_down)

    @model_validator(mode="after")
    def _rests_on_the_patient(self) -> Self:
        if not any(evidence_of(self.when)):
            raise ValueError(
                "`when` looks only at treatment, or at what is not there: add an answer, a score or a missed check-in"
            )
        return self


class AlertSection(Frozen):
    """The section `alerts` of a study file: who watches the answers and when, what patients are told, and the rules."""

    watched: Watched
    told: dict[str, str] = Field(
        min_length=1, description="by language: what patients read about it, such as when answers are read"
    )
    rules: dict[RuleName, AlertRule] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _somebody_watches(self) -> Self:
        if self.rules and self.watched == "never":
            raise ValueError("`watched: never` and `rules` contradict each other: an alert needs somebody who sees it")
        return self


def evidence_of(when: When) -> Iterator[When]:
    """The conditions on what a person answered or missed, which can raise an alert; treatment alone cannot."""
    match when:
        case AllOf() | AnyOf() | NotThis():
            for part in parts(when):
                yield from evidence_of(part)
        case InTreatment():
            return
        case _:
            yield when


def ordered(rules: Mapping[str, AlertRule]) -> list[tuple[str, AlertRule]]:
    """The rules, the most urgent first; of one urgency in the order of the file."""
    return sorted(rules.items(), key=lambda each: URGENCIES.index(each[1].urgency))
