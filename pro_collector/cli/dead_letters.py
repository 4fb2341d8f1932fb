"""Commands about dead letters: events that could not be handled."""

from base64 import b64decode
from typing import TYPE_CHECKING, Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.cli.session import as_columns, as_json, whoami, with_runtime
from pro_collector.errors import NotFound

if TYPE_CHECKING:
    from pro_collector.runtime import Runtime


group = typer.Typer(help="Events that could not be handled: list, show, send again, dismiss.", no_args_is_help=True)
app.add_typer(group, name="dead-letters")


def as_text(value: bytes) -> str:
    """Decode bytes for display; bytes that are not UTF-8 are replaced."""
    return value.decode("utf-8", "replace")


@group.command("list")
def list_all() -> None:
    """List the dead letters that wait, oldest first, one JSON object a line."""
    from pro_collector.postgres.tables import dead_letters

    async def work(rt: "Runtime") -> None:
        async with rt.database.transaction() as tx:
            for row in await dead_letters.waiting(tx):
                print(as_json(as_columns(row)))

    with_runtime(work)


@group.command()
def show(number: int) -> None:
    """Show a dead letter with its content and the traceback of its error. It may quote a patient's words."""
    from pro_collector.postgres.tables import dead_letters

    async def work(rt: "Runtime") -> None:
        async with rt.database.transaction() as tx:
            row = await dead_letters.find(tx, number)
        if row is None:
            raise NotFound(f"there is no dead letter {number}")
        shown = {name: as_text(value) if isinstance(value, bytes) else value for name, value in as_columns(row).items()}
        shown["headers"] = [(name, value and as_text(b64decode(value))) for name, value in row.headers or ()]
        print(as_json({**shown, "fingerprint": None, "trace": None}))
        print(row.trace)

    with_runtime(work)


@group.command()
def redrive(
    numbers: Annotated[list[int] | None, typer.Argument(help="the numbers of dead letters")] = None,
    everything: Annotated[bool, typer.Option("--all", help="all dead letters that wait")] = False,
) -> None:
    """Send dead letters again, after their cause has been fixed.

    What a hospital's own bus reported is taken at once, also if it ends participation; --all leaves it.
    """
    from pro_collector.commands.take_reported import redrive_reported
    from pro_collector.postgres.tables import dead_letters

    async def work(rt: "Runtime") -> tuple[int, int, list[int], list[str]]:
        taken, refused = await redrive_reported(rt, numbers or [], whoami())
        async with rt.database.transaction() as tx:
            chosen = [row.id for row in await dead_letters.waiting(tx)] if everything else numbers or []
            sent = taken + await dead_letters.redrive(tx, chosen)
            return len(chosen), sent, await dead_letters.no_events(tx, chosen), refused

    asked, sent, strange, refused = with_runtime(work)
    print(f"sent again: {sent}" + (f" of {asked}" if sent < asked else ""))
    for why in refused:
        print(f"not taken: {why}")
    if strange:
        listed = " ".join(map(str, strange))
        print(f"not our events, cannot be sent again: pro-collector dead-letters dismiss {listed} --reason TEXT")
    if asked > sent + len(strange):
        print(f"do not wait: {asked - sent - len(strange)}")


@group.command()
def dismiss(
    reason: Annotated[str, typer.Option(help="why nothing is done about them; no names, no addresses")],
    numbers: Annotated[list[int] | None, typer.Argument(help="the numbers of dead letters")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="all that wait and are not our events; one of ours needs its number")
    ] = False,
) -> None:
    """Mark dead letters as dismissed: they no longer count as waiting. An event of ours can still be sent again."""
    from pro_collector.postgres.tables import dead_letters

    if not reason.strip():
        raise typer.BadParameter("expected why nothing is done", param_hint="--reason")

    async def work(rt: "Runtime") -> list[int]:
        async with rt.database.transaction() as tx:
            chosen = list(numbers or ())
            if everything:
                chosen += await dead_letters.no_events(tx, [row.id for row in await dead_letters.waiting(tx)])
            return await dead_letters.dismiss(tx, chosen, by=whoami(), reason=reason.strip())

    dismissed = with_runtime(work)
    print(f"dismissed: {len(dismissed)}")
    others = sorted(set(numbers or ()) - set(dismissed))
    if others:
        raise NotFound(f"not dead letters that wait: {', '.join(map(str, others))}")
