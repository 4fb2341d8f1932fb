"""The worklist over HTTP, without script: two colleagues at one item, forms that are out of date, sites, several."""

import re
from datetime import timedelta
from uuid import UUID

from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt, Sites
from pro_collector.postgres.questions import worklist as rows
from pro_collector.web.team import today_live
from pro_collector.web.team.today_live import ShownList, changes
from tests.office.handlers.test_alert_due import raised
from tests.shared.office import FIVE_SECONDS, STUDY, Office
from tests.shared.scenes import in_conversation
from tests.wire.web.team_browser import SESSION, TeamBrowser, browser, session_of

SECOND = timedelta(seconds=1)
TODAY = f"/team/study/{STUDY}/today"
VERSION = re.compile(r'name="version" value="([^"]+)"')


async def signed_in(office: Office, page: TeamBrowser, name: str, site: str | None) -> None:
    """A coordinator of a site, or of all."""
    page.set_cookie(SESSION, await session_of(office.rt, name, RoleAt(Role.coordinator, STUDY, site)))


async def opened(page: TeamBrowser, id: UUID | str) -> dict[str, str]:
    """The fields that every form of an item posts."""
    shown = await page.get(f"{TODAY}/{id}")
    assert shown.status == 200, shown.html
    return {"csrf": shown.hidden["csrf"], "version": VERSION.findall(shown.html)[0]}


async def task_id(office: Office, kind: str) -> UUID:
    found: UUID = await office.one("SELECT id FROM task WHERE kind = %s AND done_at IS NULL", kind)
    return found


async def test_two_colleagues_at_a_reply(office: Office) -> None:
    await in_conversation(office)
    await office.reply("3 and then 4", "took 2 pills")
    review = await task_id(office, "review")
    async with browser(office.rt) as ana, browser(office.rt) as leo, browser(office.rt) as eva:  # three colleagues
        await signed_in(office, ana, "ana", None)
        await signed_in(office, leo, "leo", "bethesda")
        await signed_in(office, eva, "eva", "madrid")
        assert (await ana.get("/team")).to == TODAY
        listed = await ana.get(TODAY)
        assert listed.status == 200
        assert "took 2 pills" not in listed.html, "words are shown where the look is recorded"
        assert f"{TODAY}/{review}" in listed.html
        assert await office.one("SELECT count(*) FROM look") == 0

        # Another site sees nothing of it, and cannot act on it.
        assert str(review) not in (await eva.get(TODAY)).html
        own = (await eva.get(TODAY)).html
        token = re.findall(r'name="csrf" value="([^"]+)"', own)[0]
        assert (await eva.get(f"{TODAY}/{review}")).status == 404
        for act in ("claim", "done", "write", "note"):
            sent = {"csrf": token, "version": "0.t2", "note": "x", "reply": "x"}
            assert (await eva.post(f"{TODAY}/{review}/{act}", sent)).status == 404, act

        # The reply stands beside its question; the look is recorded.
        shown = await ana.get(f"{TODAY}/{review}")
        assert "took 2 pills" in shown.html
        assert 'name="answer" value="4"' in shown.html
        looks = await office.rows("SELECT looked_by, door, view FROM look")
        assert [tuple(row.values()) for row in looks] == [("ana", "web", "task")]

        # Both have the page open. The second one sees who has it, and keeps what was typed.
        hers, his = await opened(ana, review), await opened(leo, review)
        assert (await ana.post(f"{TODAY}/{review}/claim", {**hers, "from": "list"})).to == f"{TODAY}?done=claim"
        late = await leo.post(f"{TODAY}/{review}/claim", his)
        assert (late.status, "ana has it already" in late.html) == (409, True)
        late = await leo.post(f"{TODAY}/{review}/done", {**his, "note": "I called her"})
        assert late.status == 409
        assert "ana has it now" in late.html
        assert 'value="I called her"' in late.html
        assert await office.one("SELECT count(*) FROM work_log") == 1
        assert "ana (you)" in (await ana.get(f"{TODAY}?whose=mine")).html
        assert str(review) not in (await ana.get(f"{TODAY}?whose=nobody")).html
        assert str(review) not in (await ana.get(f"{TODAY}?kind=question&site=madrid")).html

        # She writes back, gives it to Leo, and he records the answer that the reply meant.
        hers = await opened(ana, review)
        preview = await ana.post(f"{TODAY}/{review}/write", {**hers, "reply": "Is it 3 or 4?", "how": "show"})
        assert "This is what leaves now" in preview.html
        before = len(office.texts())
        refused = await ana.post(f"{TODAY}/{review}/write", {**hers, "reply": "", "how": "send"})
        assert (refused.status, "there are no words in it" in refused.html) == (422, True)
        written = await ana.post(f"{TODAY}/{review}/write", {**hers, "reply": "Is it 3 or 4?", "how": "send"})
        assert written.to == f"{TODAY}/{review}?done=write"
        again = await ana.post(f"{TODAY}/{review}/write", {**hers, "reply": "Is it 3 or 4?", "how": "send"})
        assert again.status == 409, "a form is sent once"
        await office.run(office.clock.now() + FIVE_SECONDS)
        assert len(office.texts()) == before + 1
        hers = await opened(ana, review)
        assert (await ana.post(f"{TODAY}/{review}/assign", {**hers, "to": "eva"})).status == 422
        assert (await ana.post(f"{TODAY}/{review}/assign", {**hers, "to": "leo"})).status == 303
        his = await opened(leo, review)
        wrong = await leo.post(f"{TODAY}/{review}/done", {**his, "answer": "11"})
        assert (wrong.status, "is not allowed" in wrong.html) == (422, True)
        done = await leo.post(f"{TODAY}/{review}/done?whose=mine", {**his, "answer": "4", "note": "asked again"})
        assert done.to == f"{TODAY}?whose=mine&done=recorded"
        assert await office.one("SELECT done_by FROM task WHERE id = %s", review) == "leo"
        assert await office.one("SELECT code FROM answer WHERE item = 'pain'") == "4"
        closed = await leo.get(f"{TODAY}/{review}")
        assert "asked again" in closed.html
        assert "Record the answer" not in closed.html
        acts = [row["what"] for row in await office.rows("SELECT what FROM work_log ORDER BY id")]
        assert acts == ["claimed", "wrote", "assigned"]


async def test_an_alert_is_taken_given_back_and_closed_and_several_at_once(office: Office) -> None:
    alert = await raised(office)
    await office.reply("QUESTION can I take ibuprofen?")
    async with browser(office.rt) as ana:
        await signed_in(office, ana, "ana", "bethesda")
        fields = await opened(ana, alert)
        assert "Severe pain" in (await ana.get(TODAY)).html
        off = {**fields, "until": "2026-03-04T09:00"}
        assert (await ana.post(f"{TODAY}/{alert}/snooze", off)).status == 409, "it would be told to nobody"
        assert (await ana.post(f"{TODAY}/{alert}/claim", fields)).to == f"{TODAY}/{alert}?done=claim"
        assert await office.one("SELECT acknowledged_by FROM alert") == "ana"
        fields = await opened(ana, alert)
        assert (await ana.post(f"{TODAY}/{alert}/snooze", {**fields, "until": "soon"})).status == 422
        assert (await ana.post(f"{TODAY}/{alert}/snooze", {**fields, "until": "2026-03-05T09:00"})).status == 303
        assert "put off until Thu 05 Mar 2026, 09:00 (America/New_York)" in (await ana.get(TODAY)).html
        assert (await ana.post(f"{TODAY}/{alert}/release", await opened(ana, alert))).status == 303
        told = "SELECT state, step, due_at <= %s AS now FROM alert"
        (row,) = await office.rows(told, office.clock.now())
        assert tuple(row.values()) == ("raised", -1, True), "it is told again from the first step"
        assert "put off until" not in (await ana.get(TODAY)).html
        fields = await opened(ana, alert)
        unsaid = await ana.post(f"{TODAY}/{alert}/done", {**fields, "way": ""})
        assert unsaid.status == 422
        needs = await ana.post(f"{TODAY}/{alert}/done", {**fields, "way": "wrong"})
        assert (needs.status, "needs a note" in needs.html) == (409, True)

        # Several: what must be read or explained is left alone, and said.
        picked = dict(re.findall(r'name="(pick-[^"]+)" value="([^"]+)"', (await ana.get(TODAY)).html))
        assert len(picked) == 2
        csrf = {"csrf": fields["csrf"]}
        assert (await ana.post(TODAY, csrf)).status == 422
        left = await ana.post(TODAY, {**csrf, **picked, "act": "done", "note": "seen"})
        assert left.status == 409
        assert "it has words to be read: open it" in left.html
        assert "open it, and say what was done" in left.html
        assert (await ana.post(TODAY, {**csrf, **picked, "act": "claim"})).to == f"{TODAY}?done=several"
        assert await office.one("SELECT count(*) FROM work WHERE assignee = 'ana'") == 1

        fields = await opened(ana, alert)
        closed = await ana.post(f"{TODAY}/{alert}/done", {**fields, "way": "phoned", "note": "she rests"})
        assert closed.to == f"{TODAY}?done=done"
        assert await office.one("SELECT state FROM alert") == "closed"
        assert "Spoke to them on the telephone" in (await ana.get(f"{TODAY}/{alert}")).html
        for unknown in ("x", str(UUID(int=1))):
            assert (await ana.get(f"{TODAY}/{unknown}")).status == 404
        assert (await ana.post(f"{TODAY}/{alert}/erase", fields)).status == 404


async def test_who_answers_nothing_any_more_is_on_the_list_until_somebody_closes_it(office: Office) -> None:
    await in_conversation(office)
    await office.run(office.clock.now() + timedelta(days=8))
    await office.by_force(
        "UPDATE task SET done_at = %s, done_by = 'x' WHERE kind = 'call' RETURNING id", office.clock.now()
    )
    await office.run(office.clock.now() + timedelta(days=8))
    await office.by_force(
        "UPDATE task SET done_at = %s, done_by = 'x' WHERE kind = 'call' RETURNING id", office.clock.now()
    )
    async with browser(office.rt) as ana:
        await signed_in(office, ana, "ana", "bethesda")
        shown = await ana.get(f"{TODAY}?kind=silent")
        (silent,) = re.findall(r'data-item="([^"]+)"', shown.html)
        assert "Gone silent" in shown.html
        assert (await ana.post(f"{TODAY}/{silent}/note", {**await opened(ana, silent), "note": "rang"})).status == 303
        assert (await ana.post(f"{TODAY}/{silent}/done", {**await opened(ana, silent), "note": "well"})).status == 303
        assert silent not in (await ana.get(TODAY)).html
        assert "well" in (await ana.get(f"{TODAY}/{silent}")).html
        await mend_a_telephone(office, ana)


async def mend_a_telephone(office: Office, ana: TeamBrowser) -> None:
    """A call cannot be made to a landline; the new number is stored on the same page."""
    call = (await office.by_force("UPDATE task SET done_at = NULL, done_by = NULL WHERE kind = 'call' RETURNING id"))[0]
    broken = "UPDATE vault.contact SET broken_at = %s, broken_reason = '30006' WHERE channel = 'sms' RETURNING id"
    await office.by_force(broken, office.clock.now())
    shown = await ana.get(f"{TODAY}/{call['id']}")
    assert "The telephone of the patient does not work: it is a landline, or cannot get texts (30006)." in shown.html
    assert "(30006)" in (await ana.get(f"/team/study/{STUDY}/people/RT-1")).html
    new = {"csrf": shown.hidden["csrf"], "column": "phone", "address": "+12025550177", "reason": "asked the ward"}
    assert (await ana.post(f"/team/study/{STUDY}/people/RT-1/address", new)).status == 303
    assert "does not work" not in (await ana.get(f"{TODAY}/{call['id']}")).html


async def test_an_open_page_is_told_of_what_is_new(office: Office) -> None:
    await in_conversation(office)
    sites, since = Sites(frozenset({"bethesda"})), office.clock.now() - SECOND

    async def news_at(where: Sites) -> rows.OpenList:
        async with office.rt.database.transaction() as tx:
            return await rows.news(tx, STUDY, where, since)

    async def told(where: Sites, mark: str) -> str:
        async def still() -> bool:
            return True

        shown = ShownList(STUDY, where, since, mark, still)
        stream = changes(office.rt, shown)
        messages = [await anext(stream), await anext(stream)]
        await stream.aclose()  # type: ignore[attr-defined]
        return messages[1]

    before = await news_at(sites)
    await office.reply("QUESTION can I take ibuprofen?")
    assert today_live.EVERY <= 5
    assert '"new": 1' in await told(sites, before.mark)
    assert await news_at(Sites(frozenset({"madrid"}))) == rows.OpenList(before.mark, 0), "nothing of another site"
