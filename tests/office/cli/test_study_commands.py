"""`study check`, `study schema` and `plan`, through the real command line."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import icalendar
import pytest

from pro_collector import cli
from pro_collector.display.plan_picture import to_icalendar, to_page
from pro_collector.domain.study.definition import load_study
from pro_collector.resources import SCHEMAS
from scheduler.person import Person
from tests.shared.studies import GOOD

DEMO = str(SCHEMAS / "studies" / "demo.yaml")
PERSON = """\
id: RT-0001
zone: America/New_York
birth_date: 2014-03-01
enrolled_on: 2026-01-05
states:
  - {kind: hospital, from: 2026-02-01, until: 2026-02-20}
timeline:
  treatment_start: 2026-01-12
  cycle: [2026-01-12, 2026-02-02]
  end_of_treatment: 2026-05-01
  death: 2028-05-01
"""
KEYS = [
    "occasion", "assessment", "anchor", "anchor_on", "n", "due_at", "due_local", "zone", "opens_at", "closes_at",
    "reporter", "instruments",
]  # fmt: skip


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of `pro-collector` with these arguments."""
    monkeypatch.setattr("sys.argv", ["pro-collector", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


@pytest.fixture
def someone(tmp_path: Path) -> str:
    file = tmp_path / "person.yaml"
    file.write_text(PERSON, encoding="utf-8")
    return str(file)


def test_a_good_study_is_summed_up(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "study", "check", DEMO) == 0
    out = capsys.readouterr().out
    assert out.startswith("rare-tumour-story 1.0: no mistakes found.")
    assert "weekly-symptoms: symptom-diary after treatment_start, by sms, then email, then call" in out


def test_a_protocol_is_drawn_with_a_lane_for_each_assessment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = tmp_path / "protocol.html"
    assert run(monkeypatch, "study", "check", DEMO, "--html", str(page), "--weeks", "104") == 0
    shown = page.read_text(encoding="utf-8")
    assert shown.count(">Your year</text>") == 2, "once in each arm"
    assert "not asked in this course" not in shown
    assert "asked 8 times, from day 17 to day 164" in shown
    assert "The first 104 weeks of an adult in each arm" in shown


def test_a_study_that_may_tell_somebody_the_wrong_number_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "study.yaml"
    there = "  there: {label: {en: There}, country: ES, zone: Europe/Madrid}\n"
    text = GOOD.replace("sites:\n", f"sites:\n{there}").replace("[diary]", "[symptom-diary]")
    file.write_text(text, encoding="utf-8")
    assert run(monkeypatch, "study", "check", str(file)) == 0
    told = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[:3] for line in told] == [["warning", str(file), "emergency"]] * 2
    assert "ES (there); US (here); give each country its own" in told[0]
    assert "no crisis text in `en`" in told[1]


def test_every_mistake_of_a_study_is_told_and_the_exit_code_is_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "bad.yaml"
    text = GOOD.replace("anchor: surgery", "anchor: surgry").replace("[diary]", "[symptom-dairy]")
    file.write_text(text, encoding="utf-8")
    assert run(monkeypatch, "study", "check", str(file)) == 2
    told = capsys.readouterr().err.splitlines()
    assert told == [
        f"{file}:29: assessments.weekly.instruments.0: unknown instrument `symptom-dairy`; "
        "did you mean `symptom-diary`?",
        f"{file}:30: assessments.weekly.anchor: unknown anchor `surgry`; did you mean `surgery`?",
    ]


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00bad"])
def test_a_file_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "study.yaml"
    if content is not None:
        file.write_bytes(content)
    assert run(monkeypatch, "study", "check", str(file)) == 2
    assert str(file) in capsys.readouterr().err


def test_the_schema_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "study", "schema") == 0
    assert json.loads(capsys.readouterr().out)["title"] == "pro-collector study file"


def test_a_plan_is_one_json_object_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], someone: str
) -> None:
    assert run(monkeypatch, "plan", DEMO, "--participant", someone) == 0
    told = capsys.readouterr()
    lines = [json.loads(line) for line in told.out.splitlines()]
    assert all(list(line) == KEYS for line in lines)
    assert lines[0]["due_at"] == "2026-01-05T16:00:00Z"
    assert lines[0]["due_local"] == "2026-01-05T11:00:00"
    assert lines == sorted(lines, key=lambda line: str(line["due_at"]))
    assert max(line["due_local"] for line in lines) < "2028-05-01"
    assert "more cannot be asked" in told.err


def test_all_of_a_plan_says_what_cannot_be_asked_and_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], someone: str
) -> None:
    assert run(monkeypatch, "plan", DEMO, "--participant", someone, "--all") == 0
    told = capsys.readouterr()
    reasons = {json.loads(line)["reason"] for line in told.out.splitlines()}
    assert reasons == {None, "hospital", "ended"}
    assert told.err == ""


def test_a_plan_seen_from_a_day_has_late_ones_and_ends_where_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], someone: str
) -> None:
    seen = ["--now", "2026-03-01", "--until", "2026-04-30", "--all"]
    assert run(monkeypatch, "plan", DEMO, "--participant", someone, *seen) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "late_anchor" in {line["reason"] for line in lines}
    assert max(line["due_at"] for line in lines) <= "2026-04-30T23:59:59Z"


def test_a_date_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], someone: str
) -> None:
    assert run(monkeypatch, "plan", DEMO, "--participant", someone, "--now", "soon") == 2
    assert "--now: expected a date such as 2027-03-01, not 'soon'" in capsys.readouterr().err


def test_the_page_shows_every_month_and_why_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, someone: str) -> None:
    page = tmp_path / "plan.html"
    assert run(monkeypatch, "plan", DEMO, "--participant", someone, "--html", str(page)) == 0
    text = page.read_text(encoding="utf-8")
    rows = re.findall(r'<th scope="row">(.*)</th>', text)
    assert (rows[:3], rows[-1]) == (["2026-01", "2026-02", "2026-03"], "2036-01")
    assert "2027-03 to 2027-04" in rows, rows  # months without anything share a row
    assert rows[rows.index("2027-01") + 1 :][:2] == ["2027-02", "2027-03 to 2027-04"]
    assert 'class="event" title="Start of treatment, Treatment cycle"' in text
    assert "Treatment (shaded days): Start of treatment 2026-01-12, Treatment cycle 2026-01-12" in text
    assert "born on 2014-03-01" in text
    assert "Weekly symptoms: 2026-01-12 10:00, self, 0d after treatment_start 2026-01-12: planned" in text
    assert "hospital: from 2026-02-01 to 2026-02-20" in text
    assert "http" not in text


def test_the_calendar_is_in_the_persons_own_clock(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, someone: str
) -> None:
    file = tmp_path / "plan.ics"
    assert run(monkeypatch, "plan", DEMO, "--participant", someone, "--ics", str(file)) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    calendar = icalendar.Calendar.from_ical(file.read_bytes())
    events = list(calendar.walk("VEVENT"))
    assert len(events) == len(lines)
    starts = sorted(f"{event.decoded('dtstart'):%Y-%m-%dT%H:%M:%S}" for event in events)
    assert starts == sorted(line["due_local"] for line in lines)
    assert len(list(calendar.walk("VTIMEZONE"))) == 1
    assert {str(event["uid"]).split("@")[0] for event in events} == {line["occasion"] for line in lines}


def test_a_page_of_nothing_has_no_months() -> None:
    study = load_study(GOOD, "study.yaml")
    nobody = Person(UUID(int=1), "UTC", date(2027, 1, 1))
    assert '<th scope="row">' not in to_page(study, nobody, [], [])
    assert to_icalendar(study, nobody, [], datetime(2027, 1, 1, tzinfo=UTC)).startswith(b"BEGIN:VCALENDAR")
