"""The pool of three made-up institutions: every row of each and no other, whose it is, and what is refused."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pro_collector.commands.share import pool_bundles
from pro_collector.errors import BadInput
from pro_collector.research.share_keys import ShareKeys
from tests.unit.research.made_up_bundles import HOUSES, bundle, manifest_of, table, trusted

TABLES = ("participants", "visits", "items", "scores", "events")


def empty(folder: Path) -> Path:
    """A new folder."""
    folder.mkdir(parents=True)
    return folder


async def test_the_pool_is_the_sum_of_its_parts(tmp_path: Path) -> None:
    folders = {name: await bundle(tmp_path, name) for name in HOUSES}
    to = empty(tmp_path / "pool")
    await pool_bundles([folders[name] for name in ("west", "north", "south")], trusted(), to)
    for name in TABLES:
        parts = {whose: table(folder, name) for whose, folder in folders.items()}
        assert all(parts.values()), name
        assert table(to, name) == [
            {"institution": whose, **row} for whose in ("north", "south", "west") for row in parts[whose]
        ]
    pool = manifest_of(to)
    assert {each["file"]: each["rows"] for each in pool["tables"]} == {
        f"{name}.parquet": sum(part["rows"] for each in pool["bundles"] for part in each["tables"]
                               if part["table"] == name)
        for name in TABLES
    }  # fmt: skip


async def test_the_pool_says_where_each_row_is_from(tmp_path: Path) -> None:
    folders = {name: await bundle(tmp_path, name) for name in HOUSES}
    to = empty(tmp_path / "pool")
    await pool_bundles(list(folders.values()), trusted(), to)
    for each in manifest_of(to)["bundles"]:
        manifest = (folders[each["institution"]] / "manifest.json").read_bytes()
        assert each["sha256"] == hashlib.sha256(manifest).hexdigest()
        assert each.items() >= json.loads(manifest).items()
        assert each["public_key"] == trusted()[each["institution"]]
    for each in manifest_of(to)["tables"]:
        assert each["sha256"] == hashlib.sha256((to / each["file"]).read_bytes()).hexdigest()
    owner = {row["participant_code"]: row["institution"] for row in table(to, "participants")}
    for name in TABLES:
        assert all(owner[row["participant_code"]] == row["institution"] for row in table(to, name)), name


@pytest.mark.parametrize(
    ("version", "scoring", "told"),
    [
        ("2.0.0", "h", "questionnaire diary differs: 1.0.0 .*: north, south, .*; 2.0.0 .*: west"),
        ("1.0.0", "newer", "scoring of diary differs: h: north, south; newer: west"),
    ],
)
async def test_mixed_versions_are_pooled_only_if_told(tmp_path: Path, version: str, scoring: str, told: str) -> None:
    folders = [await bundle(tmp_path, name) for name in ("north", "south")]
    folders.append(await bundle(tmp_path, "west", version=version, scoring=scoring))
    to = empty(tmp_path / "pool")
    with pytest.raises(BadInput, match=told):
        await pool_bundles(folders, trusted(), to)
    assert list(to.iterdir()) == []
    await pool_bundles(folders, trusted(), to, mixed=True)
    assert manifest_of(to)["mixed_versions_allowed"] is True
    assert {(row["institution"], row["instrument_version"], row["scoring_version"]) for row in table(to, "scores")} == {
        ("north", "1.0.0", "h"), ("south", "1.0.0", "h"), ("west", version, scoring),
    }  # fmt: skip


def _edit(folder: Path) -> None:
    manifest = folder / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"participants": ', b'"participants": 1'))


def _forge(folder: Path) -> None:
    """Sign with a key of one's own, and put its public half into the manifest."""
    forger = ShareKeys(b"f" * 32)
    data = (folder / "manifest.json").read_bytes().replace(trusted()["west"].encode(), forger.public.encode())
    (folder / "manifest.json").write_bytes(data)
    (folder / "manifest.sig").write_text(forger.sign(data), encoding="ascii")


def _another(folder: Path) -> None:
    """Take the signature of another institution's bundle."""
    (folder / "manifest.sig").write_bytes((folder.parent / "south" / "manifest.sig").read_bytes())


def _swap(folder: Path) -> None:
    (folder / "visits.parquet").write_bytes((folder / "items.parquet").read_bytes())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_edit, "was not signed with the key of 'west', or was changed since"),
        (_forge, "was not signed with the key of 'west', or was changed since"),
        (_another, "was not signed with the key of 'west', or was changed since"),
        (_swap, "has another visits.parquet than the one that was signed"),
        (lambda folder: (folder / "items.parquet").unlink(), "lacks items.parquet"),
        (lambda folder: (folder / "manifest.sig").unlink(), "is no bundle"),
    ],
)
async def test_a_forged_or_changed_bundle_is_refused(
    tmp_path: Path, change: Callable[[Path], None], told: str
) -> None:  # fmt: skip
    folders = [await bundle(tmp_path, name) for name in HOUSES]
    change(tmp_path / "west")
    to = empty(tmp_path / "pool")
    with pytest.raises(BadInput, match=told):
        await pool_bundles(folders, trusted(), to)
    assert list(to.iterdir()) == []
