"""Reads each form of the data back: every cell of scores and items that it has, under the names of the research model.

Readers of others do it: pyarrow, pyreadstat, csv, json, ElementTree. What a form says in words of its own (SUBJECT
REFUSED, asked-declined) becomes the word of the model.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow.parquet
import pyreadstat

from pro_collector.domain.exchange.cdisc_terms import item_code, scale_code
from pro_collector.domain.exchange.fhir_study import PLACEMENT
from pro_collector.domain.exchange.fhir_terms import ABSENT
from pro_collector.domain.research.tables import TABLES
from tests.shared.instruments import shipped
from tests.shared.office import STUDY

Row = Mapping[str, Any]
Cells = dict[tuple[str, str], dict[str, str]]
"""By response and item or scale: each column as `plain` says it."""
DIARY = "symptom-diary"
NAMED = {"scores": "scale", "items": "item"}
KINDS = {(table, column.name): column.kind for table in NAMED for column in TABLES[table].columns}
ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
IN_CDISC = {"SUBJECT REFUSED": "declined", "NOT ASKED (SKIP LOGIC)": "not-asked", "NOT ANSWERED": "unanswered"}
IN_FHIR = {"asked-declined": "declined", "not-asked": "not-asked", "unknown": "unanswered"}
REPORTERS = {"PROXY": "proxy", "STUDY SUBJECT": "self", "proxy": "proxy"}


def plain(table: str, column: str, value: Any) -> str:
    """A value as text, the same for every form; empty for no value."""
    if value is None or value == "" or value != value:
        return ""
    kind = KINDS[table, column]
    if kind in ("number", "integer"):
        return f"{float(value):.12g}"
    if kind == "instant":
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return at.astimezone(UTC).isoformat()
    return str(value).lower() if kind == "boolean" else str(value)


def cells(table: str, rows: Iterable[Row]) -> Cells:
    """Rows by response and item or scale; none may be there twice."""
    found: Cells = {}
    for row in rows:
        key = str(row["response_id"]), str(row[NAMED[table]])
        assert key not in found, key
        found[key] = {column: plain(table, column, value) for column, value in row.items()}
    return found


def in_csv(folder: Path, table: str) -> Iterator[Row]:
    """A table as CSV."""
    return csv.DictReader((folder / f"{table}.csv").read_text(encoding="utf-8").splitlines())


def in_parquet(folder: Path, table: str) -> Iterator[Row]:
    """A table as Parquet."""
    yield from pyarrow.parquet.read_table(folder / f"{table}.parquet").to_pylist()


def dataset(folder: Path, form: str, name: str) -> list[dict[str, Any]]:
    """The records of a dataset of CDISC in one of its forms."""
    if form == "xpt":
        return list(pyreadstat.read_xport(str(folder / f"{name}.xpt"))[0].to_dict("records"))
    text = (folder / f"{name}{'.csv' if form == 'csv' else '.json'}").read_text(encoding="utf-8")
    if form == "csv":
        return list(csv.DictReader(text.splitlines()))
    said = json.loads(text)
    names = [column["name"] for column in said["columns"]]
    return [dict(zip(names, row, strict=True)) for row in said["rows"]]


def in_qs(folder: Path, form: str, table: str) -> Iterator[Row]:
    """QS with SUPPQS, without the records of questionnaires that did not come."""
    names, more = _codes(table), dict[tuple[str, str], dict[str, str]]()
    for each in dataset(folder / "sdtm", form, "suppqs"):
        more.setdefault((each["USUBJID"], str(each["IDVARVAL"])), {})[each["QNAM"]] = each["QVAL"]
    for row in dataset(folder / "sdtm", form, "qs"):
        if (name := names.get(row["QSTESTCD"])) is None:
            continue
        known = more[row["USUBJID"], f"{float(row['QSSEQ']):g}"]
        answered = "scored" if table == "scores" else "answered"
        shared = {
            "participant_code": row["USUBJID"].removeprefix(f"{STUDY}-"), "response_id": row["QSSPID"],
            NAMED[table]: name, "instrument": DIARY, "instrument_version": known["QSVERS"],
            "visit": row["VISIT"].lower(), "value": row["QSSTRESN"], "mode": (row["QSMETHOD"] or "").lower(),
            "reporter": REPORTERS[row["QSEVAL"]],
            "status": IN_CDISC[row["QSREASND"]] if row["QSREASND"] else answered,
        }  # fmt: skip
        if table == "scores":
            yield shared | {"scoring_version": known["QSSCORE"], "on_day": row["QSDTC"], "study_day": row["QSDY"]}
        else:
            yield shared | {"code": row["QSORRES"], "language": known.get("QSLANG")}


def corrected_in_qs(folder: Path, form: str) -> set[tuple[str, str]]:
    """The items that SUPPQS calls corrected."""
    marked = {
        (each["USUBJID"], str(each["IDVARVAL"])) for each in dataset(folder / "sdtm", form, "suppqs")
        if each["QNAM"] == "QSCORR"
    }  # fmt: skip
    return {
        (row["QSSPID"], _codes("items")[row["QSTESTCD"]]) for row in dataset(folder / "sdtm", form, "qs")
        if (row["USUBJID"], f"{float(row['QSSEQ']):g}") in marked
    }  # fmt: skip


def in_adqrs(folder: Path, form: str) -> Iterator[Row]:
    """ADQRS: scores with a value."""
    names = _codes("scores")
    for row in dataset(folder / "adam", form, "adqrs"):
        yield {
            "participant_code": row["SUBJID"], "response_id": row["SRCSPID"], "scale": names[row["PARAMCD"]],
            "site": row["SITEID"], "arm": row["TRTA"], "value": row["AVAL"], "visit": row["AVISIT"].lower(),
            "on_day": row["ADT"], "study_day": row["ADY"], "reporter": REPORTERS[row["PARQUAL"]],
        }  # fmt: skip


def _codes(table: str) -> dict[str, str]:
    """The items or scales of the diary by their code in CDISC's datasets."""
    diary = shipped(DIARY)
    if table == "scores":
        return {scale_code({}, DIARY, scale.id): scale.id for scale in diary.scales}
    return {item_code({}, DIARY, item.id): item.id for item in diary.items}


def in_odm(folder: Path, table: str, responses: Mapping[str, str]) -> Iterator[Row]:
    """ODM. `responses`: the response of each visit, which ODM does not name."""
    for subject in ElementTree.fromstring((folder / "study.xml").read_bytes()).iter(f"{ODM}SubjectData"):
        (site,) = (str(each.get("LocationOID")) for each in subject.iter(f"{ODM}SiteRef"))
        for event in subject.iter(f"{ODM}StudyEventData"):
            for form in event.iter(f"{ODM}FormData"):
                if not (oid := str(form.get("FormOID"))).startswith(f"FO.{DIARY}."):
                    continue
                for cell in form.iter(f"{ODM}ItemData"):
                    is_score = ".scores." in str(cell.get("ItemOID"))
                    if is_score == (table == "scores"):
                        flags = [str(flag.text) for flag in cell.iter(f"{ODM}FlagValue")]
                        assert (cell.get("Value") is None) == (cell.get("IsNull") == "Yes") == bool(flags)
                        visit = str(event.get("StudyEventRepeatKey"))
                        yield {
                            "participant_code": subject.get("SubjectKey"), "site": site.removeprefix("LOC."),
                            "visit_id": visit, "response_id": responses[visit], "instrument": DIARY,
                            "instrument_version": oid.removeprefix(f"FO.{DIARY}."),
                            NAMED[table]: str(cell.get("ItemOID")).rpartition(".")[2],
                            "value" if is_score else "code": cell.get("Value"),
                            "status": flags[0] if flags else "scored" if is_score else "answered",
                        }  # fmt: skip


def ndjson(folder: Path, kind: str) -> list[dict[str, Any]]:
    """The resources of one type."""
    return [json.loads(line) for line in (folder / "fhir" / f"{kind}.ndjson").read_text("utf-8").splitlines()]


def in_observations(folder: Path) -> Iterator[Row]:
    """FHIR: scores, with their place in the study."""
    for one in ndjson(folder, "Observation"):
        (extension,) = (each["extension"] for each in one["extension"] if each["url"] == PLACEMENT)
        place = {
            each["url"].replace("-", "_"): each.get("valueInteger", each.get("valueString"))
            for each in extension if each["url"] != "days-since"
        }  # fmt: skip
        absent = one.get("dataAbsentReason", {}).get("coding")
        yield {
            "participant_id": one["subject"]["reference"].partition("/")[2], "instrument": DIARY,
            "response_id": one["derivedFrom"][0]["reference"].partition("/")[2],
            "scale": next(each["code"] for each in one["code"]["coding"] if DIARY in each["system"]),
            "instrument_version": one["method"]["text"].split()[1], "completed_at": one["effectiveDateTime"],
            "reporter": REPORTERS.get(one["performer"][0].get("display", ""), "self"),
            "value": one.get("valueQuantity", {}).get("value"), "scored_at": one["meta"]["lastUpdated"],
            "status": IN_FHIR[absent[0]["code"]] if absent else "scored", "cycle": None, "cycle_day": None, **place,
        }  # fmt: skip


def in_responses(folder: Path) -> Iterator[Row]:
    """FHIR: items; one that was not answered is left out."""
    for one in ndjson(folder, "QuestionnaireResponse"):
        for item in one["item"]:
            absent = [each["valueCode"] for each in item.get("extension", []) if each["url"] == ABSENT]
            given = next(iter(item["answer"][0].values())) if not absent else None
            source = one["source"]
            yield {
                "response_id": one["id"], "item": item["linkId"], "instrument": DIARY,
                "instrument_version": one["questionnaire"].rpartition("|")[2],
                "participant_id": one["subject"]["reference"].partition("/")[2],
                "reporter": REPORTERS.get(source.get("display", ""), "self"),
                "code": given["code"] if isinstance(given, dict) else given,
                "status": IN_FHIR[absent[0]] if absent else "answered",
            }  # fmt: skip


def in_stream(states: Iterable[Row]) -> Iterator[Row]:
    """The states of `scores.latest`."""
    for state in states:
        kept = {name: value for name, value in state.items() if ("scores", name) in KINDS}
        for scale, value in state["scores"].items():
            yield {**kept, "visit_id": state["occasion_id"], "scale": scale, "value": value}
