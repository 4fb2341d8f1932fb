"""Commands about dead letters: events that could not be handled."""

from typing import TYPE_CHECKING, Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.cli.session import as_json, with_runtime
from pro_collector.errors import NotFound

if TYPE_CHECKING:
    from pro_collector.runtime import Runtime


group = typer.Typer(help="Events that could not be handled: list, look at one, send again.", no_args_is_help=True)
app.add_typer(group, name="dead-letters")


@group.command("list")
def list_all() -> None:
    """Those that wait, oldest first, one JSON object a line."""
    from pro_collector.postgres import dead_letters

    async def work(rt: "Runtime") -> None:
        async with rt.database.transaction() as tx:
            for row in await dead_letters.waiting(tx):
                print(as_json(row))

    with_runtime(work)


@group.command()
def show(number: int) -> None:
    """One with its content and the trace of what went wrong. It may quote what a patient wrote."""
    from pro_collector.postgres import dead_letters

    async def work(rt: "Runtime") -> None:
        async with rt.database.transaction() as tx:
            row = await dead_letters.one(tx, number)
        if row is None:
            raise NotFound(f"there is no dead letter {number}")
        print(as_json({**row, "value": bytes(row["value"]).decode("utf-8", "replace"), "trace": None}))
        print(row["trace"])

    with_runtime(work)


@group.command()
def redrive(
    numbers: Annotated[list[int] | None, typer.Argument(help="their numbers")] = None,
    everything: Annotated[bool, typer.Option("--all", help="all that wait")] = False,
) -> None:
    """Send them again, after what was wrong has been mended."""
    from pro_collector.postgres import dead_letters

    async def work(rt: "Runtime") -> tuple[int, int]:
        async with rt.database.transaction() as tx:
            chosen = [row["id"] for row in await dead_letters.waiting(tx)] if everything else numbers or []
            return len(chosen), await dead_letters.redrive(tx, chosen)

    asked, sent = with_runtime(work)
    print(
        f"sent again: {sent}"
        + (f" of {asked}; the others wait no more or never were events of ours" if sent < asked else "")
    )
