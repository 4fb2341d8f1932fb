"""The page of exports, and the same by program: a file is made in the background, kept for two weeks, then deleted."""

import base64
import csv
import io
import json
import re
import zipfile
from datetime import timedelta
from html import unescape
from uuid import UUID

import aiohttp
import pytest

from pro_collector.accounts.granting import grant, revoke
from pro_collector.accounts.person import Actor
from pro_collector.commands.erase import erase
from pro_collector.commands.export_job import ask_export
from pro_collector.commands.forget_old import forget_old
from pro_collector.commands.write_export import ToExport
from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import ALL_SITES, RoleAt
from pro_collector.errors import NotFound
from pro_collector.jobs import work_once
from pro_collector.views.exports import export_file
from tests.shared.office import STUDY, Office
from tests.shared.scenes import ANSWERS, in_conversation
from tests.wire.web.api_client import V1, program
from tests.wire.web.team_browser import SESSION, browser, session_of

pytestmark = pytest.mark.usefixtures("quick_passwords")
PAGE, API = f"/team/study/{STUDY}/exports", f"{V1}/studies/{STUDY}/exports"


async def test_at_some_sites_one_gets_the_rows_of_these_and_no_others_whenever_roles_change(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    await office.enrol("RT-2", site="madrid", phone="+12025550177")
    at = {site: RoleAt(Role.investigator, STUDY, site) for site in ("madrid", "bethesda")}
    jobs = await office.of_process("jobs")
    async with browser(office.rt) as page:
        page.set_cookie(SESSION, await session_of(office.rt, "ivo", at["madrid"]))
        shown = await page.get(PAGE)
        assert "participants of madrid alone" in shown.html
        form = aiohttp.FormData({**shown.hidden, "dataset": "participants", "format": "", "as_of": ""})
        form.add_field("upload", b"", filename="", content_type="application/octet-stream")
        assert (await page.post(PAGE, form)).status == 303
        await as_it_is_now(office, "ivo", at["bethesda"], taken=at["madrid"])  # before it is made
        assert await work_once(jobs)
        (row,) = await office.rows("SELECT id, input FROM job")
        assert row["input"]["sites"] == ["madrid"]
        of_madrid, work = f"{PAGE}/{row['id']}", f"/team/study/{STUDY}/protocol/work?job={row['id']}"
        assert [(await page.get(path)).status for path in (of_madrid, work)] == [404, 404]
        assert str(row["id"]) not in (await page.get(PAGE)).html + (await page.get(work.partition("?")[0])).html
        await as_it_is_now(office, "ivo", at["madrid"])  # at both
        async with page.client.get(f"{page.origin}{of_madrid}") as got:
            assert rows_in(await got.read(), "participants.csv") == ["RT-2"]
        assert f"{row['id']}" in (await page.get(PAGE)).html
        page.set_cookie(SESSION, await session_of(office.rt, "lena", RoleAt(Role.study_lead, STUDY)))
        trail = unescape((await page.get(f"/team/study/{STUDY}/audit?kind=export")).html)
        assert ("participants, csv" in trail, "of madrid" in trail, "ivo" in trail) == (True, True, True)

    async with program(office.rt, Role.read, STUDY, "bethesda") as asks:
        assert (await asks.get(API)).json == []
        assert (await asks.get(f"{API}/{row['id']}/file")).status == 404
        assert (await asks.get(f"{V1}/studies/{STUDY}/jobs/{row['id']}")).status == 404
        office.clock._now += timedelta(seconds=1)
        assert (await asks.post(API, {"dataset": "fhir"})).status == 202
        assert await work_once(jobs)
        (listed,) = (await asks.get(API)).json
        assert (listed["sites"], listed["format"], listed["rows"]["Patient"]) == (["bethesda"], "ndjson", 1)
        forms = {each["name"]: each["formats"] for each in (await asks.get(f"{API}/forms")).json}
        assert (forms["cdisc"][0], "share" in forms) == ("xpt", False)


async def as_it_is_now(office: Office, handle: str, given: RoleAt, taken: RoleAt | None = None) -> None:
    """Give somebody a role, and take another."""
    by = Actor("boss", "127.0.0.1")
    await grant(office.rt, handle, given, by)
    if taken is not None:
        await revoke(office.rt, handle, taken, by)


def rows_in(archive: bytes, name: str) -> list[str]:
    """The participants of a table, in its order."""
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        return [row["participant_code"] for row in csv.DictReader(io.StringIO(packed.read(name).decode()))]


async def test_mistakes_in_a_definition_are_shown_with_their_lines(office: Office) -> None:
    await in_conversation(office)
    wrong = "day_0: treatment_start\nendpoints:\n  - {id: pain, kind: change, instrument: symptom-diary, scale: pian}\n"
    async with browser(office.rt) as page:
        page.set_cookie(SESSION, await session_of(office.rt, "lena", RoleAt(Role.researcher, STUDY)))
        form = {**(await page.get(PAGE)).hidden, "dataset": "endpoints", "format": "svg", "as_of": ""}
        shown = await page.post(PAGE, {**form, "definition": wrong})
        assert shown.status == 422
        assert re.search(r"line 3</th>.*endpoints\.0\.scale.*pain", shown.html)
        assert "scale: pian}" in shown.html, "what was typed is still there"
        upload = aiohttp.FormData(form)
        upload.add_field("upload", wrong.replace("pian", "pain").encode(), filename="mine.yaml")
        assert (await page.post(PAGE, upload)).status == 303
        refused = await page.post(PAGE, {**form, "dataset": "fhir", "as_of": "2026-03-01", "format": ""})
        assert "as the record is now alone" in refused.html
    assert await office.one("SELECT input ->> 'file' FROM job") == "mine.yaml"
    async with program(office.rt, Role.read, STUDY) as asks:
        got = await asks.post(API, {"dataset": "endpoints", "definition": wrong})
        assert (got.status, [each["line"] for each in got.json["mistakes"]]) == (422, [3])


async def test_a_file_is_made_taken_and_forgotten(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    jobs = await office.of_process("jobs")
    session = await session_of(office.rt, "lena", RoleAt(Role.researcher, STUDY))
    async with browser(office.rt) as page:
        page.set_cookie(SESSION, session)
        form = (await page.get(PAGE)).hidden
        for wrong in ({"dataset": "score", "format": "csv"}, {"dataset": "scores", "format": "csv", "as_of": "May"}):
            assert (await page.post(PAGE, {**form, **wrong})).status == 422
        asked = await page.post(PAGE, {**form, "dataset": "tables", "format": "csv"})
        assert "is being made now" in (await page.get(asked.to)).html
        assert await work_once(jobs)
        shown = await page.get(PAGE)
        (id,) = re.findall(r'exports/([0-9a-f-]{36})"', shown.html)
        page.set_cookie(SESSION, await session_of(office.rt, "ana", RoleAt(Role.coordinator, STUDY)))
        assert (await page.get(f"{PAGE}/{id}")).status == 404
        page.set_cookie(SESSION, await session_of(office.rt, "ivo", RoleAt(Role.investigator, STUDY, "bethesda")))
        assert (await page.get(f"{PAGE}/{id}")).status == 404, "it has the data of all sites"
        assert id not in (await page.get(PAGE)).html

    async with program(office.rt, Role.read, STUDY) as asks:
        got = await asks.get(f"{API}/{id}/file")
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(got.json))) as packed:
            names = packed.namelist()
            rows = list(csv.DictReader(io.StringIO(packed.read("scores.csv").decode())))
            manifest = next(name for name in names if name.startswith("scores") and name.endswith(".json"))
            said = json.loads(packed.read(manifest))
        assert len(rows) == await office.one("SELECT count(*) FROM research.scores") > 0
        assert {row["participant_code"] for row in rows} == {"RT-1"}
        assert said["filters"] == {"study": STUDY, "sites": None, "as_of": None}
        (listed,) = (await asks.get(API)).json
        assert (listed["file"], listed["rows"]["scores"]) == (got.headers["Content-Disposition"][22:-1], len(rows))
        wrong_form = await asks.post(API, {"dataset": "visits", "format": "xlsx"})
        assert (wrong_form.status, wrong_form.json["mistakes"][0]["pointer"]) == (422, "/format")
        office.clock._now += timedelta(seconds=1)
        assert (await asks.post(API, {"dataset": "visits", "as_of": "2026-03-01T00:00:00Z"})).status == 202
        assert await work_once(jobs)
        before = (await asks.get(API)).json[0]
        assert before["rows"] == {"visits": 0}, "as it was before anybody was enrolled"
    looks = await office.rows("SELECT by_whom, item FROM team_act WHERE what = 'looked' AND item = %s", id)
    assert len(looks) == 3, "who took it, and who tried to"

    office.clock._now += timedelta(days=14, minutes=1)
    assert (await forget_old(await office.of_process("nightly")))["pieces of exports"] == 2
    with pytest.raises(NotFound):
        await export_file(office.rt, STUDY, UUID(id), ALL_SITES)
    await ask_export(office.rt, STUDY, ToExport("visits", "csv"), by="lena")
    assert await work_once(jobs)
    await erase(office.rt, "RT-1", keep_answers=False, by="lead")
    assert await office.one("SELECT count(*) FROM export_piece") == 0
