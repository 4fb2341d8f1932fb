"""Commands about what people wrote: the transcript of a participant, one reply, and who looked at them."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.cli.session import with_runtime
from pro_collector.cli.viewing import Why, viewer

if TYPE_CHECKING:
    from pro_collector.runtime import Runtime


group = typer.Typer(help="What participants wrote and what was sent back; who looked at it.", no_args_is_help=True)
app.add_typer(group, name="replies")

Study = Annotated[str | None, typer.Option(help="the study, if several have this code")]


@group.command("list")
def list_all(
    code: str,
    days: Annotated[int, typer.Option(min=1, help="how far back")] = 30,
    words: Annotated[bool, typer.Option("--words", help="show the words too; who looks is recorded")] = False,
    why: Why = "",
    study: Study = None,
) -> None:
    """List every text and mail of a participant and what was sent to them: time, direction, outcome or purpose.

    It shows the words of neither side, unless --words is given.
    """
    from pro_collector.commands.transcript import transcript
    from pro_collector.display.transcript import indented, line

    async def work(rt: "Runtime") -> None:
        shown = await transcript(
            rt, code, timedelta(days=days), viewer=viewer(why) if words else None, study=study
        )  # fmt: skip
        for each in shown.lines:
            print(
                line(each.at, shown.zone, each.channel, each.what, each.id, theirs=each.theirs, reporter=each.reporter)
            )
            for below in indented(each.words):
                print(below)

    with_runtime(work)


@group.command()
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="the beginning of the id of a text or mail")], why: Why = ""
) -> None:
    """Show the words of one text or mail. Who looks is recorded."""
    from zoneinfo import ZoneInfo

    from pro_collector.commands.transcript import show_reply
    from pro_collector.display.transcript import indented, line

    async def work(rt: "Runtime") -> None:
        shown = await show_reply(rt, id, viewer(why))
        each = shown.line
        whose = f"  {', '.join(shown.codes)}" if shown.codes else ""
        said = line(each.at, ZoneInfo("UTC"), each.channel, each.what, each.id, theirs=True, reporter=each.reporter)
        print(said + whose)
        for below in indented(each.words):
            print(below)

    with_runtime(work)


@group.command()
def looks(
    code: Annotated[str, typer.Argument(help="the participant; without it: looks at messages of strangers")] = "",
    study: Study = None,
) -> None:
    """List who was shown the words of a participant: when, from where, which texts, and why."""
    from pro_collector.commands.transcript import looks_at
    from pro_collector.display.transcript import look

    async def work(rt: "Runtime") -> None:
        for each in await looks_at(rt, code, study):
            print(look(each.looked_at, each.looked_by, each.door, each.view, each.inbound_ids, each.why))

    with_runtime(work)
