"""A file of one participant, for planning: time zone, birth date, arm, site, states, timeline events."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from pro_collector.domain.document import Document, parse_yaml, validate
from pro_collector.domain.events import derived_id
from pro_collector.domain.near import did_you_mean
from pro_collector.domain.study.definition import Study, Zone
from pro_collector.errors import BadInput, Problem
from scheduler.anchors import ENROLMENT, Anchor, Timeline
from scheduler.person import Condition, Person, Span
from scheduler.rules import ClockTime, Day, Frozen, Hours


class State(Frozen):
    """A state with its dates; `until` is the first day on which it no longer holds."""

    kind: Condition
    from_date: Day = Field(alias="from")
    until: Day | None = None


class ParticipantEvent(Frozen):
    """One treatment event. `recorded_on` is needed only if the study learnt of it later."""

    kind: str = Field(validation_alias=AliasChoices("kind", "event"))
    on: Day = Field(validation_alias=AliasChoices("on", "date", "happened_on"))
    recorded_on: Day | None = None


def _events_as_list(value: Any) -> Any:
    """A mapping `{surgery: 2027-02-01, cycle: [2027-03-01, 2027-03-22]}` as a list of events."""
    if isinstance(value, list):  # YAML 1.1 reads an unquoted `on` as true
        return [
            {"on" if k is True else k: v for k, v in each.items()} if isinstance(each, dict) else each for each in value
        ]
    if not isinstance(value, dict):
        return value
    listed = {kind: dates if isinstance(dates, list) else [dates] for kind, dates in value.items()}
    return [{"kind": kind, "on": on} for kind, dates in listed.items() for on in dates]


class Participant(Frozen):
    """What `plan` needs to know of a person.

    Without `zone` the zone of the site is used; without `enrolled_on` the date of the enrolment or of the first event.
    """

    id: str = Field(default="someone", validation_alias=AliasChoices("id", "participant", "code"))
    zone: Zone | None = Field(default=None, validation_alias=AliasChoices("zone", "timezone", "time_zone"))
    birth_date: Day | None = None
    arm: str | None = None
    site: str | None = None
    language: str | None = None
    sex: str | None = None
    enrolled_on: Day | None = None
    preferred_time: ClockTime | None = None
    quiet_hours: tuple[Hours, ...] = ()
    states: tuple[State, ...] = ()
    timeline: Annotated[tuple[ParticipantEvent, ...], BeforeValidator(_events_as_list)] = Field(
        default=(), validation_alias=AliasChoices("timeline", "events")
    )

    @model_validator(mode="after")
    def _some_date(self) -> "Participant":
        if self.enrolled_on is None and not self.timeline:
            raise ValueError("give `enrolled_on`, or a `timeline` to begin with")
        return self


def load_participant(text: str, file: str, study: Study) -> tuple[Person, Timeline]:
    """Read a participant (YAML or JSON) for the planner. Raises BadInput with every mistake and its place."""
    document = parse_yaml(text, file)
    participant = validate(document, Participant)
    mistakes = list(_unknown(document, participant, study))
    if mistakes:
        raise BadInput(mistakes)
    zone = participant.zone or study.sites[str(participant.site)].zone
    events = [(each.kind, each.on, each.recorded_on) for each in participant.timeline]
    enrolled = participant.enrolled_on or min((on for kind, on, _ in events if kind == ENROLMENT), default=None)
    person = Person(
        id=_identity(participant.id, study),
        zone=zone,
        enrolled_on=enrolled or min(on for _, on, _ in events),
        birth_date=participant.birth_date,
        arm=participant.arm,
        site=participant.site,
        language=participant.language,
        sex=participant.sex,
        states=tuple(Span(state.kind, state.from_date, state.until) for state in participant.states),
        preferred_time=participant.preferred_time,
        quiet=tuple((hours.from_time, hours.until) for hours in participant.quiet_hours),
    )
    return person, _timeline(events, study)


def _timeline(events: list[tuple[str, date, date | None]], study: Study) -> Timeline:
    """The timeline. The key of a repeating event is its number among its kind, so a corrected date keeps the key."""
    numbers: dict[str, int] = {}
    anchors = []
    for kind, on, recorded in events:
        numbers[kind] = numbers.get(kind, 0) + 1
        key = str(numbers[kind]) if kind in study.repeating else ""
        at = datetime(recorded.year, recorded.month, recorded.day, tzinfo=UTC) if recorded else None
        anchors.append(Anchor(kind, on, key=key, recorded_at=at))
    return Timeline.of(anchors)


def _identity(name: str, study: Study) -> UUID:
    try:
        return UUID(name)
    except ValueError:
        return derived_id("participant", study.id, name)


def _unknown(document: Document, participant: Participant, study: Study) -> list[Problem]:
    problems = []
    kinds = {ENROLMENT, *study.timeline}
    for index, event in enumerate(participant.timeline):
        if event.kind not in kinds:
            message = f"unknown event `{event.kind}`{did_you_mean(event.kind, kinds)}"
            problems.append(document.problem(("timeline", index, "kind"), message))
        elif event.kind not in study.repeating and [each.kind for each in participant.timeline[:index]].count(
            event.kind
        ):
            problems.append(document.problem(("timeline", index), f"{event.kind} happens once and is here twice"))
    known = {"arm": list(study.arms), "site": list(study.sites), "language": list(study.languages)}
    for what, names in known.items():
        name = getattr(participant, what)
        if name is not None and name not in names:
            problems.append(document.problem((what,), f"unknown {what} `{name}`{did_you_mean(name, names)}"))
    if participant.zone is None and participant.site not in study.sites:
        problems.append(document.problem(("zone",), "give the IANA time zone, or a site of the study that has one"))
    return problems
