"""Commands that run the product: migrate, run, up, keys."""

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pro_collector import home, tracing
from pro_collector.cli.app import app
from pro_collector.cli.session import until_stopped
from pro_collector.errors import BadInput, Problem
from pro_collector.settings import Settings

if TYPE_CHECKING:
    from pro_collector.runtime import Runtime

STOP_WITHIN = 9.0
"""Seconds that `run` may take to end after SIGTERM; supervisors commonly kill after 10 s, some after 30 s."""


@app.command()
def migrate() -> None:
    """Migrate the database to the present schema and create the Kafka topics. It is safe to repeat.

    With PRO_VAULT_KEY=new,old, and after an upgrade that needs it, it also seals every address and text again.
    """
    from pro_collector.prepare import prepare

    done = asyncio.run(prepare(Settings.load(["migrate"])))
    print(f"database: {len(done.migrations)} migrations applied" if done.migrations else "database: up to date")
    if done.resealed:
        print(_resealed(done.resealed))
    print(f"kafka: {len(done.topics)} topics created" if done.topics else "kafka: up to date")


@app.command()
def keys() -> None:
    """Print new keys for the settings that need one. Do not lose them: they seal the addresses."""
    for name, value in home.keys().items():
        print(f"{name}={value}")


@app.command()
def run(parts: Annotated[list[str], typer.Argument(help="scheduler, relay, worker, sender, web, or all")]) -> None:
    """Run parts of the product in this process, until Ctrl-C or SIGTERM.

    Each part can run in several processes; of several relays one works and the others wait.
    """
    from pro_collector.processes import PARTS, load, run_parts
    from pro_collector.runtime import open_runtime
    from pro_collector.watchdog import watched_loop

    tracing.start()
    chosen = PARTS if "all" in parts else tuple(dict.fromkeys(parts))
    unknown = [part for part in chosen if part not in PARTS]
    if unknown:
        expected = ", ".join((*PARTS, "all"))
        raise BadInput(
            [Problem("run", None, "", f"there is no part {part!r}; expected {expected}") for part in unknown]
        )
    settings = Settings.load(chosen)
    load(chosen)

    async def work() -> None:
        async with watched_loop(settings.stall_seconds) as loop, open_runtime(settings) as rt:
            waiting = await _who_waits(rt) if "sender" in chosen else []
            async with run_parts(rt, chosen, on_stall=loop.end_soon) as parts_task:
                say(f"running: {', '.join(chosen)}")
                for line in waiting:
                    say(line)
                await parts_task

    until_stopped(work, within=STOP_WITHIN)


@app.command()
def up(
    port: Annotated[
        int, typer.Option(envvar="PRO_WEB_PORT", help="the port of the web process on this machine")
    ] = 8080,
) -> None:
    """Run a small study on this machine: embedded PostgreSQL, real clock, data stored in PRO_HOME.

    Other commands use the settings file that it writes. Texts need PRO_TWILIO_*, mails need PRO_SMTP_URL and
    PRO_EMAIL_FROM; links in messages need PRO_PUBLIC_URL to reach this machine.
    """
    from pro_collector.embedded.servers import embedded_servers
    from pro_collector.prepare import prepare
    from pro_collector.processes import PARTS, load, run_parts
    from pro_collector.runtime import open_runtime
    from pro_collector.watchdog import watched_loop

    tracing.start()
    load(PARTS)
    folder = home.home()
    home.make(folder)

    async def work() -> None:
        async with embedded_servers(folder / "postgres", say) as servers:
            home.write_settings(folder, _settings(servers.database_url, servers.kafka_bootstrap, port))
            settings = Settings.load(web_port=port)
            say("bringing the database up to date")
            done = await prepare(settings)
            if done.resealed:
                say(_resealed(done.resealed))
            async with watched_loop(settings.stall_seconds) as loop, open_runtime(settings) as rt:
                waiting = await _who_waits(rt)  # before the sender starts
                async with run_parts(rt, PARTS, on_stall=loop.end_soon) as parts_task:
                    say(f"up: {settings.public_url} (data and keys in {folder}); Ctrl-C stops it")
                    say(f"for the team: {settings.public_url}/team (the first one in: pro-collector account invite)")
                    for line in waiting:
                        say(line)
                    try:
                        await parts_task
                    finally:
                        say("stopping")

    until_stopped(work)


def _resealed(count: int) -> str:
    return f"vault: sealed again: {count} addresses, names and texts; if PRO_VAULT_KEY has two keys, drop the old one"


def say(what: str) -> None:
    """Print progress for the user at the terminal, to standard error."""
    print(what, file=sys.stderr, flush=True)


def _settings(database_url: str, kafka: str, port: int) -> dict[str, str]:
    """The settings of this start: keys stay what they were, addresses are new each time."""
    before = home.read_settings(home.home())
    fixed = {name: before.get(name) or value for name, value in home.keys().items()}
    return {
        **fixed,
        "PRO_DATABASE_URL": database_url,
        "PRO_KAFKA_BOOTSTRAP": kafka,
        "PRO_WEB_PORT": str(port),
        "PRO_PUBLIC_URL": os.environ.get("PRO_PUBLIC_URL", f"http://127.0.0.1:{port}"),
    }


async def _who_waits(rt: "Runtime") -> list[str]:
    """Which channel cannot send, or has sent nothing for a while, and how many people wait for it."""
    from pro_collector.commands.channel_status import channel_status
    from pro_collector.display.channel_status import line

    lines = [
        line(each.channel, each.people, configured=each.configured, held_for=each.held_for)
        for each in await channel_status(rt)
    ]
    return [told for told in lines if told]
