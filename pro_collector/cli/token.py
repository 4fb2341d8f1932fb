"""Commands about the tokens of programs: make, list, revoke."""

from typing import TYPE_CHECKING, Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.cli.session import as_json, whoami, with_runtime
from pro_collector.domain.account.acts import Role
from pro_collector.errors import BadInput, Problem

if TYPE_CHECKING:
    from pro_collector.postgres.tables.api_tokens import TokenRow
    from pro_collector.runtime import Runtime

group = typer.Typer(help="Tokens with which programs read metrics or a study: make, list, revoke.")
app.add_typer(group, name="token")

Name = Annotated[str, typer.Argument(metavar="NAME", help="what it is for: prometheus, registry")]


@group.command()
def make(
    name: Name,
    role: Annotated[Role, typer.Option(help="metrics, read or write")],
    study: Annotated[str | None, typer.Option(help="of this study; not for metrics")] = None,
    site: Annotated[str | None, typer.Option(help="of this site only")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="it expires after so many days")] = None,
) -> None:
    """Make a token and print it, once. A program sends it as `Authorization: Bearer TOKEN`."""
    from pro_collector.accounts.person import Actor
    from pro_collector.accounts.tokens import make_token
    from pro_collector.domain.account.permission import RoleAt

    if site is not None and study is None:
        raise BadInput([Problem("--site", None, "", "say of which study, with --study")])

    async def work(rt: "Runtime") -> str:
        return await make_token(rt, name, RoleAt(role, study, site), Actor(whoami()), days)

    print(with_runtime(work))


@group.command("list")
def list_all() -> None:
    """List all tokens, without their secrets: what they allow, by whom, last used, revoked; JSON lines."""
    from pro_collector.accounts.tokens import list_tokens

    async def work(rt: "Runtime") -> "list[TokenRow]":
        return await list_tokens(rt)

    shown = ("name", "role", "study", "site", "made_at", "made_by", "expires_at", "used_on", "revoked_at")
    for each in with_runtime(work):
        print(as_json({column: getattr(each, column) for column in shown}))


@group.command()
def revoke(name: Name) -> None:
    """Revoke a token: the next request with it is refused."""
    from pro_collector.accounts.person import Actor
    from pro_collector.accounts.tokens import revoke_token

    async def work(rt: "Runtime") -> None:
        await revoke_token(rt, name, Actor(whoami()))

    with_runtime(work)
    print(f"revoked: {name}")
