"""What was expected, what came, and why the rest did not: completion by visit and group, reasons, patterns. Pure.

Two rates, because SISAQOL asks for both (Coens et al., Lancet Oncol 2020;21:e83-96, doi 10.1016/S1470-2045(19)30790-9).
The *available data rate* has a fixed denominator: everybody for whom the assessment was planned, once it is decided
what became of the visit. The *completion rate* has a variable one: those of them who were alive, in the study and due.
Both stand beside their counts. All functions take the participants and the visits of one study.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Protocol
from uuid import UUID

from pro_collector.domain.research.tables import (
    Arm,
    ParticipantOfStudy,
    PlannedVisit,
    Reporter,
    ResearchTable,
    Study,
    VisitName,
    VisitState,
)

Pattern = Literal["complete", "monotone", "intermittent", "nothing received", "nothing expected"]
VisitKey = tuple[str, str]
"""A visit of all participants: its name and who reports."""
OfVisit = Mapping[UUID, PlannedVisit]
"""The row of each participant who has the visit."""


class VisitStanding(StrEnum):
    """What one visit of one participant is to the denominators."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    MISSING = "missing"
    DIED = "died"
    WITHDREW = "withdrew"
    OFF_STUDY = "off_study"
    NOT_PLANNED = "not_planned"
    """The schedule took it away; nobody was to be asked."""
    PENDING = "pending"
    """Not due yet, or its window is still open."""
    NOT_REACHED = "not_reached"
    """The participant has no such visit: its event has not happened, or it is beyond the plan."""


RECEIVED = frozenset({VisitStanding.COMPLETE, VisitStanding.PARTIAL})
EXPECTED = RECEIVED | {VisitStanding.MISSING}
"""Alive, in the study and due: the variable denominator."""
LEFT = frozenset({VisitStanding.DIED, VisitStanding.WITHDREW, VisitStanding.OFF_STUDY})
FIXED = EXPECTED | LEFT
"""The fixed denominator; once nobody is still to come, this is the whole population of the assessment."""
_ENDED = frozenset({"died", "withdrew", "ended", "participation_ended"})


@dataclass(frozen=True, slots=True)
class CompletionRow:
    """How complete one visit is in one group of participants."""

    study: Study
    arm: Arm
    site: Annotated[str | None, "site of the study; empty: all sites, or none is recorded"]
    by: Annotated[Literal["all", "arm", "site"], "how participants are grouped in this row"]
    assessment: Annotated[str, "assessment of the study"]
    visit: VisitName
    reporter: Reporter
    population: Annotated[int, "participants for whom the assessment was ever planned with this reporter"]
    died: Annotated[int, "died before it was due; not missing data"]
    withdrew: Annotated[int, "withdrew before it was due"]
    off_study: Annotated[int, "left in another way before it was due"]
    not_planned: Annotated[int, "the schedule took it away"]
    pending: Annotated[int, "not due yet, or still open"]
    not_reached: Annotated[int, "have no such visit: its event has not happened, or it is beyond the plan"]
    expected: Annotated[int, "alive, in the study and due: received and missing together"]
    received: Annotated[int, "of these: something was received"]
    complete: Annotated[int, "of these: every question was answered, declined or skipped by skip logic"]
    late: Annotated[int, "of the received: with an answer after the window had closed"]
    by_call: Annotated[int, "of the received: taken by the team on the telephone"]
    by_web: Annotated[int, "of the received: the last answer came from the form"]
    by_text: Annotated[int, "of the received: the last answer came by text"]
    missing: Annotated[int, "expected and not received"]
    available_rate: Annotated[float | None, "received by all who are decided: expected, died, withdrew, off study"]
    completion_rate: Annotated[float | None, "received by expected"]


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """How often one visit was missing, or not expected, for one reason in one arm."""

    study: Study
    arm: Arm
    assessment: Annotated[str, "assessment of the study"]
    visit: VisitName
    reporter: Reporter
    standing: Annotated[str, "missing, partial, died, withdrew, off_study or not_planned"]
    reason: Annotated[str | None, "reason of the visit, as a code; empty: there was no visit any more"]
    participants: Annotated[int, "how many"]


@dataclass(frozen=True, slots=True)
class PatternRow:
    """How many participants of an arm have one pattern of missing visits in one assessment."""

    study: Study
    arm: Arm
    assessment: Annotated[str, "assessment of the study"]
    reporter: Reporter
    pattern: Annotated[
        Pattern,
        "monotone: nothing more after the last received; intermittent: something was received after one was missing",
    ]
    participants: Annotated[int, "how many"]


COMPLETION = ResearchTable("completion", CompletionRow)
REASONS = ResearchTable("reasons", ReasonRow)
PATTERNS = ResearchTable("patterns", PatternRow)


class Leaver(Protocol):
    """When a participant left, if they did."""

    @property
    def died_on(self) -> date | None:
        """Day of death."""

    @property
    def withdrew_on(self) -> date | None:
        """First day of the withdrawal."""

    @property
    def off_study_on(self) -> date | None:
        """First day on which nothing is asked any more."""


class VisitEnd(Protocol):
    """What became of a visit, and who was to answer it."""

    @property
    def reporter(self) -> str:
        """Who was to answer."""

    @property
    def state(self) -> VisitState:
        """Its state."""

    @property
    def reason(self) -> str | None:
        """Why it ended, as a code."""

    @property
    def due_on(self) -> date:
        """The day on which it was due."""

    @property
    def instruments_received(self) -> int:
        """Questionnaires of which something was received."""


def standing(person: Leaver, visit: VisitEnd | None) -> VisitStanding:
    """What a visit of a participant is to the denominators; `visit` None: they have none of that name."""
    if visit is None:
        return VisitStanding.NOT_REACHED if person.off_study_on is None else _left(person, date.max, None)
    if visit.instruments_received > 0 and visit.state in ("completed", "partial"):
        return VisitStanding.COMPLETE if visit.state == "completed" else VisitStanding.PARTIAL
    if visit.state == "cancelled":
        return _left(person, visit.due_on, visit.reason) if visit.reason in _ENDED else VisitStanding.NOT_PLANNED
    if visit.state not in ("missed", "partial", "completed"):
        return VisitStanding.PENDING
    # a caregiver may go on after the patient has left; of one who does not, visits are cancelled and never missed
    left_on = person.died_on if visit.reporter == "caregiver" else person.off_study_on
    had_left = left_on is not None and left_on <= visit.due_on
    return _left(person, visit.due_on, visit.reason) if had_left else VisitStanding.MISSING


def completion(people: Iterable[ParticipantOfStudy], visits: Iterable[PlannedVisit]) -> Iterator[CompletionRow]:
    """Every visit of one study in all participants, then by arm, then by site; unprompted reports are left out."""
    everybody = list(people)
    asked = by_assessment(everybody, visits)
    for by, group_of in _GROUPINGS.items():
        for group in sorted({group_of(person) for person in everybody}, key=str):
            for assessment, (members, names) in asked.items():
                chosen = [person for person in members if group_of(person) == group]
                for key, own in names.items():
                    if chosen:
                        yield _completion(by, assessment, key, chosen, own)


def reasons(people: Iterable[ParticipantOfStudy], visits: Iterable[PlannedVisit]) -> Iterator[ReasonRow]:
    """Why visits of one study were missing, partial or not expected, by visit and arm."""
    for (assessment, reporter), (members, names) in by_assessment(list(people), visits).items():
        for (visit, _), own in names.items():
            counts: Counter[tuple[str, str | None, VisitStanding, str | None]] = Counter()
            for person in members:
                found = own.get(person.participant_id)
                place = standing(person, found)
                if place not in (VisitStanding.COMPLETE, VisitStanding.PENDING, VisitStanding.NOT_REACHED):
                    counts[person.study, person.arm, place, found.reason if found else None] += 1
            for (study, arm, place, reason), count in sorted(counts.items(), key=str):
                yield ReasonRow(study, arm, assessment, visit, reporter, place.value, reason, count)


def patterns(people: Iterable[ParticipantOfStudy], visits: Iterable[PlannedVisit]) -> Iterator[PatternRow]:
    """How many participants of each arm miss nothing, drop out, or miss visits in between."""
    for (assessment, reporter), (members, names) in by_assessment(list(people), visits).items():
        counts: Counter[tuple[str, str | None, Pattern]] = Counter()
        for person in members:
            own = [found[person.participant_id] for found in names.values() if person.participant_id in found]
            places = [standing(person, visit) for visit in sorted(own, key=lambda each: (each.due_at, each.visit_id))]
            counts[person.study, person.arm, pattern(places)] += 1
        for (study, arm, name), count in sorted(counts.items(), key=str):
            yield PatternRow(study, arm, assessment, reporter, name, count)


def pattern(places: Sequence[VisitStanding]) -> Pattern:
    """The pattern of one participant's visits, in the order in which they were due."""
    received = [place in RECEIVED for place in places if place in EXPECTED]
    if not received:
        return "nothing expected"
    if not any(received):
        return "nothing received"
    if all(received):
        return "complete"
    last = len(received) - 1 - received[::-1].index(True)
    return "monotone" if all(received[:last]) else "intermittent"


def _left(person: Leaver, due_on: date, reason: str | None) -> VisitStanding:
    """How a participant had left by a day; death counts before everything else."""
    if reason == "died" or (person.died_on is not None and person.died_on <= due_on):
        return VisitStanding.DIED
    if reason == "withdrew" or (person.withdrew_on is not None and person.withdrew_on <= due_on):
        return VisitStanding.WITHDREW
    return VisitStanding.OFF_STUDY


_GROUPINGS: Mapping[Literal["all", "arm", "site"], Callable[[ParticipantOfStudy], str | None]] = {
    "all": lambda _: None,
    "arm": lambda person: person.arm,
    "site": lambda person: person.site,
}


def by_assessment(
    people: Sequence[ParticipantOfStudy], visits: Iterable[PlannedVisit]
) -> dict[tuple[str, str], tuple[list[ParticipantOfStudy], dict[VisitKey, OfVisit]]]:
    """By assessment and reporter: for whom it was ever planned, and by visit the row of each participant."""
    found: dict[tuple[str, str], dict[VisitKey, dict[UUID, PlannedVisit]]] = {}
    for visit in sorted(visits, key=lambda each: (each.assessment, each.reporter, each.anchor_n, each.visit_n)):
        if visit.planned:
            names = found.setdefault((visit.assessment, visit.reporter), {})
            names.setdefault((visit.visit, visit.reporter), {})[visit.participant_id] = visit
    asked: dict[tuple[str, str], tuple[list[ParticipantOfStudy], dict[VisitKey, OfVisit]]] = {}
    for key, names in found.items():
        ids = {id for own in names.values() for id in own}
        asked[key] = [person for person in people if person.participant_id in ids], dict(names)
    return asked


def _completion(
    by: Literal["all", "arm", "site"], assessment: tuple[str, str], key: VisitKey,
    members: Sequence[ParticipantOfStudy], own: OfVisit,
) -> CompletionRow:  # fmt: skip
    places = [(standing(person, own.get(person.participant_id)), own.get(person.participant_id)) for person in members]
    counts = Counter(place for place, _ in places)
    came = [visit for place, visit in places if place in RECEIVED and visit is not None]
    modes = Counter(visit.mode for visit in came)
    expected, received = _sum(counts, EXPECTED), _sum(counts, RECEIVED)
    first = members[0]
    return CompletionRow(
        study=first.study,
        arm=first.arm if by == "arm" else None,
        site=first.site if by == "site" else None,
        by=by,
        assessment=assessment[0],
        visit=key[0],
        reporter=key[1],
        population=len(members),
        died=counts[VisitStanding.DIED],
        withdrew=counts[VisitStanding.WITHDREW],
        off_study=counts[VisitStanding.OFF_STUDY],
        not_planned=counts[VisitStanding.NOT_PLANNED],
        pending=counts[VisitStanding.PENDING],
        not_reached=counts[VisitStanding.NOT_REACHED],
        expected=expected,
        received=received,
        complete=counts[VisitStanding.COMPLETE],
        late=sum(bool(visit.late) for visit in came),
        by_call=modes["call"],
        by_web=modes["web"],
        by_text=modes["sms"],
        missing=counts[VisitStanding.MISSING],
        available_rate=_rate(received, _sum(counts, FIXED)),
        completion_rate=_rate(received, expected),
    )


def _sum(counts: Counter[VisitStanding], places: Collection[VisitStanding]) -> int:
    return sum(counts[place] for place in places)


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None
