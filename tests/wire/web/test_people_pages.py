"""The list of people, enrolling them by a form and a file, the sheet of paper, and the calendar, in a browser."""

import re
from html import unescape

from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from tests.shared.office import STUDY, Office
from tests.shared.team_year import seed_year
from tests.shared.year_study import YEAR
from tests.wire.web.team_browser import SESSION, TeamBrowser, browser, session_of

AT = f"/team/study/{YEAR}"
ROW = re.compile(r'<th scope="row"><a href="[^"]*/people/([\w-]+)">')
FORM = {
    "code": "RT-9", "site": "madrid", "arm": "treated", "enrolled_on": "2026-03-03", "language": "es",
    "zone": "", "birth_date": "1980-01-01", "phone": "+34600000102", "step": "check",
}  # fmt: skip
CSV = """code,zone,language,enrolled_on,birth_date,site,phone,proxy_phone
RT-11,America/New_York,en,2026-03-02,1980-01-01,bethesda,+12025550111,
RT-12,America/New_York,en,2026-03-02,2016-01-01,bethesda,+12025550112,+12025550111
"""


async def as_role(page: TeamBrowser, office: Office, handle: str, *given: RoleAt) -> None:
    page.set_cookie(SESSION, await session_of(office.rt, handle, *given))


def codes(html: str) -> list[str]:
    """The people of a page of the list, in order."""
    return ROW.findall(html)


async def test_the_list_shows_who_is_where_and_who_is_silent(office: Office) -> None:
    await seed_year(office.rt, people=60, days=60)
    at = {row["code"]: row["site"] for row in await office.rows("SELECT code, site FROM participant")}
    async with browser(office.rt) as page:
        await as_role(page, office, "garcia", RoleAt(Role.coordinator, YEAR))
        first = await page.get(f"{AT}/people")
        assert first.status == 200
        assert "60 people" in first.html
        assert codes(first.html) == sorted(at)[:50]
        (later,) = re.findall(r'href="[^"]*(/people\?after=[^"]*)" rel="next"', first.html)
        second = await page.get(f"{AT}{unescape(later)}")
        assert codes(second.html) == sorted(at)[50:]
        (earlier,) = re.findall(r'href="[^"]*(/people\?before=[^"]*)" rel="prev"', second.html)
        assert codes((await page.get(f"{AT}{unescape(earlier)}")).html) == sorted(at)[:50]
        assert codes((await page.get(f"{AT}/people?text=yr-0007")).html) == ["YR-0007"]
        in_phoenix = await page.get(f"{AT}/people?site=phoenix")
        assert set(codes(in_phoenix.html)) == {code for code, site in at.items() if site == "phoenix"}

        silent = await page.get(f"{AT}/people?silent=yes")
        assert codes(silent.html) == await silent_people(office)
        assert silent.html.count("in a row, since") == len(codes(silent.html)) > 0
        left = {row["code"] for row in await office.rows(
            "SELECT code FROM participant p JOIN participant_state s ON s.participant_id = p.id"
            " WHERE s.kind IN ('withdrew', 'died')")}  # fmt: skip
        assert set(codes((await page.get(f"{AT}/people?state=left")).html)) == left
        assert not left & set(codes((await page.get(f"{AT}/people?state=in")).html))

        await as_role(page, office, "lopez", RoleAt(Role.coordinator, YEAR, "madrid"))
        of_madrid = await page.get(f"{AT}/people?site=phoenix")
        assert codes(of_madrid.html) == []
        assert {at[code] for code in codes((await page.get(f"{AT}/people")).html)} == {"madrid"}
        await look_for(page, office, at)

        calendar = await page.get(f"{AT}/calendar")
        assert calendar.status == 200
        assert "Los Olmos Hospital" in calendar.html
        assert "Saguaro" not in calendar.html
        assert "check-in opens: Weekly symptoms" in calendar.html
        await as_role(page, office, "reader", RoleAt(Role.researcher, YEAR))
        shown = await page.get(f"{AT}/people")
        assert (shown.status, "Find somebody" in shown.html, "Enrol" in shown.html) == (200, False, False)


async def silent_people(office: Office) -> list[str]:
    """Who answered none of the last two check-ins that were expected, of those who still take part; in another way."""
    found = []
    for person in await office.rows("SELECT id, code FROM participant ORDER BY code"):
        ended = await office.rows(
            "SELECT state FROM occasion WHERE participant_id = %s AND opened_at IS NOT NULL AND ended_at IS NOT NULL"
            " AND state <> 'cancelled' ORDER BY due_at", person["id"])  # fmt: skip
        left = await office.rows(
            "SELECT FROM participant_state WHERE participant_id = %s AND kind IN ('withdrew', 'died')", person["id"]
        )
        if not left and [row["state"] for row in ended][-2:] == ["missed", "missed"]:
            found.append(person["code"])
    return found


async def look_for(page: TeamBrowser, office: Office, at: dict[str, str]) -> None:
    """Somebody of Madrid looks for people by their telephones: whoever is found is on record, and nobody else."""
    numbers = {}
    for code in [code for code in sorted(at) if code.startswith("YR")][:6]:
        numbers[code] = f"+1301555{100 + 2 * int(code[3:]):04}"
    form = await page.get(f"{AT}/people")
    for code, number in numbers.items():
        found = await page.post(f"{AT}/people/find", {**form.hidden, "address": number})
        assert number not in found.to
        if at[code] == "madrid" and found.status == 303:
            assert found.to == f"{AT}/people/{code}"
        else:
            assert (found.status, "Nobody here is reached there." in found.html) == (422, True)
            assert number in unescape(found.html), "what was typed stays"
    looks = await office.rows(
        "SELECT p.site, l.looked_by, l.view FROM look l JOIN participant p ON p.id = l.participant_id"
    )
    assert looks
    assert {(row["site"], row["looked_by"], row["view"]) for row in looks} == {("madrid", "lopez", "address search")}
    odd = await page.post(f"{AT}/people/find", {**form.hidden, "address": "0602"})
    assert (odd.status, "country code" in odd.html) == (422, True)


async def test_somebody_enrols_one_by_the_form_and_others_by_a_file(office: Office) -> None:
    people = f"/team/study/{STUDY}/people"
    async with browser(office.rt) as page:
        await as_role(page, office, "garcia", RoleAt(Role.coordinator, STUDY))
        form = await page.get(f"{people}/new")
        token = {"csrf": form.hidden["csrf"]}
        wrong = await page.post(f"{people}/new", {**token, **FORM, "code": "Mrs Gray", "phone": "600", "site": ""})
        assert wrong.status == 422
        for words in ("never a name", "a phone number with its country code", "required: the emergency number depends"):
            assert words in unescape(wrong.html)
        assert 'value="Mrs Gray"' in wrong.html

        assert "Needed for: First look, " in form.html
        unsure = await page.post(f"{people}/new", {**token, **FORM, "birth_date": ""})
        assert (unsure.status, "required: the age decides who answers" in unsure.html) == (422, True)
        shown = await page.post(f"{people}/new", {**token, **FORM})
        assert (shown.status, await office.one("SELECT count(*) FROM participant")) == (200, 0)
        assert "First look" in shown.html
        assert "Tue 03 Mar 2026, 11:00 (Europe/Madrid)" in shown.html
        assert "+34600000102" in shown.html
        done = await page.post(f"{people}/new", {**shown.hidden, "step": "enrol"})
        assert (done.status, done.to) == (303, f"{people}?text=RT-9&done=enrolled")
        assert "The check-ins are planned" in (await page.get(done.to)).html
        again = await page.post(f"{people}/new", {**shown.hidden, "step": "enrol"})
        assert (again.status, "RT-9 is enrolled already" in again.html) == (422, True)
        assert await office.rows("SELECT field, recorded_by, client FROM participant_change") == [
            {"field": "enrolled", "recorded_by": "garcia", "client": "127.0.0.1"}
        ]

        sheet = await page.get(f"{people}/RT-9/sheet")
        assert '<article class="sheet" lang="es"' in sheet.html
        for words in ("3 de marzo de 2026, 11:00", "ALTO o STOP", "Llame al 112", "Primera mirada", "RT-9"):
            assert words in sheet.html, words
        assert "+34600000102" not in sheet.html

        bad = (
            CSV.replace("+12025550112", "12")
            .replace("2016-01-01", "")
            .replace("RT-11,America/New_York", "RT-11,America/Newyork")
        )
        told = await page.post(f"{people}/import", {**token, "pasted": bad})
        assert (told.status, "Nobody was enrolled" in told.html) == (422, True)
        assert re.search(r'class="number">2</td><td data-label="Column">zone</td>', told.html)
        assert re.search(r'class="number">3</td><td data-label="Column">phone</td>', told.html)
        assert re.search(r'class="number">3</td><td data-label="Column">birth_date</td>', told.html)
        before = await page.post(f"{people}/import", {**token, "pasted": CSV})
        assert (before.status, await office.one("SELECT count(*) FROM participant")) == (200, 1)
        assert "Enrol 2 people?" in before.html
        assert "RT-11, phone: somebody else is reached there too" in before.html
        assert "own telephone, telephone of a proxy" in before.html
        cut = {**before.hidden, "whole": "", "step": "enrol"}
        assert (await page.post(f"{people}/import", cut)).status == 422
        confirmed = await page.post(f"{people}/import", {**before.hidden, "step": "enrol"})
        assert (confirmed.status, confirmed.to) == (303, f"{people}?done=imported")
        assert await office.one("SELECT count(*) FROM participant WHERE code LIKE 'RT-1_'") == 2

        await as_role(page, office, "lopez", RoleAt(Role.coordinator, STUDY, "madrid"))
        form = await page.get(f"{people}/new")
        elsewhere = CSV.replace("RT-1", "RT-2")
        refused = await page.post(f"{people}/import", {"csrf": form.hidden["csrf"], "pasted": elsewhere})
        assert (refused.status, refused.html.count("you may not enrol at this site")) == (422, 2)
        hidden = {**form.hidden, **FORM, "code": "RT-8", "site": "bethesda", "step": "enrol"}
        assert (await page.post(f"{people}/new", hidden)).status == 422
        assert await office.one("SELECT count(*) FROM participant") == 3
    await office.settle()
