"""Made-up participants for the demonstration study: their data, their treatment, and how they answer messages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from pro_collector.rehearsal.illness import Illness

MOST = 400
"""The most people in one cohort; there are no more phone numbers reserved for fiction."""
CYCLE = 21
_AREAS = ("301", "602", "917", "480", "240", "212", "520", "410", "703", "505")
_SITES = (("bethesda", "America/New_York"), ("phoenix", "America/Phoenix"), ("madrid", "Europe/Madrid"))
_CLINIC_DAYS = {"bethesda": (0, 3), "phoenix": (0, 2), "madrid": (1, 3)}
"""The weekdays on which each hospital enrols and starts treatments; 0 is the weekday on which the cohort starts."""
_TOPICS = ("pain", "tiredness", "nausea", "eating", "sleep", "worry", "mood", "calm", "doing", "company", "overall")


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a treatment: when it happens, and the day on which the study team records it."""

    kind: str
    on: date
    told_on: date


@dataclass(frozen=True, slots=True)
class Habits:
    """How a person answers messages; probabilities from 0 to 1.

    `silent`: they do not answer a message at all. `late`: they answer hours later instead of minutes later.
    `unclear`: the answer cannot be read by a program. `wanders_off`: they stop in the middle of a survey. `stops_on`
    is the day on which they text STOP.
    """

    silent: float
    late: float
    unclear: float
    wanders_off: float
    stops_on: date | None = None


@dataclass(frozen=True, slots=True)
class Persona:
    """One made-up participant. Addresses are reserved for fiction (+1 ... 555 01xx, example.org)."""

    code: str
    zone: str
    language: str
    enrolled_on: date
    birth_date: date
    sex: str
    arm: str
    site: str
    happenings: tuple[Happening, ...]
    illness: Illness
    habits: Habits
    phone: str | None = None
    email: str | None = None
    proxy_phone: str | None = None
    proxy_email: str | None = None

    def enrolment(self) -> dict[str, object]:
        """The columns of a participant file."""
        named = (
            "code", "zone", "language", "enrolled_on", "birth_date", "sex", "arm", "site",
            "phone", "email", "proxy_phone", "proxy_email",
        )  # fmt: skip
        return {name: getattr(self, name) for name in named}


def cohort(seed: int, size: int, starts_on: date, days: int) -> list[Persona]:
    """`size` people who enrol in the two weeks from `starts_on` on, with their treatment in the first `days` days.

    The same arguments give the same people. Raises ValueError if `size` is negative or more than MOST.
    """
    if not 0 <= size <= MOST:
        raise ValueError(f"a cohort has at most {MOST} people")
    numbers = _numbers()
    return [
        _persona(Random(f"{seed}/{index}"), index, starts_on, starts_on + timedelta(days=days), numbers)  # noqa: S311
        for index in range(1, size + 1)
    ]


def _persona(dice: Random, index: int, starts_on: date, until: date, numbers: Iterator[str]) -> Persona:
    site, zone = _SITES[(index - 1) % len(_SITES)]
    age = _age(dice, index)
    enrolled_on = starts_on + timedelta(days=dice.choice(_CLINIC_DAYS[site]), weeks=dice.choice((0, 0, 1)))
    happenings = tuple(_treatment(dice, index, enrolled_on, until))
    code = f"RT-{index:03}"
    name = code.lower().replace("-", "")
    own, parent = age >= 8, age < 13
    return Persona(
        code=code,
        zone=zone,
        language="es" if site == "madrid" or dice.random() < 0.2 else "en",
        enrolled_on=enrolled_on,
        birth_date=enrolled_on - timedelta(days=round(age * 365.25) + dice.randrange(365)),
        sex=dice.choice(("female", "male")),
        arm="treated",
        site=site,
        happenings=happenings,
        illness=_illness(dice, happenings),
        habits=_habits(dice, index, starts_on),
        phone=next(numbers) if own else None,
        email=f"{name}@example.org" if own else None,
        proxy_phone=next(numbers) if parent else None,
        proxy_email=f"parent.{name}@example.org" if parent else None,
    )


def _age(dice: Random, index: int) -> int:
    """A random age in years; every fourth person is a child or a teenager."""
    return dice.choice((4, 6, 9, 11, 14, 16)) if index % 4 == 0 else dice.randint(19, 78)


def _treatment(dice: Random, index: int, enrolled_on: date, until: date) -> Iterator[Happening]:
    """The events of a treatment. It starts in the week after enrolment; for every fourth person it started before.

    Some cycles are late.
    """
    first = enrolled_on + timedelta(days=-7 * dice.randint(2, 6) if index % 4 == 2 else dice.choice((0, 0, 3, 7)))
    yield Happening("treatment_start", first, enrolled_on)
    ends_on = first + timedelta(days=dice.choice((45, 60, 90, 126, 168))) if index % 3 == 0 else None
    on = first
    while on <= until and (ends_on is None or on < ends_on):
        yield Happening("cycle", on, max(enrolled_on, on))
        on += timedelta(days=CYCLE + dice.choice((0, 0, 0, 0, 1, 2, 7)))
    if index % 5 == 1:
        surgery = enrolled_on + timedelta(days=dice.randint(6, 40))
        yield Happening("surgery", surgery, surgery + timedelta(days=dice.randint(0, 2)))
    if ends_on is not None:
        yield Happening("end_of_treatment", ends_on, max(enrolled_on, ends_on))


def _illness(dice: Random, happenings: tuple[Happening, ...]) -> Illness:
    kinds = {happening.kind for happening in happenings}
    dates = {kind: tuple(happening.on for happening in happenings if happening.kind == kind) for kind in kinds}
    return Illness(
        base=dice.uniform(0.1, 0.42),
        toxicity=dice.uniform(0.18, 0.45),
        benefit=dice.choice((0.0, 0.05, 0.12, 0.2)),
        treatment_start=dates["treatment_start"][0],
        cycles=dates.get("cycle", ()),
        surgeries=dates.get("surgery", ()),
        end_of_treatment=dates.get("end_of_treatment", (None,))[0],
        offsets={topic: dice.gauss(0.0, 0.1) for topic in _TOPICS},
    )


def _habits(dice: Random, index: int, starts_on: date) -> Habits:
    quiet = index % 6 == 5  # a person who rarely answers
    return Habits(
        silent=0.6 if quiet else dice.uniform(0.03, 0.2),
        late=dice.uniform(0.05, 0.3),
        unclear=dice.uniform(0.0, 0.08),
        wanders_off=dice.uniform(0.0, 0.03),
        stops_on=starts_on + timedelta(days=17) if index == 7 else None,
    )


def _numbers() -> Iterator[str]:
    """Phone numbers reserved for fiction, one area after the other."""
    return (f"+1{area}55501{last:02}" for area in _AREAS for last in range(100))
