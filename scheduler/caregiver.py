"""A caregiver who is asked about themselves: what of the patient's life counts for what they are asked.

They follow the patient's protocol: its events, its arm and its end. The patient's pauses, stays in hospital, stopped
texts and preferred hours are not theirs. A death always ends what they are asked; only what follows it may be asked. A
withdrawal of the patient ends it too, unless the team has recorded that the caregiver goes on.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from scheduler.after_end import Ending, EndOfParticipation
from scheduler.person import Person, Span

_SHARED = frozenset({"moved", "crossed_over", "died"})
"""States of the patient that hold for the caregiver as well."""


def as_caregiver(person: Person, gone: EndOfParticipation) -> Person:
    """What the planner needs to know for the caregiver of `person`. `gone`: how the patient's participation ended."""
    states = tuple(_states(person, gone))
    return replace(person, states=states, preferred_time=None, preferred_day=None, quiet=())


def ends_for_caregiver(
    person: Person, ending: Iterable[str], endings: Mapping[str, Ending | None], gone: EndOfParticipation
) -> frozenset[str]:
    """The event kinds that end what a caregiver is asked: each that ends participation, or all but a withdrawal."""
    kinds = frozenset(ending)
    if _goes_on(person, gone) is None:
        return kinds
    return frozenset(kind for kind in kinds if endings.get(kind) != "withdrawn")


def goes_on_after(ends: Iterable[tuple[date, Ending | None]], decided: date | None, day: date) -> bool:
    """Whether a caregiver is asked on `day` although the patient has withdrawn, because it was `decided` from a day on.

    `ends`: every end of participation, and in which way. After any other end than a withdrawal nobody goes on.
    """
    begun = [(on, way) for on, way in ends if on <= day]
    left = min((on for on, _ in begun), default=None)
    if left is None or decided is None or any(way != "withdrawn" for _, way in begun):
        return False
    return left <= decided <= day


def _goes_on(person: Person, gone: EndOfParticipation) -> date | None:
    """The day from which the caregiver goes on; None: they do not. It was decided about the withdrawal before it."""
    decided = person.caregiver_goes_on
    return None if decided is not None and gone.on is not None and decided < gone.on else decided


def _states(person: Person, gone: EndOfParticipation) -> Iterator[Span]:
    """The shared states; if the caregiver goes on, a pause from the withdrawal until then in place of the end."""
    goes_on = _goes_on(person, gone)
    for span in person.states:
        if span.kind in _SHARED or (span.kind == "withdrew" and goes_on is None):
            yield span
    if goes_on is not None and gone.ending == "withdrawn" and gone.on is not None and gone.on < goes_on:
        yield Span("paused", gone.on, goes_on)
