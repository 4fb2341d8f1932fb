"""A file of one participant, for planning: time zone, birth date, arm, site, states, timeline events."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from pro_collector.domain.document import Document, parse_yaml, validate
from pro_collector.domain.events import derived_id
from pro_collector.domain.near import did_you_mean
from pro_collector.domain.study.definition import Study, Zone
from pro_collector.errors import BadInput, Problem
from scheduler.anchors import ENROLMENT, Anchor, Timeline
from scheduler.calendar import resolve
from scheduler.consent import Consent, Covers
from scheduler.person import Condition, Person, Span
from scheduler.rules import ClockTime, Day, Frozen, Hours, Reporter
from scheduler.trigger import TriggeredSeries, triggered_anchors
from scheduler.weekdays import DayName


def _local_time(value: object) -> datetime:
    try:
        read = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        read = None
    if read is None or read.tzinfo is not None:
        raise ValueError('expected a day with its local time, such as "2027-03-01T14:30"')
    return read


LocalTime = Annotated[datetime, BeforeValidator(_local_time)]


class State(Frozen):
    """A state with its dates; `until` is the first day on which it no longer holds; `arm` is that after a crossover."""

    kind: Condition
    from_date: Day = Field(alias="from")
    until: Day | None = None
    arm: str | None = None


class ParticipantEvent(Frozen):
    """One treatment event, with its local time of day `at` if that is known.

    `recorded_on` is needed only if the study learnt of it later.
    """

    kind: str = Field(validation_alias=AliasChoices("kind", "event"))
    on: Day = Field(validation_alias=AliasChoices("on", "date", "happened_on"))
    at: ClockTime | None = None
    recorded_on: Day | None = None

    @model_validator(mode="before")
    @classmethod
    def _day_and_time(cls, data: Any) -> Any:
        """The day and the time of "2027-03-01T14:30"."""
        found = [key for key in ("on", "date", "happened_on") if key in data] if isinstance(data, dict) else []
        if not found or not isinstance(data[found[0]], str) or "T" not in data[found[0]]:
            return data
        day, _, clock = data[found[0]].partition("T")
        return {"at": clock, **data, found[0]: day}


class GivenConsent(Frozen):
    """What a reporter agreed to, from a day on; `until` is the day of the withdrawal."""

    reporter: Reporter
    covers: Covers = "participation"
    from_date: Day = Field(alias="from")
    until: Day | None = None


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
    preferred_day: DayName | None = None
    quiet_hours: tuple[Hours, ...] = ()
    states: tuple[State, ...] = ()
    consents: tuple[GivenConsent, ...] = ()
    caregiver_goes_on: Day | None = None
    timeline: Annotated[tuple[ParticipantEvent, ...], BeforeValidator(_events_as_list)] = Field(
        default=(), validation_alias=AliasChoices("timeline", "events")
    )

    triggered: dict[str, tuple[LocalTime, ...]] = Field(
        default_factory=dict, description="by assessment: when its check-ins ended whose answers triggered it"
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
    events = participant.timeline
    enrolled = participant.enrolled_on or min((each.on for each in events if each.kind == ENROLMENT), default=None)
    person = Person(
        id=_identity(participant.id, study),
        zone=zone,
        enrolled_on=enrolled or min(each.on for each in events),
        birth_date=participant.birth_date,
        arm=participant.arm,
        site=participant.site,
        language=participant.language,
        sex=participant.sex,
        states=tuple(Span(state.kind, state.from_date, state.until, state.arm) for state in participant.states),
        consents=tuple(
            Consent(each.reporter, each.covers, each.from_date, each.until) for each in participant.consents
        ),
        caregiver_goes_on=participant.caregiver_goes_on,
        preferred_time=participant.preferred_time,
        preferred_day=participant.preferred_day,
        quiet=tuple((hours.from_time, hours.until) for hours in participant.quiet_hours),
    )
    triggered = triggered_anchors(_triggered(participant, ZoneInfo(zone)), zone)
    return person, replace(_timeline(events, study), triggered=triggered)


def _triggered(participant: Participant, zone: ZoneInfo) -> Iterator[TriggeredSeries]:
    for assessment, times in participant.triggered.items():
        for n, wall in enumerate(times, 1):
            at = resolve(wall, zone)
            yield TriggeredSeries(assessment, "self", str(n), at, at)


def _timeline(events: Iterable[ParticipantEvent], study: Study) -> Timeline:
    """The timeline. The key of a repeating event is its number among its kind, so a corrected date keeps the key."""
    numbers: dict[str, int] = {}
    anchors = []
    for each in events:
        kind, recorded = each.kind, each.recorded_on
        numbers[kind] = numbers.get(kind, 0) + 1
        key = str(numbers[kind]) if kind in study.repeating else ""
        at = datetime(recorded.year, recorded.month, recorded.day, tzinfo=UTC) if recorded else None
        anchors.append(Anchor(kind, each.on, key=key, recorded_at=at, at=each.at))
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
    problems += _unknown_later(document, participant, study)
    known = {"arm": list(study.arms), "site": list(study.sites), "language": list(study.languages)}
    for what, names in known.items():
        name = getattr(participant, what)
        if name is not None and name not in names:
            problems.append(document.problem((what,), f"unknown {what} `{name}`{did_you_mean(name, names)}"))
    if participant.zone is None and participant.site not in study.sites:
        problems.append(document.problem(("zone",), "give the IANA time zone, or a site of the study that has one"))
    return problems


def _unknown_later(document: Document, participant: Participant, study: Study) -> Iterator[Problem]:
    """Unknown arms after a crossover, and unknown assessments that answers triggered."""
    for index, state in enumerate(participant.states):
        if state.arm is not None and state.arm not in study.arms:
            message = f"unknown arm `{state.arm}`{did_you_mean(state.arm, study.arms)}"
            yield document.problem(("states", index, "arm"), message)
    for name in participant.triggered:
        if name not in study.triggers:
            message = f"no answers trigger `{name}`{did_you_mean(name, study.triggers)}"
            yield document.problem(("triggered", name), message)
