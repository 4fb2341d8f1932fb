"""Commands about webhooks: programs elsewhere that get events of a study."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar
from uuid import UUID

import typer

from pro_collector.cli.app import app
from pro_collector.cli.session import as_columns, as_json, whoami, with_runtime

if TYPE_CHECKING:
    from pro_collector.runtime import Runtime
    from pro_collector.views.webhooks import WebhookDeliveries, WebhookShown

group = typer.Typer(help="Webhooks: have events of a study sent to a program elsewhere, signed.", no_args_is_help=True)
app.add_typer(group, name="webhook")

Done = TypeVar("Done", covariant=True)
Study = Annotated[str, typer.Argument(metavar="STUDY", help="the id of the study")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="what it is called: pager, warehouse")]


@group.command()
def make(
    study: Study,
    name: Name,
    url: Annotated[str, typer.Argument(metavar="URL", help="https://host/path")],
    event: Annotated[
        list[str], typer.Option(help="alert.changed, response.completed or score.recorded; once for each")
    ],
) -> None:
    """Send events to a URL from now on, and print the secret that they are signed with, once."""
    from pro_collector.commands.webhooks import make_webhook

    async def work(rt: "Runtime") -> str:
        return (await make_webhook(rt, study, name, url, event, by=whoami())).secret

    print(with_runtime(work))


@group.command("list")
def list_all(study: Study) -> None:
    """List the webhooks of a study, with how many deliveries wait and how many are dead letters; JSON lines."""
    from pro_collector.views.webhooks import webhooks_of_study

    async def work(rt: "Runtime") -> "list[WebhookShown]":
        return await webhooks_of_study(rt, study)

    for each in with_runtime(work):
        print(as_json(as_columns(each)))


@group.command()
def deliveries(study: Study, name: Name) -> None:
    """List what waits for a webhook, its dead letters, and what it got last; JSON lines."""
    from pro_collector.views.webhooks import deliveries_of

    async def work(rt: "Runtime") -> "WebhookDeliveries":
        return await deliveries_of(rt, study, name)

    for each in with_runtime(work).deliveries:
        print(as_json(as_columns(each)))


@group.command("test")
def try_it(study: Study, name: Name) -> None:
    """Send a message of the type `webhook.test`; `deliveries` says what became of it."""
    from pro_collector.commands.webhooks import try_webhook

    print(f"on its way: {_done(try_webhook, study, name)}")


@group.command()
def pause(study: Study, name: Name) -> None:
    """Pause a webhook: what is to be sent waits."""
    from pro_collector.commands.webhooks import pause_webhook

    _done(pause_webhook, study, name)
    print(f"paused: {name}")


@group.command()
def resume(study: Study, name: Name) -> None:
    """Let a paused webhook go on: what has waited is sent."""
    from pro_collector.commands.webhooks import resume_webhook

    _done(resume_webhook, study, name)
    print(f"goes on: {name}")


@group.command()
def roll(study: Study, name: Name) -> None:
    """Make a new secret and print it, once. For a day messages are signed with the old one too."""
    from pro_collector.commands.webhooks import roll_secret

    print(_done(roll_secret, study, name))


@group.command()
def resend(
    study: Study,
    name: Name,
    event: Annotated[UUID | None, typer.Option(help="the id of one event; otherwise all dead letters")] = None,
) -> None:
    """Send dead letters of a webhook again."""
    from pro_collector.commands.webhooks import send_again

    async def work(rt: "Runtime") -> int:
        return await send_again(rt, study, name, event, by=whoami())

    print(f"sent again: {with_runtime(work)}")


@group.command()
def revoke(study: Study, name: Name) -> None:
    """End a webhook: nothing is sent any more."""
    from pro_collector.commands.webhooks import revoke_webhook

    _done(revoke_webhook, study, name)
    print(f"revoked: {name}")


class OnWebhook(Protocol[Done]):
    """Something that is done with a webhook."""

    def __call__(self, rt: "Runtime", study: str, name: str, /, *, by: str) -> Awaitable[Done]: ...


def _done(act: "OnWebhook[Done]", study: str, name: str) -> Done:
    async def work(rt: "Runtime") -> Done:
        return await act(rt, study, name, by=whoami())

    return with_runtime(work)
