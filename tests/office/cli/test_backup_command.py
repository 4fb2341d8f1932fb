"""`backup` and `restore` at a terminal: a file made, checked, restored elsewhere, and messages let go."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.office.cli.terminal import Terminal
from tests.shared.databases import CLONE, own_database


@pytest.fixture
def elsewhere(postgres: str) -> Iterator[str]:
    """Another database, migrated and empty."""
    with own_database(postgres, CLONE) as url:
        yield url


def test_a_backup_is_made_checked_and_restored_and_messages_leave_after_a_confirmation(
    terminal: Terminal, elsewhere: str, tmp_path: Path
) -> None:
    file = tmp_path / "pro.backup"
    assert re.search(r": \d+ rows in \d+ tables, [\d,]+ bytes\n$", terminal.run("backup", str(file)).out)
    assert "exists" in terminal.run("backup", "make", str(file), code=2).err
    assert re.search(r": \d+ keys\n$", terminal.run("backup", "keys", str(tmp_path / "data-keys")).out)
    verified = terminal.run("backup", "verify", str(file)).out
    assert re.search(r"^vault\.contact +0 [0-9a-f]{64}$", verified, re.MULTILINE)
    assert "vault.data_key" not in verified
    assert re.search(r"^data keys: \d+, as they were on .*; they fit this backup$", verified, re.MULTILINE)
    assert verified.splitlines()[-1].startswith("whole: ")
    assert "vault.data_key" in terminal.run("backup", "verify", str(tmp_path / "data-keys")).out
    assert "nothing is to be resumed" in terminal.run("restore", "--resume", "--yes", code=2).err
    terminal.set(PRO_DATABASE_URL=elsewhere)
    assert "not the file of data keys" in terminal.run("backup", "keys", str(file), code=2).err
    restored = terminal.run("restore", str(file)).out
    assert "every table is as it was in the backup" in restored
    assert "erased again: 0 people" in restored
    refused = terminal.run("restore", "--at", "2999-01-01T00:00Z", "--keys", str(tmp_path / "data-keys"), code=2)
    assert "older than the backup" in refused.err
    asked = terminal.run("restore", "--resume", code=2)
    assert "deaths" in asked.out
    assert "nothing was changed" in asked.err
    assert terminal.run("restore", "--resume", "--yes").out.endswith("resumed: messages leave again\n")


def test_mistaken_arguments_are_told(terminal: Terminal, tmp_path: Path) -> None:
    for words in ([], ["--at", "2026-11-30T03:00Z"], ["file", "--resume"]):
        assert "expected a file, or" in terminal.run("restore", *words, code=2).err
    for no_instant in ("yesterday", "2026-11-30T03:00"):
        assert "with its time zone" in terminal.run("restore", "--at", no_instant, "--keys", "x", code=2).err
    assert "cannot be read" in terminal.run("restore", str(tmp_path / "none"), code=2).err
    assert "cannot be written" in terminal.run("backup", str(tmp_path / "none" / "file"), code=2).err
    other = tmp_path / "other"
    other.write_bytes(b"something else")
    assert "not a backup" in terminal.run("backup", "verify", str(other), code=1).err
