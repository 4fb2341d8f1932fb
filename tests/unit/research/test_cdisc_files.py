"""CDISC's files, read back by programs that we did not write: transport files by two readers, XML by its references."""

import io
from collections.abc import AsyncIterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree

import pandas
import pyreadstat
import pytest

from pro_collector.domain.exchange.cdisc_datasets import CDISC, CdiscDataset
from pro_collector.domain.exchange.cdisc_qs import StudyData
from pro_collector.errors import BadInput
from pro_collector.research import define_xml, odm, xpt
from pro_collector.research.define_xml import DescribedDataset
from pro_collector.research.files import rows_as_csv
from tests.shared.instruments import shipped
from tests.unit.domain.exchange.cdisc_study import ANN, DATA

NOW = datetime(2026, 5, 1, 12, 30, 15, tzinfo=UTC)
ODM, DEF, XLINK = (
    "{http://www.cdisc.org/ns/odm/v1.3}",
    "{http://www.cdisc.org/ns/def/v2.1}",
    "{http://www.w3.org/1999/xlink}",
)


async def transport(dataset: CdiscDataset, data: StudyData = DATA, created: datetime = NOW) -> bytes:
    async def fill(stream: Any) -> int:
        return rows_as_csv(dataset.table, list(dataset.records(data)), stream)

    out = io.BytesIO()
    await xpt.write(dataset.table, fill, created, out)
    return out.getvalue()


@pytest.mark.parametrize("name", CDISC)
async def test_two_readers_find_in_a_transport_file_what_was_written(name: str, tmp_path: Any) -> None:
    dataset = CDISC[name]
    data = await transport(dataset)
    expected = [
        [_plain(getattr(record, field.name)) for field in fields(record)]  # type: ignore[arg-type]
        for record in dataset.records(DATA)
    ]
    read = pandas.read_sas(io.BytesIO(data), format="xport", encoding="utf-8")
    names = [column.name for column in dataset.table.columns]
    assert list(read.columns) == names
    dates = {column.name for column in dataset.table.columns if column.kind == "date"}
    assert [
        [_read(value, column in dates) for column, value in zip(names, row, strict=True)] for row in read.values
    ] == expected
    file = tmp_path / f"{name}.xpt"
    file.write_bytes(data)
    again, meta = pyreadstat.read_xport(file)
    for column in dataset.table.columns:
        if column.kind in ("integer", "number"):
            numbers = [None if value != value else value for value in again[column.name]]
            assert numbers == [row[names.index(column.name)] for row in expected]
    assert (meta.table_name, meta.file_label) == (dataset.name, dataset.table.title)
    assert meta.column_labels == [column.meaning for column in dataset.table.columns]
    assert str(meta.creation_time) == "2026-05-01 12:30:15"


def _plain(value: object) -> object:
    return float(value) if isinstance(value, int) else value


def _read(value: Any, is_date: bool) -> object:
    """A value as pandas gives it: none is NaN or empty, a date is days since 1960, and 0 is 16 ** -65 (a bug)."""
    if value is None or value != value or value == "":
        return None
    if is_date:
        return date.fromordinal(date(1960, 1, 1).toordinal() + int(value))
    return 0.0 if value == 16.0**-65 else value


async def test_a_transport_file_has_the_time_of_the_export_and_nothing_of_the_clock() -> None:
    first, second = await transport(CDISC["qs"]), await transport(CDISC["qs"])
    assert first == second
    assert first.count(b"01MAY26:12:30:15") == 4
    assert first[:20] == b"HEADER RECORD*******"
    assert len(first) % 80 == 0


async def test_texts_are_counted_in_bytes_and_a_longer_one_is_refused(tmp_path: Any) -> None:
    named = replace(DATA, people=[replace(ANN, site="Málaga")])
    read = pandas.read_sas(io.BytesIO(await transport(CDISC["dm"], named)), format="xport", encoding="utf-8")
    assert list(read["SITEID"]) == ["Málaga"]
    with pytest.raises(BadInput, match=r"DM\.SITEID: is longer than 200 bytes"):
        await transport(CDISC["dm"], replace(DATA, people=[replace(ANN, site="á" * 101)]))
    file = tmp_path / "qs.xpt"
    file.write_bytes(await transport(CDISC["qs"], replace(DATA, visits=[])))
    nothing, meta = pyreadstat.read_xport(file)  # pandas cannot read a file without records
    assert (len(nothing), meta.number_columns) == (0, len(CDISC["qs"].table.columns))


def define(standard: str) -> ElementTree.Element:
    chosen = [each for each in CDISC.values() if each.standard == standard]
    described = [DescribedDataset(each, f"{each.table.name}.xpt") for each in chosen]
    for one in described:
        for record in one.dataset.records(DATA):
            one.count(record)
    out = io.BytesIO()
    define_xml.write("s", "A <made-up> study & more", described, NOW, out)
    return ElementTree.fromstring(out.getvalue())


@pytest.mark.parametrize("standard", ["sdtm", "adam"])
def test_a_definition_describes_every_variable_and_each_reference_has_its_end(standard: str) -> None:
    root = define(standard)
    oids = {each.get("OID") for each in root.iter() if each.get("OID")}
    assert len(oids) == sum(each.get("OID") is not None for each in root.iter()), "an OID is used once"
    for name in ("ItemOID", "CodeListOID", f"{DEF}ItemOID", f"{DEF}StandardOID", "WhereClauseOID", "ValueListOID"):
        assert {each.get(name) for each in root.iter() if each.get(name)} <= oids
    for dataset in (each for each in CDISC.values() if each.standard == standard):
        (group,) = (each for each in root.iter(f"{ODM}ItemGroupDef") if each.get("Name") == dataset.name)
        references = [each.get("ItemOID") for each in group.findall(f"{ODM}ItemRef")]
        assert references == [f"IT.{dataset.name}.{column.name}" for column in dataset.table.columns]
        (leaf,) = group.findall(f"{DEF}leaf")
        assert (leaf.get("ID"), leaf.get(f"{XLINK}href")) == (
            group.get(f"{DEF}ArchiveLocationID"), f"{dataset.table.name}.xpt",
        )  # fmt: skip
    assert root.findtext(f".//{ODM}StudyDescription") == "A <made-up> study & more"


def test_a_definition_marks_the_codes_that_are_ours() -> None:
    root = define("sdtm")
    (codes,) = (each for each in root.iter(f"{ODM}CodeList") if each.get("OID") == "CL.QS.QSTESTCD")
    marked = {each.get("CodedValue"): each.get(f"{DEF}ExtendedValue") for each in codes}
    assert marked["DIA0101"] is None
    assert {mark for code, mark in marked.items() if code and code.startswith("X")} == {"Yes"}
    (length,) = (each.get("Length") for each in root.iter(f"{ODM}ItemDef") if each.get("OID") == "IT.QS.QSREASND")
    assert length == str(len("NOT ASKED (SKIP LOGIC)"))


async def one_by_one(data: StudyData) -> AsyncIterator[StudyData]:
    """The rows of each participant, as they are read from a database."""
    for each in data.people:
        yield replace(data, people=[each])


async def test_a_study_as_odm_keeps_the_reason_of_each_absence() -> None:
    diary = shipped("symptom-diary")
    named = {"instrument": diary.id, "instrument_version": diary.version}
    items = [replace(each, **named) for each in DATA.items if each.item != "remarks"]  # type: ignore[arg-type]
    scores = [replace(each, scale="symptom_burden", **named) for each in DATA.scores]  # type: ignore[arg-type]
    visits = [replace(each, instruments=diary.id) for each in DATA.visits]
    out = io.BytesIO()
    data = replace(DATA, items=items, scores=scores, visits=visits)
    described = odm.OdmStudy("s", "A study", "1.0", [diary], data.people, data.assessments, {"weekly": [diary.id]})
    assert await odm.write(described, one_by_one(data), NOW, None, out) == 2
    root = ElementTree.fromstring(out.getvalue())
    oids = {each.get("OID") for each in root.iter() if each.get("OID")}
    for name in (
        "ItemOID",
        "CodeListOID",
        "ItemGroupOID",
        "FormOID",
        "StudyEventOID",
        "LocationOID",
        "MetaDataVersionOID",
    ):
        assert {each.get(name) for each in root.iter() if each.get(name)} <= oids, name
    given = {
        each.get("ItemOID"): each.get("Value") or each.findtext(f".//{ODM}FlagValue")
        for each in reversed(list(root.iter(f"{ODM}ItemData")))
    }
    prefix = f"IT.{diary.id}.{diary.version}"
    assert [given[f"{prefix}.{name}"] for name in ("pain", "sleep", "vomiting", "worry")] == [
        "7", "declined", "not-asked", "unanswered",
    ]  # fmt: skip
    assert given[f"{prefix}.scores.symptom_burden"] == "40"
    subjects = [each.get("SubjectKey") for each in root.iter(f"{ODM}SubjectData")]
    assert subjects == ["ann", "cat"]
    events = [each for each in root.iter(f"{ODM}StudyEventData") if each.get("StudyEventRepeatKey")]
    assert len(events) == len(DATA.visits), "a missed visit is there as well"
