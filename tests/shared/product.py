"""Runs the product as an operator does: the real command line, in separate processes."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg

from pro_collector.rehearsal.world import World

COMMAND = Path(sys.executable).parent / "pro-collector"
TIMEOUT = 100.0
"""Seconds. Everything takes a few seconds, or more if busy."""


def environment(world: World) -> dict[str, str]:
    """The settings of the world as environment variables."""
    plain = {name: getattr(world.rt.settings, name) for name in type(world.rt.settings).model_fields}
    shown = {
        name: value.get_secret_value() if hasattr(value, "get_secret_value") else value for name, value in plain.items()
    }
    settings = {f"PRO_{name.upper()}": str(value) for name, value in shown.items()}
    return {**{k: v for k, v in os.environ.items() if not k.startswith("PRO_")}, **settings}


async def command(env: dict[str, str], *words: str, code: int = 0) -> str:
    """Run one command to its end, while the carrier in this process runs; returns what it printed."""

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run([COMMAND, *words], env=env, capture_output=True, text=True, timeout=TIMEOUT, check=False)

    done = await asyncio.to_thread(run)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@asynccontextmanager
async def process(env: dict[str, str], *words: str, until: str = "running: ") -> AsyncIterator[subprocess.Popen[str]]:
    """The product in a separate process, ready once it has logged `until`; stopped like with Ctrl-C."""
    running = subprocess.Popen([COMMAND, *words], env=env, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    log = [""]
    try:
        while until not in log[-1]:
            log.append(await asyncio.to_thread(running.stderr.readline))
            assert log[-1], f"it ended, with code {running.wait()}: {''.join(log)}"
        yield running
        if running.poll() is None:
            running.send_signal(signal.SIGINT)
            assert await asyncio.to_thread(running.wait, TIMEOUT) == 0
    finally:
        running.kill()
        running.wait()
        running.stderr.close()


async def bring_forward(database_url: str, *, planned: int) -> None:
    """A survey that is due opens at the next whole minute: open all of them now, once so many are planned."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        while (await connection.execute("SELECT FROM agenda WHERE type = 'survey.due'")).rowcount < planned:
            await asyncio.sleep(0.2)
        await connection.execute("UPDATE occasion SET due_at = now(), opens_at = now() WHERE state = 'planned'")
        await connection.execute("UPDATE agenda SET due_at = now() WHERE type = 'survey.due'")
        await connection.execute("NOTIFY agenda")
