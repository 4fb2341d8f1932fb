"""The examples that read exported files, run in a folder of such files: SQL of DuckDB, R, and a Python notebook."""

import csv
import io
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pro_collector.commands.export_tables import export_tables
from tests.shared.office import STUDY, Office
from tests.shared.places import ROOT
from tests.shared.scenes import ANSWERS, ASKED, DAY, SOON, in_conversation

EXAMPLES = ROOT / "examples"
NUMBERS = ("expected", "n", "mean", "change")
MEAN = """
SELECT count(*) FROM research.scores WHERE status = 'scored' AND scale = %s AND value = %s AND visit = %s
"""

Means = dict[tuple[Any, ...], tuple[float, ...]]


async def test_three_languages_find_the_same_means(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    await office.run(ASKED + 7 * DAY + SOON)
    await office.reply("4", "skip")
    await office.run(ASKED + 14 * DAY)
    for form in ("csv", "parquet"):
        await export_tables(
            office.rt.database, ["visits", "scores", "events"], tmp_path, form, study=STUDY, now=office.clock.now()
        )
    monkeypatch.chdir(tmp_path)
    found = means_of_the_notebook()
    assert len(found) == 7
    changes = {(visit, scale): change for (_, visit, _, scale), (*_, change) in found.items()}
    assert {key: change for key, change in changes.items() if change} == {("weekly-symptoms 7d", "pain"): -30}
    for (_, visit, _, scale), (expected, n, mean, _) in found.items():
        assert (expected, n) == (1, 1), "one person, and each scale once"
        assert await office.one(MEAN, scale, mean, visit) == 1
    assert means_of_duckdb() == found
    assert means_of_r() in (found, None)


def means_of_the_notebook() -> Means:
    """What the cells of the notebook have computed, run in their order as one program."""
    notebook = json.loads((EXAMPLES / "outcomes.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code"), "no data is committed"
    names: dict[str, Any] = {}
    for cell in cells:
        exec(compile(cell, "outcomes.ipynb", "exec"), names)
    return {key_of(row): values_of(row) for row in names["means"].to_dict("records")}


def means_of_duckdb() -> Means:
    found = duckdb.sql((EXAMPLES / "mean_change.sql").read_text(encoding="utf-8"))
    assert found is not None
    return {key_of(row): values_of(row) for row in found.df().to_dict("records")}


def means_of_r() -> Means | None:
    """What R has computed; None where there is no R."""
    if (program := shutil.which("Rscript")) is None:
        return None
    said = subprocess.run(
        [program, "--vanilla", str(EXAMPLES / "mean_change.R")], capture_output=True, text=True, env={**os.environ},
        check=True, timeout=60,
    )  # fmt: skip
    return {key_of(row): values_of(row) for row in csv.DictReader(io.StringIO(said.stdout))}


def key_of(row: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("arm", "visit", "reporter", "scale"))


def values_of(row: Mapping[Any, Any]) -> tuple[float, ...]:
    return tuple(float(row[name]) for name in NUMBERS)
