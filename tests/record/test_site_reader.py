"""The reader of the site's own: a real child process, and a real server on loopback; whatever it does, we go on."""

import asyncio
import shlex
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiohttp import web

from pro_collector.channels import site_reader
from pro_collector.channels.site_reader import SiteReader

PATIENT, IMPATIENT = 60.0, 0.05
"""Seconds: more than a program needs to start on a busy machine, and less than one that never answers takes."""
PROGRAM = """
import json, sys, time
open(sys.argv[1], "a").write("started\\n")
for line in sys.stdin:
    text = json.loads(line)["text"]
    if text == "die":
        sys.exit(1)
    if text == "wait":
        time.sleep(600)
    marks = {"no more, please": "stop", "¡no puedo respirar!": "emergency"}
    print(text[4:] if text.startswith("say ") else json.dumps({"flag": marks.get(text)}), flush=True)
"""
NONSENSE = (
    "maybe",
    "[]",
    "7",
    '"stop"',
    "{}",
    '{"flag": "words"}',
    '{"flag": ["stop"]}',
    '{"flag": true}',
    "\x00",
    "[" * 100_000,
)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the seconds that we wait; many, unless a test says otherwise."""
    monkeypatch.setattr(site_reader, "TIMEOUT", PATIENT)
    return lambda seconds: monkeypatch.setattr(site_reader, "TIMEOUT", seconds)


@asynccontextmanager
async def program(folder: Path) -> AsyncIterator[SiteReader]:
    """A reader that is a program; each start of it adds a line to the file `starts`."""
    reader = SiteReader(shlex.join([sys.executable, "-c", PROGRAM, str(folder / "starts")]))
    try:
        yield reader
    finally:
        await reader.close()


@asynccontextmanager
async def server(answers: Sequence[web.Response | None], asked: list[object]) -> AsyncIterator[SiteReader]:
    """A reader at a URL that gives `answers` in turn, and none at all for None; what it is asked goes to `asked`."""
    left = list(answers)

    async def read(request: web.Request) -> web.Response:
        asked.append((request.content_type, await request.json()))
        answer = left.pop(0)
        if answer is None:
            await asyncio.sleep(600)
        return answer or web.Response()

    app = web.Application()
    app.router.add_post("/read", read)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield SiteReader(f"http://127.0.0.1:{runner.addresses[0][1]}/read")
    finally:
        await runner.cleanup()


def starts(folder: Path) -> int:
    return len((folder / "starts").read_text(encoding="utf-8").splitlines())


async def said_of(reader: SiteReader, *texts: str) -> list[str | None]:
    """What a reader says of each of a batch of texts."""
    ids: list[UUID] = [uuid4() for _ in texts]
    found = await reader.marks(dict(zip(ids, texts, strict=True)))
    assert set(found) <= set(ids)
    return [found.get(id) for id in ids]


async def test_a_program_marks_line_by_line_and_keeps_running(tmp_path: Path) -> None:
    async with program(tmp_path) as reader:
        assert await said_of(reader, "no more, please", "7", "¡no puedo respirar!") == ["stop", None, "emergency"]
        assert await said_of(reader, "several\nlines") == [None]
        assert await said_of(reader, "no more, please") == ["stop"]
        assert starts(tmp_path) == 1


@pytest.mark.parametrize("nonsense", NONSENSE)
async def test_nonsense_of_a_program_counts_as_no_mark(tmp_path: Path, nonsense: str) -> None:
    async with program(tmp_path) as reader:
        assert await said_of(reader, "no more, please", f"say {nonsense}") == ["stop", None]
        assert await said_of(reader, "no more, please") == ["stop"]


async def test_a_program_that_dies_is_started_again(tmp_path: Path) -> None:
    async with program(tmp_path) as reader:
        assert await said_of(reader, "no more, please", "die") == ["stop", None]
        assert await said_of(reader, "no more, please") == ["stop"]
        assert starts(tmp_path) == 2


async def test_a_late_answer_is_not_taken_for_that_to_the_next_text(
    tmp_path: Path, patience: Callable[[float], None]
) -> None:
    async with program(tmp_path) as reader:
        assert await said_of(reader, "7") == [None]
        patience(IMPATIENT)
        assert await said_of(reader, "wait") == [None]
        patience(PATIENT)
        assert await said_of(reader, "no more, please", "7") == ["stop", None]
        assert starts(tmp_path) == 2


@pytest.mark.parametrize("where", ["/no/such/program", "http://127.0.0.1:1/read"])
async def test_what_is_not_there_marks_nothing(where: str) -> None:
    assert await said_of(SiteReader(where), "no more, please") == [None]


async def test_a_url_gets_each_text_and_marks_it() -> None:
    asked: list[object] = []
    flags = ("stop", None, "emergency")
    async with server([web.json_response({"flag": flag}) for flag in flags], asked) as reader:
        assert await said_of(reader, "basta ya", "7", "help") == list(flags)
    assert asked == [("application/json", {"text": text}) for text in ("basta ya", "7", "help")]


@pytest.mark.parametrize(
    "answer",
    [
        *({"text": nonsense} for nonsense in NONSENSE),
        {"status": 500, "text": '{"flag": "stop"}'},
        {"body": b"\xff\xfe{"},
        {"status": 204},
    ],
)
async def test_nonsense_of_a_url_counts_as_no_mark(answer: dict[str, object]) -> None:
    answers = [web.Response(**answer), web.json_response({"flag": "stop"})]  # type: ignore[arg-type]  # the test says
    async with server(answers, []) as reader:
        assert await said_of(reader, "one") == [None]
        assert await said_of(reader, "two") == ["stop"]


async def test_a_url_that_is_too_slow_marks_nothing(patience: Callable[[float], None]) -> None:
    patience(IMPATIENT)
    async with server([None], []) as reader:
        assert await said_of(reader, "no more, please") == [None]
