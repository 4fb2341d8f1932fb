"""Commands about the study team's tasks: list them, show one with the patient's words, mark one as done."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.cli.session import as_columns, as_json, whoami, with_runtime
from pro_collector.cli.viewing import Why, viewer
from pro_collector.errors import BadInput, Problem

if TYPE_CHECKING:
    from pro_collector.commands.finish_task import Finished
    from pro_collector.runtime import Runtime


group = typer.Typer(help="Tasks that a person of the study team must see or do: list, read, show, mark as done.")
app.add_typer(group, name="tasks")

Id = Annotated[str, typer.Argument(metavar="ID", help="the beginning of a task's id")]


@group.callback(invoke_without_command=True)
def tasks(context: typer.Context) -> None:
    """Tasks that a person of the study team must see or do: list (the default), show, mark as done."""
    if context.invoked_subcommand is None:
        list_all()


@group.command("list")
def list_all() -> None:
    """List the open tasks, oldest first, one JSON object a line; without the words of patients.

    A held channel, which needs no nurse but a repair, is reported on standard error.
    """
    from pro_collector.domain.conversation.channel_hold import reason_text
    from pro_collector.postgres.tables import holds
    from pro_collector.postgres.tables import tasks as rows

    async def work(rt: "Runtime") -> None:
        async with rt.database.transaction() as tx:
            for hold in await holds.load_all(tx):
                held = f"{hold.channel} is held since {hold.since:%Y-%m-%d %H:%M} UTC: {reason_text(hold.reason)}"
                typer.echo(f"{held}; see: pro-collector reconcile", err=True)
            for row in await rows.load_open(tx):
                print(as_json(as_columns(row)))

    with_runtime(work)


@group.command()
def show(id: Id, why: Why = "") -> None:
    """Show a task in plain words: about whom, why, the patient's words, and what to do next. Who looks is recorded."""
    from pro_collector.commands.show_task import show_task
    from pro_collector.display.task import page

    async def work(rt: "Runtime") -> list[str]:
        return list(page(await show_task(rt, id, viewer(why)), rt.clock.now()))

    print("\n".join(with_runtime(work)))


@group.command()
def reading(
    words: Annotated[bool, typer.Option("--words", help="show the words too; who looks is recorded")] = False,
    study: Annotated[str | None, typer.Option(help="of this study only")] = None,
    site: Annotated[str | None, typer.Option(help="of this site only")] = None,
    why: Why = "",
) -> None:
    """List what people wrote that nobody has read: one entry for a person and a survey, the most important first.

    An entry leaves the list when its tasks are done. Without --words it shows no words.
    """
    from pro_collector.commands.reading_list import load_reading_list
    from pro_collector.display.reading_list import heading, person, task_line, text_lines

    async def work(rt: "Runtime") -> None:
        shown = viewer(why) if words else None
        for each in await load_reading_list(rt, study=study, site=site, viewer=shown):
            whose = (person(each.code, caregiver=each.caregiver), each.study, each.site, each.assessment)
            print(heading(each.importance, whose, rt.clock.now() - each.since, len(each.texts)))
            for kind, id in each.tasks:
                print(task_line(kind, id))
            for text in each.texts if words else ():
                print("\n".join(text_lines(text.received_at, each.zone, text.words)))

    with_runtime(work)


@group.command("strangers")
def list_strangers(
    days: Annotated[int, typer.Option(min=1, help="how far back")] = 7,
    address: Annotated[bool, typer.Option("--address", help="show addresses, to call back in an emergency")] = False,
    why: Why = "",
) -> None:
    """List messages from unknown addresses, oldest first: when, how, and the words. Who looks is recorded."""
    from pro_collector.commands.strangers import Stranger, strangers
    from pro_collector.display.task import printable

    async def work(rt: "Runtime") -> list[Stranger]:
        return await strangers(rt, timedelta(days=days), viewer(why), address=address)

    for message in with_runtime(work):
        how = "mail" if message.provider == "mail" else "text"
        print(
            f"{message.received_at:%Y-%m-%d %H:%M}Z  {how}{f'  from {printable(message.address)}' if address else ''}"
        )
        print("".join(f"    {line}\n" for line in printable(message.words).splitlines()))


@group.command()
def done(
    id: Id,
    note: Annotated[str, typer.Option(help="what was done, for the record; no names, no addresses")] = "",
    answer: Annotated[str | None, typer.Option(metavar="CODE", help="the answer that the reply meant")] = None,
    stop: Annotated[
        bool, typer.Option("--stop", help="they asked for the messages to stop: opt out the address that wrote")
    ] = False,
    reply: Annotated[str | None, typer.Option(metavar="TEXT", help="what you write back to them; no names")] = None,
) -> None:
    """Mark a task as done. For a task to read a reply, record the answer that it meant: the conversation goes on."""
    from pro_collector.cli.participant import written_lines
    from pro_collector.commands.confirm_stop import confirm_stop
    from pro_collector.commands.finish_task import finish_task

    if stop and (answer is not None or reply is not None):
        raise BadInput([Problem("--stop", None, "", "after a stop nothing is written or asked: give it alone")])

    async def work(rt: "Runtime") -> "Finished":
        if stop:
            return await confirm_stop(rt, id, by=whoami(), note=note)
        return await finish_task(rt, id, by=whoami(), note=note, code=answer, reply=reply)

    finished = with_runtime(work)
    if finished.written:
        print("\n".join(written_lines(finished.written)))
    print(f"done: {str(finished.id)[:8]}, about {finished.code}")
    if finished.stopped:
        print(f"nothing more is sent to this address: {finished.stopped}")
    if finished.place:
        following = f"{finished.asked} waits next" if finished.asked else f"the survey is {finished.state}"
        print(f"recorded: {finished.place} = {finished.answer}; {following}")
