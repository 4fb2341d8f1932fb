"""Runs the parts of the product, each in its own process or all in one event loop."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import uvicorn
from fastapi import APIRouter

from pro_collector import feeding, jobs, logs, nightly, webhook_delivery, words
from pro_collector.agenda import PostgresAgenda
from pro_collector.audit_keys import AuditKeys
from pro_collector.casework.inbound.ahead import prepare_to_read
from pro_collector.errors import Misconfigured, ProCollectorError
from pro_collector.health import Health
from pro_collector.kafka.broker import Broker
from pro_collector.kafka.producer import Producer
from pro_collector.pipeline import HANDLED_TYPES, connect
from pro_collector.postgres.questions import oldest_work
from pro_collector.postgres.tables import polls
from pro_collector.reconciler import Reconciler
from pro_collector.relay import Relay
from pro_collector.runtime import Runtime, acting_as
from pro_collector.settings import Settings
from pro_collector.watchdog import Stalled, Watchdog, WatchedWork
from pro_collector.web.server import application, general_contact, health_server, server
from scheduler.loop import run as run_scheduler

CONNECTIONS = {"scheduler": 4, "relay": 4, "worker": 12, "sender": 12, "web": 12}
"""How many connections to the database each part may have; the web process has WEBHOOK_CONNECTIONS more."""
PARTS = ("scheduler", "relay", "worker", "sender", "web")


def _nothing() -> None: ...


async def run_part(
    part: str,
    rt: Runtime,
    ready: Callable[[], None],
    more: Sequence[APIRouter] = (),
    on_stall: Callable[[], None] = _nothing,
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

    async with AsyncExitStack() as stack:
        rt = await stack.enter_async_context(acting_as(rt, part, connections=CONNECTIONS[part]))
        if part == "scheduler":
            AuditKeys.of(rt.settings)  # a missing key is an error now, not at night
            agenda = PostgresAgenda(rt.database, rt.listener)
            due = WatchedWork(
                part, lambda tx: oldest_work.due(tx, rt.clock.now()), lambda: agenda.done, needs_kafka=False
            )
            start([due])
            await _watched(rt, [due], on_stall, run_scheduler(agenda, rt.clock), _nightly(rt))
        elif part == "relay":
            producer = await stack.enter_async_context(_producer(rt))
            relay = Relay(rt.database, producer, rt.listener, HANDLED_TYPES)
            unpublished = WatchedWork(part, oldest_work.unpublished, lambda: relay.done)
            start([unpublished])
            await _watched(rt, [unpublished], on_stall, relay.run())
        elif part == "web":
            await _serve(rt, start, more)
        else:
            if part == "worker":
                await prepare_to_read(rt)
            works = await stack.enter_async_context(_broker(rt, part))
            if part == "sender":
                reconciler = Reconciler(rt)
                works = [*works, *_polls(reconciler, rt)]
                start(works)
                await _watched(rt, works, on_stall, reconciler.run(), webhook_delivery.run(rt))
            else:
                start(works)
                await _watched(rt, works, on_stall, _jobs(rt), feeding.run(rt))


async def _nightly(rt: Runtime) -> None:
    async with acting_as(rt, "nightly", connections=2) as limited:
        await nightly.run(limited)


async def _jobs(rt: Runtime) -> None:
    async with acting_as(rt, "jobs", connections=4) as limited:
        await jobs.run(limited)


def _polls(reconciler: Reconciler, rt: Runtime) -> Iterator[WatchedWork]:
    """The work of reading the log of missed texts, for the watchdog; none without a provider of texts."""
    if rt.twilio is not None:
        yield WatchedWork(
            "sender.poll",
            lambda tx: polls.overdue(tx, reconciler.inbound_log),
            lambda: reconciler.polls,
            needs_kafka=False,
        )


async def _watched(
    rt: Runtime, works: Sequence[WatchedWork], on_stall: Callable[[], None], *runs: Coroutine[None, None, None]
) -> None:
    """Run these and a watchdog for their work. Raises a group with Stalled when the work stalls for too long."""

    async def watch() -> None:
        try:
            await Watchdog(rt, works).run()
        except Stalled:
            on_stall()
            raise

    async with asyncio.TaskGroup() as group:
        for run in runs:
            group.create_task(run)
        group.create_task(watch(), name="watchdog")


@asynccontextmanager
async def run_parts(
    rt: Runtime, parts: Sequence[str], more: Sequence[APIRouter] = (), on_stall: Callable[[], None] = _nothing
) -> AsyncIterator[asyncio.Task[None]]:
    """Run several parts in this event loop; yields when all have started. If one part fails or stalls, all end.

    Raises Misconfigured when a port of the settings is not free.
    """
    _check_ports(rt.settings, parts)
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


@asynccontextmanager
async def _producer(rt: Runtime) -> AsyncIterator[Producer]:
    producer = Producer(rt.settings)
    try:
        await producer.start()
        yield producer
    finally:
        await producer.stop()


@asynccontextmanager
async def _broker(rt: Runtime, process: str) -> AsyncIterator[Sequence[WatchedWork]]:
    broker = Broker(rt.settings)
    works = connect(broker, rt, process)
    try:
        await broker.start()
        yield works
    finally:
        await broker.stop()


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


WEBHOOK_CONNECTIONS = 4
"""Connections to the database that only webhooks use."""


async def _serve(rt: Runtime, ready: Callable[[], None], more: Sequence[APIRouter]) -> None:
    async with rt.database.another(connections=WEBHOOK_CONNECTIONS) as database:
        app = application(rt, await general_contact(rt), more, urgent=replace(rt, database=database))
        await _run_server(server(app, rt.settings), ready)


async def _serve_health(settings: Settings, health: Health) -> None:
    if settings.health_port:
        await _run_server(health_server(health, settings), _nothing)


async def _run_server(serving: uvicorn.Server, ready: Callable[[], None]) -> None:
    task = asyncio.create_task(serving.serve(), name="uvicorn")
    try:
        while not serving.started and not task.done():
            await asyncio.sleep(0.01)
        ready()
        await asyncio.shield(task)
    finally:
        serving.should_exit = True
        await asyncio.gather(task, return_exceptions=True)
