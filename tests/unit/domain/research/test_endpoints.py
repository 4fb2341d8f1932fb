"""Endpoints from participants, visits and scores: a made-up cohort, and the same numbers worked out a second way."""

import random
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from uuid import uuid5

import pytest

from pro_collector.domain.document import parse_yaml
from pro_collector.domain.endpoints.definition import EndpointFile, parse_endpoints, scale_of
from pro_collector.domain.research.endpoint_tables import (
    BY_KIND,
    AnyEndpointRow,
    AreaOfParticipant,
    ChangeAtVisit,
    DeteriorationOfParticipant,
    ResponseOfParticipant,
    WorstGradeOfParticipant,
)
from pro_collector.domain.research.endpoints import ObservedStudy, endpoint_rows
from pro_collector.domain.research.tables import ParticipantOfStudy, PlannedVisit, ScaleValue, TimelineRecord
from pro_collector.errors import NotFound
from tests.shared.instruments import library, shipped
from tests.unit.domain.research.made_up import DAY_ONE, left, person, scale_value, visit

FILE = """
endpoints:
  - &pain
    id: pain-change
    kind: change
    instrument: qlq-c30
    scale: PA
    difference: {points: 10, level: group, source: a paper}
  - <<: *pain
    id: pain-response
    kind: responder
    rule: {change: improvement, at: visit, visit: weekly 14d, missing: missing}
  - <<: *pain
    id: pain-time
    kind: time-to-deterioration
    rule: {kind: first, at_last: counts, death: event}
  - id: pain-area
    kind: area-under-curve
    instrument: qlq-c30
    scale: PA
    rule: {until_day: 21, beyond: stop}
  - id: pain-worst
    kind: worst-grade
    instrument: qlq-c30
    scale: PA
"""
WEEKS = 5
Values = dict[str, list[float | None]]


def read(text: str = FILE) -> EndpointFile:
    return parse_endpoints(parse_yaml(text, "endpoints.yaml"), library().get)


def cohort(size: int, seed: int) -> tuple[ObservedStudy, Values]:
    """People with a score or none in each of five weeks; some die, some withdraw. Beside it the plain numbers."""
    chance = random.Random(seed)
    people: list[ParticipantOfStudy] = []
    visits: list[PlannedVisit] = []
    scores: list[ScaleValue] = []
    values: Values = {}
    for n in range(size):
        code, end = f"p{n:03}", chance.choice([None, None, None, "died", "withdrew"])
        day = chance.randint(3, 7 * WEEKS)
        arm = chance.choice("xy")
        who = person(code, arm=arm) if end is None else left(code, end, day, arm=arm)
        people.append(who)
        values[code] = []
        for week in range(1, WEEKS + 1):
            gone = end is not None and 7 * (week - 1) + 1 >= day
            value = None if gone or chance.random() < 0.25 else chance.choice([0, 16.6667, 33.3333, 50, 66.6667, 100])
            values[code].append(value)
            state = (
                ("cancelled", end) if gone else ("missed", "no_answer") if value is None else ("completed", "answered")
            )
            made = visit(who, week, state[0], state[1], instruments="qlq-c30")  # type: ignore[arg-type]
            visits.append(made)
            if value is not None:
                scores.append(scale_value(made, "qlq-c30", "PA", value))
    return ObservedStudy(people, visits, scores, [], ["weekly"]), values


def rows_of(study: ObservedStudy, file: EndpointFile | None = None) -> dict[str, list[AnyEndpointRow]]:
    file = file or read()
    return {
        endpoint.id: list(endpoint_rows(endpoint, scale_of(endpoint, shipped("qlq-c30")), file.day_0, study))
        for endpoint in file.endpoints
    }


def test_a_cohort_gives_the_numbers_that_a_second_computation_gives() -> None:
    study, values = cohort(300, seed=15)
    found = rows_of(study)
    died = {who.participant_code: (who.died_on - DAY_ONE).days if who.died_on else None for who in study.people}
    told = {
        (row.participant_code, row.visit): (row.score, row.change, row.category)
        for row in found["pain-change"] if isinstance(row, ChangeAtVisit)
    }  # fmt: skip
    for code, own in values.items():
        base = own[0]
        for week, value in enumerate(own):
            if died[code] is not None and 7 * week >= (died[code] or 0):
                assert (code, f"weekly {7 * week}d") not in told or value is not None, "the dead have no missing data"
                continue
            change = value - base if week and value is not None and base is not None else None
            meant = (
                None
                if change is None
                else "deteriorated"
                if change >= 10
                else "improved"
                if change <= -10
                else "stable"
            )
            assert told[code, f"weekly {7 * week}d"] == (value, change, meant)
    for row in found["pain-response"]:
        assert isinstance(row, ResponseOfParticipant)
        base, at = values[row.participant_code][0], values[row.participant_code][2]
        gone = (died[row.participant_code] or 99) <= 14
        met = base is not None and at is not None and at <= base - 10
        unknown = base is None or (at is None and not gone)
        assert row.response == ("missing" if unknown else "responder" if met else "non-responder")
    for row in found["pain-time"]:
        assert isinstance(row, DeteriorationOfParticipant)
        assert (row.event, row.time) == by_hand(values[row.participant_code], died[row.participant_code])
    for row in found["pain-worst"]:
        assert isinstance(row, WorstGradeOfParticipant)
        assert row.worst == max((v for v in values[row.participant_code][1:] if v is not None), default=None)
    for row in found["pain-area"]:
        assert isinstance(row, AreaOfParticipant)
        line = [(7 * n, v) for n, v in enumerate(values[row.participant_code][:4]) if v is not None]
        if values[row.participant_code][0] is not None and len(line) > 1 and line[-1][0] == 21:
            area = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(line))
            assert row.area == pytest.approx(area / 21)
    for kind in ("pain-response", "pain-time", "pain-area", "pain-worst"):
        assert [row.participant_code for row in found[kind]] == list(values), "everybody has exactly one row"


def by_hand(values: list[float | None], died: int | None) -> tuple[int | None, float | None]:
    """Event and days to the first worsening by 10, or to death, else to the last score."""
    base, later = values[0], [(7 * n, value) for n, value in enumerate(values) if n and value is not None]
    if base is None:
        return None, None
    worse = [day for day, value in later if value - base >= 10]
    if worse:
        return 1, worse[0]
    if died is not None:
        return 1, died
    return (0, later[-1][0]) if later else (0, 1)


def test_rows_are_those_of_the_table_of_their_kind() -> None:
    file = read()
    found = rows_of(cohort(20, seed=1)[0], file)
    for endpoint in file.endpoints:
        assert {type(row) for row in found[endpoint.id]} == {BY_KIND[endpoint.kind].row}
        assert {row.endpoint for row in found[endpoint.id]} == {endpoint.id}


def test_days_count_from_the_event_that_the_file_names() -> None:
    study, _ = cohort(1, seed=3)
    (ann,) = study.people
    start = TimelineRecord(
        study="s", participant_code=ann.participant_code, participant_id=ann.participant_id, site="a", arm="x",
        event_id=uuid5(ann.participant_id, "1"), record_id=uuid5(ann.participant_id, "2"), source="treatment",
        kind="start", n=1, happened_on=DAY_ONE + timedelta(days=7), ends_on=None, study_day=8,
        recorded_at=study.visits[0].due_at, superseded_at=None, retracted=False, believed=True,
    )  # fmt: skip
    file = read().model_copy(update={"day_0": "start"})
    with_start = rows_of(
        replace(study, events=[replace(start, happened_on=date(2020, 1, 1), believed=False), start]), file
    )
    days = {row.visit: row.day for row in with_start["pain-change"] if isinstance(row, ChangeAtVisit)}
    assert days["weekly 7d"] == 0
    assert days["weekly 0d"] == -7
    without = rows_of(study, file)
    assert without["pain-change"] == []
    assert [row.why for row in without["pain-time"] if isinstance(row, DeteriorationOfParticipant)] == ["no-baseline"]


def test_only_planned_visits_of_the_reporter_that_asked_it_count() -> None:
    study, _ = cohort(1, seed=3)
    (ann,) = study.people
    proxy = visit(
        ann,
        1,
        "completed",
        "answered",
        reporter="proxy",
        instruments="qlq-c30",
        visit_id=uuid5(ann.participant_id, "p"),
    )
    other = visit(
        ann,
        2,
        "missed",
        "no_answer",
        instruments="other",
        visit="weekly other",
        visit_id=uuid5(ann.participant_id, "o"),
    )
    unprompted = replace(study.visits[0], planned=False, visit="unprompted", visit_id=uuid5(ann.participant_id, "u"))
    more = replace(
        study,
        visits=[*study.visits, proxy, other, unprompted],
        scores=[*study.scores, scale_value(proxy, "qlq-c30", "PA", 100), scale_value(unprompted, "qlq-c30", "PA", 100)],
    )
    assert rows_of(more) == rows_of(study)


def test_a_visit_that_the_study_does_not_have_is_told() -> None:
    study, _ = cohort(1, seed=3)
    with pytest.raises(NotFound, match="no visit that asks this 'weekly 15d'; did you mean 'weekly"):
        rows_of(study, read(FILE.replace("weekly 14d", "weekly 15d")))
    by_number = rows_of(study, read(FILE.replace("weekly 14d", "1001003")))
    assert by_number == rows_of(study)


def test_whoever_was_never_to_be_asked_has_no_row() -> None:
    ann, ben = person("ann"), person("ben")
    asked = [visit(ann, week, "missed", "no_answer", instruments="qlq-c30") for week in range(1, WEEKS + 1)]
    found = rows_of(ObservedStudy([ann, ben], asked, [], [], ["weekly"]))
    assert {row.participant_code for rows in found.values() for row in rows} == {"ann"}
