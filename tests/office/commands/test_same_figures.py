"""Each score and item is the same in every form: SQL, CSV, Parquet, QS, ADQRS, ODM, FHIR, the API and the stream."""

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import aiohttp
import pyarrow.parquet
import pyreadstat

from pro_collector.commands.export_cdisc import export_cdisc, export_odm
from pro_collector.commands.export_fhir import export_fhir
from pro_collector.commands.export_tables import export_tables
from pro_collector.commands.record_consent import withdraw_consent
from pro_collector.commands.record_treatment import correct
from pro_collector.domain.exchange.cdisc_terms import item_code, scale_code
from pro_collector.domain.exchange.fhir_terms import ABSENT
from tests.office.casework.test_streaming import topic
from tests.shared.office import PHONE, STUDY, Office
from tests.shared.scenes import ANSWERS, ASKED, DAY, SOON, TREATED
from tests.shared.team import bearer

Figures = dict[tuple[str, str], Any]
"""By response and item or scale."""
DIARY, OTHER = "symptom-diary", "+12025550199"
ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
SAID = {"DECLINED": "declined", "SUBJECT REFUSED": "declined", "NOT ASKED (SKIP LOGIC)": "not-asked",
        "NOT ANSWERED": "unanswered"}  # fmt: skip
IN_FHIR = {"asked-declined": "declined", "not-asked": "not-asked", "unknown": "unanswered"}


async def lived(office: Office) -> None:
    """RT-1 answers, declines, stops, and has a wrong date corrected; RT-2 answers, and wants no use of it."""
    for code, phone in (("RT-1", PHONE), ("RT-2", OTHER)):
        await office.enrol(code, phone=phone)
        await office.happened("treatment_start", TREATED, code)
    await office.run(ASKED + SOON)
    for phone in (PHONE, OTHER):
        await office.reply(*ANSWERS, number=phone)
    await office.run(ASKED + 7 * DAY + SOON)
    await office.reply("7", "skip")
    await office.run(ASKED + 12 * DAY)
    await correct(office.rt, "RT-1", "treatment_start", TREATED, date(2026, 3, 1), by="tester", reason="typo")
    await withdraw_consent(office.rt, "RT-2", "self", "participation", None, by="tester", exclude_data=True)
    await office.settle()


async def test_each_score_and_item_is_the_same_in_every_form(office: Office, tmp_path: Path) -> None:
    await lived(office)
    assert await office.one("SELECT count(DISTINCT participant_id) FROM score") == 2
    await written(office, tmp_path)
    scores = figures(await office.rows("SELECT * FROM research.scores"), "scale", "value")
    places = figures(await office.rows("SELECT * FROM research.scores"), "scale", "study_day")
    items = figures(await office.rows("SELECT * FROM research.items"), "item", "code")
    why = figures(await office.rows("SELECT * FROM research.items"), "item", "status")
    assert (len(scores), len(items), len(set(places.values()))) == (14, 14, 2), "one person, two responses"
    assert set(why.values()) == {"answered", "declined", "not-asked", "unanswered"}

    login = await bearer(office.rt, study=STUDY)
    for table, name, column, expected in (
        ("scores", "scale", "value", scores), ("scores", "scale", "study_day", places),
        ("items", "item", "code", items), ("items", "item", "status", why),
    ):  # fmt: skip
        model = {key: None if value is None else str(value) for key, value in expected.items()}
        lines = csv.DictReader((tmp_path / f"{table}.csv").read_text(encoding="utf-8").splitlines())
        assert {key: number(value) for key, value in figures(lines, name, column).items()} == numbers(model)
        parquet = pyarrow.parquet.read_table(tmp_path / f"{table}.parquet").to_pylist()
        assert figures(parquet, name, column) == expected
        assert numbers(figures(await of_api(office, table, login), name, column)) == numbers(model)

    qs, _ = pyreadstat.read_xport(str(tmp_path / "sdtm" / "qs.xpt"))
    codes = {scale_code({}, DIARY, scale): scale for _, scale in scores}
    questions = {item_code({}, DIARY, item): item for _, item in items}
    of_items, of_scores = (qs[qs.QSTESTCD.isin(each)].to_dict("records") for each in (questions, codes))
    assert in_qs(of_items, questions, "QSORRES") == {key: value or "" for key, value in items.items()}
    assert {key: SAID.get(said, "answered") for key, said in in_qs(of_items, questions, "QSREASND").items()} == why
    valued = {key: value for key, value in scores.items() if value is not None}
    assert {key: value for key, value in in_qs(of_scores, codes, "QSSTRESN").items() if value == value} == valued
    assert in_qs(of_scores, codes, "QSDY") == places
    adqrs, _ = pyreadstat.read_xport(str(tmp_path / "adam" / "adqrs.xpt"))
    analysed = {(row["SRCSPID"], codes[row["PARAMCD"]]): (row["AVAL"], row["ADY"]) for row in adqrs.to_dict("records")}
    assert analysed == {key: (value, places[key]) for key, value in valued.items()}
    changes_are_recomputed(adqrs)

    in_scores, in_items = in_odm(tmp_path / "study.xml", await responses(office))
    assert (numbers(in_scores), in_items) == (scores, items)
    of_fhir = in_fhir(tmp_path / "fhir", await responses(office))
    assert of_fhir["scores"] == scores
    assert {key: value for key, value in of_fhir["why"].items() if value != "answered"} == {
        key: status for key, status in why.items() if status not in ("answered", "unanswered")
    }, "an item without an answer is left out"
    latest = (await topic(office, "scores.latest")).values()
    assert {(one["response_id"], scale): value for one in latest for scale, value in one["scores"].items()} == scores
    assert {(one["response_id"], scale): one["study_day"] for one in latest for scale in one["scores"]} == places


async def written(office: Office, folder: Path) -> None:
    """All files."""
    database, now = office.rt.database, office.clock.now()
    for form in ("csv", "parquet"):
        await export_tables(database, ["items", "scores"], folder, form, study=STUDY, now=now)
    await export_cdisc(database, folder, "xpt", study=STUDY, now=now)
    await export_odm(database, folder / "study.xml", study=STUDY, now=now)
    (folder / "fhir").mkdir()
    await export_fhir(database, folder / "fhir", study=STUDY, since=None, now=now + timedelta(minutes=1))


def figures(rows: Iterable[Mapping[str, Any]], name: str, column: str) -> Figures:
    return {(str(row["response_id"]), row[name]): row[column] for row in rows}


def number(text: str | None) -> float | str | None:
    """A cell as a number, if it is one; an empty one as None."""
    try:
        return None if text in ("", None) else float(str(text))
    except ValueError:
        return text


def numbers(found: Figures) -> Figures:
    return {key: number(value) for key, value in found.items()}


async def of_api(office: Office, table: str, login: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor: str | None = ""
    url = f"{office.rt.settings.public_url}/api/v1/studies/{STUDY}/research/{table}"
    async with aiohttp.ClientSession(headers={"Authorization": login}) as session:
        while cursor is not None:
            async with session.get(url, params={"limit": "5", **({"cursor": cursor} if cursor else {})}) as answer:
                assert answer.status == 200, await answer.text()
                page = await answer.json()
            rows, cursor = [*rows, *page["items"]], page["next"]
    return rows


def in_qs(rows: Iterable[Mapping[str, Any]], codes: Mapping[str, str], column: str) -> Figures:
    return {(row["QSSPID"], codes[row["QSTESTCD"]]): row[column] for row in rows}


def changes_are_recomputed(adqrs: Any) -> None:
    """Baseline and change of each parameter, from the values alone."""
    for _, rows in adqrs.sort_values("ADT").groupby(["USUBJID", "PARAMCD"]):
        first = rows.AVAL.iloc[0]
        assert list(rows.ABLFL) == ["Y"] + [""] * (len(rows) - 1)
        assert list(rows.BASE) == [first] * len(rows)
        assert list(rows.CHG.iloc[1:]) == list(rows.AVAL.iloc[1:] - first)


async def responses(office: Office) -> dict[str, str]:
    """The response of each visit."""
    return {str(row["visit_id"]): str(row["response_id"]) for row in await office.rows(
        "SELECT DISTINCT visit_id, response_id FROM research.scores"
    )}  # fmt: skip


def in_odm(file: Path, responses: Mapping[str, str]) -> tuple[Figures, Figures]:
    """The scores and the items of the diary; None for null."""
    scores: Figures = {}
    items: Figures = {}
    for event in ElementTree.fromstring(file.read_bytes()).iter(f"{ODM}StudyEventData"):
        for cell in event.iter(f"{ODM}ItemData"):
            if (oid := str(cell.get("ItemOID"))).startswith(f"IT.{DIARY}."):
                assert (cell.get("Value") is None) == (cell.get("IsNull") == "Yes")
                found = scores if ".scores." in oid else items
                found[responses[str(event.get("StudyEventRepeatKey"))], oid.rpartition(".")[2]] = cell.get("Value")
    return scores, items


def in_fhir(folder: Path, responses: Mapping[str, str]) -> dict[str, Figures]:
    """The scores, and why an item has no answer."""
    scores: Figures = {}
    for line in (folder / "Observation.ndjson").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        scale = next(each["code"] for each in one["code"]["coding"] if DIARY in each["system"])
        scores[one["derivedFrom"][0]["reference"].partition("/")[2], scale] = one.get("valueQuantity", {}).get("value")
    why: Figures = {}
    for line in (folder / "QuestionnaireResponse.ndjson").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        assert one["id"] in responses.values()
        for item in one["item"]:
            absent = [each["valueCode"] for each in item.get("extension", []) if each["url"] == ABSENT]
            why[one["id"], item["linkId"]] = IN_FHIR[absent[0]] if absent else "answered"
    return {"scores": scores, "why": why}
