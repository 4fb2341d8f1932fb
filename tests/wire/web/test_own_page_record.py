"""What a person reads on their own page: their answers, their scores, a copy of their data; and nobody else's."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from pro_collector.commands.apply_study import apply_study
from pro_collector.commands.change_person import move_address
from tests.shared.office import DEMO, PHONE, Office, library
from tests.shared.scenes import ANSWERS, ASKED, DAY, MOTHER, SOON, in_conversation, treated
from tests.wire.web.own_page_reader import Reader, reading

WEEK = 7 * DAY


async def answered_twice(office: Office, **fields: Any) -> None:
    """RT-1 has answered two of three weekly diaries: the second was missed. Treatment began, a cycle began."""
    await in_conversation(office, **fields)
    number = fields.get("phone") or fields.get("proxy_phone") or "+12025550101"
    await office.reply(*ANSWERS, number=number)
    await office.happened("cycle", date(2026, 3, 5))
    await office.happened("progression", date(2026, 3, 6))
    await office.run(ASKED + 2 * WEEK + SOON)
    await office.reply("3", *ANSWERS[1:], number=number)


@pytest.fixture
async def reader(office: Office) -> AsyncIterator[Reader]:
    """RT-1 is signed in, after two answered diaries."""
    await answered_twice(office)
    async with reading(office) as one:
        yield one


async def text_of(reader: Reader, path: str = "", **headers: str) -> str:
    """The source of a page below the person's own."""
    url = await reader.sign_in() if "/m/p/" not in reader.page else reader.page
    reader.page = url
    async with reader.browser.get(f"{url}{path}", headers=headers) as response:
        assert response.status == 200
        assert response.headers["Cache-Control"] == "no-store"
        return await response.text()


async def test_the_overview_lists_what_was_answered_and_what_comes(reader: Reader) -> None:
    page = await text_of(reader)
    assert re.findall(r'/answers/[0-9a-f-]{36}">([^<]+)</a>', page) == ["Weekly symptoms"] * 2
    assert "Next check-ins" in page
    assert "by text, one question at a time" in page


async def test_answers_are_shown_as_given_with_how_and_when(reader: Reader) -> None:
    overview = await text_of(reader)
    newest, oldest = re.findall(r"(/answers/[0-9a-f-]{36})", overview)
    page = await text_of(reader, oldest)
    assert "Answered on Tuesday, March 3, by text" in page
    assert re.findall(r"<dd>(7 ?.*|not at all.*)</dd>", page, re.IGNORECASE)
    assert ">3<" in (await text_of(reader, newest)) or "<dd>3</dd>" in (await text_of(reader, newest))


async def test_a_corrected_answer_has_the_first_one_beside_it(reader: Reader) -> None:
    await reader.office.rows(
        "INSERT INTO answer (answered_at, participant_id, occasion_id, instrument, instrument_version, instrument_hash,"
        " item, value, code, reporter, mode, rung, language, late, corrected_by)"
        " SELECT %s, participant_id, occasion_id, instrument, instrument_version, instrument_hash, item, 9, '9',"
        " reporter, 'web', rung, language, false, 'self' FROM answer WHERE item = 'pain' ORDER BY seq LIMIT 1"
        " RETURNING seq",
        reader.office.clock.now(),
    )
    overview = await text_of(reader)
    page = await text_of(reader, re.findall(r"(/answers/[0-9a-f-]{36})", overview)[-1])
    assert "9 <span" in page
    assert "corrected later" in page
    assert "Before: 7, by text, Tuesday, March 3" in page


async def test_trends_say_the_direction_and_the_last_two_values(reader: Reader) -> None:
    page = await text_of(reader, "/trends")
    assert re.search(r"Higher is worse\.</span> <strong>30 \(today\), 70 \(2 weeks ago\)\.", page)
    pain = page.partition(">Pain</h2>")[2].partition("</section>")[0]
    assert pain.count("<circle") == 2
    assert "<polyline" not in pain, "a check-in was missed in between"
    assert "<td>no score</td>" in pain
    assert re.findall(r'class="value"[^>]*>(\d+)<', pain) == ["100", "50", "0"]


async def test_what_the_team_recorded_and_may_not_have_told_is_not_shown(reader: Reader) -> None:
    for path in ("/trends", "/data", "/data/my-data.csv"):
        page = await text_of(reader, path)
        assert "Treatment cycle" in page, path
        assert "Progression" not in page, path


@pytest.mark.parametrize(
    ("section", "told", "link"),
    [
        ("page: {trends: false}", "does not show scores at present", False),
        ("page: {trends_after: 6mo}", "does not show scores at present", True),
    ],
)
async def test_a_study_may_show_no_scores_or_show_them_later(
    office: Office, section: str, told: str, link: bool
) -> None:
    changed = DEMO.replace('version: "1.0"', 'version: "1.1"').replace("\nassessments:", f"\n{section}\nassessments:")
    await apply_study(office.rt, changed, "study.yaml", library(), "tester")
    await answered_twice(office)
    async with reading(office) as reader:
        page = await text_of(reader)
        assert ("/trends" in page) == link
        assert told in await text_of(reader, "/data")
        assert "Observation" not in await text_of(reader, "/data/my-data.json")
        assert "score" not in {row[1] for row in rows_of(await text_of(reader, "/data/my-data.csv"))}
        if link:
            assert "from Wednesday, September 2 on" in await text_of(reader, "/trends")


def rows_of(text: str) -> list[list[str]]:
    """The rows of a CSV file."""
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


async def test_the_copy_to_read_has_everything(reader: Reader) -> None:
    await reader.office.reply("my leg hurts since the weekend")
    page = await text_of(reader, "/data")
    for part in (
        "RT-1",
        "Tuesday, March 3",
        "Weekly symptoms",
        "my leg hurts since the weekend",
        "from you",
        "from us",
    ):
        assert part in page, part
    assert "{" not in re.sub(r"<[^>]*>", "", page)
    assert "treated" not in page, "the arm is not shown"
    assert [row["what"] for row in await reader.office.rows("SELECT what FROM own_page_visit ORDER BY id")] == [
        "signed_in",
        "read",
    ]
    (look,) = await reader.office.rows("SELECT * FROM look")
    assert (look["looked_by"], look["door"], look["view"]) == ("participant", "web", "own page")


async def test_the_copy_as_a_table(reader: Reader) -> None:
    await reader.office.reply("=1+1 is what I feel like")
    header, *rows = rows_of(await text_of(reader, "/data/my-data.csv"))
    assert header[:3] == ["When", "Kind", "What"]
    assert {row[1] for row in rows} == {"answer", "score", "treatment", "message"}
    assert next(row[4] for row in rows if row[1] == "answer").startswith("7")
    assert "'=1+1 is what I feel like" in {row[4] for row in rows}
    assert not [cell for row in rows for cell in row if re.fullmatch(r"\d{6}", cell)]


async def test_the_copy_as_fhir(reader: Reader) -> None:
    bundle = json.loads(await text_of(reader, "/data/my-data.json"))
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    assert kinds.count("QuestionnaireResponse") == 2
    assert kinds.count("Observation") == 14
    assert "RT-1" not in json.dumps(bundle)


async def test_nobody_reads_the_answers_of_another(office: Office) -> None:
    await answered_twice(office)
    theirs = str(await office.one("SELECT occasion_id FROM response ORDER BY completed_at LIMIT 1"))
    await office.enrol(code="RT-2", phone=MOTHER)
    await office.run(office.clock.now() + DAY)
    async with reading(office, MOTHER) as other:
        own = await other.sign_in(MOTHER)
        other.page = own
        for url in (f"{own}/answers/{theirs}", f"{own}/answers/nothing", own.rpartition("/")[0] + "/aaaaaaaaaa/data"):
            assert (await other.get(url))[2] == own, "it leads back to their own page"
        assert (
            "Weekly symptoms"
            not in (await text_of(other, "/data")).partition("What you answered")[2].partition("Scores")[0]
        )


async def test_a_parent_reads_what_the_parent_answered_and_a_child_what_the_child_did(office: Office) -> None:
    await treated(office, birth_date=date(2016, 1, 1), phone="+12025550101", proxy_phone=MOTHER)
    await office.run(ASKED + SOON)
    await office.reply(*ANSWERS, number=MOTHER)
    async with reading(office, MOTHER) as parent, reading(office) as child:
        parent.page, child.page = await parent.sign_in(MOTHER), await child.sign_in()
        assert "/answers/" in await text_of(parent)
        assert "/answers/" not in await text_of(child)
        assert json.loads(await text_of(child, "/data/my-data.json"))["entry"] == []


async def test_without_a_session_nothing_is_shown(reader: Reader) -> None:
    page = await reader.sign_in()
    reader.browser.cookie_jar.clear()
    for path in ("", "/trends", "/data", "/data/my-data.csv", "/data/my-data.json", f"/answers/{'0' * 8}"):
        status, shown, _ = await reader.get(f"{page}{path}")
        assert (status, shown.heading) == (403, "Please open your link again"), path


async def test_in_spanish_everything_is_spanish(reader: Reader) -> None:
    page = await text_of(reader, "/trends?lang=es")
    assert ">Dolor</h2>" in page
    assert "30 (hoy), 70 (hace 2 semanas)" in page
    assert ">Resumen</a>" in page
    assert "Weekly" not in await text_of(reader), "the language is remembered"


async def test_a_number_that_passed_on_does_not_show_what_its_owner_before_wrote(office: Office) -> None:
    await in_conversation(office)
    await office.reply(*ANSWERS)
    await office.run(office.clock.now() + DAY)
    await office.reply("my old secret words")
    await move_address(office.rt, "RT-1", "phone", MOTHER, by="tester")
    await office.run(office.clock.now() + DAY)
    await office.enrol(code="RT-2", phone=PHONE)
    await office.run(office.clock.now() + DAY)
    async with reading(office, PHONE) as new:
        url = await new.sign_in(PHONE)
        async with new.browser.get(f"{url}/data") as response:
            page = await response.text()
    assert response.status == 200
    assert "RT-2" in page
    assert "my old secret words" not in page
