"""The page of a study's feeds, and the API: who sees what, a look, a reading, and confirming what ends somebody."""

import re
from datetime import timedelta

import pytest

from pro_collector.commands.apply_feed import apply_feed, hint_address
from pro_collector.commands.record_treatment import record_event
from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.feeding import read_next
from tests.shared.office import STUDY, Office
from tests.shared.redcap import TOKEN, StandInRedcap, serving
from tests.shared.scenes import TREATED
from tests.wire.web.api_client import V1, program
from tests.wire.web.team_browser import SESSION, browser, session_of

pytestmark = pytest.mark.usefixtures("quick_passwords")
BASE = f"/team/study/{STUDY}/feeds"
MAPPING = f"""
feed: lisbon
study: {STUDY}
schedule: {{every_minutes: 30, requests_per_minute: 600}}
redcap: {{url: "URL", token: LISBON, time_zone: Europe/Lisbon, code: code}}
events:
  death: {{date: surgery_date}}
  treatment_start: {{date: given_on}}
"""


async def test_a_coordinator_looks_reads_and_confirms_and_a_site_sees_its_own_people(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt, worker = office.rt, await office.of_process("worker")
    for code, phone, site in (("RT-1", "+12025550101", "bethesda"), ("RT-2", "+12025550102", "madrid")):
        await office.enrol(code, phone=phone, site=site)
    await record_event(rt, "RT-2", "treatment_start", TREATED, by="nurse")
    await office.settle()
    monkeypatch.setenv("LISBON", TOKEN)
    project = StandInRedcap(lambda: rt.clock.now().replace(microsecond=0))
    project.put("7", code="RT-1", surgery_date="2026-02-27")
    project.put("8", code="RT-2", given_on="2026-02-03")
    sessions = {
        name: await session_of(rt, name, RoleAt(Role.coordinator, STUDY, site))
        for name, site in (("ana", None), ("eva", "madrid"))
    }
    async with serving(project) as url, browser(rt) as page:
        page.set_cookie(SESSION, sessions["ana"])
        none = (await page.get(BASE)).html
        assert ("No feed is read for this study." in none, 'aria-current="page">Feeds' in none) == (True, False)
        await apply_feed(rt, MAPPING.replace("URL", url), "lisbon.yaml", "admin")
        waiting = await page.get(BASE)
        assert "Not read yet." in waiting.html
        assert f'<a href="{BASE}" aria-current="page">Feeds</a>' in waiting.html
        looked = await page.post(BASE, {**waiting.hidden, "feed": "lisbon", "what": "look", "whole": "yes"})
        assert (looked.status, looked.to) == (303, f"{BASE}?done=look")
        assert "it begins in a moment" in (await page.get(looked.to)).html
        twice = await page.post(BASE, {**waiting.hidden, "feed": "lisbon", "what": "read"})
        assert (twice.status, "Ana has asked for this feed" in twice.html) == (409, True)
        office.clock._now += timedelta(minutes=1)
        assert await read_next(worker)
        shown = await page.get(BASE)
        assert "death 2026-02-27 <span" in shown.html
        assert "type 1</span>" in shown.html
        office.clock._now += timedelta(minutes=1)
        assert await read_next(worker), "then it is due by itself"
        assert "type 1</span>" not in (paused := (await page.get(BASE)).html), "it was read since"
        assert "treatment_start 2026-02-03" in paused
        assert "a person recorded" in paused

        page.set_cookie(SESSION, sessions["eva"])
        theirs = await page.get(BASE)
        assert "RT-2" in theirs.html
        assert "Read now" not in theirs.html
        assert (await page.post(BASE, {**theirs.hidden, "feed": "lisbon", "what": "read"})).status == 404
        page.set_cookie(SESSION, sessions["ana"])
        form = await page.get(BASE)
        await page.post(BASE, {**form.hidden, "feed": "lisbon", "what": "look", "whole": "yes"})
        office.clock._now += timedelta(minutes=1)
        assert await read_next(worker)
        page.set_cookie(SESSION, sessions["eva"])
        assert "RT-1" not in (await page.get(BASE)).html, "who is at another site"
        page.set_cookie(SESSION, sessions["ana"])
        form = await page.get(BASE)
        fields = {**form.hidden, "number": "2"}
        assert (await page.post(f"{BASE}/confirm", fields)).status == 422
        confirmed = await page.post(f"{BASE}/confirm", {**fields, "number": "1"})
        assert (confirmed.status, confirmed.to) == (303, f"{BASE}?done=read")
        office.clock._now += timedelta(minutes=1)
        assert await read_next(worker)
        assert await office.one("SELECT happened_on::text FROM treatment_event WHERE kind = 'death'") == "2026-02-27"
        assert re.search(r'data-label="Result">1 added, 1 in conflict', (await page.get(BASE)).html)
        address = await hint_address(rt, None, "lisbon")
        for url, status in ((f"{address}x", 404), (address.replace("lisbon", "paris"), 404), (address, 204)):
            async with page.client.post(url, data=b"anything") as hinted:
                assert hinted.status == status
        assert await office.one("SELECT due_at FROM feed") == rt.clock.now() + timedelta(minutes=1)
    async with program(rt) as asks:
        asks.client.cookie_jar.update_cookies({SESSION: sessions["ana"]})
        asks.headers["X-CSRF-Token"] = (await asks.get(f"{V1}/session")).json["csrf"]
        at = f"{V1}/studies/{STUDY}/feeds"
        listed = (await asks.get(at)).json
        assert [(each["name"], each["silent"], each["waits"]) for each in listed["feeds"]] == [("lisbon", False, "")]
        assert [each["code"] for each in listed["conflicts"]] == ["RT-2"]
        assert (await asks.post(f"{at}/lisbon/ask", {"what": "look"})).json == {"feed": "lisbon", "what": "look"}
        assert (await asks.post(f"{at}/lisbon/ask", {"what": "read"})).status == 409
        assert (await asks.post(f"{at}/paris/ask", {"what": "read"})).status == 404
    await office.settle()
