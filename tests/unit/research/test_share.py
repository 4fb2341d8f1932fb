"""Bundles of three made-up institutions: what leaves, what does not, and that the pool has the same numbers."""

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pro_collector.commands.share import pool_bundles, trusted_keys
from pro_collector.domain.document import parse_yaml, validate
from pro_collector.domain.research.share_schema import share_schema
from pro_collector.domain.research.sharing import ShareFile
from pro_collector.domain.research.tables import ScaleValue
from pro_collector.errors import BadInput
from pro_collector.research.bundle import BundleForm, write_bundle
from pro_collector.research.share_keys import ShareKeys
from pro_collector.resources import SCHEMAS
from tests.unit.research.made_up_bundles import FILE, HOUSES, NOW, bundle, lines, source_of, table, trusted


async def test_a_bundle_has_no_identity_no_dates_and_only_who_agreed(tmp_path: Path) -> None:
    folder = await bundle(tmp_path, "north", form="csv", more="tables: [participants, visits, items, scores, events]")
    everything = b"".join(each.read_bytes() for each in folder.iterdir())
    _, rows = source_of("north")
    ids = {str(getattr(row, name)) for row in rows for name in ("participant_id", "visit_id", "event_id", "response_id")
           if hasattr(row, name)}  # fmt: skip
    for secret in (*ids, "north-1", "nurse ann", "north/T1", "2026-01", "2026-02", "transplant"):
        assert secret.encode() not in everything, secret
    people = lines(folder / "participants.csv")
    said = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert len(people) == said["participants"] <= 20
    assert {row["age_at_enrolment"] for row in people} <= {"50-59", "40-59", ""}
    assert (said["without_consent"], said["anonymity"]["left_out"]) == (3, "<3"), "the one aged 93 is alone"
    groups = [tuple(row[name] for name in ("arm", "sex", "age_at_enrolment", "site", "language")) for row in people]
    assert min(groups.count(each) for each in groups) >= 3
    assert said["anonymity"]["smallest_group"] == min(groups.count(each) for each in groups)
    assert [row["participant_code"] for row in people] == sorted(row["participant_code"] for row in people)
    visits = lines(folder / "visits.csv")
    assert {(row["state"], row["due_on"], row["due_at"]) for row in visits} == {
        ("completed", "1", "0.42"),
        ("completed", "8", "7.42"),
    }
    events = lines(folder / "events.csv")
    assert {row["kind"] for row in events} == {"surgery", "other"}
    joined = {row["visit_id"] for row in visits}
    for name in ("items", "scores"):
        given = lines(folder / f"{name}.csv")
        assert {row["visit_id"] for row in given} == joined, "the tables still join"
    again = await bundle(tmp_path / "again", "north", form="csv", more="specimens: keep")
    assert (again / "participants.csv").read_bytes() == (folder / "participants.csv").read_bytes()
    assert b"north/T1" in (again / "events.csv").read_bytes()
    assert "at\n  least 3 participants" in (folder / "about.md").read_text(encoding="utf-8")


async def test_shifted_dates_keep_the_days_between_them(tmp_path: Path) -> None:
    folder = await bundle(tmp_path, "south", dates="shift")
    enrolled = {row["participant_code"]: row["enrolled_on"] for row in table(folder, "participants")}
    for row in table(folder, "visits"):
        assert (row["due_on"] - enrolled[row["participant_code"]]).days == 7 * (row["visit_n"] - 1)
        assert row["due_at"].date() == row["due_on"]
    real = {each.enrolled_on for each in source_of("south")[0].people}
    assert len({day.toordinal() % 7 for day in enrolled.values()}) == 7
    assert max(enrolled.values()) < max(real)
    other = ShareKeys(HOUSES["south"])
    who = source_of("south")[0].people[0].participant_id
    assert other.ids("rare-tumours").pseudonym(who) != other.ids("another").pseudonym(who)


async def test_the_pool_has_the_numbers_of_each_institution(tmp_path: Path) -> None:
    forms: dict[str, BundleForm] = {"north": "csv", "south": "parquet", "west": "parquet"}
    folders = [await bundle(tmp_path, name, form=form) for name, form in forms.items()]
    to = tmp_path / "pool"
    to.mkdir()
    await pool_bundles(folders, trusted(), to)
    pooled = {name: table(to, name) for name in ("participants", "visits", "items", "scores", "events")}
    for name, folder in zip(forms, folders, strict=True):
        said = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        for one in said["tables"]:
            own = [row for row in pooled[one["table"]] if row["institution"] == name]
            assert len(own) == one["rows"] > 0
        values = {row["visit_id"]: row["value"] for row in pooled["scores"] if row["institution"] == name}
        keys = ShareKeys(HOUSES[name]).ids("rare-tumours")
        apart = {str(keys.id(row.visit_id)): row.value for row in source_of(name)[1] if isinstance(row, ScaleValue)}
        assert values.items() <= apart.items()
        assert len(values) == 2 * said["participants"]
    codes = [row["participant_code"] for row in pooled["participants"]]
    assert len(set(codes)) == len(codes)
    provenance = json.loads((to / "pool.json").read_text(encoding="utf-8"))
    assert [each["institution"] for each in provenance["bundles"]] == ["north", "south", "west"]
    assert "CREATE VIEW scores" in (to / "duckdb.sql").read_text(encoding="utf-8")


async def test_what_does_not_fit_together_is_refused(tmp_path: Path) -> None:
    north, south = await bundle(tmp_path, "north"), await bundle(tmp_path, "south")
    newer = await bundle(tmp_path / "newer", "west", version="2.0.0")
    shifted = await bundle(tmp_path / "shifted", "west", dates="shift")
    same = await bundle(tmp_path / "same", "west")
    shutil.copytree(south, tmp_path / "changed" / "south")
    changed = tmp_path / "changed" / "south" / "scores.parquet"
    changed.write_bytes(changed.read_bytes().replace(b"diary", b"diarz"))
    to = tmp_path / "to"
    to.mkdir()
    for folders, keys, told in (
        ([north, newer], trusted(), "questionnaire diary differs: 1.0.0"),
        ([north, shifted], trusted(), "days or dates"),
        ([north, north], trusted(), "north is there twice"),
        ([north, south], trusted(south=b"x" * 32), "was not signed with the key of 'south'"),
        ([north, south], {"north": trusted()["north"]}, "of which no key is trusted"),
        ([north, changed.parent], trusted(), "has another scores.parquet than the one that was signed"),
        ([north, to], trusted(), "is no bundle"),
    ):
        with pytest.raises(BadInput, match=told):
            await pool_bundles(folders, keys, to)
        assert list(to.iterdir()) == []
    await pool_bundles([north, newer], trusted(), to, mixed=True)
    assert {row["instrument_version"] for row in table(to, "scores")} == {"1.0.0", "2.0.0"}
    with pytest.raises(BadInput, match="expected an empty folder"):
        await pool_bundles([north, same], trusted(), to)


async def test_pseudonyms_that_two_institutions_have_are_refused(tmp_path: Path) -> None:
    north = await bundle(tmp_path, "north")
    twin = tmp_path / "west"
    twin.mkdir()
    file = validate(parse_yaml(FILE.format(institution="west", dates="days"), "share.yaml"), ShareFile)
    await write_bundle(source_of("north")[0], file, ShareKeys(HOUSES["north"]), twin, "parquet", NOW)
    (tmp_path / "to").mkdir()
    with pytest.raises(BadInput, match="west and north have the same pseudonym"):
        await pool_bundles([north, twin], trusted(west=HOUSES["north"]), tmp_path / "to")


async def test_a_bundle_that_protects_nobody_is_refused(tmp_path: Path) -> None:
    read = FILE.format(institution="north", dates="days").replace("smallest_group: 3", "smallest_group: 500")
    file = validate(parse_yaml(read, "share.yaml"), ShareFile)
    with pytest.raises(BadInput, match="no group of 500 participants"):
        await write_bundle(source_of("north")[0], file, ShareKeys(HOUSES["north"]), tmp_path, "csv", NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_trusted_keys_names_its_mistakes() -> None:
    key = ShareKeys(b"n" * 32).public
    assert trusted_keys(parse_yaml(f'north: "{key}"', "keys.yaml")) == {"north": key}
    with pytest.raises(BadInput, match="south"):
        trusted_keys(parse_yaml(f'north: "{key}"\nsouth: abc', "keys.yaml"))
    with pytest.raises(BadInput, match="expected institution"):
        trusted_keys(parse_yaml("[]", "keys.yaml"))


def test_the_json_schema_in_the_repository_is_fresh_and_reads_what_we_read() -> None:
    committed = json.loads((SCHEMAS / "share.schema.json").read_text(encoding="utf-8"))
    assert committed == share_schema(), "stale; run: pro-collector instrument schemas"
    Draft202012Validator.check_schema(committed)
    reader = Draft202012Validator(committed)
    good = parse_yaml(FILE.format(institution="north", dates="days"), "share.yaml").data
    assert list(reader.iter_errors(good)) == []
    for key, wrong in (("dates", "years"), ("smallest_group", 1), ("smalest_group", 5), ("consent", [])):
        assert list(reader.iter_errors({**good, key: wrong})) != [], key
