"""A file of one participant, for `plan`: the alternative forms, and what is refused."""

from datetime import UTC, date, datetime, time
from uuid import UUID

import pytest

from pro_collector.domain.study.participant_file import load_participant
from pro_collector.errors import BadInput
from scheduler.anchors import Timeline
from scheduler.person import Person, Span
from tests.shared.studies import study

FULL = """\
id: P-1
birth_date: 1980-02-29
arm: a
site: here
language: en
sex: female
enrolled_on: 2027-02-01
preferred_time: "19:30"
quiet_hours: [{from: "12:00", until: "13:00"}]
states:
  - {kind: hospital, from: 2027-03-01, until: 2027-03-09}
timeline:
  - {kind: cycle, on: 2027-03-22}
  - {event: cycle, date: 2027-03-01, recorded_on: 2027-03-05}
  - {kind: surgery, happened_on: 2027-02-10}
"""


def read(text: str) -> tuple[Person, Timeline]:
    return load_participant(text, "person.yaml", study())


def mistakes(text: str) -> list[str]:
    with pytest.raises(BadInput) as caught:
        read(text)
    return [str(problem) for problem in caught.value.problems]


def test_every_key_of_the_file_reaches_the_planner() -> None:
    who, timeline = read(FULL)
    assert (who.zone, who.enrolled_on, who.birth_date) == ("America/New_York", date(2027, 2, 1), date(1980, 2, 29))
    assert (who.arm, who.site, who.language, who.sex) == ("a", "here", "en", "female")
    assert (who.preferred_time, who.quiet) == (time(19, 30), ((time(12), time(13)),))
    assert who.states == (Span("hospital", date(2027, 3, 1), date(2027, 3, 9)),)
    assert [(each.kind, each.n, each.key) for each in timeline.anchors] == [
        ("surgery", 1, ""),
        ("cycle", 1, "2"),
        ("cycle", 2, "1"),
    ]
    assert timeline.anchors[1].recorded_at == datetime(2027, 3, 5, tzinfo=UTC)


def test_a_timeline_may_be_a_mapping_and_the_file_json() -> None:
    who, timeline = read('{"timezone": "Asia/Tokyo", "events": {"surgery": "2027-02-10", "cycle": ["2027-03-01"]}}')
    assert (who.zone, who.enrolled_on) == ("Asia/Tokyo", date(2027, 2, 10))
    assert [each.kind for each in timeline.anchors] == ["surgery", "cycle"]


def test_the_date_of_enrolment_may_be_an_event() -> None:
    who, _ = read("zone: UTC\ntimeline: {surgery: 2027-01-10, enrolment: 2027-02-01}")
    assert who.enrolled_on == date(2027, 2, 1)


def test_the_same_person_has_the_same_id_and_a_uuid_is_kept() -> None:
    assert (
        read(FULL)[0].id
        == read(FULL.replace("1980-02-29", "1990-01-01"))[0].id
        != read("zone: UTC\nenrolled_on: 2027-01-01")[0].id
    )
    given = "00000000-0000-0000-0000-000000000007"
    assert read(f"id: {given}\nzone: UTC\nenrolled_on: 2027-01-01")[0].id == UUID(given)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("kind: surgery", "kind: surgry", "person.yaml:15: timeline.2.kind: unknown event `surgry`; did you mean"),
        ("event: cycle", "event: surgery", "person.yaml:15: timeline.2: surgery happens once and is here twice"),
        ("arm: a", "arm: z", "person.yaml:3: arm: unknown arm `z`; known: a, b"),
        ("language: en", "language: xx", "person.yaml:5: language: unknown language `xx`; known: en"),
        ("site: here", "site: there", "person.yaml:4: site: unknown site `there`; did you mean `here`?"),
        ("site: here", "sex: male", "person.yaml:6: sex: this key is here twice"),
        ("2027-03-09}", "soon}", "person.yaml:11: states.0.until: expected a date"),
        ("kind: hospital", "kind: asleep", "person.yaml:11: states.0.kind: expected 'paused', 'hospital'"),
        ("site: here\n", "zone: Europe/Madird\n", "expected an IANA time zone such as Europe/Madrid; did you mean"),
    ],
)
def test_a_mistake_is_reported_with_its_place(before: str, after: str, expected: str) -> None:
    assert expected in "\n".join(mistakes(FULL.replace(before, after)))


def test_without_a_zone_or_a_date_there_is_no_plan() -> None:
    (message,) = mistakes("enrolled_on: 2027-01-01")
    assert message.endswith("give the IANA time zone, or a site of the study that has one")
    assert mistakes("zone: UTC\nenrolled_on: 2027-01-01\ntimeline: surgery")
    (message,) = mistakes("zone: UTC")
    assert "give `enrolled_on`, or a `timeline` to begin with" in message


ASKS_AGAIN = (
    "    reminders: [1d]\n",
    """\
    reminders: [1d]
  follow:
    title: {en: Follow}
    instruments: [follow]
    trigger: {when: {instrument: diary, item: pain, at_least: 7}, at_most: 1}
    offsets: [1d]
    window: {closes: 2d}
""",
)
TRIGGERED = "site: here\nenrolled_on: 2027-03-01\ntriggered: {follow: ['2027-03-13T09:00', 2027-03-15T09:00:00]}\n"


def test_what_answers_triggered_is_at_the_hour_of_the_place() -> None:
    _, timeline = load_participant(TRIGGERED, "person.yaml", study(ASKS_AGAIN))
    first, second = timeline.triggered["follow"]
    assert (first.on, first.at, first.recorded_at) == (
        date(2027, 3, 13), time(9), datetime(2027, 3, 13, 14, tzinfo=UTC)
    )  # fmt: skip
    assert second.recorded_at == datetime(2027, 3, 15, 13, tzinfo=UTC), "after the change of the clocks"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("follow:", "folow:", "triggered.folow: no answers trigger `folow`; did you mean `follow`?"),
        ("'2027-03-13T09:00'", "soon", 'triggered.follow.0: expected a day with its local time, such as "2027-03-01T1'),
        ("'2027-03-13T09:00'", "'2027-03-13T09:00Z'", "triggered.follow.0: expected a day with its local time"),
        (
            "triggered:",
            "states: [{kind: crossed_over, from: 2027-03-09, arm: c}]\ntriggered:",
            "states.0.arm: unknown arm `c`; known: a, b",
        ),
    ],
)
def test_a_mistake_in_what_came_later_is_reported(before: str, after: str, expected: str) -> None:
    assert before in TRIGGERED
    with pytest.raises(BadInput) as caught:
        load_participant(TRIGGERED.replace(before, after, 1), "person.yaml", study(ASKS_AGAIN))
    assert expected in str(caught.value)
