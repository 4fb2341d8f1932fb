"""What a person changes on their own page, through the web server: each act confirmed with what follows from it."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.shared.office import FIVE_SECONDS, Office
from tests.shared.scenes import first_occasion, in_conversation
from tests.wire.web.own_page_reader import OPEN, Reader, reading


@pytest.fixture
async def reader(office: Office) -> AsyncIterator[Reader]:
    """RT-1 has the link to the baseline."""
    await office.enrol()
    await office.run(OPEN)
    async with reading(office) as one:
        yield one


async def page_of(reader: Reader) -> str:
    """Sign in; the URL of the page."""
    return await reader.sign_in()


async def heading(reader: Reader, url: str) -> str:
    """The heading of a page that opens."""
    status, page, _ = await reader.get(url)
    assert status == 200
    return page.heading


async def test_every_page_opens_and_changes_nothing(reader: Reader) -> None:
    own = await page_of(reader)
    before = await reader.office.rows("SELECT * FROM participant_change")
    paths = {
        "/change": "What you can change",
        "/hour": "Hour",
        "/quiet": "Hours without messages",
        "/language": "Language",
        "/channel": "How we write to you",
        "/pause": "Take a pause",
        "/stop/sms": "Stop our texts?",
        "/stop/email": "Stop our emails?",
        "/leave": "Leave the study",
        "/leave/sure": "Leave the study now?",
        "/now": "How are you now?",
        "/question": "Write to the study team",
        "/consent": "What you agreed to",
        "/correct": "Correct an answer",
    }
    assert {path: await heading(reader, own + path) for path in paths} == paths
    assert await reader.office.rows("SELECT * FROM participant_change") == before
    assert await reader.office.rows("SELECT * FROM task") == []


@pytest.mark.parametrize(
    ("path", "fields", "column", "value", "told"),
    [
        ("/hour", {"choice": "17:00"}, "preferred_time::text", "17:00:00", "5 pm"),
        ("/quiet", {"start": "12:00", "end": "14:00"}, "quiet", "12:00-14:00", "noon to 2 pm"),
        ("/language", {"choice": "es"}, "language", "es", "Desde ahora le escribimos en este idioma"),
    ],
)
async def test_a_choice_is_stored_and_confirmed(
    reader: Reader, path: str, fields: dict[str, str], column: str, value: str, told: str
) -> None:
    own = await page_of(reader)
    status, html, url = await reader.post(own + path, fields)
    assert (status, url.partition("?")[0]) == (200, f"{own}/change")
    assert told in html
    assert 'role="status"' in html
    assert await reader.office.one(f"SELECT {column} FROM participant") == value


@pytest.mark.parametrize(
    ("path", "fields", "told"),
    [
        ("/hour", {}, "Please choose one."),
        ("/hour", {"choice": "23:00"}, "Please choose one."),
        ("/language", {"choice": "fr"}, "Please choose one."),
        ("/quiet", {"start": "08:00", "end": "20:00"}, "at least four hours"),
        ("/quiet", {"start": "08:00", "end": ""}, "from when and until when"),
        ("/pause", {}, "Please write a real day"),
        ("/pause", {"day": "31", "month": "2", "year": "2026"}, "Please write a real day"),
        ("/pause", {"day": "1", "month": "1", "year": "2026"}, "Please choose a day after today."),
        ("/pause", {"day": "1", "month": "1", "year": "2027"}, "A pause can last until"),
        ("/question", {"words": " "}, "Please write something first."),
        ("/question", {"words": "x" * 2001}, "at most 2000 characters"),
    ],
)
async def test_a_mistake_is_named_and_nothing_is_stored(
    reader: Reader, path: str, fields: dict[str, str], told: str
) -> None:
    own = await page_of(reader)
    status, html, _ = await reader.post(own + path, fields)
    assert status == 422
    assert told in html
    assert 'role="alert"' in html
    assert await reader.office.rows("SELECT * FROM participant_change") == []
    assert await reader.office.rows("SELECT * FROM participant_state") == []


async def test_a_pause_says_until_when_and_can_be_ended(reader: Reader) -> None:
    own, office = await page_of(reader), reader.office
    until = office.clock.now().date() + timedelta(days=14)
    _, html, _ = await reader.post(f"{own}/pause", {"choice": until.isoformat()})
    told = re.search(r"We will not write to you until ([^.]*)\.", html)
    assert told
    assert str(until.day) in told[1]
    assert until.strftime("%A") in told[1]
    _, html, _ = await reader.post(f"{own}/pause", {"end": "yes"})
    assert "The pause is over." in html
    assert await office.one("SELECT retracted_at IS NOT NULL FROM participant_state")


async def test_a_report_leads_to_the_form(reader: Reader) -> None:
    own = await page_of(reader)
    status, html, url = await reader.post(f"{own}/now")
    assert (status, "/r/" in url) == (200, True)
    assert "Start" in html
    assert await reader.office.one("SELECT state FROM occasion WHERE assessment = 'unprompted'") == "open"
    await reader.get(own)
    _, page, _ = await reader.get(own)
    assert page.heading == "Your own page"


async def test_a_question_is_confirmed_and_an_emergency_is_answered_at_once(reader: Reader) -> None:
    own = await page_of(reader)
    _, html, _ = await reader.post(f"{own}/question", {"words": "May I swim?", "nonce": "one"})
    assert "We have your question." in html
    _, html, _ = await reader.post(f"{own}/question", {"words": "I want to die", "nonce": "two"})
    assert "Please read this now" in html
    first, second = re.findall(r'<p class="advice">([^<]*)', html)
    assert "988" in first
    assert "911" in second
    assert [each["kind"] for each in await reader.office.rows("SELECT kind FROM task ORDER BY raised_at, kind")] == [
        "question", "urgent",
    ]  # fmt: skip


async def test_an_answer_is_corrected_for_two_weeks(office: Office) -> None:
    await in_conversation(office)
    await office.reply("9", "2", "not at all", "0", "0", "0")
    occasion = await first_occasion(office)
    async with reading(office) as one:
        own = await one.sign_in()
        _, page, _ = await one.get(f"{own}/correct")
        assert page.heading == "Correct an answer"
        url = f"{own}/correct/{occasion['id']}"
        assert await heading(one, url) == "Weekly symptoms"
        status, html, _ = await one.post(f"{url}/1", {"answer": "11"})
        assert (status, 'role="alert"' in html) == (422, True)
        assert all(said in html for said in ('href="#answer"', 'id="answer"', 'aria-describedby="mistake"'))
        _, html, _ = await one.post(f"{url}/1", {"answer": "7"})
        assert "Your new answer counts." in html
        assert await office.one("SELECT code FROM answer_current WHERE item = 'pain'") == "7"
        _, html, came_up = await one.post(f"{url}/3", {"answer": "2"})
        assert came_up == url
        assert all(said in html for said in ("questions that you were not asked before", "Not answered yet"))
        _, _, done = await one.post(f"{url}/4", {"answer": "1"})
        assert done.endswith("/change?done=corrected")
        async with one.browser.get(url) as response:
            assert "Not answered yet" not in await response.text()
        _, _, away = await one.get(f"{own}/correct/{office.handled[0].id}")
        assert away == f"{own}/correct"


async def test_leaving_takes_two_pages_closes_the_page_and_is_kind(reader: Reader) -> None:
    own = await page_of(reader)
    status, html, _ = await reader.post(f"{own}/leave/sure")
    assert (status, "Thank you for all you gave to this study." in html) == (200, True)
    status, _, _ = await reader.get(own)
    assert status == 403
    await reader.office.run(reader.office.clock.now() + FIVE_SECONDS)
    assert "you will get no more messages" in reader.office.texts()[-1]
    assert [each["kind"] for each in await reader.office.rows("SELECT kind FROM task")] == ["leave"]


async def test_one_channel_stops_and_the_page_stays_until_the_last(reader: Reader) -> None:
    own = await page_of(reader)
    _, html, _ = await reader.post(f"{own}/stop/email")
    assert "We send no more emails to you." in html
    _, html, url = await reader.post(f"{own}/stop/email")
    assert url == f"{own}/change"
    _, html, _ = await reader.post(f"{own}/stop/sms")
    assert "We send no more texts to your phone." in html
    assert (await reader.get(own))[0] == 403


async def test_nobody_changes_anything_from_another_site_or_without_a_session(reader: Reader) -> None:
    own = await page_of(reader)
    status, _, _ = await reader.post(f"{own}/leave/sure", None, Origin="https://elsewhere.example")
    assert status == 403
    reader.browser.cookie_jar.clear()
    status, _, _ = await reader.post(f"{own}/leave/sure")
    assert status == 403
    assert await reader.office.rows("SELECT * FROM task") == []


async def test_in_spanish_each_page_is_spanish(reader: Reader) -> None:
    own = await page_of(reader)
    assert await heading(reader, f"{own}/change?lang=es") == "Lo que puede cambiar"
    assert await heading(reader, f"{own}/leave") == "Dejar el estudio"
