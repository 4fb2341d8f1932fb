"""Commands about the events on Kafka: their JSON Schemas and the AsyncAPI document."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.cli.session import with_runtime
from pro_collector.resources import SCHEMAS

group = typer.Typer(help="The events on Kafka, for programs that consume them.", no_args_is_help=True)
app.add_typer(group, name="events")

RELEASED = "released.json"
"""The file with all schemas of the last release."""


@group.command()
def schemas(
    check: Annotated[bool, typer.Option("--check", help="change nothing; exit 1 if a file is stale")] = False,
    release: Annotated[bool, typer.Option("--release", help="also store them as those of the last release")] = False,
    folder: Annotated[Path, typer.Option(help="the folder of the schemas")] = SCHEMAS / "events",
) -> None:
    """Write the JSON Schema of every event, and check that old events and old consumers still fit."""
    from pro_collector.domain.event_schemas import incompatibilities, unreadable
    from pro_collector.domain.event_schemas import schemas as generated

    new = generated()
    files = {folder / f"{name}.json": _text(schema) for name, schema in new.items()}
    if release:
        files[folder / RELEASED] = _text(new)
    elif (folder / RELEASED).is_file():
        old = json.loads((folder / RELEASED).read_text())
        broken = list(dict.fromkeys([*incompatibilities(old, new), *unreadable(old, new)]))
        if broken:
            raise typer.Exit(_print_errors(broken))
    stale = [file for file, text in files.items() if not file.is_file() or file.read_text() != text]
    strange = [file for file in folder.glob("*.json") if file not in files and file.name != RELEASED]
    if check and (stale or strange):
        raise typer.Exit(
            _print_errors([f"{file}: stale; run: pro-collector events schemas" for file in stale + strange])
        )
    if not check:
        for file in stale:
            file.write_text(files[file])
        for file in strange:
            file.unlink()
    print(f"{len(new)} events; {len(stale)} files {'stale' if check else 'written'}")


@group.command()
def refill(
    study: Annotated[str | None, typer.Option(help="only this study")] = None,
) -> None:
    """Publish the state of scores and treatments again: after an upgrade, or when Kafka has lost its records."""
    from pro_collector.commands.refill_streams import refill_streams

    people = with_runtime(lambda rt: refill_streams(rt, study))
    print(f"scores.latest, timeline.latest: {people} participants are published again")


@group.command()
def asyncapi() -> None:
    """Print the AsyncAPI 3 document of every event: topics, headers, values, and the brokers of the settings."""
    from pro_collector.errors import Misconfigured
    from pro_collector.kafka.asyncapi import asyncapi as document
    from pro_collector.settings import Settings

    try:
        settings = Settings.load()
    except Misconfigured:
        settings = Settings.model_construct(kafka_bootstrap="localhost:9092")
        _print_errors(["no installation is configured here: broker, prefix and partitions are the defaults"])
    print(document(settings))


def _text(schema: object) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _print_errors(lines: list[str]) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return 1
