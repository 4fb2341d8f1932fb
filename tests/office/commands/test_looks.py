"""Who looks at what patients write: each look is recorded with the words that were shown, and stays recorded."""

import ast
from datetime import timedelta

import psycopg
import pytest

from pro_collector.casework.inbound.written import Viewer
from pro_collector.commands.erase import erase
from pro_collector.commands.show_task import show_task
from pro_collector.commands.strangers import strangers
from tests.shared.office import NURSE, Office
from tests.shared.places import ROOT
from tests.shared.scenes import DAY, SOON, in_conversation

SHOWING = ("cli", "commands", "display", "demo", "web")
"""The packages that show something to people."""


async def looks(office: Office) -> list[dict[str, object]]:
    return await office.rows("SELECT * FROM look ORDER BY id")


async def test_a_task_that_is_shown_leaves_a_look_at_each_of_its_texts(office: Office) -> None:
    await in_conversation(office)
    await office.reply("my leg hurts since monday", "it hurts more now")
    task = await office.one("SELECT id FROM task")
    await office.run(office.clock.now() + SOON)
    await show_task(office.rt, str(task), Viewer("anna", "cli", "ward round"))
    (look,) = await looks(office)
    texts = [row["id"] for row in await office.rows("SELECT id FROM vault.inbound ORDER BY received_at")]
    person = await office.one("SELECT id FROM participant")
    assert look == {
        "id": look["id"], "client": None, "looked_at": office.clock.now(), "looked_by": "anna", "door": "cli",
        "view": "task", "participant_id": person, "task_id": task, "inbound_ids": texts, "why": "ward round",
    }  # fmt: skip


async def test_a_task_without_words_is_no_look_at_words(office: Office) -> None:
    await in_conversation(office)
    await office.run(office.clock.now() + 3 * DAY + SOON)
    task = await office.one("SELECT id FROM task WHERE kind = 'call' LIMIT 1")
    await show_task(office.rt, str(task), NURSE)
    assert await looks(office) == []


async def test_strangers_words_and_addresses_are_told_apart(office: Office) -> None:
    await office.reply("who is this?", number="+12025550166")
    for address in (False, True):
        (shown,) = await strangers(office.rt, timedelta(days=1), NURSE, address=address)
        assert (shown.words, shown.address) == ("who is this?", "+12025550166" if address else "")
    text = await office.one("SELECT id FROM vault.inbound")
    seen = [(look["view"], look["participant_id"], look["inbound_ids"]) for look in await looks(office)]
    assert seen == [("stranger", None, [text]), ("stranger and address", None, [text])]


async def test_no_words_without_their_record(office: Office) -> None:
    await in_conversation(office)
    await office.reply("my leg hurts since monday")
    task = str(await office.one("SELECT id FROM task"))
    async with office.rt.database.transaction() as tx:
        await tx.execute("ALTER TABLE look ADD CONSTRAINT nobody CHECK (looked_by <> 'nurse')")
    with pytest.raises(psycopg.errors.CheckViolation):
        await show_task(office.rt, task, NURSE)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM look",
        "TRUNCATE look",
        "UPDATE look SET looked_by = 'somebody else'",
        "UPDATE look SET inbound_ids = '{}'",
        "UPDATE look SET participant_id = NULL, task_id = NULL, inbound_ids = '{}', why = '', looked_at = now()",
    ],
)
async def test_a_look_can_be_neither_changed_nor_deleted(office: Office, change: str) -> None:
    await in_conversation(office)
    await office.reply("my leg hurts since monday")
    await show_task(office.rt, str(await office.one("SELECT id FROM task")), NURSE)
    before = await looks(office)
    with pytest.raises(psycopg.errors.RaiseException, match="only grows"):
        await office.rows(change)
    assert await looks(office) == before


@pytest.mark.parametrize("keep_answers", [False, True])
async def test_of_somebody_erased_it_says_no_more_than_that_somebody_looked(office: Office, keep_answers: bool) -> None:
    await in_conversation(office)
    await office.reply("my leg hurts since monday")
    await show_task(office.rt, str(await office.one("SELECT id FROM task")), Viewer("anna", "cli", "Maria's leg"))
    await erase(office.rt, "RT-1", keep_answers=keep_answers, by="tester")
    (look,) = await looks(office)
    assert (look["looked_by"], look["view"]) == ("anna", "task")
    assert (look["participant_id"], look["task_id"], look["inbound_ids"], look["why"]) == (None, None, [], "")


def test_what_shows_something_to_people_opens_no_text_itself() -> None:
    """The words come from `casework/inbound/written.py` alone, which records the look."""
    files = [path for package in SHOWING for path in (ROOT / "pro_collector" / package).rglob("*.py")]
    assert len(files) > 60
    opening = {
        str(path.relative_to(ROOT))
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("unseal", "unseal_json")
    }
    assert opening == set()
