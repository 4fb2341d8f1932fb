"""The roster: who is on duty in a role at a site, in which hours, and who stands in."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pro_collector.domain.alert.roster import Roster, parse_roster
from pro_collector.domain.document import parse_yaml
from pro_collector.errors import BadInput

MADRID = ZoneInfo("Europe/Madrid")
FILE = """\
people:
  ana: {mail: ana@hospital.example, phone: "+34600000101"}
  leo: {mail: leo@hospital.example}
  eva: {mail: eva@hospital.example}
duties:
  - {role: nurse, who: [ana], sites: [madrid], hours: [{from: "8:00", until: "16:00"}], closed: ["2026-12-25"]}
  - {role: nurse, who: [leo], hours: [{days: [mon, tue], from: "22:00", until: "06:00"}]}
  - {role: doctor, who: [eva, ana]}
away:
  - {who: ana, from: 2026-04-01, until: 2026-04-02, stand_in: leo}
  - {who: leo, from: 2026-04-02, until: 2026-04-03}
"""


def roster(text: str = FILE) -> Roster:
    return parse_roster(parse_yaml(text, "roster.yaml"))


@pytest.mark.parametrize(
    ("role", "site", "at", "expected"),
    [
        ("nurse", "madrid", "2026-03-02T08:00", ["ana"]),
        ("nurse", "madrid", "2026-03-02T16:00", []),
        ("nurse", "phoenix", "2026-03-02T08:00", []),
        ("nurse", "madrid", "2026-03-07T08:00", []),
        ("nurse", "madrid", "2026-12-25T09:00", []),
        ("nurse", "phoenix", "2026-03-02T23:00", ["leo"]),
        ("nurse", "phoenix", "2026-03-04T05:59", ["leo"]),
        ("nurse", "phoenix", "2026-03-04T06:00", []),
        ("nurse", "phoenix", "2026-03-04T23:00", []),
        ("doctor", None, "2026-03-08T03:00", ["eva", "ana"]),
        ("nurse", "madrid", "2026-04-01T09:00", ["leo"]),
        ("nurse", "madrid", "2026-04-02T09:00", []),
        ("doctor", None, "2026-04-02T09:00", ["eva"]),
        ("lead", None, "2026-04-02T09:00", []),
    ],
)
def test_who_is_on_duty(role: str, site: str | None, at: str, expected: list[str]) -> None:
    instant = datetime.fromisoformat(at).replace(tzinfo=MADRID).astimezone(UTC)
    assert list(roster().on_duty(role, site, instant, MADRID)) == expected


def test_two_who_stand_in_for_each_other_are_both_away() -> None:
    away = "\n".join(
        f"  - {{who: {who}, from: 2026-05-04, until: 2026-05-04, stand_in: {other}}}"
        for who, other in (("ana", "eva"), ("eva", "ana"))
    )
    both = roster(FILE + away + "\n")
    assert both.on_duty("doctor", None, datetime(2026, 5, 4, 9, tzinfo=UTC), MADRID) == ()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("who: [ana]", "who: [anna]", "roster.yaml:6: duties.0.who.0: no person 'anna'; did you mean 'ana'?"),
        ("stand_in: leo", "stand_in: lea", "roster.yaml:10: away.0.stand_in: no person 'lea'; did you mean 'leo'?"),
        ("until: 2026-04-03", "until: 2026-04-01", "2026-04-01 is before 2026-04-02"),
        ('"+34600000101"', '"600000101"', "a number with its country code"),
        ("role: doctor", "role: Doctor", "the name of a role in the roster, such as nurse"),
    ],
)
def test_a_mistake_is_told_with_its_line(before: str, after: str, expected: str) -> None:
    with pytest.raises(BadInput) as caught:
        roster(FILE.replace(before, after))
    assert expected in str(caught.value)
