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
    """As far as it is any."""
    return value.decode("utf-8", "replace")


@group.command("list")
def list_all() -> None:
    """Those that wait, oldest first, one JSON object a line."""
    from pro_collector.postgres.tables import dead_letters

    async def work(rt: "Runtime") -> None:
        async with rt.database.transaction() as tx:
            for row in await dead_letters.waiting(tx):
                print(as_json(as_columns(row)))

    with_runtime(work)


@group.command()
def show(number: int) -> None:
    """One with its content and the trace of what went wrong. It may quote what a patient wrote."""
    from pro_collector.postgres.tables import dead_letters

    async def work(rt: "Runtime") -> None:
        async with rt.database.transaction() as tx:
            row = await dead_letters.one(tx, number)
        if row is None:
            raise NotFound(f"there is no dead letter {number}")
        shown = {name: as_text(value) if isinstance(value, bytes) else value for name, value in as_columns(row).items()}
        shown["headers"] = [(name, value and as_text(b64decode(value))) for name, value in row.headers or ()]
        print(as_json({**shown, "fingerprint": None, "trace": None}))
        print(row.trace)

    with_runtime(work)


@group.command()
def redrive(
    numbers: Annotated[list[int] | None, typer.Argument(help="their numbers")] = None,
    everything: Annotated[bool, typer.Option("--all", help="all that wait")] = False,
) -> None:
    """Send them again, after what was wrong has been mended."""
    from pro_collector.postgres.tables import dead_letters

    async def work(rt: "Runtime") -> tuple[int, int, list[int]]:
        async with rt.database.transaction() as tx:
            chosen = [row.id for row in await dead_letters.waiting(tx)] if everything else numbers or []
            return len(chosen), await dead_letters.redrive(tx, chosen), await dead_letters.no_events(tx, chosen)

    asked, sent, strange = with_runtime(work)
    print(f"sent again: {sent}" + (f" of {asked}" if sent < asked else ""))
    if strange:
        listed = " ".join(map(str, strange))
        print(
            f"no events of ours, which cannot be sent again: pro-collector dead-letters dismiss {listed} --reason TEXT"
        )
    if asked > sent + len(strange):
        print(f"wait no more, or never did: {asked - sent - len(strange)}")


@group.command()
def dismiss(
    numbers: Annotated[list[int], typer.Argument(help="their numbers")],
    reason: Annotated[str, typer.Option(help="why nothing is to be done about them; no names, no addresses")],
) -> None:
    """Note that nothing is to be done about them: they count no more. An event of ours can still be sent again."""
    from pro_collector.postgres.tables import dead_letters

    if not reason.strip():
        raise typer.BadParameter("expected why nothing is to be done", param_hint="--reason")

    async def work(rt: "Runtime") -> list[int]:
        async with rt.database.transaction() as tx:
            return await dead_letters.dismiss(tx, numbers, by=whoami(), reason=reason.strip())

    dismissed = with_runtime(work)
    print(f"dismissed: {len(dismissed)}")
    others = sorted(set(numbers) - set(dismissed))
    if others:
        raise NotFound(f"no dead letters that wait: {', '.join(map(str, others))}")
