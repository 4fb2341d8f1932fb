"""A private link to a calendar: shown once, fetched without a session, as long as its account may see the people."""

import re
from datetime import timedelta

import structlog

from pro_collector.accounts import granting
from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from tests.shared.office import PHONE, STUDY, Office
from tests.shared.scenes import treated
from tests.shared.team import BOSS, bearer
from tests.wire.web.team_browser import SESSION, TeamBrowser, browser, session_of

PAGE = f"/team/study/{STUDY}"
HERE, THERE = RoleAt(Role.coordinator, STUDY, "bethesda"), RoleAt(Role.coordinator, STUDY, "madrid")
_LINK = re.compile(r"/calendar/([\w-]{43})\.ics")


async def make(page: TeamBrowser, path: str, of: str) -> str:
    """Make a link on a page; the path that it leads to."""
    form = (await page.get(of)).hidden
    made = await page.post(path, form)
    assert made.status == 200, made.html
    assert not _LINK.search((await page.get(of)).html), "it is shown once"
    found = _LINK.search(made.html)
    assert found, made.html
    return found.group()


async def test_it_shows_codes_titles_states_and_windows_while_its_account_may_see_them(office: Office) -> None:
    await treated(office)
    rt = office.rt
    sessions = {name: await session_of(rt, name, role) for name, role in (("ana", HERE), ("eva", THERE))}
    async with browser(rt) as page, browser(rt) as program:
        page.set_cookie(SESSION, sessions["eva"])
        elsewhere = await make(page, f"{PAGE}/calendar/link", f"{PAGE}/calendar")
        form = (await page.get(f"{PAGE}/calendar")).hidden
        assert (await page.post(f"{PAGE}/people/RT-1/calendar-link", form)).status == 404, "at another site"
        page.set_cookie(SESSION, sessions["ana"])
        of_all = await make(page, f"{PAGE}/calendar/link", f"{PAGE}/calendar")
        of_one = await make(page, f"{PAGE}/people/RT-1/calendar-link", f"{PAGE}/people/RT-1")

        with structlog.testing.capture_logs() as lines:
            got = {path: await program.get(path) for path in (of_all, of_one, elsewhere)}
        assert [each.status for each in got.values()] == [200] * 3
        assert got[of_all].headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert got[of_all].headers["Cache-Control"] == "private, max-age=900"
        assert got[of_one].html.count("BEGIN:VEVENT") == got[of_all].html.count("BEGIN:VEVENT") > 10
        assert "SUMMARY:RT-1: Weekly symptoms (planned)" in got[of_one].html
        assert "BEGIN:VEVENT" not in got[elsewhere].html
        assert not any(told in got[of_all].html for told in (PHONE, "America", "self", "treated", "bethesda"))
        etag = got[of_one].headers["ETag"]
        same = await program.get(of_one, If_None_Match=f'W/"x", {etag}')
        assert (same.status, same.html, same.headers["ETag"]) == (304, "", etag)

        acts = await office.rows("SELECT what, by_whom, detail FROM account_event WHERE what LIKE 'calendar%%'")
        kept = str([lines, acts, await office.rows("SELECT * FROM team_act"), await office.rows(
            "SELECT * FROM calendar_link"
        )])  # fmt: skip
        assert not any(path.split("/")[-1].removesuffix(".ics") in kept for path in got)
        told = [(row["what"], row["detail"]) for row in acts if row["by_whom"] == "ana"]
        who = (f"{STUDY}: everybody", f"{STUDY}: one person")
        assert told == [(f"calendar link {what}", about) for what in ("made", "used") for about in who], "once a day"
        looks = "SELECT page FROM team_act WHERE what = 'looked' AND by_whom = 'ana' AND page LIKE '%%link'"
        assert len(await office.rows(looks)) == 2

        listed = await page.get("/team/account")
        assert listed.html.count("everybody you may see") == 1
        revoked = await page.post("/team/calendar-links/revoke", {**listed.hidden, "link": of_id(listed.html, "RT-1")})
        assert "The link is revoked" in (await page.get(revoked.to)).html
        unknown = await program.get(f"/calendar/{'x' * 43}.ics")
        gone = await program.get(of_one)
        assert (gone.status, gone.html) == (unknown.status, unknown.html) == (404, "no such calendar")
        stolen = await page.post("/team/calendar-links/revoke", {**listed.hidden, "link": await eva_s(office)})
        assert (stolen.status, (await program.get(elsewhere)).status) == (404, 200), "only one's own"

        await granting.revoke(rt, "ana", HERE, BOSS)
        assert (await program.get(of_all)).status == 404, "may not see them any more"
        await granting.grant(rt, "ana", HERE, BOSS)
        assert (await program.get(of_all)).status == 200
        office.clock._now += timedelta(days=365)
        assert (await program.get(of_all)).status == 404, "after a year"


async def test_a_program_with_a_token_makes_none(office: Office) -> None:
    token = await bearer(office.rt, Role.read, STUDY, None)
    async with browser(office.rt) as page:
        assert (await page.post(f"{PAGE}/calendar/link", {}, Authorization=token)).status == 404
    assert await office.rows("SELECT * FROM calendar_link") == []


def of_id(html: str, code: str) -> str:
    """The id of the link about somebody, on the page of an account."""
    row = next(each for each in html.split("<tr>") if f">{code}<" in each)
    return str(re.findall(r'name="link" value="([^"]+)"', row)[0])


async def eva_s(office: Office) -> str:
    """The id of the link of somebody else."""
    return str(
        await office.one(
            "SELECT l.id FROM calendar_link l JOIN account a ON a.id = l.account_id WHERE a.handle = 'eva'"
        )
    )
