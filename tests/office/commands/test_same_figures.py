"""Each score and item is the same in every form: SQL, CSV, Parquet, QS, ADQRS, ODM, FHIR, the API and the stream."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pandas
import pyreadstat
import pytest

from pro_collector.commands.correct_answer import correct_answer
from pro_collector.commands.erase import erase
from pro_collector.commands.export_cdisc import export_cdisc, export_odm
from pro_collector.commands.export_fhir import export_fhir
from pro_collector.commands.export_tables import export_tables
from pro_collector.commands.record_consent import withdraw_consent
from pro_collector.commands.record_state import record_state
from pro_collector.commands.record_treatment import correct
from pro_collector.domain.conversation.survey import Place
from pro_collector.domain.research.tables import TABLES
from pro_collector.research.files import FileFormat
from tests.office.casework.test_streaming import topic
from tests.office.commands import forms_of_data as forms
from tests.office.commands.forms_of_data import DIARY, NAMED, Cells
from tests.shared.office import DEMO, PHONE, STUDY, Office
from tests.shared.scenes import ANSWERS, ASKED, DAY, MOTHER, SOON, TREATED
from tests.shared.team import bearer

SECOND, ERASED = "+12025550199", "+12025550177"
CHILD = {"birth_date": date(2021, 6, 1), "phone": None, "email": None, "proxy_phone": MOTHER}
AMENDED = DEMO.replace('version: "1.0"', 'version: "1.1"').replace('at: "10:00"', 'at: "11:00"', 1)
FORMS: tuple[FileFormat, ...] = ("csv", "xpt", "dataset-json")
KEY = {"response_id", "instrument", "instrument_version", "reporter"}
QS = {*KEY, "participant_code", "visit", "value", "status", "mode"}
PLACE = {"visit", "site", "arm", "anchor", "cycle", "cycle_day", "study_day", "days_since_anchor"}
COLUMNS: dict[tuple[str, str], set[str]] = {
    ("qs", "scores"): {*QS, "scale", "scoring_version", "on_day", "study_day"},
    ("qs", "items"): {*QS, "item", "code", "language"},
    ("adqrs", "scores"): {"response_id", "participant_code", "scale", "site", "arm", "value", "visit", "on_day",
                          "study_day", "reporter"},
    ("odm", "scores"): {*KEY - {"reporter"}, "participant_code", "site", "visit_id", "scale", "value", "status"},
    ("odm", "items"): {*KEY - {"reporter"}, "participant_code", "site", "visit_id", "item", "code", "status"},
    ("fhir", "scores"): {*KEY, *PLACE, "participant_id", "scale", "value", "status", "completed_at", "scored_at"},
    ("fhir", "items"): {*KEY, "participant_id", "item", "code", "status"},
    ("stream", "scores"): {*KEY, *PLACE, "study", "participant_id", "visit_id", "scale", "value", "mode", "assessment",
                           "visit_n", "anchor_n", "on_day", "completed_at", "scoring_version"},
}  # fmt: skip
"""Which columns of the model a form has; CSV, Parquet and the API have all."""


async def lived(office: Office) -> None:
    """RT-1 has everything happen; RT-2 wants no use of their data, RT-3 is a child with a proxy, RT-4 is erased."""
    people: dict[str, dict[str, Any]] = {
        "RT-1": {}, "RT-2": {"phone": SECOND}, "RT-3": {**CHILD, "site": "phoenix", "arm": "observed"},
        "RT-4": {"phone": ERASED},
    }  # fmt: skip
    for code, fields in people.items():
        await office.enrol(code, **fields)
        await office.happened("treatment_start", TREATED, code)
    await office.run(ASKED + 2 * timedelta(hours=1) + SOON)
    for phone in (PHONE, SECOND, MOTHER, ERASED):
        await office.reply(*ANSWERS, number=phone)
    await corrected(office, "pain", 4)
    await office.happened("cycle", date(2026, 3, 5))
    await office.happened("progression", date(2026, 3, 4))
    await correct(office.rt, "RT-1", "progression", date(2026, 3, 4), None, by="tester", reason="another patient")
    await office.apply(AMENDED)
    await record_state(office.rt, "RT-1", "crossed_over", date(2026, 3, 8), None, by="tester", arm="observed")
    await office.run(ASKED + 7 * DAY + 3 * timedelta(hours=1))
    await office.reply("7", "skip")
    await office.reply("2", "2", "1", "0", "1", "1", "5", number=MOTHER)
    await office.run(ASKED + 12 * DAY)
    await correct(office.rt, "RT-1", "treatment_start", TREATED, date(2026, 3, 1), by="tester", reason="typo")
    await withdraw_consent(office.rt, "RT-2", "self", "participation", None, by="tester", exclude_data=True)
    await erase(office.rt, "RT-4", keep_answers=False, by="tester")
    await office.settle()


async def corrected(office: Office, item: str, value: int) -> None:
    """The team corrects an answer of the first survey that RT-1 completed."""
    (asked,) = await office.rows(
        "SELECT o.id, o.participant_id FROM occasion o JOIN participant p ON p.id = o.participant_id"
        " WHERE p.code = 'RT-1' AND o.state = 'completed'"
    )
    await correct_answer(office.rt, asked["participant_id"], "self", asked["id"], Place(DIARY, item), value)
    await office.settle()


async def written(office: Office, folder: Path) -> None:
    """All files."""
    database, now = office.rt.database, office.clock.now()
    tables: tuple[FileFormat, ...] = ("csv", "parquet")
    for form in tables:
        await export_tables(database, ["items", "scores"], folder, form, study=STUDY, now=now)
    for form in FORMS:
        await export_cdisc(database, folder, form, study=STUDY, now=now)
    await export_odm(database, folder / "study.xml", study=STUDY, now=now)
    (folder / "fhir").mkdir()
    await export_fhir(database, folder / "fhir", study=STUDY, since=None, now=now + timedelta(minutes=1))


async def test_each_score_and_item_is_the_same_in_every_form(office: Office, tmp_path: Path) -> None:
    await lived(office)
    await written(office, tmp_path)
    model = {name: forms.cells(name, await office.rows(f"SELECT * FROM research.{name}")) for name in NAMED}
    await the_study_has_every_case(office, model)
    login = await bearer(office.rt, study=STUDY)
    responses = {cell["visit_id"]: response for (response, _), cell in model["scores"].items()}
    of_table: dict[str, Callable[[str], Any]] = {
        "csv": partial(forms.in_csv, tmp_path), "parquet": partial(forms.in_parquet, tmp_path),
        "odm": partial(forms.in_odm, tmp_path, responses=responses),
        **{f"qs as {form}": partial(forms.in_qs, tmp_path, form) for form in FORMS},
    }  # fmt: skip
    for name, expected in model.items():
        for form, read in of_table.items():
            same(form, name, forms.cells(name, read(name)), expected)
        same("api", name, forms.cells(name, await of_api(office, name, login)), expected)

    scores, items = model["scores"], model["items"]
    valued = {key: cell for key, cell in scores.items() if cell["value"]}
    for form in FORMS:
        same(f"adqrs as {form}", "scores", forms.cells("scores", forms.in_adqrs(tmp_path, form)), valued)
        told = {key for key, cell in items.items() if cell["corrected_by"]}
        assert forms.corrected_in_qs(tmp_path, form) == told
    same("fhir", "scores", forms.cells("scores", forms.in_observations(tmp_path)), scores)
    given = {key: cell for key, cell in items.items() if cell["status"] != "unanswered"}
    same("fhir", "items", forms.cells("items", forms.in_responses(tmp_path)), given)
    states = (await topic(office, "scores.latest")).values()
    same("stream", "scores", forms.cells("scores", forms.in_stream(states)), scores)
    await means_are_recomputed(office, tmp_path)
    changes_are_recomputed(pyreadstat.read_xport(str(tmp_path / "adam" / "adqrs.xpt"))[0])


async def the_study_has_every_case(office: Office, model: dict[str, Cells]) -> None:
    """Without these the comparison would show little."""
    scores, items = model["scores"].values(), model["items"].values()
    assert {cell["participant_code"] for cell in scores} == {"RT-1", "RT-3"}, "RT-2 and RT-4 are in no form"
    assert await office.one("SELECT count(*) FROM research.left_out") == 1
    assert {cell["status"] for cell in items} == {"answered", "declined", "not-asked", "unanswered"}
    assert {"scored", "declined", "unanswered", "not-asked"} >= {cell["status"] for cell in scores} > {"scored"}
    assert {(cell["participant_code"], cell["arm"], cell["reporter"]) for cell in scores} == {
        ("RT-1", "treated", "self"), ("RT-1", "observed", "self"), ("RT-3", "observed", "proxy"),
    }  # fmt: skip
    assert {cell["cycle"] for cell in scores} == {"", "1"}
    assert [cell["code"] for cell in items if cell["corrected_by"]] == ["4"]
    assert {row["study_version"] for row in await office.rows("SELECT study_version FROM research.visits")} == {
        "1.0", "1.1"
    }  # fmt: skip
    assert await office.one("SELECT count(*) FROM research.events WHERE retracted") == 1


def same(form: str, table: str, found: Cells, model: Cells) -> None:
    """A form has the rows of the model, and in each of its columns the same cell."""
    every = {column.name for column in TABLES[table].columns}
    columns = COLUMNS.get((form.partition(" as ")[0], table), every)
    assert {name for row in found.values() for name in row} == columns, f"{table} in {form}"
    assert found.keys() == model.keys(), f"{table} in {form}"
    wrong = [
        (key, column, cell, model[key][column]) for key, row in found.items() for column, cell in row.items()
        if cell != model[key][column]
    ]  # fmt: skip
    assert wrong == [], f"{table} in {form}: (key, column, there, in the model)"


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


async def means_are_recomputed(office: Office, folder: Path) -> None:
    """From QS and ADQRS as XPT: the means by visit and arm are those of SQL."""
    by_sql = {
        (row["scale"], row["reporter"], row["arm"], row["visit"]): (row["n"], row["mean"])
        for row in await office.rows(
            "SELECT scale, reporter, arm, visit, count(*) AS n, avg(value) AS mean FROM research.scores"
            " WHERE value IS NOT NULL GROUP BY 1, 2, 3, 4"
        )
    }
    arms = {cell["response_id"]: cell["arm"] for cell in forms.cells("scores", forms.in_adqrs(folder, "xpt")).values()}
    of_qs = [{**row, "arm": arms[row["response_id"]]} for row in forms.in_qs(folder, "xpt", "scores")
             if row["status"] == "scored"]  # fmt: skip
    for rows in (of_qs, list(forms.in_adqrs(folder, "xpt"))):
        grouped = pandas.DataFrame(rows).groupby(["scale", "reporter", "arm", "visit"]).value
        found = {key: (len(values), values.mean()) for key, values in grouped}
        assert found == {key: (n, pytest.approx(value)) for key, (n, value) in by_sql.items()}


def changes_are_recomputed(adqrs: "pandas.DataFrame") -> None:
    """Flag, baseline and changes of each parameter and reporter, from the values alone."""
    counted = 0
    for _, rows in adqrs.sort_values("ADT").groupby(["USUBJID", "PARAMCD", "PARQUAL"]):
        first = rows.AVAL.iloc[0]
        later = rows.iloc[1:]
        assert list(rows.ABLFL) == ["Y"] + [""] * len(later)
        assert list(rows.BASE) == [first] * len(rows)
        assert pandas.isna(rows.CHG.iloc[0])
        assert list(later.CHG) == list(later.AVAL - first)
        if first:
            assert list(later.PCHG) == pytest.approx(list(100 * (later.AVAL - first) / first))
        counted += len(later)
    assert counted > 5
