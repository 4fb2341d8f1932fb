"""`timeline import`: a file of treatment events is shown, taken once, corrected and retracted by the next file."""

from datetime import date
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from tests.office.cli.terminal import Terminal
from tests.office.cli.test_person_commands import people

__all__ = ["people"]

HEADER = "code,event,on,id\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.csv"


def stands(url: str) -> list[tuple[str, str, date]]:
    """The events that are believed."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT code, kind, happened_on FROM treatment_event e JOIN participant p ON p.id = participant_id"
            " WHERE superseded_at IS NULL AND NOT retracted ORDER BY 1, 3"
        ).fetchall()


def counted(url: str, query: LiteralString) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row
    return int(row[0])


def test_a_file_is_shown_then_taken_once_and_the_next_one_corrects_it(
    people: Terminal, file: Path, database_url: str
) -> None:
    file.write_text(
        HEADER + "RT-1,treatment_start,2026-11-02,1\nRT-2,surgery,2026-10-01,2\nRT-9,surgery,2026-10-01,3\n"
    )
    refused = people.run("timeline", "import", str(file), code=2).err
    assert "events.csv:4: code: RT-9: nobody takes part under this code" in refused
    assert stands(database_url) == []
    file.write_text(HEADER + "RT-1,treatment_start,2026-11-02,1\nRT-2,surgery,2026-10-01,2\n")
    looked = people.run("timeline", "import", str(file), "--dry-run").out
    assert "RT-1\n  add      treatment_start 2026-11-02\n    occasions: " in looked
    assert looked.endswith("2 added\nnothing was changed (--dry-run)\n")
    assert "confirm with --yes" in people.run("timeline", "import", str(file), code=2).err
    assert stands(database_url) == []
    assert people.run("timeline", "import", str(file), "--yes").out.endswith("recorded: 2 added\n")
    planned = counted(database_url, "SELECT count(*) FROM occasion")
    assert people.run("timeline", "import", str(file)).out == "2 unchanged\nrecorded: 2 unchanged\n"
    assert counted(database_url, "SELECT count(*) FROM treatment_event") == 2
    assert counted(database_url, "SELECT count(*) FROM occasion") == planned > 0

    file.write_text(HEADER + "RT-1,treatment_start,2026-11-03,1\n")
    told = people.run("timeline", "import", str(file), "--whole", "--yes").out
    assert "  correct  treatment_start 2026-11-02 -> 2026-11-03\n" in told
    assert "RT-2\n  retract  surgery 2026-10-01\n" in told
    assert stands(database_url) == [("RT-1", "treatment_start", date(2026, 11, 3))]
    assert "said" in (shown := people.run("timeline", "show", "RT-1").out)
    assert "by feed file: read by" in shown


def test_what_a_nurse_recorded_stands_and_becomes_a_task_until_both_agree(
    people: Terminal, file: Path, database_url: str
) -> None:
    people.run("timeline", "add", "RT-1", "surgery", "2026-10-01")
    file.write_text(HEADER + "RT-1,surgery,2026-10-03,1\n")
    for _ in range(2):
        told = people.run("timeline", "import", str(file), "--yes").out
        assert "conflict   RT-1  surgery on 2026-10-03; here: a person recorded 2026-10-01\n" in told
    assert counted(database_url, "SELECT count(*) FROM task WHERE kind = 'treatment' AND done_at IS NULL") == 1
    assert "feed file: surgery on 2026-10-03; here: a person recorded 2026-10-01" in people.run("tasks", "list").out
    people.run("timeline", "correct", "RT-1", "surgery", "2026-10-01", "--on", "2026-10-03")
    assert people.run("timeline", "import", str(file)).out.endswith("recorded: 1 unchanged\n")
    assert counted(database_url, "SELECT count(*) FROM task WHERE done_at IS NULL") == 0
    assert stands(database_url) == [("RT-1", "surgery", date(2026, 10, 3))]

    assert counted(database_url, "SELECT count(*) FROM feed_record WHERE source_id IS NOT NULL") == 1
    people.run("participant", "erase", "RT-1", "--keep-answers", "--yes")
    assert counted(database_url, "SELECT count(*) FROM feed_record") == 0
    assert "nobody takes part under this code" in people.run("timeline", "import", str(file), code=2).err
