"""The team's pages over HTTP: who gets in, who does not, and what each role sees where."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
import structlog

from pro_collector.accounts.inviting import remove
from pro_collector.commands.ask_job import ask_job
from pro_collector.commands.export_job import ask_export
from pro_collector.commands.webhooks import make_webhook
from pro_collector.commands.write_export import ToExport
from pro_collector.display.audit_words import page_in_words
from pro_collector.domain.account.acts import OF_PEOPLE, OF_PROGRAMS, WHOLE_INSTALLATION, Act, Role
from pro_collector.domain.account.permission import ALL_SITES, RoleAt, may, sites_for
from pro_collector.errors import Unavailable
from pro_collector.jobs import work_once
from pro_collector.web import live_scores
from pro_collector.web.server import application, general_contact
from pro_collector.web.team import today_live
from pro_collector.web.team.guard import act_of
from pro_collector.web.team.recording import LOOKS
from tests.shared.alerts import answered
from tests.shared.office import STUDY, Office
from tests.shared.scenes import first_occasion
from tests.shared.team import BOSS, PASSWORD, Member, bearer, email_of, invitation_of, member, token_in
from tests.wire.web.team_browser import SESSION, VISIT, TeamBrowser, browser, session_of

pytestmark = pytest.mark.usefixtures("quick_passwords")

OPEN = re.compile(
    r"/(webhooks/|calendar/|r/|u/|m$|m/|charts/|team/(style|files)/|(mine|patient)\.css|read-aloud\.js|healthz|readyz|api/v1/openapi\.json)"
)
"""The routes that are for patients, carriers, machines and every browser."""
DOOR = {
    "/team/sign-in", "/team/sign-in/passkey", "/team/sign-in/provider", "/team/sign-in/answer", "/team/sign-out",
    "/team/accept/{token}", "/team/accept/{token}/passkey",
}  # fmt: skip
"""The routes of the team that are for whoever is not signed in yet; they check what they are given."""
PLACES = {"study": STUDY, "code": "RT-1", "handle": "somebody", "webhook": "pager"}
"""What stands in the places of a path."""
OF_SOMEBODY = ("{code}", "{alert}", "{item}")
"""Parts of a path that stand for RT-1, who is in Bethesda, or for something of theirs."""


async def enter(page: TeamBrowser, email: str, code: str) -> int:
    """Fill in the form to sign in; the status."""
    form = await page.get("/team/sign-in?next=/team")
    fields = {**form.hidden, "email": email, "password": PASSWORD, "code": code}
    return (await page.post("/team/sign-in", fields)).status


async def test_somebody_accepts_an_invitation_signs_out_and_in_again(office: Office) -> None:
    rt = office.rt
    token = token_in(await invitation_of(rt, "garcia", RoleAt(Role.coordinator, STUDY)))
    async with browser(rt) as page:
        sent_away = await page.get(f"/team/study/{STUDY}/charts")
        assert (sent_away.status, sent_away.to) == (303, f"/team/sign-in?next=/team/study/{STUDY}/charts")
        form = await page.get(f"/team/accept/{token}")
        assert "default-src 'none'" in form.headers["Content-Security-Policy"]
        assert form.headers["Cache-Control"] == "no-store"
        secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", form.html))
        garcia = Member("garcia", email_of("garcia"), secret, "")
        chosen = {**form.hidden, "password": PASSWORD, "again": PASSWORD, "code": garcia.code(rt)}
        for wrong in ({"again": "another one"}, {"password": "short", "again": "short"}, {"code": "1"}):
            refused = await page.post(f"/team/accept/{token}", {**chosen, **wrong})
            assert (refused.status, "Error: " in refused.html) == (422, True)
            assert PASSWORD not in refused.html
        inside = await page.post(f"/team/accept/{token}", chosen)
        assert (inside.status, inside.to) == (303, "/team")
        assert (await page.get("/team")).to == f"/team/study/{STUDY}/today"
        home = await page.get("/team/account")
        assert f"coordinator of {STUDY}" in home.html
        assert f'href="/team/study/{STUDY}/charts"' in home.html
        assert (await page.get(f"/team/accept/{token}")).status == 404

        assert (await page.post("/team/sign-out", home.hidden)).to == "/team/sign-in"
        assert (await page.get("/team")).to.startswith("/team/sign-in")
        office.clock._now += timedelta(minutes=1)
        assert await enter(page, garcia.email, "000000") == 422
        office.clock._now += timedelta(minutes=1)
        form = await page.get("/team/sign-in?next=https://evil.example")
        fields = {**form.hidden, "email": garcia.email, "password": PASSWORD, "code": garcia.code(rt)}
        assert (await page.post("/team/sign-in", {**fields, "next": "//evil.example"})).to == "/team"
        assert (await page.get(f"/team/study/{STUDY}/charts")).status == 200


async def test_a_planted_session_and_a_foreign_form_lead_nowhere(office: Office) -> None:
    who = await member(office.rt)
    office.clock._now += timedelta(minutes=1)
    async with browser(office.rt) as page:
        page.set_cookie(SESSION, "planted")
        form = await page.get("/team/sign-in")
        visit = page.cookie(VISIT)
        fields = {**form.hidden, "email": who.email, "password": PASSWORD, "code": who.code(office.rt)}
        foreign: dict[str, Any] = {"Origin": "https://evil.example"}
        for sent, headers in (
            (fields, foreign), (fields, {"Sec_Fetch_Site": "cross-site"}), ({**fields, "csrf": ""}, {}),
            ({**fields, "csrf": "0" * 64}, {}),
        ):  # fmt: skip
            assert (await page.post("/team/sign-in", sent, **headers)).status == 403
        page.set_cookie(VISIT, "of somebody else")
        assert (await page.post("/team/sign-in", fields)).status == 403
        page.set_cookie(VISIT, visit)
        assert (await page.post("/team/sign-in", fields)).status == 303
        session = page.cookie(SESSION)
        assert session not in ("planted", visit, "")
        assert page.cookie(VISIT) == ""

        home = await page.get("/team/account")
        for path in ("/team/sign-out", "/team/sign-out-elsewhere", "/team/password"):
            assert (await page.post(path, {**home.hidden, "csrf": fields["csrf"]})).status == 403
            assert (await page.post(path, home.hidden, **foreign)).status == 403
        assert (await page.get("/team/account")).status == 200, "nothing of it was done"
        assert (await page.post("/team/sign-out-elsewhere", home.hidden)).to == "/team/account?done=out"

        change = {"present": PASSWORD, "password": "ten blue boats sail", "again": "ten blue boats sail"}
        form = await page.get("/team/password")
        wrong = await page.post("/team/password", {**form.hidden, **change, "present": "not it"})
        assert (wrong.status, "This is not your present password" in wrong.html) == (422, True)
        assert (await page.post("/team/password", {**form.hidden, **change})).to == "/team/account?done=password"
        assert await office.one("SELECT count(*) FROM account_session") == 1


async def test_guessing_is_limited_and_in_the_log_without_a_name(office: Office) -> None:
    who = await member(office.rt)
    office.clock._now += timedelta(minutes=1)
    async with browser(office.rt) as page:
        with structlog.testing.capture_logs() as lines:
            statuses = [await enter(page, who.email, "000000") for _ in range(6)]
            assert statuses == [422] * 5 + [429]
            assert await enter(page, who.email, who.code(office.rt)) == 429, "even with the right code"
        assert [line["event"] for line in lines].count("too many attempts to sign in") == 2
        assert [line["event"] for line in lines].count("an attempt to sign in was refused") == 5
        assert who.email not in str(lines)
        office.clock._now += timedelta(minutes=15)
        assert await enter(page, who.email, who.code(office.rt)) == 303


async def test_who_was_removed_is_out_with_the_next_request(office: Office) -> None:
    session = await session_of(office.rt, "garcia", RoleAt(Role.coordinator, STUDY))
    async with browser(office.rt) as page:
        page.set_cookie(SESSION, session)
        assert (await page.get(f"/team/study/{STUDY}/charts")).status == 200
        await remove(office.rt, "garcia", BOSS)
        for path in (f"/team/study/{STUDY}/charts", "/team"):
            assert (await page.get(path)).to == f"/team/sign-in?next={path}"
        assert (await page.get(f"/team/study/{STUDY}/charts/scores.csv", Accept="application/json")).status == 401


def flat(given: Sequence[Any]) -> Iterator[Any]:
    """Every route, also of included routers."""
    for route in given:
        included = getattr(route, "original_router", None)
        yield from flat(included.routes) if included else [route]


async def guarded_routes(office: Office) -> set[tuple[str, Act | None]]:
    """Every page of the team with its act. A route that is neither guarded nor known as open is a mistake."""
    app = application(office.rt, await general_contact(office.rt))
    closed = [each for each in flat(app.routes) if not OPEN.match(each.path) and each.path not in DOOR]
    for each in closed:
        kind = "act" if "POST" in each.methods else "page"
        recorded = kind == "act" or "{code}" in each.path or act_of(each.endpoint) in LOOKS
        if recorded and "{study}" in each.path:
            assert page_in_words(kind, each.path, "1 done"), f"the audit trail has no words for {each.path}"
    return {(each.path, act_of(each.endpoint)) for each in closed if "GET" in each.methods}


def expected(act: Act | None, path: str, grants: list[RoleAt], *, program: bool) -> bool:
    """Whether the table of roles lets somebody see this page about STUDY."""
    if act is None:
        return not program
    if any(part in path for part in OF_SOMEBODY):
        return "bethesda" in sites_for(grants, act, STUDY)
    if "{webhook}" in path or "{export}" in path:
        return sites_for(grants, act, STUDY) == ALL_SITES
    if "{study}" in path:
        return bool(sites_for(grants, act, STUDY))
    return may(grants, act)


def no_broker(*_: object) -> None:
    """A broker that is known not to answer; to find that out takes most of a second each time."""
    raise Unavailable("no broker")


async def test_each_role_reaches_at_each_site_what_the_table_says_and_no_more(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_scores, "listen", no_broker)
    monkeypatch.setattr(today_live, "LASTS", 0.0)
    places = {**PLACES, "alert": await answered(office)}
    await office.reply("QUESTION when is my next visit?")
    await session_of(office.rt, PLACES["handle"], RoleAt(Role.administrator))
    pages, occasion = await guarded_routes(office), (await first_occasion(office))["id"]
    places["export"] = str(await ask_export(office.rt, STUDY, ToExport("visits", "csv"), by="lead"))
    assert await work_once(await office.of_process("jobs"))
    job = await ask_job(office.rt, STUDY, "preview", {}, by="somebody")
    await make_webhook(office.rt, STUDY, PLACES["webhook"], "https://example.org/", ["score.recorded"], by="lead")
    places |= {"occasion": occasion, "item": await office.one("SELECT id FROM task"), "job": str(job)}
    assert {("/team/study/{study}/charts/live", Act.see_scores), ("/metrics", Act.see_health), ("/team", None)} <= pages
    for role in sorted(Role):
        sites = (None, "madrid", "bethesda") if role is Role.coordinator else (None, "madrid")
        where: list[tuple[str | None, str | None]] = (
            [(None, None)] if role in WHOLE_INSTALLATION else [(STUDY, site) for site in sites]
        )
        for study, site in where:
            grants = [RoleAt(role, study, site)]
            async with browser(office.rt) as page:
                headers: dict[str, str] = {}
                if role in OF_PROGRAMS:
                    headers["Authorization"] = await bearer(office.rt, role, study, site)
                else:
                    page.set_cookie(SESSION, await session_of(office.rt, f"{role}-{site or 'all'}", *grants))
                for path, act in pages:
                    shown = await page.get(path.format(**places), **headers)
                    allowed = expected(act, path, grants, program=role in OF_PROGRAMS)
                    there = 303 if path == "/team" else 200
                    assert shown.status == (there if allowed else 404), (role, site, path)
                    if path == "/team/study/{study}/today" and allowed:
                        assert ("RT-1" in shown.html) == (site in (None, "bethesda")), (role, site)
                    if path == "/team/study/{study}/charts/people.csv" and allowed:
                        assert ("RT-1" in shown.html) == (site in (None, "bethesda")), (role, site)
    assert set(Role) == OF_PEOPLE | OF_PROGRAMS


async def test_a_site_says_nothing_of_another_study(office: Office) -> None:
    async with browser(office.rt) as page:
        page.set_cookie(SESSION, await session_of(office.rt, "garcia", RoleAt(Role.coordinator, STUDY, "madrid")))
        there = await page.get("/team/study/another/charts")
        page.set_cookie(SESSION, await session_of(office.rt, "boss", RoleAt(Role.administrator)))
        hidden = await page.get(f"/team/study/{STUDY}/charts")
        assert (there.status, there.html) == (hidden.status, hidden.html) == (404, hidden.html)
