"""What libraries say by Python's own logging is written as our own lines are, and not thousands of times."""

import asyncio
import io
import json
import logging
from collections.abc import Callable
from datetime import datetime

import pytest

from pro_collector import logs


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


def logger(name: str, stream: io.StringIO, now: Callable[[], float] = lambda: 0.0) -> logging.Logger:
    """One that nobody else writes to; `now` in seconds."""
    made = logging.Logger(name)
    made.addHandler(logs.library_handler(stream, now))
    return made


def test_a_library_speaks_in_json_with_its_time(written: io.StringIO) -> None:
    logger("aiokafka.cluster", written).error("Topic %s not found", "pro.survey.due")
    line = json.loads(written.getvalue())
    assert datetime.fromisoformat(line.pop("timestamp")).tzinfo
    assert line == {"event": "Topic pro.survey.due not found", "level": "error", "logger": "aiokafka.cluster"}


async def test_each_part_of_a_process_is_named(written: io.StringIO) -> None:
    async def work(part: str) -> None:
        logs.name_part(part)
        await asyncio.create_task(library_speaks())

    async def library_speaks() -> None:
        await asyncio.sleep(0)
        logger("uvicorn.error", written).error("it failed")

    await asyncio.gather(asyncio.create_task(work("relay")), asyncio.create_task(work("web")))
    logger("asyncio", written).error("of no part")
    assert [json.loads(line).get("part") for line in written.getvalue().splitlines()] == ["relay", "web", None]


def test_a_traceback_is_part_of_its_line(written: io.StringIO) -> None:
    try:
        raise ValueError("why")
    except ValueError:
        logger("uvicorn.error", written).exception("it failed")
    (line,) = written.getvalue().splitlines()
    assert json.loads(line)["exception"].endswith("ValueError: why")


def test_what_a_loud_library_repeats_is_counted(written: io.StringIO) -> None:
    times = iter((0.0, 1.0, 2.0, 20.0))
    loud = logger("aiokafka.cluster", written, times.__next__)
    for n in range(4):
        loud.error("Topic %s not found", n)
    told = [json.loads(line)["event"] for line in written.getvalue().splitlines()]
    assert told == ["Topic 0 not found", "Topic 3 not found (and 2 more like it)"]


def test_other_libraries_say_all_they_have_to_say(written: io.StringIO) -> None:
    quiet = logger("aiosmtplib", written)
    for _ in range(3):
        quiet.error("the same")
    assert len(written.getvalue().splitlines()) == 3
