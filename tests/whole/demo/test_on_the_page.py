"""The page in a real Chromium: the phone gets a text, a reply is typed, the chart gains a point; Ctrl-C ends it all."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from pro_collector.embedded.port import LOOPBACK, free_port
from tests.shared.product import COMMAND

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

QUIET = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
ANSWERS = ("7", "3", "not at all", "a little", "some", "2", "2")


@pytest.fixture
def address() -> Iterator[str]:
    """A demonstration in a process of its own, stopped by Ctrl-C."""
    port, began = free_port(), time.monotonic()
    running = subprocess.Popen(
        [COMMAND, "demo", "--port", str(port)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        while not listens(port):
            assert running.poll() is None, "the demonstration ended at once"
            assert time.monotonic() - began < 200, "the demonstration never served its page"
            time.sleep(0.1)
        starting = time.monotonic() - began  # five seconds or so, and as much more as the machine is busy
        yield f"http://127.0.0.1:{port}"
        children = offspring(running.pid)
        assert children, "PostgreSQL and Kafka are processes of its own"
        stopped = time.monotonic()
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=200) == 0
        assert time.monotonic() - stopped < 5 + starting
        assert not [child for child in children if alive(child)], "no orphan stays"
    finally:
        running.kill()
        running.wait()


def listens(port: int) -> bool:
    """Whether anybody does."""
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def offspring(pid: int) -> list[int]:
    """The process's children and theirs."""
    own = [int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()]
    return own + [each for child in own for each in offspring(child)]


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


async def came(page: Page, look: str, seconds: float = 120) -> Any:
    """The first true value of a JavaScript expression."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = await page.evaluate(look)
        if found:
            return found
        await asyncio.sleep(0.3)
    pytest.fail(f"waited {seconds} s for {look}")


YOURS = "fetch('/demo/rows').then(r => r.json()).then(r => r.scores.rows.filter(row => row[0] === 'you').length)"
TEXTS = "document.querySelectorAll('#texts li').length"
LAST = "[...document.querySelectorAll('#texts li')].map(li => li.innerText).join('\\n')"


async def test_a_text_comes_a_reply_is_typed_and_the_chart_gains_a_point(address: str) -> None:
    program = os.environ.get("PRO_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no Chromium on this machine; install the package `chromium`, or name one in PRO_TEST_CHROMIUM")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=QUIET.split())
        page = await browser.new_page()
        await page.goto(address)
        await came(page, f"({LAST}).includes('6 short questions')")
        assert await page.evaluate(YOURS) == 0
        for words in ANSWERS:
            before = await page.evaluate(TEXTS)
            await page.fill("#words", words)
            await page.press("#words", "Enter")
            await came(page, f"{TEXTS} >= {before + 2}")
            if "last question" in await page.evaluate(LAST):
                break
        await came(page, f"({YOURS})")
        await page.get_by_role("button", name="6 h/s", exact=True).click()  # time is slow for a minute after a reply
        await came(page, "document.querySelectorAll('#scores svg circle').length > 10")
        await the_team_has_a_side_too(page, address)
        await browser.close()


async def the_team_has_a_side_too(page: Page, address: str) -> None:
    """The button signs the coordinator in, in another tab; without its key nobody comes in."""
    stranger = await page.request.post(f"{address}/demo/team", form={"key": "guessed"}, max_redirects=0)
    assert stranger.headers["location"] == "/"
    for _ in range(2):  # the second time with the session of the first
        async with page.expect_popup() as opening:
            await page.get_by_role("button", name="you are the coordinator").click()
        tab = await opening.value
        await tab.wait_for_load_state()
        assert tab.url.startswith(f"{address}/team")
        await tab.get_by_role("button", name="Sign out", exact=True).wait_for()
        await tab.close()
