"""The audit trail, pages for administrators and study leads, and the fresh sign-in, over HTTP."""

import csv
import io
import re
from datetime import timedelta

import pytest

from pro_collector.accounts.person import in_force
from pro_collector.accounts.sessions import begin_session
from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.nightly import _audit
from tests.shared.office import STUDY, Office
from tests.shared.scenes import treated
from tests.shared.team import BOSS, PASSWORD, member
from tests.wire.web.team_browser import SESSION, TeamBrowser, browser, session_of

pytestmark = pytest.mark.usefixtures("quick_passwords")
AUDIT = f"/team/study/{STUDY}/audit"
ROLES = f"/team/study/{STUDY}/roles"


async def test_the_trail_says_who_did_what_to_whom_at_ones_own_sites(office: Office) -> None:
    await treated(office)  # RT-1, in Bethesda
    await office.enrol(code="RT-2", phone="+12025550188", site="madrid")
    await office.rows(
        "INSERT INTO participant_change (id, participant_id, field, was, became, recorded_at, recorded_by, reason)"
        " SELECT gen_random_uuid(), id, 'arm', n::text, '=1+1', %s, 'garcia', 'reason ' || n"
        " FROM participant, generate_series(1, 75) n RETURNING id",
        office.clock.now(),
    )
    async with browser(office.rt) as page:
        page.set_cookie(SESSION, await session_of(office.rt, "lead", RoleAt(Role.study_lead, STUDY)))
        first = await page.get(AUDIT)
        assert "was never verified" in first.html
        assert re.search(r'data-label="Who">garcia<.*?data-label="From">–<', first.html, re.S)
        older = re.search(r'href="([^"]+)">Older entries', first.html)
        assert older is not None
        second = await page.get(older[1].replace("&amp;", "&"))
        reasons = re.findall(r'data-label="Why">reason (\d+)<', first.html + second.html)
        assert sorted(map(int, reasons)) == sorted([*range(1, 76)] * 2), "each once for each person, over two pages"
        assert ">RT-2<" in second.html + first.html
        await _audit(office.rt)
        treatment = await page.get(f"{AUDIT}?kind=treatment&by=tester&since=2026-01-01&until=2026-12-31")
        assert "none altered, removed or reordered" in treatment.html
        assert re.search(r">treatment</span> Start of treatment<.*?>RT-1<.*?>2026-03-03<", treatment.html, re.S)
        assert "garcia" not in treatment.html.partition("<table")[2]
        wrong = await page.get(f"{AUDIT}?since=yesterday&after=~~nothing")
        assert (wrong.status, "Write the day" in wrong.html) == (422, True)
        rows = list(csv.DictReader(io.StringIO((await page.get(f"{AUDIT}.csv?kind=person")).html)))
        assert len(rows) == 150
        assert {(row["by"], row["after"]) for row in rows} == {("garcia", "'=1+1")}, "no formula"

        page.set_cookie(SESSION, await session_of(office.rt, "monitor", RoleAt(Role.monitor, STUDY, "madrid")))
        theirs = await page.get(AUDIT)
        assert ">RT-2<" in theirs.html
        assert ">RT-1<" not in theirs.html
        assert "version in force" in theirs.html, "what concerns each site"
        assert "granted lead" not in theirs.html
        assert "Notes of tasks and alerts are left out" in theirs.html
        assert "Nothing of this kind" in (await page.get(f"{AUDIT}?code=RT-1")).html
    looks = await office.rows("SELECT by_whom, client, what, page, act, study, http_status FROM team_act ORDER BY id")
    assert looks[0] == {
        "by_whom": "lead", "client": "127.0.0.1", "what": "looked", "page": "/team/study/{study}/audit",
        "act": "read_audit", "study": STUDY, "http_status": 200,
    }  # fmt: skip
    assert [row["page"] for row in looks].count("/team/study/{study}/audit.csv") == 1


async def later(office: Office, minutes: int) -> None:
    """Let time pass for sessions alone."""
    office.clock._now += timedelta(minutes=minutes)


async def test_what_is_dangerous_asks_again_who_it_is(office: Office) -> None:
    boss = await member(office.rt, "boss", RoleAt(Role.administrator))
    async with browser(office.rt) as page:
        page.set_cookie(SESSION, boss.session)
        form = await page.get("/team/accounts/new")
        assert form.status == 200, "they have just signed in"
        await later(office, 16)
        fields = {
            **form.hidden,
            "handle": "nurse-7",
            "email": "n7@clinic.example",
            "name": "N",
            "role": "administrator",
        }
        sent = await page.post("/team/accounts/new", fields, Referer=f"{page.origin}/team/accounts/new?x=1")
        assert sent.to == "/team/confirm?next=/team/accounts/new%3Fx%3D1"
        assert (await page.post("/team/accounts/new", fields, Referer="https://evil.example/team")).to == (
            "/team/confirm?next=/team/accounts/new"
        )
        assert await office.one("SELECT count(*) FROM account WHERE handle = 'nurse-7'") == 0
        asks = await page.get(sent.to)
        right = {**asks.hidden, "password": PASSWORD, "code": boss.code(office.rt)}
        assert (await page.post("/team/confirm", {**right, "password": "not it"})).status == 422
        assert (await page.post("/team/confirm", {**right, "code": "1"})).status == 422
        assert (await page.post("/team/confirm", {**right, "csrf": ""})).status == 403
        assert (await page.get("/team/accounts/new")).status == 303, "nothing of it counts"
        assert (await page.post("/team/confirm", right)).to == "/team/accounts/new?x=1"
        assert (await page.post("/team/confirm", right)).status == 422, "a code counts once"
        assert (await page.get("/team/accounts/new")).status == 200
        assert (await page.get("/team/confirm?next=//evil.example")).hidden["next"] == "/team"
        await later(office, 1)
        for _ in range(5):
            await page.post("/team/confirm", {**right, "password": "a guess"})
        await later(office, 1)
        fresh = {**right, "code": boss.code(office.rt)}
        assert (await page.post("/team/confirm", fresh)).status == 422, "guessing is limited, also with a session"


async def test_an_administrator_invites_gives_takes_and_removes(office: Office) -> None:
    boss = await session_of(office.rt, "boss", RoleAt(Role.administrator))
    async with browser(office.rt) as page:
        page.set_cookie(SESSION, boss)
        form = await page.get("/team/accounts/new")
        fields = {
            **form.hidden, "handle": "nurse-7", "email": "n7@clinic.example", "name": "Nurse Seven",
            "role": "coordinator", "study": STUDY, "site": "paris",
        }  # fmt: skip
        wrong = await page.post("/team/accounts/new", fields)
        assert (wrong.status, "no site &#39;paris&#39;" in wrong.html, 'value="nurse-7"' in wrong.html) == (
            422, True, True,
        )  # fmt: skip
        made = await page.post("/team/accounts/new", {**fields, "site": "madrid"})
        assert "The link was mailed" in made.html
        assert "/team/accept/" not in made.html, "nobody else sees the link"
        (letter,) = office.world.mailbox.inboxes["n7@clinic.example"]
        assert "Your account" in letter.subject
        listed = await page.get("/team/accounts")
        assert f"coordinator of {STUDY} at madrid" in listed.html
        assert "n7@clinic.example" in listed.html

        here = "/team/accounts/of/nurse-7"
        one = await page.get(here)
        hidden = {"csrf": one.hidden["csrf"]}
        given = {**hidden, "role": "monitor", "study": STUDY, "site": "", "also": "1", "why": "audit"}
        assert (await page.post(f"{here}/grant", given)).to == f"{here}?done=granted"
        assert (await page.post(f"{here}/grant", given)).status == 422, "they have it"
        assert (await page.post(f"{here}/revoke", given)).to == f"{here}?done=revoked"
        assert (await page.post(f"{here}/revoke", given)).status == 404
        nurse = await session_of_known(office, "nurse-7")
        assert (await page.post(f"{here}/sign-out", hidden)).to == f"{here}?done=out"
        async with browser(office.rt) as theirs:
            theirs.set_cookie(SESSION, nurse)
            assert (await theirs.get("/team")).status == 303
        assert "The link was mailed" in (await page.post(f"{here}/reset", hidden)).html
        assert (await page.post(f"{here}/remove", {**hidden, "again": "nurse"})).status == 422
        assert (await page.post(f"{here}/remove", {**hidden, "again": "nurse-7"})).to == "/team/accounts?done=removed"
        shown = await page.get(here)
        assert "n7@clinic.example" not in shown.html
        assert f"monitor of {STUDY} (and read_words): audit" in shown.html, "the history stays"
        assert (await page.get("/team/accounts/of/nobody")).status == 404
        await tokens_and_groups(page, hidden)
    acts = await office.rows("SELECT page, item FROM team_act WHERE what = 'acted' AND page LIKE '%%/remove' LIMIT 1")
    assert acts == [{"page": "/team/accounts/of/{handle}/remove", "item": "nurse-7"}]


async def tokens_and_groups(page: TeamBrowser, hidden: dict[str, str]) -> None:
    """Make and revoke a token, map and unmap a group."""
    token = {**hidden, "name": "warehouse", "role": "read", "study": STUDY, "days": "30"}
    assert (await page.post("/team/tokens", {**token, "days": "soon"})).status == 422
    made = re.search(r"proc_[\w-]+", (await page.post("/team/tokens", token)).html)
    assert made is not None
    asked = {"Authorization": f"Bearer {made[0]}", "Accept": "application/json"}
    assert (await page.get(f"/team/study/{STUDY}/charts/scores.csv", **asked)).status == 200
    assert made[0] not in (await page.get("/team/tokens")).html
    assert (await page.post("/team/tokens/revoke", {**hidden, "name": "warehouse"})).to == "/team/tokens?done=revoked"
    assert (await page.get(f"/team/study/{STUDY}/charts/scores.csv", **asked)).status == 401
    group = {**hidden, "group": "oncology <nurses>", "role": "coordinator", "study": STUDY}
    assert (await page.post("/team/groups", group)).to == "/team/groups?done=mapped"
    assert "oncology &lt;nurses&gt;" in (await page.get("/team/groups")).html
    assert (await page.post("/team/groups/remove", group)).to == "/team/groups?done=unmapped"


async def session_of_known(office: Office, handle: str) -> str:
    """A session of an account that exists."""
    async with office.rt.database.transaction() as tx:
        row = await in_force(tx, handle)
        return await begin_session(tx, office.rt, row.id, "password", handle, BOSS)


async def test_a_study_lead_gives_no_more_than_they_have(office: Office) -> None:
    await session_of(office.rt, "nurse", RoleAt(Role.researcher, STUDY))
    async with browser(office.rt) as page:
        page.set_cookie(SESSION, await session_of(office.rt, "lead", RoleAt(Role.study_lead, STUDY, "madrid")))
        form = await page.get(ROLES)
        hidden = {"csrf": form.hidden["csrf"], "handle": "nurse", "study": "another"}
        for role, site in (("coordinator", ""), ("coordinator", "bethesda"), ("administrator", ""), ("", "madrid")):
            refused = await page.post(f"{ROLES}/give", {**hidden, "role": role, "site": site})
            assert refused.status == 422, (role, site)
        given = {**hidden, "role": "coordinator", "site": "madrid", "why": "new <nurse>"}
        assert (await page.post(f"{ROLES}/give", given)).to == f"{ROLES}?done=given"
        shown = await page.get(ROLES)
        assert "new &lt;nurse&gt;" in shown.html
        assert await office.rows("SELECT study, site, given_by FROM account_grant WHERE role = 'coordinator'") == [
            {"study": STUDY, "site": "madrid", "given_by": "lead"}
        ]
        assert (await page.post(f"{ROLES}/give", {**given, "handle": "nobody"})).status == 422
        assert (await page.post(f"{ROLES}/take", {**hidden, "role": "researcher", "site": ""})).status == 422
        assert (await page.post(f"{ROLES}/take", given)).to == f"{ROLES}?done=taken"
