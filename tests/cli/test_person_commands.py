"""`participant change` and `participant erase`: an address is never an argument, and nobody is erased by a slip."""

import io
from pathlib import Path

import psycopg
import pytest

from pro_collector.resources import SCHEMAS
from tests.cli.terminal import Terminal

STUDY = str(SCHEMAS / "studies" / "demo.yaml")
NEW = "+34612345699"


@pytest.fixture
def people(terminal: Terminal, tmp_path: Path) -> Terminal:
    """A terminal where RT-1 and RT-2 share a phone."""
    file = tmp_path / "people.csv"
    file.write_text(
        "code,zone,language,enrolled_on,birth_date,phone,email\n"
        "RT-1,Europe/Madrid,es,2026-01-05,1980-01-01,+34612345678,one@example.org\n"
        "RT-2,Europe/Madrid,es,2026-01-05,1981-01-01,+34612345678,\n"
    )
    terminal.run("study", "apply", STUDY)
    terminal.run("participant", "import", str(file))
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


def test_what_else_is_put_right_shows_what_moves(people: Terminal) -> None:
    dry = people.run("participant", "change", "RT-1", "preferred-time", "09:30", "--dry-run").out
    assert "nothing was changed (--dry-run)" in dry
    assert people.run("participant", "change", "RT-1", "preferred_time", "09:30").out.endswith("recorded\n")
    told = people.run("participant", "change", "RT-1", "prefered_time", "09:30", code=2).err
    assert "did you mean `preferred_time`" in told
    assert "no participant 'RT-9'" in people.run("participant", "change", "RT-9", "language", "en", code=2).err
    assert "for addresses" in people.run("participant", "change", "RT-1", "language", "en", "--remove", code=2).err


def test_who_is_held_by_somebody_else_is_told_in_a_line(people: Terminal, database_url: str) -> None:
    people.set(PRO_DATABASE_URL=f"{database_url}&options=-c%20lock_timeout%3D200ms")
    with psycopg.connect(database_url) as other:
        other.execute("SELECT * FROM participant FOR UPDATE")
        told = people.run("participant", "change", "RT-1", "preferred_time", "09:30", code=1).err
    assert told == "PostgreSQL did not do it: it may work when tried again (LockNotAvailable)\n"


def test_nobody_is_erased_by_a_slip(people: Terminal) -> None:
    typed(people, "n\n")
    people.run("participant", "erase", "RT-1", code=1)
    assert '"RT-1"' in people.run("participant", "list").out
    told = people.run("participant", "erase", "RT-1", "--yes", "--reason", "asked for it").out
    assert told == "RT-1 is erased, with every answer and score\n"
    assert '"RT-1"' not in people.run("participant", "list").out
    assert '"RT-2"' in people.run("participant", "list").out
    assert "what they answered stays under the pseudonym" in people.run(
        "participant", "erase", "RT-2", "--keep-answers", "--yes"
    ).out  # fmt: skip
    assert people.run("reconcile").out.endswith("nothing is missing\n")


def test_a_state_is_seen_before_it_is_recorded(people: Terminal) -> None:
    people.run("timeline", "add", "RT-1", "treatment_start", "2026-11-02")
    before = people.run("why", "RT-1").out
    dry = people.run("participant", "state", "RT-1", "withdrew", "--dry-run").out
    assert "cancelled" in dry
    assert "nothing was changed (--dry-run)" in dry
    assert people.run("why", "RT-1").out == before
    done = people.run("participant", "state", "RT-1", "withdrew").out
    shown = [line for line in dry.splitlines()[:-1] if not line.startswith("kept")]
    assert done.splitlines()[:-1] == shown, "a dry run also lists what is kept"
    assert people.run("why", "RT-1").out != before


def test_why_tells_what_is_not_planned_yet(people: Terminal) -> None:
    told = people.run("why", "RT-1").out
    assert "weekly-symptoms: waits for `treatment_start`" in told
    people.run("timeline", "add", "RT-1", "treatment_start", "2026-11-02")
    assert "weekly-symptoms: waits for" not in people.run("why", "RT-1").out


def test_a_retraction_can_be_taken_back(people: Terminal) -> None:
    people.run("timeline", "add", "RT-1", "surgery", "2026-11-02")
    planned = people.run("why", "RT-1").out
    people.run("timeline", "retract", "RT-1", "surgery", "2026-11-02", "--reason", "another patient's")
    assert people.run("why", "RT-1").out != planned
    people.run("timeline", "add", "RT-1", "surgery", "2026-11-02")
    assert people.run("why", "RT-1").out == planned, "the same occasions, under the same ids"
    history = people.run("timeline", "show", "RT-1").out
    assert history.count("surgery") >= 2
    assert "another patient's" in history
