"""Made-up people of a year: who they are, what happened to them and when it was recorded, and how they answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from pro_collector.commands.enrol import Enrolment
from pro_collector.rehearsal.illness import Illness
from scheduler.person import Span

SITES = (("bethesda", "America/New_York"), ("phoenix", "America/Phoenix"), ("madrid", "Europe/Madrid"))
ARMS = ("standard", "intensive")
AREAS = ("301", "602", "917", "480", "240", "212", "520", "410", "703", "505")
TOPICS = ("pain", "tiredness", "nausea", "eating", "sleep", "worry", "mood", "calm", "doing", "company", "overall")
CYCLE = 21
ENROLLING = 0.85
"""The share of the year in which people are enrolled; the last were enrolled a few weeks ago."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One treatment event: its day, the day on which it was recorded, and the day recorded first, if it was wrong."""

    kind: str
    on: date
    told_on: date
    first_told_as: date | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """One made-up person.

    `answers`: the share of check-ins that they answer. `silent_from`: from that day on they answer nothing.
    `opted_out_on`, `broken_on`: their phone stopped messages, or no longer exists.
    """

    enrolment: Enrolment
    happenings: tuple[Happening, ...]
    states: tuple[Span, ...]
    illness: Illness
    answers: float
    silent_from: date | None = None
    opted_out_on: date | None = None
    broken_on: date | None = None


def patients(seed: int, count: int, first: date, last: date) -> list[Patient]:
    """`count` people who are enrolled between `first` and `last`; the same arguments give the same people."""
    return [_patient(Random(f"{seed}/{n}"), n, count, first, last) for n in range(1, count + 1)]


def _patient(dice: Random, n: int, count: int, first: date, last: date) -> Patient:
    enrolled_on = first + timedelta(days=round((last - first).days * ENROLLING * (n - 1) / count))
    arm = ARMS[dice.randrange(2)]
    happenings = tuple(_treatment(dice, arm, enrolled_on, last))
    states = tuple(_states(dice, enrolled_on, last))
    gone = any(state.kind in ("withdrew", "died") for state in states)
    opted_out_on = _late(dice, last, 5, 90) if dice.random() < 0.03 and not gone else None
    broken_on = _late(dice, last, 2, 40) if dice.random() < 0.03 and not gone else None
    silent_from = _late(dice, last, 21, 80) if dice.random() < 0.09 and not gone else None
    return Patient(
        _enrolment(dice, n, arm, enrolled_on),
        happenings,
        states,
        _illness(dice, arm, happenings),
        min(0.98, max(0.3, dice.betavariate(7, 2))),
        silent_from=min((day for day in (silent_from, opted_out_on, broken_on) if day), default=None),
        opted_out_on=opted_out_on,
        broken_on=broken_on,
    )


def _late(dice: Random, last: date, least: int, most: int) -> date:
    return last - timedelta(days=dice.randint(least, most))


def _enrolment(dice: Random, n: int, arm: str, enrolled_on: date) -> Enrolment:
    site, zone = SITES[n % len(SITES)]
    code = f"YR-{n:04}"
    age = dice.choice((5, 6, 9, 10, 12, 15)) if n % 12 == 0 else dice.randint(19, 84)
    own, parent = age >= 8, age < 13
    mail_only = own and dice.random() < 0.07
    name = code.lower().replace("-", "")
    return Enrolment.model_validate(
        {
            "code": code,
            "zone": zone,
            "language": "es" if site == "madrid" or dice.random() < 0.15 else "en",
            "enrolled_on": enrolled_on,
            "birth_date": enrolled_on - timedelta(days=round(age * 365.25) + dice.randrange(365)),
            "sex": dice.choice(("female", "male")),
            "arm": arm,
            "site": site,
            "phone": number(2 * n) if own and not mail_only else None,
            "email": f"{name}@example.org" if mail_only or (own and dice.random() < 0.8) else None,
            "proxy_phone": number(2 * n + 1) if parent else None,
            "proxy_email": f"parent.{name}@example.org" if parent else None,
            "preferred_time": dice.choice(("09:00", "18:30")) if dice.random() < 0.1 else None,
        }
    )


def number(n: int) -> str:
    """A phone number for fiction; beyond the thousand that are reserved for it, others of the same shape."""
    area, last = divmod(n, 100)
    return f"+1{AREAS[area]}55501{last:02}" if n < 1000 else f"+1{AREAS[n // 10000 % 10]}555{n % 10000:04}"


def _treatment(dice: Random, arm: str, enrolled_on: date, last: date) -> Iterator[Happening]:
    """Cycles every three weeks, some late; for some the treatment ends, a few are operated, a few progress."""
    on = enrolled_on + timedelta(days=dice.choice((0, 1, 3, 7, 10)))
    ends_on = on + timedelta(days=dice.choice((126, 168, 210))) if dice.random() < 0.5 else None
    kind = "treatment_start"
    while on <= last and (ends_on is None or on < ends_on):
        if kind == "treatment_start":
            yield _told(dice, kind, on, last)
        yield _told(dice, "cycle", on, last)
        kind, on = "cycle", on + timedelta(days=CYCLE + dice.choice((0, 0, 0, 0, 1, 2, 7)))
    if ends_on is not None and ends_on <= last:
        yield _told(dice, "end_of_treatment", ends_on, last)
    for kind, chance in (("surgery", 0.15), ("progression", 0.2 if arm == "standard" else 0.12)):
        on = enrolled_on + timedelta(days=dice.randint(30, 240))
        if dice.random() < chance and on <= last:
            yield _told(dice, kind, on, last)


def _told(dice: Random, kind: str, on: date, last: date) -> Happening:
    """Most events are recorded within two days; one in thirty was first recorded with another day."""
    told_on = min(last, on + timedelta(days=dice.choice((0, 0, 0, 1, 2))))
    wrong = on - timedelta(days=dice.randint(1, 5)) if dice.random() < 0.03 else None
    return Happening(kind, on, told_on, wrong)


def _states(dice: Random, enrolled_on: date, last: date) -> Iterator[Span]:
    """At most one state of each kind; one in ten people is in one now or has left."""
    spare = (last - enrolled_on).days
    for kind, chance, longest in (("hospital", 0.15, 14), ("holiday", 0.2, 21), ("paused", 0.08, 35)):
        since = enrolled_on + timedelta(days=dice.randint(10, 400))
        lasts = dice.randint(4, longest)
        if dice.random() < chance and since <= last:
            open_ended = kind == "paused" and since + timedelta(days=lasts) > last
            yield Span(kind, since, None if open_ended else since + timedelta(days=lasts))  # type: ignore[arg-type]
    ends = dice.random()
    if ends < 0.1 and spare > 40:
        since = enrolled_on + timedelta(days=dice.randint(30, spare))
        yield Span("died" if ends < 0.04 else "withdrew", since)


def _illness(dice: Random, arm: str, happenings: tuple[Happening, ...]) -> Illness:
    days = {kind: tuple(each.on for each in happenings if each.kind == kind) for kind in ("cycle", "surgery")}
    intensive = arm == "intensive"
    return Illness(
        base=dice.uniform(0.12, 0.5),
        toxicity=dice.uniform(0.15, 0.4) + (0.08 if intensive else 0.0),
        benefit=dice.choice((0.0, 0.05, 0.12, 0.2)) + (0.06 if intensive else 0.0),
        treatment_start=next((each.on for each in happenings if each.kind == "treatment_start"), None),
        cycles=days["cycle"],
        surgeries=days["surgery"],
        offsets={topic: dice.gauss(0.0, 0.1) for topic in TOPICS},
    )
