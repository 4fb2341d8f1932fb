"""The pages of one person over HTTP: what each role sees, and acts that do what was shown or nothing."""

import re
from collections.abc import Sequence
from datetime import date

from pro_collector.commands.record_state import record_state
from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.web.server import application, general_contact
from pro_collector.web.team.guard import act_of
from tests.shared.office import FIVE_SECONDS, PHONE, STUDY, Office
from tests.shared.scenes import ANSWERS, TREATED, first_occasion, in_conversation
from tests.wire.web.team_browser import SESSION, Shown, TeamBrowser, browser, session_of

HERE = f"/team/study/{STUDY}/people/RT-1"
WORDS = "Dr Lee says you can take it with food."
PLANNED = "SELECT due_local FROM occasion WHERE state = 'planned' AND assessment = 'weekly-symptoms' ORDER BY due_at"


async def signed_in(office: Office, page: TeamBrowser, role: Role, site: str | None = "bethesda") -> None:
    """Be somebody with this role."""
    handle = f"{role}-{site or 'all'}"
    page.set_cookie(SESSION, await session_of(office.rt, handle, RoleAt(role, STUDY, site)))


async def sent(page: TeamBrowser, act: str, **fields: str) -> Shown:
    """Fill in the form of an act and send it."""
    form = await page.get(f"{HERE}/{act}")
    return await page.post(f"{HERE}/{act}", {"csrf": form.hidden["csrf"], **fields})


async def confirmed(page: TeamBrowser, act: str, shown: Shown, **fields: str) -> Shown:
    """Confirm what was shown."""
    return await page.post(f"{HERE}/{act}", {**shown.hidden, **fields})


async def planned(office: Office) -> list[str]:
    """The wall times of the weekly check-ins that are to come."""
    return [f"{row['due_local']:%Y-%m-%d %H:%M}" for row in await office.rows(PLANNED)]


def after(shown: Shown) -> list[str]:
    """The times in the column `After` of what is shown before it is confirmed."""
    return re.findall(r'data-label="After">(\d{4}[^<]*)<', shown.html)


async def test_what_a_person_s_page_shows_to_whom(office: Office) -> None:
    await in_conversation(office)
    await office.reply("thanks for asking, I feel awful today", *ANSWERS)
    weekly = (await first_occasion(office))["id"]
    async with browser(office.rt) as page:
        await signed_in(office, page, Role.coordinator)
        shown = (await page.get(HERE)).html
        told = (
            "Maple Ridge Hospital", "On treatment", "+12 … 01", "Start of treatment", "Weekly symptoms", "<svg",
            "takes part", "1 of 1 that ended were answered", "7d after Start of treatment of 2026-03-03",
        )  # fmt: skip
        assert [each for each in told if each not in shown] == []
        assert PHONE not in shown
        assert "cycle-day-8: waits for `cycle`" in shown
        talk = (await page.get(f"{HERE}/conversation")).html
        assert "I feel awful today" in talk
        assert len(re.findall('class="words"', talk)) > len(ANSWERS)
        check_in = (await page.get(f"{HERE}/check-ins/{weekly}")).html
        assert "6 of 6" in check_in
        assert "channel ladder, step 1: text message" in check_in
        assert (await page.get(f"{HERE}/check-ins/{STUDY}")).status == 404
        (look,) = await office.rows("SELECT * FROM look WHERE looked_by = 'coordinator-bethesda'")
        assert (look["door"], look["view"], len(look["inbound_ids"])) == ("web", "transcript", len(ANSWERS) + 1)

        await signed_in(office, page, Role.monitor, None)
        shown = (await page.get(HERE)).html
        assert "+12 … 01" not in shown
        assert "Record treatment" not in shown
        talk = (await page.get(f"{HERE}/conversation")).html
        assert "by text" in talk
        assert 'class="words"' not in talk
        assert await office.one("SELECT count(*) FROM look") == 1


async def test_a_date_is_corrected_as_it_was_shown_or_not_at_all(office: Office) -> None:
    await in_conversation(office)
    before = await planned(office)
    async with browser(office.rt) as page:
        await signed_in(office, page, Role.coordinator)
        wrong = await sent(page, "treatment", kind="treatment_start", was=str(TREATED), on="2026-03-05")
        assert (wrong.status, "say why" in wrong.html.lower()) == (422, True)
        change = {
            "kind": "treatment_start",
            "was": str(TREATED),
            "on": "2026-03-05",
            "at": "08:15",
            "reason": "read it wrongly",
        }
        shown = await sent(page, "treatment", **change)
        assert shown.status == 200
        assert await planned(office) == before, "nothing is done yet"
        expected = after(shown)
        assert len(expected) > 50

        await record_state(office.rt, "RT-1", "holiday", date(2026, 3, 18), date(2026, 4, 2), by="somebody else")
        late = await confirmed(page, "treatment", shown)
        assert (late.status, "has changed since it was shown" in late.html) == (409, True)
        assert await office.one("SELECT count(*) FROM treatment_event") == 1, "it was not recorded"
        assert after(late) != expected
        done = await confirmed(page, "treatment", late)
        assert (done.status, done.to) == (303, f"{HERE}?done=treatment")
        assert set(after(late)) <= set(await planned(office)), "what was shown is what was done"
        person = (await page.get(f"{HERE}?done=treatment")).html
        assert "The treatment is recorded" in person
        assert "2026-03-05 08:15, it was 2026-03-03" in person
        assert "read it wrongly" in person
        again = await confirmed(page, "treatment", late)
        assert (again.status, "has no treatment_start on" in again.html) == (404, True)

        gone = await sent(page, "treatment", kind="treatment_start", was="2026-03-05", retract="yes", reason="never")
        assert (await confirmed(page, "treatment", gone)).status == 303
        assert await planned(office) == []
        assert "retracted" in (await page.get(HERE)).html


async def test_states_and_details_show_first_what_they_change(office: Office) -> None:
    await in_conversation(office)
    async with browser(office.rt) as page:
        await signed_in(office, page, Role.study_lead, None)
        assert (await sent(page, "state", kind="died")).status == 422, "it has a page of its own"
        shown = await sent(page, "state", kind="hospital", until="2026-03-20")
        assert "cancelled" in shown.html
        assert not await office.rows("SELECT FROM participant_state")
        assert (await confirmed(page, "state", shown)).status == 303
        back = await sent(page, "state", kind="hospital", since="2026-03-03", retract="yes")
        assert (await confirmed(page, "state", back)).status == 303
        assert await office.one("SELECT retracted_by FROM participant_state") == "study-lead-all"

        assert "takes the new arm" in (await sent(page, "state", kind="crossed_over", since="2026-03-03")).html
        assert (await sent(page, "details", field="language", value="xx")).status == 422
        hour = await sent(page, "details", field="preferred_time", value="15:30", reason="asked for it")
        assert (await confirmed(page, "details", hour)).status == 303
        assert all(each.endswith("15:30") for each in await planned(office))
        assert (await sent(page, "details", field="nickname", value="Lilly")).status == 303

        leave = await sent(page, "leave", kind="withdrew", reason="told us on the telephone")
        assert 'name="word"' in leave.html
        assert (await confirmed(page, "leave", leave, word="RT-2")).status == 422
        assert await planned(office) != []
        assert (await confirmed(page, "leave", leave, word="RT-1")).to == f"{HERE}?done=leave"
        assert await planned(office) == []

        assert (await sent(page, "erase", reason="RT-1 asked for it", confirmed="yes", word="RT-1")).status == 422
        first = await sent(page, "erase", reason="asked for it")
        assert (await confirmed(page, "erase", first, word="rt-2")).status == 422
        assert "is erased" in (await confirmed(page, "erase", first, word="RT-1")).html
        assert not await office.rows("SELECT FROM participant")
        assert (await page.get(HERE)).status == 404


async def test_a_person_is_reached_written_to_and_asked(office: Office) -> None:
    await in_conversation(office)
    async with browser(office.rt) as page:
        await signed_in(office, page, Role.coordinator)
        assert (await sent(page, "addresses", why=" ")).status == 422
        assert PHONE in (await sent(page, "addresses", why="to call her")).html
        (look,) = await office.rows("SELECT * FROM look")
        assert (look["view"], look["looked_by"], look["why"]) == ("addresses", "coordinator-bethesda", "to call her")

        assert (await sent(page, "address", column="phone", address="12")).status == 422
        other = "+12025550188"
        assert (await sent(page, "address", column="phone", address=other, reason="new phone")).status == 303
        await office.run(office.clock.now() + FIVE_SECONDS)
        assert office.texts(other), "the open questions are asked there"

        assert (await sent(page, "channels", channels="fax")).status == 422
        assert (await sent(page, "channels", channels="email", reporter="proxy")).status == 409, "the proxy has no mail"
        assert (await sent(page, "channels", channels="sms", reason="no mail")).to == f"{HERE}?done=channels"
        assert "in use, no other channel" in (await page.get(HERE)).html

        assert (await sent(page, "consents", reporter="proxy", covers="all")).status == 422
        shown = await sent(page, "consents", reporter="proxy", covers="bereavement", reason="asked his wife")
        assert "Consent given: The proxy" in shown.html
        assert (await confirmed(page, "consents", shown)).to == f"{HERE}?done=consent"
        assert "asked his wife" in (await page.get(f"{HERE}/consents")).html
        agreed = {"reporter": "proxy", "covers": "bereavement"}
        assert (await sent(page, "consents", **agreed)).status == 409
        shown = await sent(page, "consents", **agreed, withdraw="yes")
        assert (await confirmed(page, "consents", shown)).status == 303

        assert (await sent(page, "write", text="RT-1, please call")).status == 422
        shown = await sent(page, "write", text=WORDS)
        assert WORDS in shown.html
        assert (await confirmed(page, "write", shown)).to == f"{HERE}?done=written"
        assert (await confirmed(page, "write", shown)).status == 409, "it is sent once"
        await office.run(office.clock.now() + FIVE_SECONDS)
        assert [WORDS in text for text in office.texts(other)].count(True) == 1

        weekly = (await first_occasion(office))["id"]
        path = f"check-ins/{weekly}"
        csrf = {"csrf": shown.hidden["csrf"]}
        assert (await page.post(f"{HERE}/{path}/again", csrf)).to == f"{HERE}/{path}?done=again"
        assert (await page.post(f"{HERE}/{path}/later", {**csrf, "until": "2026-03-03T03:00"})).status == 422
        assert (await page.post(f"{HERE}/{path}/later", {**csrf, "until": "2026-03-03T15:00"})).status == 303
        assert "/r/" in (await page.post(f"{HERE}/{path}/interview", csrf)).to
        assert (await page.post(f"{HERE}/{path}/release", csrf)).status == 404, "it does not wait for the team"
        early = await page.post(f"{HERE}/{path}/now", csrf)
        assert (early.status, "is open: ask it again" in early.html) == (409, True)
        tablet = (await page.post(f"{HERE}/{path}/hospital", csrf)).html
        assert re.search(r'href="[^"]+/r/[^"]+".*<svg', tablet, re.S), "its address and its picture"
        asked = await sent(page, "ask", reporter="self")
        assert asked.to.endswith("?done=again")
        assert (await sent(page, "ask", reporter="self")).status == 409


async def test_what_is_not_planned_is_asked_and_a_delayed_day_1_is_asked_on_its_day(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    weekly = (await first_occasion(office))["id"]
    async with browser(office.rt) as page:
        await signed_in(office, page, Role.coordinator)
        form = await page.get(f"{HERE}/ask")
        csrf = {"csrf": form.hidden["csrf"]}
        assert "An assessment that is not planned" in form.html
        visit = {**csrf, "assessment": "weekly-symptoms", "reporter": "self", "at_hospital": "yes"}
        assert (await page.post(f"{HERE}/ask-unscheduled", visit)).status == 422, "it needs a reason"
        opened = await page.post(f"{HERE}/ask-unscheduled", {**visit, "reason": "came with pain"})
        assert (opened.status, opened.to.endswith("?done=opened")) == (303, True)
        assert "Unscheduled: came with pain" in (await page.get(opened.to)).html

        apart = f"{HERE}/check-ins/{weekly}/apart"
        assert "Asked for another day" not in (await page.get(f"{HERE}/check-ins/{weekly}")).html
        assert (await page.post(apart, {**csrf, "reason": "delayed"})).status == 409
        shown = await sent(
            page, "treatment", kind="treatment_start", was=str(TREATED), on="2026-03-06", reason="low platelets"
        )  # fmt: skip
        assert f'/check-ins/{weekly}">weekly-symptoms' in shown.html
        assert (await confirmed(page, "treatment", shown)).status == 303
        assert "2026-03-06 now" in (await page.get(f"{HERE}/check-ins/{weekly}")).html
        assert (await page.post(apart, csrf)).status == 422, "it needs a reason"
        shown = await page.post(apart, {**csrf, "reason": "low platelets"})
        assert after(shown) == ["2026-03-06 10:00"]
        assert (await page.post(apart, shown.hidden)).to == f"{HERE}?done=apart"
        assert "2026-03-06 10:00" in await planned(office)
        assert "Unscheduled: low platelets" in (await page.get(f"{HERE}/check-ins/{weekly}")).html
        assert (await page.post(apart, shown.hidden)).status == 404, "once"


async def routes_about_a_person(office: Office) -> list[tuple[str, str]]:
    """Every page about one person, with its path for RT-1; none may lack a guard. `test_api.py` walks the API."""
    app = application(office.rt, await general_contact(office.rt))
    weekly = (await first_occasion(office))["id"]
    found: list[tuple[str, str]] = []

    def walk(given: Sequence[object]) -> None:
        for route in given:
            if included := getattr(route, "original_router", None):
                walk(included.routes)
            elif "{code}" in (path := getattr(route, "path", "")) and path.startswith("/team"):
                assert act_of(route.endpoint) is not None  # type: ignore[attr-defined]
                path = path.format(study=STUDY, code="RT-1", occasion=weekly)
                found.extend((method, path) for method in route.methods - {"HEAD"})  # type: ignore[attr-defined]

    walk(app.routes)
    return found


async def test_nobody_acts_on_a_person_of_another_site_or_without_the_right(office: Office) -> None:
    await in_conversation(office)
    routes = await routes_about_a_person(office)
    assert sum(method == "POST" for method, _ in routes) >= 12
    changes = " UNION ALL ".join(
        f"SELECT count(*) AS n FROM {table}" for table in ("participant_change", "message", "look", "occasion_log")
    )
    before = await office.rows(changes)
    async with browser(office.rt) as page:
        for role, site in ((Role.coordinator, "madrid"), (Role.study_lead, "madrid"), (Role.monitor, "bethesda")):
            await signed_in(office, page, role, site)
            csrf = {"csrf": (await page.get(f"/team/study/{STUDY}/people/RT-1")).hidden.get("csrf", "")}
            csrf = csrf if csrf["csrf"] else {"csrf": (await page.get("/team/account")).hidden["csrf"]}
            for method, path in routes:
                shown = await (page.post(path, csrf) if method == "POST" else page.get(path))
                readable = role is Role.monitor and method == "GET" and path.endswith(("RT-1", "conversation", "sheet"))
                readable = readable or (role is Role.monitor and method == "GET" and "/check-ins/" in path)
                assert shown.status == (200 if readable else 404), (role, method, path)
    assert await office.rows(changes) == before
