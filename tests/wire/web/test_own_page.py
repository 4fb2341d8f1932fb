"""The door of one's own page on the record, through the web server: the code, the session, and who gets in."""

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest

from pro_collector.commands.apply_study import apply_study
from pro_collector.commands.change_person import move_address
from pro_collector.commands.record_state import record_state
from pro_collector.web.mine.session import SESSION
from tests.shared.clock import START
from tests.shared.office import DEMO, PHONE, Office, library
from tests.shared.scenes import DAY, MOTHER, treated
from tests.wire.web.own_page_reader import OPEN, Reader, browsing, other, reading

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def reader(office: Office) -> AsyncIterator[Reader]:
    """RT-1 has the link to the baseline."""
    await office.enrol()
    await office.run(OPEN)
    async with reading(office) as one:
        yield one


async def signed_in(reader: Reader) -> bool:
    """Whether the page opens without another code."""
    _, _, url = await reader.get(f"{reader.office.rt.settings.public_url}/m/")
    return "/m/p/" in url


async def test_a_code_opens_the_page_and_no_identity_is_in_any_url(reader: Reader) -> None:
    status, page, _ = await reader.get()
    assert (status, page.heading) == (200, "Your own page")
    code = await reader.ask()
    status, _, url = await reader.enter(code)
    assert status == 200
    assert re.search(r"/m/p/\w{10}$", url)
    assert "RT-1" not in url
    assert (await reader.get(url))[1].heading == "Your own page"
    assert await reader.office.one("SELECT what FROM own_page_visit") == "signed_in"


async def test_looking_at_the_door_changes_nothing_and_tells_two_digits_alone(reader: Reader) -> None:
    async with reader.browser.get(reader.door) as response:
        text = await response.text()
        assert response.headers["Cache-Control"] == "no-store"
    assert "··01" in text
    assert PHONE[1:] not in text
    assert "example.org" not in text.replace("rare-tumour-story.example.org", "")
    assert await reader.office.rows("SELECT * FROM own_page_code") == []
    async with reader.browser.head(reader.door) as response:
        assert response.status == 200


async def test_a_guessed_link_is_like_any_other_link_that_does_not_work(reader: Reader) -> None:
    unknown = f"{reader.office.rt.settings.public_url}/m/{'a' * 22}"
    pages = []
    for url in (unknown, f"{unknown}/code"):
        async with reader.browser.get(url) as response:
            pages.append((response.status, await response.text()))
        pages.append((await reader.post(url, {"to": "sms", "code": "123456"}))[:2])
    async with reader.browser.get(f"{reader.office.rt.settings.public_url}/r/{'a' * 22}") as response:
        pages.append((response.status, await response.text()))
    assert {status for status, _ in pages} == {404}
    assert len({text for _, text in pages}) == 1


async def test_the_code_is_nowhere_in_the_database(reader: Reader) -> None:
    code = await reader.ask()
    tables = await reader.office.rows(
        "SELECT table_schema AS s, table_name AS t FROM information_schema.tables"
        " WHERE table_schema IN ('public', 'vault') AND table_type = 'BASE TABLE'"
    )
    for table in tables:
        for row in await reader.office.rows(f'SELECT row_to_json(t)::text AS said FROM {table["s"]}."{table["t"]}" t'):
            assert code not in row["said"], table["t"]


async def test_a_code_by_mail_opens_the_page_too(reader: Reader) -> None:
    status, _, url = await reader.enter(await reader.ask("email"))
    assert (status, "/m/p/" in url) == (200, True)


async def test_a_wrong_code_is_told_with_the_tries_left_and_five_end_it(reader: Reader) -> None:
    code = await reader.ask()
    left = []
    for _ in range(5):
        status, text, _ = await reader.enter(other(code))
        assert status == 422
        found = re.search(r"try (\d) more", text)
        left.append(int(found[1]) if found else None)
    assert left == [4, 3, 2, 1, None]
    status, text, _ = await reader.enter(code)
    assert status == 422
    assert "Please send another one" in text
    assert not await signed_in(reader)


async def test_a_code_works_once_and_for_ten_minutes(reader: Reader) -> None:
    code = await reader.ask()
    await reader.office.run(reader.office.clock.now() + 10 * MINUTE)
    assert "10 minutes are over" in (await reader.enter(code))[1]
    code = await reader.ask()
    await reader.enter(code)
    await reader.office.run(reader.office.clock.now() + MINUTE)
    assert "used already" in (await reader.enter(code))[1]


async def test_a_link_to_the_report_leads_there_and_begins_nothing_by_itself(reader: Reader) -> None:
    reader.door += "/now"
    url = await reader.sign_in()
    assert re.search(r"/m/p/\w{10}/now$", url)
    assert (await reader.get())[2] == url  # now without a code
    assert (await reader.get(url))[1].heading == "How are you now?"
    assert await reader.office.rows("SELECT * FROM occasion WHERE assessment = 'unprompted'") == []


async def test_a_double_tap_on_the_button_lets_in(reader: Reader) -> None:
    code = await reader.ask()
    assert [(await reader.enter(code))[0] for _ in range(2)] == [200, 200]


async def test_three_codes_an_hour_and_then_it_is_said(reader: Reader) -> None:
    for _ in range(3):
        await reader.ask()
        await reader.office.run(reader.office.clock.now() + MINUTE)
    status, text, _ = await reader.post(reader.door, {"to": "sms"})
    assert (status, "several codes already" in text) == (429, True)
    await reader.office.settle()
    assert await reader.office.one("SELECT count(*) FROM own_page_code") == 3
    assert await reader.office.one("SELECT count(*) FROM message WHERE purpose = 'code'") == 3


async def test_after_many_wrong_codes_in_a_day_no_code_opens(reader: Reader) -> None:
    for _ in range(4):
        code = await reader.ask()
        for _ in range(5):
            await reader.enter(other(code))
        await reader.office.run(reader.office.clock.now() + timedelta(minutes=61))
    assert "too many wrong codes" in (await reader.enter(await reader.ask()))[1]
    await reader.office.run(reader.office.clock.now() + DAY)
    assert "/m/p/" in await reader.sign_in()


async def test_the_session_ends_when_idle_and_after_two_hours(reader: Reader) -> None:
    await reader.sign_in()
    for _ in range(8):
        await reader.office.run(reader.office.clock.now() + 14 * MINUTE)
        assert await signed_in(reader)
    await reader.office.run(reader.office.clock.now() + 9 * MINUTE)
    assert not await signed_in(reader)
    await reader.sign_in()
    await reader.office.run(reader.office.clock.now() + 15 * MINUTE)
    assert not await signed_in(reader)


async def test_signing_out_ends_it(reader: Reader) -> None:
    await reader.sign_in()
    (cookie,) = [each for each in reader.browser.cookie_jar if each.key == SESSION]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "lax", "/m")
    value = cookie.value
    _, text, _ = await reader.post(f"{reader.office.rt.settings.public_url}/m/out")
    assert "signed out" in text
    reader.browser.cookie_jar.update_cookies({SESSION: value})
    assert not await signed_in(reader)


async def test_a_page_of_another_site_can_press_no_button(reader: Reader) -> None:
    code = await reader.ask()
    for url, fields in ((reader.door, {"to": "sms"}), (f"{reader.door}/code", {"code": code})):
        status, _, _ = await reader.post(url, fields, **{"Sec-Fetch-Site": "cross-site"})
        assert status == 403
    assert await reader.office.one("SELECT count(*) FROM own_page_code") == 1
    assert await reader.office.rows("SELECT * FROM own_page_session") == []


async def test_a_new_phone_ends_the_session_of_the_old_one(reader: Reader) -> None:
    await reader.sign_in()
    await move_address(reader.office.rt, "RT-1", "phone", "+12025550177", by="tester")
    assert not await signed_in(reader)


@pytest.mark.parametrize("kind", ["died", "withdrew"])
async def test_after_an_end_nobody_gets_in_and_no_code_leaves(reader: Reader, kind: str) -> None:
    await reader.sign_in()
    await record_state(reader.office.rt, "RT-1", kind, None, None, by="tester")
    assert not await signed_in(reader)
    _, text, _ = await reader.post(reader.door, {"to": "sms"})
    assert "cannot send you a code" in text
    assert "+12025550142" in text
    assert await reader.office.one("SELECT count(*) FROM own_page_code") == 1


async def test_whoever_wants_all_erased_is_out(reader: Reader) -> None:
    await reader.sign_in()
    await reader.office.reply("delete all my data")
    assert not await signed_in(reader)


async def test_no_code_goes_to_an_address_that_opted_out(reader: Reader) -> None:
    await reader.office.reply("STOP")
    text = await (await reader.browser.get(reader.door)).text()
    assert "··01" not in text
    assert "mailbox that begins with r" in text
    assert "/m/p/" in (await reader.enter(await reader.ask("email")))[2]


async def test_a_parent_sees_the_children_of_this_address_and_loses_one_who_grows_up(office: Office) -> None:
    born = {"RT-1": date(2018, 3, 1), "RT-2": date(2013, 3, 20)}
    for code, birth_date in born.items():
        await treated(office, code=code, birth_date=birth_date, phone=None, proxy_phone=MOTHER)
    await office.run(OPEN + DAY)
    async with reading(office, MOTHER) as parent:
        await parent.sign_in(MOTHER)
        page = await (await parent.browser.get(f"{office.rt.settings.public_url}/m/")).text()
        assert re.findall(r"The page of (RT-\d)", page) == ["RT-1", "RT-2"]
        assert (await parent.get(f"{parent.door}/now"))[1].heading == "Whose page?"
        await office.run(START + 19 * DAY)
        async with reading(office, MOTHER) as again:
            await again.sign_in(MOTHER)
            page = await (await again.browser.get(f"{office.rt.settings.public_url}/m/")).text()
            assert re.findall(r"The page of (RT-\d)", page) == ["RT-1"]
            assert "RT-2 now answers alone" in page


async def test_a_shared_phone_shows_the_person_of_the_link_alone(office: Office) -> None:
    fields: dict[str, Any] = {"phone": MOTHER}
    for code in ("RT-1", "RT-2"):
        await treated(office, code=code, **fields)
    await office.run(OPEN + DAY)
    async with reading(office, MOTHER) as one:
        url = await one.sign_in(MOTHER)
        assert "/m/p/" in url
        assert len(await office.rows("SELECT * FROM own_page_session")) == 1


async def test_help_has_the_link_for_whom_no_mail_reaches(office: Office) -> None:
    await office.enrol(email=None)
    told = await office.reply("HELP")
    token = told.partition("/m/")[2].split()[0]
    assert await office.one("SELECT count(*) FROM link WHERE occasion_id IS NULL") == 1
    async with browsing(office, f"{office.rt.settings.public_url}/m/{token}") as one:
        assert "/m/p/" in await one.sign_in()
        assert (await one.get(f"{office.rt.settings.public_url}/r/{token}"))[0] == 404


async def test_help_is_one_text_for_everybody_else(reader: Reader) -> None:
    assert "/m/" not in await reader.office.reply("HELP")


async def test_a_study_without_own_pages_has_no_links_and_no_door(office: Office) -> None:
    changed = DEMO.replace('version: "1.0"', 'version: "1.1"').replace(
        "\nassessments:", "\npage: {offered: false}\nassessments:"
    )
    await apply_study(office.rt, changed, "study.yaml", library(), "tester")
    await office.enrol()
    await office.run(OPEN + DAY)
    told = await office.reply("HELP")
    letter = office.world.mailbox.inboxes["rt-1@example.org"][-1]
    link = f"{office.rt.settings.public_url}/r/{re.findall(r'/r/(.{22})', letter.text)[0]}"
    async with reading(office) as one:
        one.door = link.replace("/r/", "/m/")
        assert (await one.get())[0] == 404
        for words in (told, letter.text, letter.html, await (await one.browser.get(link)).text()):
            assert "/m/" not in words
