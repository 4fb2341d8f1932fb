"""The manifest of a bundle: its JSON Schema, and that a manifest which does not match is refused with the place."""

import json
from collections.abc import Callable
from operator import setitem
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pro_collector.commands.share import pool_bundles
from pro_collector.domain.research.bundle_manifest import bundle_schema
from pro_collector.errors import BadInput
from pro_collector.research.pool import read_bundle
from pro_collector.resources import SCHEMAS
from tests.unit.research.made_up_bundles import bundle, manifest_of, signed_again, trusted

Manifest = dict[str, Any]
FAULTS: dict[str, tuple[Callable[[Manifest], object], str, bool]] = {
    "a key is missing": (lambda said: said.pop("tables"), "tables: this is required", True),
    "a table is no list": (lambda said: setitem(said, "tables", "scores"), "tables: expected a list", True),
    "a part of a table is missing": (
        lambda said: said["tables"][3].pop("file"),
        "tables.3.file: this is",
        True,
    ),
    "a column has an unknown kind": (
        lambda said: setitem(said["tables"][0]["columns"][2], "kind", "decimal"),
        "tables.0.columns.2.kind",
        True,
    ),
    "a file is outside": (
        lambda said: setitem(said["files"][0], "file", "../x"),
        "files.0.file: expected",
        True,
    ),
    "a sum is none": (lambda said: setitem(said["files"][1], "sha256", "abc"), "files.1.sha256: expected 64 hex", True),
    "a count is a word": (lambda said: setitem(said, "participants", "few"), "participants", True),
    "k is 1": (lambda said: setitem(said["anonymity"], "k", 1), "anonymity.k", True),
    "dates in years": (lambda said: setitem(said["choices"], "dates", "years"), "choices.dates: expected", True),
    "a table without a sum": (lambda said: said["files"].pop(3), "no sum: scores.parquet", False),
    "a table twice": (lambda said: said["tables"].append(said["tables"][0]), "no table twice", False),
    "no participants": (lambda said: said["tables"].pop(0), "expected participants", False),
    "another form": (lambda said: setitem(said, "format", "pro-collector bundle 2"), "has the form 'pro-coll", True),
    "no form": (lambda said: said.pop("format"), "has the form None", True),
    "an unknown table": (lambda said: setitem(said["tables"][1], "table", "genes"), "does not know: genes", False),
}
"""What is changed, what the refusal says, and whether the JSON Schema can say it too."""


@pytest.mark.parametrize("form", ["csv", "parquet"])
async def test_the_json_schema_is_fresh_and_reads_a_manifest_as_it_is_made(tmp_path: Path, form: Any) -> None:
    committed = json.loads((SCHEMAS / "bundle.schema.json").read_text(encoding="utf-8"))
    assert committed == bundle_schema(), "stale; run: pro-collector instrument schemas"
    Draft202012Validator.check_schema(committed)
    said = manifest_of(await bundle(tmp_path, "north", form=form))
    assert list(Draft202012Validator(committed).iter_errors(said)) == []
    assert said.keys() == committed["properties"].keys() == set(committed["required"]), "each key is described"


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_manifest_that_does_not_match_is_refused_with_the_place(tmp_path: Path, fault: str) -> None:
    change, told, in_schema = FAULTS[fault]
    folder = signed_again(await bundle(tmp_path, "north"), change)
    (to := tmp_path / "to").mkdir()
    with pytest.raises(BadInput) as refused:
        await pool_bundles([folder], trusted(), to)
    assert told in str(refused.value)
    assert str(folder) in str(refused.value)
    assert list(to.iterdir()) == []
    assert (list(Draft202012Validator(bundle_schema()).iter_errors(manifest_of(folder))) != []) == in_schema


async def test_a_key_that_this_version_does_not_know_is_left_alone(tmp_path: Path) -> None:
    folder = signed_again(await bundle(tmp_path, "north"), lambda said: said.update(funded_by="nobody"))
    read = read_bundle(folder, trusted())
    assert (read.institution, read.said["funded_by"]) == ("north", "nobody")
    assert list(Draft202012Validator(bundle_schema()).iter_errors(read.said)) == []
