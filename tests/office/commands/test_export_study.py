"""A real study in every form: endpoints, CDISC's datasets, ODM, figures and the report, against SQL and each other."""

import csv
import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pandas
import pytest

from pro_collector.commands.draw_figures import draw_endpoints, draw_table
from pro_collector.commands.export_cdisc import export_cdisc, export_odm
from pro_collector.commands.export_endpoints import export_endpoints
from pro_collector.commands.report_study import report_study
from pro_collector.commands.share import pool_bundles, share_keys, share_study
from pro_collector.domain.document import Document, parse_yaml
from pro_collector.domain.exchange.cdisc_datasets import CDISC
from pro_collector.errors import BadInput, NotFound
from tests.office.commands.test_export_tables import a_month
from tests.shared.office import STUDY, Office
from tests.unit.research.test_report import cells

ODM, XLINK = "{http://www.cdisc.org/ns/odm/v1.3}", "{http://www.w3.org/1999/xlink}"
LEAF = "{http://www.cdisc.org/ns/def/v2.1}leaf"
FILE = """
day_0: treatment_start
endpoints:
  - {id: pain, kind: change, instrument: symptom-diary, scale: pain}
  - id: worse
    kind: time-to-deterioration
    instrument: symptom-diary
    scale: pain
    difference: {points: 10, level: person, source: none}
    rule: {kind: first, at_last: counts, death: event}
"""
SHARE = """
project: rare-tumours
institution: maple-ridge
study: rare-tumour-story
consent: any
dates: days
smallest_group: 2
"""
# The change from the first score by window functions, beside what visits without a score are.
BY_SQL = """
SELECT v.visit, s.value, s.value - first_value(s.value) OVER (ORDER BY s.value IS NULL, s.on_day) AS change,
       coalesce(s.on_day, v.answered_on, v.due_on) - (SELECT min(happened_on) FROM research.events
                              WHERE believed AND kind = 'treatment_start') AS day
FROM research.visits v
LEFT JOIN research.scores s ON s.visit_id = v.visit_id AND s.scale = 'pain' AND s.value IS NOT NULL
WHERE v.study = %s AND v.planned AND v.reporter = 'self' AND v.instruments LIKE '%%symptom-diary%%'
  AND v.state IN ('completed', 'partial', 'missed', 'cancelled')
ORDER BY v.due_at
"""


async def test_a_study_in_every_form_has_the_same_values(office: Office, tmp_path: Path) -> None:
    await a_month(office)
    await endpoints_are_what_sql_says(office, tmp_path)
    await cdisc_has_the_scores_of_the_model(office, tmp_path)
    await the_report_has_the_figures(office, tmp_path)
    await a_bundle_is_pooled(office, tmp_path)
    for unknown in (
        export_odm(office.rt.database, tmp_path / "x", study="no", now=office.clock.now()),
        report_study(office.rt.database, "no", tmp_path, now=office.clock.now()),
    ):
        with pytest.raises(NotFound, match="no study 'no'"):
            await unknown


def file_of(text: str) -> Document:
    return parse_yaml(text, "endpoints.yaml")


async def endpoints_are_what_sql_says(office: Office, folder: Path) -> None:
    database, now = office.rt.database, office.clock.now()
    written = await export_endpoints(database, file_of(FILE), folder, "csv", study=STUDY, now=now)
    assert [each.file.name for each in written] == ["pain.csv", "worse.csv"]
    rows = list(csv.DictReader(io.StringIO((folder / "pain.csv").read_text(encoding="utf-8"))))
    expected = await office.rows(BY_SQL, STUDY)
    assert len(expected) > 3
    assert [(row["visit"], number(row["score"]), int(row["day"])) for row in rows] == [
        (each["visit"], each["value"], each["day"]) for each in expected
    ]
    first = next(n for n, each in enumerate(expected) if each["value"] is not None)
    assert [row["is_baseline"] for row in rows] == ["true" if n == first else "false" for n in range(len(rows))]
    later = [each["change"] for each in expected[first + 1 :]]
    assert [number(row["change"]) for row in rows[first + 1 :]] == later
    assert any(change is not None for change in later)
    assert {(row["arm"], row["age_at_enrolment"], row["endpoint"]) for row in rows} == {("treated", "46", "pain")}
    said = json.loads((folder / "worse.csv.manifest.json").read_text(encoding="utf-8"))
    assert said["sha256"] == hashlib.sha256((folder / "worse.csv").read_bytes()).hexdigest()
    assert (said["choices"]["day_0"], said["choices"]["rule.death"]) == ("treatment_start", "event")

    alone, before = file_of(FILE.partition("  - id: worse")[0]), now - timedelta(weeks=8)
    (early,) = await export_endpoints(database, alone, folder, "csv", as_of=before, now=now)
    assert early.rows == 0, "nobody was in the record"
    for right, wrong, told in (
        ("treatment_start", "treatment_stop", "no event of the study 'treatment_stop'"),
        ("symptom-diary", "symptom-dairy", "no instrument in these studies 'symptom-dairy'"),
    ):
        with pytest.raises(BadInput, match=told):
            await export_endpoints(database, file_of(FILE.replace(right, wrong)), folder, "csv", study=STUDY, now=now)


async def cdisc_has_the_scores_of_the_model(office: Office, folder: Path) -> None:
    database, now = office.rt.database, office.clock.now()
    scores = [row["value"] for row in await office.rows("SELECT value FROM research.scores WHERE value IS NOT NULL")]
    assert len(scores) > 5
    written = await export_cdisc(database, folder, "xpt", study=STUDY, now=now)
    assert {each.file.stem for each in written} == {*CDISC, "define"}
    for standard in ("sdtm", "adam"):
        root = ElementTree.fromstring((folder / standard / "define.xml").read_bytes())
        files = {str(leaf.get(f"{XLINK}href")) for leaf in root.iter(LEAF)}
        assert files == {file.name for file in (folder / standard).glob("*.xpt")}
    questionnaires, analysis = (read(folder / name) for name in ("sdtm/qs.xpt", "adam/adqrs.xpt"))
    derived = questionnaires[questionnaires.QSDRVFL == "Y"].QSSTRESN
    for found in (derived, analysis.AVAL):
        assert sorted(found) == pytest.approx(sorted(scores))
    assert set(read(folder / "sdtm/dm.xpt").USUBJID) == set(questionnaires.USUBJID) == {f"{STUDY}-RT-1"}
    assert set(questionnaires.VISITNUM.dropna()) <= set(read(folder / "sdtm/sv.xpt").VISITNUM)

    study = await export_odm(database, folder / "study.xml", study=STUDY, now=now)
    root = ElementTree.fromstring(study.file.read_bytes())
    in_odm = [
        float(str(each.get("Value"))) for each in root.iter(f"{ODM}ItemData")
        if ".scores." in str(each.get("ItemOID")) and each.get("Value")
    ]  # fmt: skip
    assert sorted(in_odm) == pytest.approx(sorted(scores))


async def the_report_has_the_figures(office: Office, folder: Path) -> None:
    database, now = office.rt.database, office.clock.now()
    await report_study(database, STUDY, folder / "report.html", document=file_of(FILE), now=now)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Endpoint: worse" in page
    (again := folder / "again").mkdir()
    await export_endpoints(database, file_of(FILE), again, "csv", study=STUDY, now=now)
    pain, worse = (
        [
            float(row[column])
            for row in csv.DictReader((again / file).read_text(encoding="utf-8").splitlines())
            if row[column]
        ]
        for file, column in (("pain.csv", "change"), ("worse.csv", "time"))
    )
    assert pain
    told = cells(page.partition('id="endpoint-pain"')[2].partition("</section>")[0], "Mean change")
    assert [(int(row[2]), float(row[3])) for row in told] == [(1, round(change, 2)) for change in pain]
    told = cells(page.partition('id="endpoint-worse"')[2].partition("</section>")[0], "Share without")
    assert [(row[1], row[2]) for row in told] == [(f"{time:.4g}", "1") for time in worse]
    drawn = [
        await draw_table(database, what, folder / f"{what}.svg", study=STUDY) for what in ("consort", "completion")
    ]
    drawn += await draw_endpoints(database, file_of(FILE), folder, study=STUDY)
    assert [each.file.name for each in drawn] == ["consort.svg", "completion.svg", "pain.svg", "worse.svg"]
    for each in drawn:
        assert each.file.read_text(encoding="utf-8") in page, "the report has the same figure"


async def a_bundle_is_pooled(office: Office, folder: Path) -> None:
    (bundle := folder / "bundle").mkdir()
    (pooled := folder / "pooled").mkdir()
    await office.enrol("RT-2", phone="+12025550199")
    keys = share_keys("c3" * 32)
    await share_study(office.rt.database, file_of(SHARE), keys, bundle, "parquet", now=office.clock.now())
    await pool_bundles([bundle], {"maple-ridge": keys.public}, pooled)
    scores = pandas.read_parquet(pooled / "scores.parquet")
    expected = [row["value"] for row in await office.rows("SELECT value FROM research.scores WHERE value IS NOT NULL")]
    assert sorted(scores.value.dropna()) == sorted(expected)
    assert set(scores.study_day) == {2, 13}
    people = pandas.read_parquet(pooled / "participants.parquet")
    assert set(scores.participant_code) < set(people.participant_code)
    assert (len(people), set(people.age_at_enrolment), set(people.enrolled_on)) == (2, {"40-49"}, {1})


def read(file: Path) -> "pandas.DataFrame":
    return pandas.read_sas(io.BytesIO(file.read_bytes()), format="xport", encoding="utf-8")


def number(cell: str) -> float | None:
    return None if cell == "" else float(cell)
