"""`participant change` and `participant erase`: an address is never an argument, and nobody is erased by a slip."""

import io
from datetime import date
from pathlib import Path

import psycopg
import pytest

from pro_collector.resources import SCHEMAS
from tests.office.cli.terminal import Terminal

STUDY = SCHEMAS / "studies" / "demo.yaml"
BLACKOUT = 'blackout:\n  - every_year: "12-25"\n  - every_year: "01-01"\n'
NEW = "+34612345699"


@pytest.fixture
def people(terminal: Terminal, tmp_path: Path) -> Terminal:
    """A terminal where RT-1 and RT-2 share a phone."""
    file = tmp_path / "people.csv"
    file.write_text(
        "code,zone,language,enrolled_on,birth_date,site,phone,email\n"
        "RT-1,Europe/Madrid,es,2026-01-05,1980-01-01,madrid,+34612345678,one@example.org\n"
        "RT-2,Europe/Madrid,es,2026-01-05,1981-01-01,madrid,+34612345678,\n"
    )
    study = tmp_path / "study.yaml"  # whatever day it is: no day of it is without messages
    study.write_text(STUDY.read_text(encoding="utf-8").replace(BLACKOUT, ""), encoding="utf-8")
    terminal.run("study", "apply", str(study))
    terminal.run("participant", "import", "--yes", str(file))
    return terminal


def typed(terminal: Terminal, text: str) -> None:
    terminal.environment.setattr("sys.stdin", io.StringIO(text))


def test_an_address_comes_from_standard_input(people: Terminal) -> None:
    typed(people, f"{NEW}\n")
    assert people.run("participant", "change", "RT-1", "phone").out.startswith("RT-1: phone changed")
    assert "is read from standard input" in people.run("participant", "change", "RT-1", "phone", NEW, code=2).err
    typed(people, "612345699\n")
    assert "with its country code" in people.run("participant", "change", "RT-1", "phone", code=2).err
    typed(people, "")
    assert "expected the new address" in people.run("participant", "change", "RT-1", "phone", code=2).err
    assert people.run("participant", "change", "RT-1", "email", "--remove").out.startswith("RT-1: email removed")


class Keyboard(io.StringIO):
    """Somebody at a terminal, and what they type."""

    def isatty(self) -> bool:
        return True


def at_a_terminal(terminal: Terminal, *typed: str) -> None:
    terminal.environment.setattr("sys.stdin", Keyboard("".join(f"{line}\n" for line in typed)))


@pytest.mark.parametrize("kind", ["withdrew", "died"])
def test_nobody_is_ended_by_a_slip(people: Terminal, kind: str) -> None:
    people.run("timeline", "add", "RT-1", "treatment_start", "2026-11-02")
    before = people.run("why", "RT-1", "--all").out
    typed(people, "RT-1\n")
    told = people.run("participant", "state", "RT-1", kind, code=2)
    assert "cancelled" in told.out
    assert told.out.endswith("not recorded yet\n")
    assert "nothing was changed; confirm with --yes" in told.err
    at_a_terminal(people, "RT-2")
    assert people.run("participant", "state", "RT-1", kind).out.endswith("nothing was changed\n")
    assert people.run("why", "RT-1", "--all").out == before
    at_a_terminal(people, "RT-1")
    assert people.run("participant", "state", "RT-1", kind).out.endswith("recorded\n")
    back = people.run("participant", "state", "RT-1", kind, "--retract", "--reason", "another patient's").out
    assert back.endswith("recorded\n")
    assert f"cancelled: the participant {kind}" not in people.run("why", "RT-1", "--all").out
    assert "no state" in people.run("participant", "state", "RT-1", kind, "--retract", code=2).err


def test_an_event_that_ends_their_part_is_confirmed_too(people: Terminal) -> None:
    assert "confirm with --yes" in people.run("timeline", "add", "RT-1", "death", "2026-11-02", code=2).err
    at_a_terminal(people, "RT-2")
    assert people.run("timeline", "add", "RT-1", "death", "2026-11-02").out.endswith("nothing was changed\n")
    assert people.run("timeline", "show", "RT-1").out == ""
    at_a_terminal(people, "RT-1")
    assert people.run("timeline", "add", "RT-1", "death", "2026-11-02").out.endswith("recorded\n")
    people.run("timeline", "retract", "RT-1", "death", "2026-11-02")
    assert people.run("timeline", "add", "RT-1", "death", "2026-11-02", "--yes").out.endswith("recorded\n")


def test_a_date_that_makes_no_sense_is_refused_or_asked_about(people: Terminal) -> None:
    assert "before the birth date" in people.run("timeline", "add", "RT-1", "surgery", "1926-12-10", code=2).err
    ahead = people.run("timeline", "add", "RT-1", "surgery", "2126-11-02", code=2)
    assert "2126-11-02 is more than a year ahead: nothing was changed; confirm with --yes" in ahead.err
    at_a_terminal(people, "n")
    assert people.run("timeline", "add", "RT-1", "surgery", "2126-11-02").out.endswith("nothing was changed\n")
    people.run("timeline", "add", "RT-1", "surgery", "2126-11-02", "--yes")
    correct = ("timeline", "correct", "RT-1", "surgery", "2126-11-02", "--on", "2127-11-02")
    typed(people, "")
    assert "more than a year ahead" in people.run(*correct, code=2).err
    at_a_terminal(people, "y")
    people.run(*correct)
    assert "2127-11-02  surgery            believed" in people.run("timeline", "show", "RT-1").out


def test_an_absence_without_an_end_is_confirmed(people: Terminal) -> None:
    assert "confirm with --yes" in people.run("participant", "state", "RT-1", "holiday", code=2).err
    at_a_terminal(people, "n")
    assert people.run("participant", "state", "RT-1", "holiday").out.endswith("nothing was changed\n")
    at_a_terminal(people, "y")
    assert people.run("participant", "state", "RT-1", "holiday").out.endswith("recorded\n")
    typed(people, "")
    ended = people.run("participant", "state", "RT-1", "paused", "--since", "2030-01-01", "--until", "2030-02-01")
    assert ended.out.endswith("recorded\n"), "what has an end is not asked about"
    assert people.run("participant", "state", "RT-1", "holiday", "--retract").out.endswith("recorded\n")


def test_whom_a_file_would_write_to_is_seen_before_anybody_is_enrolled(people: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "more.csv"
    header = "code,zone,language,enrolled_on,birth_date,site,phone,email\n"
    file.write_text(f"{header}RT-3,UTC,en,{date.today():%Y-%m-%d},1980-01-01,bethesda,+12025550103,\n")  # noqa: DTZ011
    dry = people.run("participant", "import", str(file), "--dry-run").out
    assert "1 person is to be enrolled in rare-tumour-story; invitations within a day: 1 (1 by text, 0 by mail)" in dry
    assert dry.endswith(" UTC  RT-3, by text\nnothing was changed (--dry-run)\n")
    assert "nothing was changed; confirm with --yes" in people.run("participant", "import", str(file), code=2).err
    at_a_terminal(people, "n")
    people.run("participant", "import", str(file))
    assert '"RT-3"' not in people.run("participant", "list").out
    at_a_terminal(people, "y")
    assert people.run("participant", "import", str(file)).out.endswith("enrolled 1\n")


def test_of_many_invitations_the_first_are_shown(people: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    today = f"{date.today():%Y-%m-%d}"  # noqa: DTZ011
    rows = [f"N-{n:02},UTC,en,{today},1980-01-01,bethesda,+1202555{n:04}," for n in range(1000, 1025)]
    file.write_text("\n".join(["code,zone,language,enrolled_on,birth_date,site,phone,email", *rows, ""]))
    dry = people.run("participant", "import", str(file), "--dry-run").out.splitlines()
    assert "invitations within a day: 25 (25 by text, 0 by mail)" in dry[0]
    assert dry[1].endswith(" UTC  N-1000, by text")
    assert dry[-2:] == ["    and 5 more", "nothing was changed (--dry-run)"]


def test_what_else_is_put_right_shows_what_moves(people: Terminal, database_url: str) -> None:
    dry = people.run("participant", "change", "RT-1", "preferred-time", "09:30", "--dry-run").out
    assert "nothing was changed (--dry-run)" in dry
    assert people.run("participant", "change", "RT-1", "preferred_time", "09:30").out.endswith("recorded\n")
    with psycopg.connect(database_url) as connection:
        assert set(connection.execute("SELECT client FROM participant_change")) == {("command line",)}
    told = people.run("participant", "change", "RT-1", "prefered_time", "09:30", code=2).err
    assert "did you mean `preferred_time`" in told
    assert people.run("participant", "channels", "RT-1", "email").out == "RT-1: channels of self: email\n"
    assert people.run("participant", "channels", "RT-1", "study").out.endswith("of self: as the study does\n")
    assert "is none of" in people.run("participant", "channels", "RT-1", "fax", code=2).err
    assert people.run("participant", "consent", "RT-1", "proxy", "--for", "exit").out.endswith("recorded\n")
    assert people.run("participant", "consent", "RT-1", "proxy", "--for", "exit", "--withdraw").out
    listed = people.run("participant", "consent", "RT-1").out
    assert listed.startswith("proxy  exit  from ")
    assert "withdrawn on" in listed
    assert "goes with --withdraw" in people.run("participant", "consent", "RT-1", "self", "--exclude-data", code=2).err
    assert "no participant 'RT-9'" in people.run("participant", "change", "RT-9", "language", "en", code=2).err
    assert "for addresses" in people.run("participant", "change", "RT-1", "language", "en", "--remove", code=2).err


def test_who_is_held_by_somebody_else_is_told_in_a_line(people: Terminal, database_url: str) -> None:
    people.set(PRO_DATABASE_URL=f"{database_url}&options=-c%20lock_timeout%3D200ms")
    with psycopg.connect(database_url) as other:
        other.execute("SELECT * FROM participant FOR UPDATE")
        told = people.run("participant", "change", "RT-1", "preferred_time", "09:30", code=1).err
    assert told == "PostgreSQL failed: a retry may succeed (LockNotAvailable)\n"


def test_nobody_is_erased_by_a_slip(people: Terminal) -> None:
    typed(people, "n\n")
    people.run("participant", "erase", "RT-1", code=1)
    assert '"RT-1"' in people.run("participant", "list").out
    named = people.run("participant", "erase", "RT-1", "--yes", "--reason", "rt-1 asked for it", code=2)
    assert "must not tell who was erased" in named.err
    told = people.run("participant", "erase", "RT-1", "--yes", "--reason", "asked for it").out
    assert told.splitlines()[0] == "RT-1 is erased, with every answer and score"
    assert "backup keys FILE" in told
    assert '"RT-1"' not in people.run("participant", "list").out
    assert '"RT-2"' in people.run("participant", "list").out
    assert "their answers stay under the pseudonym" in people.run(
        "participant", "erase", "RT-2", "--keep-answers", "--yes"
    ).out  # fmt: skip
    assert people.run("reconcile").out.endswith("nothing is missing\n")


def test_a_state_is_seen_before_it_is_recorded(people: Terminal) -> None:
    people.run("timeline", "add", "RT-1", "treatment_start", "2026-11-02")
    before = people.run("why", "RT-1", "--all").out
    dry = people.run("participant", "state", "RT-1", "withdrew", "--dry-run").out
    assert "cancelled" in dry
    assert "nothing was changed (--dry-run)" in dry
    assert people.run("why", "RT-1", "--all").out == before
    done = people.run("participant", "state", "RT-1", "withdrew", "--yes").out
    shown = [line for line in dry.splitlines()[:-1] if not line.startswith("kept")]
    assert done.splitlines()[:-1] == shown, "a dry run also lists what is kept"
    assert people.run("why", "RT-1", "--all").out != before


def occasions(told: str) -> list[str]:
    return [line for line in told.splitlines() if not line.startswith("-")]


def test_why_tells_what_is_not_planned_yet(people: Terminal) -> None:
    told = people.run("why", "RT-1", "--all").out
    assert "weekly-symptoms: waits for `treatment_start`" in told
    people.run("timeline", "add", "RT-1", "treatment_start", "2026-11-02")
    everything = people.run("why", "RT-1", "--all").out
    assert "weekly-symptoms: waits for" not in everything
    now, past, coming = (people.run("why", "RT-1", *each).out for each in ((), ("--past",), ("--next",)))
    assert "more: --past, --next or --all shows them" in now
    assert set(occasions(now)) < set(occasions(everything))
    assert sorted(occasions(past) + occasions(coming)) == sorted(occasions(everything))


def test_a_retraction_can_be_taken_back(people: Terminal) -> None:
    people.run("timeline", "add", "RT-1", "surgery", "2026-11-02")
    planned = people.run("why", "RT-1", "--all").out
    people.run("timeline", "retract", "RT-1", "surgery", "2026-11-02", "--reason", "another patient's")
    assert people.run("why", "RT-1", "--all").out != planned
    people.run("timeline", "add", "RT-1", "surgery", "2026-11-02")
    assert people.run("why", "RT-1", "--all").out == planned, "the same occasions, under the same ids"
    history = people.run("timeline", "show", "RT-1").out
    assert history.count("surgery") >= 2
    assert "another patient's" in history


def test_an_amendment_of_a_running_study_is_confirmed(people: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(file.read_text().replace('version: "1.0"', 'version: "1.1"').replace('at: "10:00"', 'at: "11:00"'))
    told = people.run("study", "apply", str(file), code=2)
    assert told.err == "this is an amendment of a running study: nothing was changed; confirm with --yes\n"
    at_a_terminal(people, "n")
    assert people.run("study", "apply", str(file)).out.endswith("nothing was changed\n")
    assert "1.1 is in force" in people.run("study", "apply", str(file), "--yes").out
