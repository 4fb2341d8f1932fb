"""Simulates a whole study: one made-up participant after the other, each added to the tally."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.study.definition import Study
from pro_collector.simulation.life import Life, live
from pro_collector.simulation.people import make_up
from pro_collector.simulation.script import Script
from pro_collector.simulation.tally import Tally
from scheduler.duration import add_months

Progress = Callable[[int], None]
"""Called with the number of participants simulated so far."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Everything that the result of a rehearsal depends on."""

    study: Study
    instruments: Mapping[str, Instrument]
    questions: Mapping[str, int]
    participants: int
    years: float
    seed: int
    starts_on: date

    @property
    def ends_on(self) -> date:
        """The last day of the rehearsal."""
        return add_months(self.starts_on, round(self.years * 12))


def rehearse(rehearsal: Rehearsal, progress: Progress = lambda _: None) -> Tally:
    """Simulate the study; the same rehearsal gives exactly the same tally."""
    tally = Tally()
    for number, life in enumerate(lives(rehearsal, range(1, rehearsal.participants + 1)), start=1):
        tally.add(life)
        progress(number)
    return tally


def lives(rehearsal: Rehearsal, numbers: Iterable[int]) -> Iterator[Life]:
    """The lives of the participants with these numbers; the first number is 1."""
    rules = rehearsal.study.rules(rehearsal.questions)
    script = Script(rehearsal.study, rehearsal.instruments)
    ends_at = datetime.combine(rehearsal.ends_on, datetime.min.time(), UTC)
    for number in numbers:
        who = make_up(rehearsal.study, rehearsal.seed, number, rehearsal.starts_on, rehearsal.ends_on)
        yield live(rehearsal.study, rules, script, who, ends_at)
