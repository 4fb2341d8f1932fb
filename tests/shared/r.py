"""Runs the R programs of `tests/r/`, which compute what the product computes a second time."""

import csv
import io
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.shared.places import ROOT

PROGRAMS = ROOT / "tests" / "r"
Table = list[dict[str, str]]


@cache
def why_not() -> str | None:
    """Why R cannot be run here; None if it can, with its package survival."""
    if (program := shutil.which("Rscript")) is None:
        return "there is no Rscript on this machine"
    asked = [program, "--vanilla", "-e", "if (!requireNamespace('survival', quietly = TRUE)) quit(status = 1)"]
    found = subprocess.run(asked, capture_output=True, check=False, timeout=60)
    return "R has no package survival on this machine" if found.returncode else None


def skip_without_r() -> None:
    """Skip the test where R is missing."""
    if missing := why_not():
        pytest.skip(missing)


def run_r(program: str, folder: Path) -> None:
    """Run a program of `tests/r/` on the files of a folder, into which it writes."""
    ran = subprocess.run(
        ["Rscript", "--vanilla", str(PROGRAMS / program), str(folder)], capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr


def read_csv(file: Path) -> Table:
    """The rows of a CSV file with a header."""
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))


def write_csv(file: Path, rows: Table) -> None:
    """Write rows, all with the same columns, as a CSV file with a header."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def differences(ours: Table, theirs: Table, columns: list[str]) -> list[str]:
    """Every cell in which two tables differ, as a message. Numbers are equal within 1e-9 of their size, or of 1."""
    if len(ours) != len(theirs):
        return [f"{len(ours)} rows, and {len(theirs)} of R"]
    return [
        f"row {n}, {name}: {mine[name]!r}, and {other[name]!r} of R ({mine})"
        for n, (mine, other) in enumerate(zip(ours, theirs, strict=True), 1)
        for name in columns
        if not _equal(mine[name], other[name])
    ]


def _equal(mine: str, other: str) -> bool:
    if mine == other:
        return True
    try:
        one, two = float(mine), float(other)
    except ValueError:
        return False
    return abs(one - two) <= 1e-9 * max(1.0, abs(one))
