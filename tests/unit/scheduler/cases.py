"""Short ways to say a schedule, a person, a timeline and a moment, for the tests of the planner."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from scheduler.anchors import Anchor, Timeline
from scheduler.occasion import Occasion, Plan, State
from scheduler.person import Person, Span
from scheduler.plan import plan
from scheduler.rulebook import Rules
from scheduler.rules import Burden, Hours, Schedule

START = date(2027, 3, 1)
LONG_BEFORE = datetime(2000, 1, 1, tzinfo=UTC)


def schedule(**said: Any) -> Schedule:
    """A schedule as a study file would say it: weekly for four weeks after surgery, unless said otherwise."""
    if not {"on_days", "offsets", "repeat"} & said.keys():
        said["repeat"] = {"every": "1w", "for": "4w"}
    return Schedule.model_validate({"instruments": ["diary"], "anchor": "surgery", "window": {"closes": "3d"}, **said})


def rules(*schedules: Schedule, quiet: tuple[str, str] | None = None, **said: Any) -> Rules:
    """Rules with schedules named a, b, c...; `burden` as a mapping."""
    hours = [Hours.model_validate({"from": quiet[0], "until": quiet[1]})] if quiet else []
    burden = Burden.model_validate(said.pop("burden")) if "burden" in said else None
    named = {chr(ord("a") + k): each for k, each in enumerate(schedules)}
    return Rules.of(named, quiet=hours, burden=burden, **said)


def person(zone: str = "America/New_York", **said: Any) -> Person:
    """Someone enrolled at the start."""
    return Person(**{"id": UUID(int=7), "zone": zone, "enrolled_on": START, **said})


def span(kind: str, starts: str, ends: str | None = None) -> Span:
    """A state with its dates."""
    return Span(kind, day(starts), day(ends) if ends else None)  # type: ignore[arg-type]


def happened(kind: str = "surgery", on: date = START, key: str = "") -> Timeline:
    """A timeline of one event."""
    return Timeline.of([Anchor(kind, on, key=key)])


def cycles(*dates: str) -> Timeline:
    """A timeline of cycles, each known by its place here."""
    return Timeline.of([Anchor("cycle", day(on), key=str(k)) for k, on in enumerate(dates, 1)])


def day(text: str) -> date:
    """A date."""
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def made(
    rulebook: Rules,
    who: Person | None = None,
    timeline: Timeline | None = None,
    *,
    now: datetime = LONG_BEFORE,
    years: float = 3,
    known: Iterable[Occasion] = (),
) -> Plan:
    """A plan from the start on, as seen long before it."""
    horizon = datetime(START.year, START.month, START.day, tzinfo=UTC) + timedelta(days=366 * years)
    return plan(rulebook, who or person(), happened() if timeline is None else timeline, now, horizon, known)


def local(occasions: Sequence[Occasion]) -> list[str]:
    """The wall times at which people are asked."""
    return [f"{each.due_local:%Y-%m-%d %H:%M}" for each in occasions]


def reasons(occasions: Sequence[Occasion]) -> list[str | None]:
    """Why each cannot be asked."""
    return [each.reason for each in occasions]


def begun(occasions: Iterable[Occasion], until: datetime, state: State = "completed") -> list[Occasion]:
    """What is stored once time has gone to `until`: what was due is begun."""
    return [
        replace(each, state=state) if each.state == "planned" and each.due_at <= until else each for each in occasions
    ]
