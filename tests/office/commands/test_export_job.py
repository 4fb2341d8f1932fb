"""Exports in the background: every form, of some sites with nobody of another; made anew when the record changes."""

import io
import json
import sys
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pyarrow.parquet
import pytest

from pro_collector.commands import export_job
from pro_collector.commands.change_person import change
from pro_collector.commands.erase import erase
from pro_collector.commands.export_job import LARGEST_DEFINITION, ask_export
from pro_collector.commands.write_export import ToExport, write_export
from pro_collector.domain.account.permission import ALL_SITES, Sites
from pro_collector.domain.exchange.offered import HERE
from pro_collector.errors import BadInput, NotFound
from pro_collector.jobs import work_once
from pro_collector.runtime import Runtime
from pro_collector.views.exports import export_file, exports_of_study
from tests.shared.office import STUDY, Office
from tests.shared.scenes import ANSWERS, ASKED, SOON, TREATED, treated

MADRID, BETHESDA = Sites(frozenset({"madrid"})), Sites(frozenset({"bethesda"}))
OTHER_PHONE = "+12025550177"
ENDPOINTS = """
day_0: treatment_start
endpoints:
  - {id: pain, kind: change, instrument: symptom-diary, scale: pain}
"""
SAYS_WHO = ("participants", "visits", "items", "scores", "events", "messages", "endpoints", "dm", "qs", "adqrs", "odm")
"""Forms with a row for each participant who has answered."""


@pytest.fixture
async def two_sites(office: Office) -> Office:
    """RT-1 at Bethesda and RT-2 at Madrid, who have answered once each."""
    await treated(office)
    await office.enrol("RT-2", site="madrid", phone=OTHER_PHONE)
    await office.happened("treatment_start", TREATED, "RT-2")
    await office.run(ASKED + SOON)
    await office.reply(*ANSWERS)
    await office.reply(*ANSWERS, number=OTHER_PHONE)
    return office


async def made(office: Office, asked: ToExport, rt: Runtime | None = None) -> dict[str, bytes]:
    """The files of an export, by name."""
    office.clock._now += timedelta(seconds=1)
    id = await ask_export(office.rt, STUDY, asked, by="lead")
    assert await work_once(rt or await office.of_process("jobs"))
    assert await office.one("SELECT error FROM job WHERE id = %s", id) is None, asked
    return await taken(office, id, asked.sites)


async def taken(office: Office, id: UUID, sites: Sites) -> dict[str, bytes]:
    file = await export_file(office.rt, STUDY, id, sites)
    packed = zipfile.ZipFile(io.BytesIO(b"".join([piece async for piece in file.pieces])))
    return {name: packed.read(name) for name in packed.namelist()}


def text_of(files: Mapping[str, bytes]) -> str:
    """Everything that the files say, in one text."""
    return " ".join(
        str(pyarrow.parquet.read_table(io.BytesIO(data)).to_pylist()) if name.endswith(".parquet")
        else data.decode("utf-8", "replace") for name, data in files.items()
    )  # fmt: skip


def definition_of(name: str) -> str:
    return ENDPOINTS if HERE[name].endpoints != "none" else ""


async def test_every_form_of_one_site_has_nobody_of_another(two_sites: Office) -> None:
    there, here = [
        (code, str(await two_sites.one("SELECT id FROM participant WHERE code = %s", code)))
        for code in ("RT-1", "RT-2")
    ]
    wanted = [(name, each.formats[0]) for name, each in HERE.items()]
    wanted += [("tables", "parquet"), ("cdisc", "dataset-json"), *((n, "svg") for n in ("completion", "consort"))]
    for name, form in [*wanted, ("endpoints", "svg")]:
        files = await made(two_sites, ToExport(name, form, sites=MADRID, definition=definition_of(name)))
        said = text_of(files)
        assert not any(who in said for who in there), (name, form, "somebody of another site")
        assert form == "svg" or name not in SAYS_WHO or any(who in said for who in here), (name, form)
        about = json.loads(files["export.json"])
        assert about["filters"] == {"study": STUDY, "sites": ["madrid"], "as_of": None}
        manifests = [json.loads(data) for each, data in files.items() if each.endswith(".manifest.json")]
        assert all(each["filters"]["sites"] == ["madrid"] for each in manifests), name
        if form == "csv":
            assert {each["table"].rpartition(" ")[2]: each["rows"] for each in manifests} == about["rows"], name
        if name in ("report", "consort") and form != "csv":
            assert "madrid" in said, "it says of which sites it is"
    everybody = text_of(await made(two_sites, ToExport("fhir", "ndjson")))
    assert {there[1] in everybody, here[1] in everybody} == {True}


async def test_without_the_role_the_rows_are_those_of_the_sites_too(two_sites: Office) -> None:
    settings = two_sites.rt.settings.model_copy(update={"database_roles": "nobody_made_"})
    bare = replace(two_sites.rt, settings=settings)
    one = str(await two_sites.one("SELECT id FROM participant WHERE code = 'RT-1'"))
    for name in ("tables", "fhir", "cdisc"):
        said = text_of(await made(two_sites, ToExport(name, HERE[name].formats[0], sites=MADRID), bare))
        assert one not in said, name
        assert "RT-1" not in said, name
        assert "RT-2" in said, name


async def test_only_who_sees_these_sites_finds_and_takes_it(two_sites: Office) -> None:
    await made(two_sites, ToExport("visits", "csv", sites=MADRID))
    await made(two_sites, ToExport("visits", "csv"))
    both = Sites(frozenset({"madrid", "bethesda"}))
    seen = {
        sites: [one.sites for one in await exports_of_study(two_sites.rt, STUDY, sites)]
        for sites in (MADRID, BETHESDA, both, ALL_SITES)
    }
    assert seen == {MADRID: [["madrid"]], BETHESDA: [], both: [["madrid"]], ALL_SITES: [None, ["madrid"]]}
    for row in await two_sites.rows("SELECT id, input -> 'sites' AS sites FROM job"):
        for sites in (MADRID, BETHESDA, both, ALL_SITES):
            if row["sites"] in seen[sites]:
                assert await taken(two_sites, row["id"], sites)
            else:
                with pytest.raises(NotFound):
                    await taken(two_sites, row["id"], sites)


Happens = Callable[[Office], Awaitable[Any]]


async def move(office: Office) -> None:
    await change(await office.of_process("team"), "RT-2", "site", "bethesda", by="lead")


async def forget(office: Office) -> None:
    await erase(await office.of_process("team"), "RT-2", keep_answers=False, by="lead")


@pytest.mark.parametrize(("sites", "happens"), [(MADRID, move), (ALL_SITES, forget), (MADRID, forget)])
async def test_a_file_goes_when_somebody_leaves_its_sites_or_is_erased(
    two_sites: Office, sites: Sites, happens: Happens
) -> None:
    assert "RT-2" in text_of(await made(two_sites, ToExport("visits", "csv", sites=sites)))
    assert "RT-1" in text_of(await made(two_sites, ToExport("participants", "csv")))
    before = {row["id"] for row in await two_sites.rows("SELECT job_id AS id FROM export_piece")}
    await happens(two_sites)
    left = {row["id"] for row in await two_sites.rows("SELECT job_id AS id FROM export_piece")}
    assert (len(before), len(left)) == (2, 1 if happens is move else 0), "that of all sites has them still"


@pytest.mark.parametrize(("sites", "happens"), [(MADRID, move), (ALL_SITES, forget), (MADRID, forget)])
async def test_what_changes_while_it_is_made_is_not_in_it(
    two_sites: Office, sites: Sites, happens: Happens, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = [happens]

    async def changed_meanwhile(*given: Any) -> dict[str, int]:
        rows = await write_export(*given)
        if changes:
            await changes.pop()(two_sites)
        return rows

    monkeypatch.setattr(export_job, "write_export", changed_meanwhile)
    jobs = await two_sites.of_process("jobs")
    id = await ask_export(two_sites.rt, STUDY, ToExport("visits", "csv", sites=sites), by="lead")
    assert await work_once(jobs)
    assert await two_sites.one("SELECT state FROM job WHERE id = %s", id) == "waiting"
    assert await two_sites.one("SELECT count(*) FROM export_piece") == 0
    assert await work_once(jobs)
    assert "RT-2" not in text_of(await taken(two_sites, id, sites))


async def test_as_it_was_and_as_of_all_forms_that_have_it(two_sites: Office) -> None:
    before = two_sites.clock.now() - timedelta(days=30)
    for name in ("visits", "cdisc", "odm", "report", "completion", "endpoints"):
        asked = ToExport(name, HERE[name].formats[0], before, MADRID, definition_of(name))
        files = await made(two_sites, asked)
        assert "RT-2" not in text_of(files), name
        assert json.loads(files["export.json"])["filters"]["as_of"] == before.isoformat()


async def test_what_cannot_be_made_is_said(two_sites: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = ENDPOINTS.replace("scale: pain", "scale: pian")
    soon = two_sites.clock.now() + timedelta(days=1)
    for asked, where, line in (
        (ToExport("endpoints", "csv", definition=wrong), "endpoints.0.scale", 4),
        (ToExport("endpoints", "csv", definition="day_0: ]", file="mine.yaml"), "", 1),
        (ToExport("report", "html", definition=ENDPOINTS.replace("treatment_start", "birth")), "day_0", 2),
        (ToExport("endpoints", "csv", definition="x" * (LARGEST_DEFINITION + 1)), "definition", None),
        (ToExport("visits", "csv", soon), "as_of", None),
        (ToExport("fhir", "ndjson", two_sites.clock.now()), "as_of", None),
    ):
        with pytest.raises(BadInput) as refused:
            await ask_export(await two_sites.of_process("team"), STUDY, asked, by="lead")
        assert [(each.where, each.line) for each in refused.value.problems] == [(where, line)], asked.dataset
    with pytest.raises(NotFound):
        await ask_export(two_sites.rt, "no-such-study", ToExport("visits", "csv"), by="lead")
    for package, asked in (("pyarrow", ToExport("visits", "parquet")), ("pyreadstat", ToExport("cdisc", "xpt"))):
        monkeypatch.setitem(sys.modules, package, None)
        id = await ask_export(two_sites.rt, STUDY, asked, by="lead")
        assert await work_once(await two_sites.of_process("jobs"))
        (job,) = await two_sites.rows("SELECT state, error FROM job WHERE id = %s", id)
        assert (job["state"], "needs the extra" in job["error"]) == ("failed", True), job
