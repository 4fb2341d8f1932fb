"""Shared by commands that use the database: opens the runtime, and shuts down in order on Ctrl-C."""

import asyncio
import contextlib
import getpass
import json
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from pro_collector.postgres.database import Database
    from pro_collector.runtime import Runtime

log = structlog.get_logger(__name__)

Result = TypeVar("Result")


def with_runtime(work: "Callable[[Runtime], Awaitable[Result]]", role: str = "team") -> Result:
    """Open the runtime, run `work` with the rights of `role`, close the runtime; return the result.

    Raises Unavailable, which can be retried.
    """
    from pro_collector.errors import Unavailable
    from pro_collector.postgres.connection import TRANSIENT
    from pro_collector.postgres.questions.session import COMMAND_LINE, Scope
    from pro_collector.runtime import acting_as, open_runtime  # the SDKs of the channels take a second to import
    from pro_collector.settings import Settings

    async def session() -> Result:
        try:
            async with open_runtime(Settings.load()) as rt, acting_as(rt, role) as limited:
                return await work(replace(limited, database=limited.database.limited(Scope(client=COMMAND_LINE))))
        except TRANSIENT as error:
            raise Unavailable(f"PostgreSQL failed: a retry may succeed ({type(error).__name__})") from error

    return asyncio.run(session())


def with_database(work: "Callable[[Database], Awaitable[Result]]") -> Result:
    """Open the database, run `work`, close it; return the result. No other setting than its URL is needed.

    Raises Unavailable, which can be retried.
    """
    from pro_collector.errors import Unavailable
    from pro_collector.postgres.connection import TRANSIENT
    from pro_collector.postgres.database import Database
    from pro_collector.settings import DatabaseSettings

    async def session() -> Result:
        database = await Database(DatabaseSettings.load().database_url.get_secret_value(), connections=1).open()
        try:
            return await work(database)
        except TRANSIENT as error:
            raise Unavailable(f"PostgreSQL failed: a retry may succeed ({type(error).__name__})") from error
        finally:
            await database.close()

    return asyncio.run(session())


def share_secret() -> str:
    """The secret of PRO_SHARE_KEY. Raises Misconfigured if it is not set."""
    from pro_collector.errors import Misconfigured
    from pro_collector.settings import ShareSettings

    secret = ShareSettings.load().share_key.get_secret_value()
    if not secret:
        raise Misconfigured("PRO_SHARE_KEY: is not set; create it once, with: openssl rand -hex 32")
    return secret


def until_stopped(work: Callable[[], Awaitable[Result]], *, within: float | None = None) -> Result | None:
    """The result of `work`; None when Ctrl-C or SIGTERM cancelled it. A second signal interrupts its shutdown.

    `within`: so many seconds after the signal the process ends with status 1, even if its shutdown hangs.
    """

    async def session() -> Result | None:
        task = asyncio.ensure_future(work())

        def stop() -> None:
            task.cancel()
            if within is not None:
                _end_after(within)

        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop)
        with contextlib.suppress(asyncio.CancelledError):
            return await task
        return None

    return asyncio.run(session())


def _end_after(seconds: float) -> None:
    """End the process after `seconds` if it has not ended by then. In a thread, in case the event loop hangs."""

    def end() -> None:
        log.error("shutdown took too long; the process ends now, and what was not committed is done again")
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def whoami() -> str:
    """The name of the user who runs the command, for the audit trail."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        return "unknown"


def as_columns(row: "DataclassInstance") -> dict[str, Any]:
    """A row of the record by its columns, in their order."""
    return {column.name: getattr(row, column.name) for column in fields(row)}


def as_json(value: Any) -> str:
    """One line of JSON; dates and ids as text."""
    return json.dumps(value, default=str, ensure_ascii=False)
