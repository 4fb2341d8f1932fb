"""`pro-collector health`: whether a part that runs on this machine can work, for service managers without HTTP."""

import http.client
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.errors import Misconfigured, Unavailable
from pro_collector.settings import Settings

if TYPE_CHECKING:
    from pro_collector.postgres.database import Database
    from pro_collector.postgres.questions.feed_age import FeedAge

ANSWER_WITHIN = 5.0
"""Seconds within which the process must answer."""
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # asks such a process on loopback


@app.command()
def health(part: Annotated[str, typer.Argument(help="scheduler, relay, worker, sender or web; or feeds")]) -> None:
    """Ask the process of a part on this machine whether it can work: exit code 0, or 1 and one line that says why not.

    It asks the port PRO_HEALTH_PORT, for `web` its own port. Use the same settings as the process. `feeds` asks the
    database instead, whether each feed of treatment data was read in time.
    """
    if part == "feeds":
        return _feeds()
    host, port = _address(Settings.load([part]), part)
    parts = _asked(host, port, part)
    if part not in parts:
        raise Unavailable(f"{part}: the process at {host}:{port} does not run it, but {', '.join(parts)}")
    if parts[part]:
        raise Unavailable(f"{part}: {'; '.join(parts[part])}")
    print(f"{part}: ready")


def _feeds() -> None:
    """Print how old each feed is. Raises Unavailable with those that are too old."""
    from pro_collector.cli.session import with_database
    from pro_collector.postgres.questions import feed_age

    async def work(database: "Database") -> "list[FeedAge]":
        async with database.transaction() as tx:
            return await feed_age.ages(tx)

    now, ages = datetime.now(UTC), with_database(work)
    old = [each for each in ages if now - each.since > timedelta(minutes=each.silent_minutes)]
    if old:
        told = (f"{each.feed} of {each.study} since {each.since:%Y-%m-%d %H:%M} UTC" for each in old)
        raise Unavailable(f"feeds: not read: {'; '.join(told)} (pro-collector feed list)")
    print(f"feeds: {len(ages)} read in time")


def _address(settings: Settings, part: str) -> tuple[str, int]:
    if part == "web":
        return _EVERY_ADDRESS.get(settings.web_host, settings.web_host), settings.web_port
    if not settings.health_port:
        raise Misconfigured("PRO_HEALTH_PORT: is not set, so that no process answers (see docs/operating.md)")
    return _EVERY_ADDRESS.get(settings.health_host, settings.health_host), settings.health_port


def _asked(host: str, port: int, part: str) -> Mapping[str, list[str]]:
    """What the process says about its parts. Raises Unavailable if it does not answer."""
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_WITHIN)
    try:
        connection.request("GET", "/readyz")
        parts: Mapping[str, list[str]] = json.loads(connection.getresponse().read())["parts"]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        raise Unavailable(f"{part}: no answer from its process at {host}:{port} ({type(error).__name__})") from error
    finally:
        connection.close()
    return parts
