"""Runs the parts of the product, each in its own process or all in one event loop."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from pro_collector import logs, words
from pro_collector.errors import Misconfigured, ProCollectorError
from pro_collector.health import Health
from pro_collector.parts.watched import OnStall, Start
from pro_collector.runtime import Runtime, acting_as
from pro_collector.settings import Settings
from pro_collector.watchdog import WatchedWork

if TYPE_CHECKING:
    from fastapi import APIRouter

CONNECTIONS = {"scheduler": 4, "relay": 4, "worker": 12, "sender": 12, "web": 12}
"""How many connections to the database each part may have; the web process has more, for webhooks alone."""
PARTS = ("scheduler", "relay", "worker", "sender", "web")


def _nothing() -> None: ...


async def run_part(
    part: str,
    rt: Runtime,
    ready: Callable[[], None],
    more: "Sequence[APIRouter]" = (),
    on_stall: OnStall = _nothing,
    health: Health | None = None,
) -> None:
    """Run one part until cancelled; `ready` is called when it has started, `on_stall` before it ends for a stall.

    `health` learns when the part has started, and what it works on.

    Raises BadInput at the start when a file of words has other keys than the rest: not in the middle of a conversation.
    """
    words.load()
    logs.name_part(part)

    def start(works: Sequence[WatchedWork] = ()) -> None:
        if health is not None:
            health.started(part, works)
        ready()

    async with acting_as(rt, part, connections=CONNECTIONS[part]) as limited:
        if part == "web":
            from pro_collector.parts import web

            await web.run(limited, start, more)
        else:
            await _runner(part)(limited, start, on_stall)


def load(parts: Sequence[str]) -> None:
    """Import the code of these parts: before anything runs, because it takes a second or two, and nothing else goes on.

    A process that runs one part has only its code in memory.
    """
    for part in parts:
        if part == "web":
            from pro_collector.parts import web as web
        else:
            _runner(part)


def _runner(part: str) -> Callable[[Runtime, Start, OnStall], Awaitable[None]]:
    """What runs a part other than web."""
    if part == "scheduler":
        from pro_collector.parts.scheduler import run
    elif part == "relay":
        from pro_collector.parts.relay import run
    elif part == "worker":
        from pro_collector.parts.worker import run
    else:
        from pro_collector.parts.sender import run
    return run


@asynccontextmanager
async def run_parts(
    rt: Runtime, parts: Sequence[str], more: "Sequence[APIRouter]" = (), on_stall: OnStall = _nothing
) -> AsyncIterator[asyncio.Task[None]]:
    """Run several parts in this event loop; yields when all have started. If one part fails or stalls, all end.

    Raises Misconfigured when a port of the settings is not free.
    """
    _check_ports(rt.settings, parts)
    load(parts)
    health = Health(rt, parts)
    started = {part: asyncio.Event() for part in parts}

    async def run_all() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_serve_health(rt.settings, health), name="health")
                for part in parts:
                    group.create_task(run_part(part, rt, started[part].set, more, on_stall, health), name=part)
        except BaseExceptionGroup as failures:
            known_errors = failures.subgroup(ProCollectorError)
            if known_errors is None:
                raise
            raise _first(known_errors) from failures

    async def all_started() -> None:
        for event in started.values():
            await event.wait()

    tasks = [asyncio.create_task(run_all(), name="parts"), asyncio.create_task(all_started(), name="starting")]
    try:
        await wait_for_first(*tasks)
        yield tasks[0]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error in a tree of errors: a person can act on one error better than on a tree."""
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


async def wait_for_first(*awaitables: Awaitable[object]) -> None:
    """Return when the first awaitable is done; raise its exception."""
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


def _check_ports(settings: Settings, parts: Sequence[str]) -> None:
    if "web" in parts and settings.health_port == settings.web_port != 0:
        raise Misconfigured("PRO_HEALTH_PORT: is PRO_WEB_PORT too; expected another one, or 0")
    if "web" in parts:
        _check_port("WEB", settings.web_host, settings.web_port)
    if settings.health_port:
        _check_port("HEALTH", settings.health_host, settings.health_port)


def _check_port(setting: str, host: str, port: int) -> None:
    """Check the port before anything starts: so a port in use is a one-line error. Raises Misconfigured."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        why = error.strerror
        of_port = error.errno in (errno.EADDRINUSE, errno.EACCES)
        name, advice = ("PORT", "choose another, with `up`: --port") if of_port else ("HOST", "expected one of its own")
        raise Misconfigured(f"PRO_{setting}_{name}: cannot listen on {host}:{port} ({why}); {advice}") from error


async def _serve_health(settings: Settings, health: Health) -> None:
    if settings.health_port:
        from pro_collector.parts.serving import serve
        from pro_collector.web.health_server import health_server

        await serve(health_server(health, settings), _nothing)
