"""message.received with a reader of the site's own: what it marks is flagged, and without it all goes on as before."""

import asyncio
import shlex
import sys
from dataclasses import replace
from typing import cast

import pytest

from pro_collector.channels import site_reader
from pro_collector.channels.site_reader import SiteReader
from pro_collector.domain.conversation.reading_list import MAY_BE_EMERGENCY, MAY_STOP
from pro_collector.domain.events import MessageReceived
from pro_collector.handlers import message_received
from pro_collector.second_reader import mark_of
from tests.shared.office import PHONE, Office
from tests.shared.scenes import in_conversation

PATIENT = 60.0
"""Seconds: more than a program needs to start on a busy machine."""
HARMLESS = "the daffodils are late this year"
MARKS = "import json,sys\nfor line in sys.stdin: print(json.dumps({'flag': sys.argv[1] or None}), flush=True)"


async def read(office: Office, words: str, *command: str) -> None:
    """A text from RT-1 is handled with a program as the site's reader."""
    await office.carrier.reply(PHONE, words)
    while not office.carrier.idle():
        await asyncio.sleep(0.01)
    events = (await office.published("message.received"))["message.received"]
    reader = SiteReader(shlex.join([sys.executable, "-c", *command]))
    try:
        with_reader = replace(office.rt, site_reader=reader)
        await message_received.handle(cast("list[MessageReceived]", events), rt=with_reader)
    finally:
        await reader.close()
    await office.settle()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_reader, "TIMEOUT", PATIENT)


@pytest.mark.parametrize(
    ("flag", "kind", "reason"), [("stop", "review", MAY_STOP), ("emergency", "urgent", MAY_BE_EMERGENCY)]
)
async def test_what_only_the_site_s_reader_marks_is_flagged(office: Office, flag: str, kind: str, reason: str) -> None:
    assert mark_of(HARMLESS) is None, "the second reader of the product must not mark it too"
    await in_conversation(office)
    await read(office, HARMLESS, MARKS, flag)
    (task,) = await office.rows("SELECT kind, detail->>'reason' AS reason FROM task")
    assert task == {"kind": kind, "reason": reason}


async def test_it_takes_no_answer_away(office: Office) -> None:
    await in_conversation(office)
    await read(office, "7", MARKS, "stop")
    assert await office.one("SELECT value FROM answer_current WHERE item = 'pain'") == 7
    assert await office.one("SELECT count(*) FROM task") == 0


async def test_when_it_fails_a_text_is_read_without_it(office: Office) -> None:
    await in_conversation(office)
    await read(office, "I did not sign up for these texts", "raise SystemExit(1)")
    assert await office.one("SELECT detail->>'reason' FROM task") == MAY_STOP
