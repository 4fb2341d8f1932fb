"""The pages about alerts: a nurse sees, takes and closes what is hers to see; the roster and the back-test."""

from datetime import timedelta

from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.jobs import work_once
from tests.shared.alerts import ROSTER, answered
from tests.shared.office import STUDY, Office
from tests.wire.web.team_browser import SESSION, TeamBrowser, browser, session_of

BASE = f"/team/study/{STUDY}/alerts"


async def act(page: TeamBrowser, path: str, **fields: str) -> tuple[int, str]:
    """Send a form of the page of an alert, or the roster; the status, and what is shown or where it leads."""
    form = await page.get(path.removesuffix("/acknowledge").removesuffix("/close"))
    shown = await page.post(path, {"csrf": form.hidden["csrf"], **fields})
    return shown.status, shown.to or shown.html


async def test_an_alert_is_taken_by_one_and_closed_with_what_was_done(office: Office) -> None:
    alert = f"{BASE}/{await answered(office)}"
    sessions = {
        name: await session_of(office.rt, name, RoleAt(role, STUDY, site))
        for name, role, site in (
            ("ana", Role.coordinator, "bethesda"),
            ("leo", Role.coordinator, None),
            ("eva", Role.coordinator, "madrid"),
            ("rosa", Role.researcher, None),
        )
    }
    async with browser(office.rt) as page:
        page.set_cookie(SESSION, sessions["eva"])
        assert "No alert is open" in (await page.get(BASE)).html
        assert (await page.get(alert)).status == 404
        page.set_cookie(SESSION, sessions["rosa"])
        seen = await page.get(alert)
        assert "Severe pain: RT-1" in seen.html
        assert "I take care of it" not in seen.html
        token = seen.hidden["csrf"]
        assert (await page.post(f"{alert}/acknowledge", {"csrf": token})).status == 404
        page.set_cookie(SESSION, sessions["ana"])
        listed = await page.get(BASE)
        assert "Severe pain" in listed.html
        assert "nobody has acknowledged it" in listed.html
        one = await page.get(alert)
        assert "Symptom diary: Pain" in one.html
        assert "told: nurse" in one.html
        office.clock._now += timedelta(minutes=20)
        assert await act(page, f"{alert}/acknowledge") == (303, f"{alert}?done=acknowledged")
        page.set_cookie(SESSION, sessions["leo"])
        status, html = await act(page, f"{alert}/acknowledge")
        assert (status, "Ana has acknowledged it already." in html) == (409, True)
        for fields, words in (
            ({}, "Choose what was done."),
            ({"done": "wrong", "note": " "}, "Say why nothing was done."),
        ):
            status, html = await act(page, f"{alert}/close", **fields)
            assert (status, words in html) == (422, True)
        office.clock._now += timedelta(minutes=20)
        assert await act(page, f"{alert}/close", done="phoned", note="new <drug>") == (303, f"{alert}?done=closed")
        status, html = await act(page, f"{alert}/close", done="phoned")
        assert (status, "It was closed by leo." in html) == (409, True)
        closed = await page.get(alert)
        assert "new &lt;drug&gt;" in closed.html
        page.set_cookie(SESSION, await session_of(office.rt, "rita", RoleAt(Role.researcher, STUDY)))
        read = (await page.get(alert)).html
        assert ("closed by leo" in read, "drug" in read) == (True, False), "a note may quote what rita may not read"
        page.set_cookie(SESSION, sessions["leo"])
        assert "phoned the patient" in (await page.get(BASE)).html
        figures = (await page.get(f"{BASE}/figures")).html
        for shown in ("20 min, 20 min, 20 min", "40 min, 40 min, 40 min", "1 of 1 (100 %)", "100.0", "34 % of surveys"):
            assert shown in figures


async def test_a_study_lead_changes_the_roster_and_tries_rules(office: Office) -> None:
    await answered(office)
    lead = await session_of(office.rt, "lead", RoleAt(Role.study_lead, STUDY))
    ana = await session_of(office.rt, "ana", RoleAt(Role.coordinator, STUDY))
    async with browser(office.rt) as page:
        page.set_cookie(SESSION, ana)
        duty = await page.get(f"{BASE}/roster")
        assert "leo" in duty.html
        assert "ana@hospital.example" not in duty.html
        assert (await page.post(f"{BASE}/roster", {"csrf": duty.hidden["csrf"], "roster": ROSTER})).status == 404
        page.set_cookie(SESSION, lead)
        status, html = await act(page, f"{BASE}/roster", roster=ROSTER.replace("who: [ana]", "who: [anna]"))
        assert (status, "roster.yaml:5" in html and "did you mean" in html and "who: [anna]" in html) == (422, True)
        new = ROSTER.replace("who: [ana]", "who: [leo], hours: [{from: '08:00', until: '16:00'}]")
        status, html = await act(page, f"{BASE}/roster", roster=new)
        assert (status, "It is not in force yet" in html, "without anybody" in html) == (200, True, True)
        assert await office.one("SELECT count(*) FROM roster") == 1
        assert (await act(page, f"{BASE}/roster", roster=new, seen="yes"))[1] == f"{BASE}/roster?done=applied"
        assert await office.one("SELECT count(*) FROM roster WHERE applied_by = 'lead'") == 2
        form = await page.get(f"{BASE}/backtest")
        assert "at_least: 7" in form.html
        rules = form.html.partition('name="rules"')[2].partition(">")[2].partition("</textarea>")[0]
        tried = {"days": "7", "nurses": "1", "event": "surgery"}
        changed = rules.replace("at_least: 7", "at_least: 9").replace("&#39;", "'").replace("&#34;", '"')
        status, job = await act(page, f"{BASE}/backtest", rules=changed, **tried)
        assert (status, await work_once(await office.of_process("jobs"))) == (303, True)
        html = (await page.get(job)).html
        assert "0 by these rules and by those in force, 0 only by these, 1 only by" in html
        assert "at_least: 9" in html
        page.set_cookie(SESSION, await session_of(office.rt, "eva", RoleAt(Role.coordinator, STUDY, "madrid")))
        assert (await page.get(job)).status == 404, "it counts people of other sites"
        status, own = await act(page, f"{BASE}/backtest", rules=changed, **tried)
        assert (status, await work_once(await office.of_process("jobs"))) == (303, True)
        assert "Of the people at madrid." in (await page.get(own)).html
        page.set_cookie(SESSION, lead)
        assert (await page.get(own)).status == 200
        status, html = await act(page, f"{BASE}/backtest", rules=changed.replace("pain", "pian"), **tried)
        assert (status, "no item `pian`" in html.replace("&#39;", "'")) == (422, True)
