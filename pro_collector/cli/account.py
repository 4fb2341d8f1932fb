"""Commands about people who sign in: invite, list, give and take roles, reset, sign out, remove, history."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.cli.session import as_columns, as_json, whoami, with_runtime
from pro_collector.domain.account.acts import Role
from pro_collector.errors import BadInput, Problem

if TYPE_CHECKING:
    from pro_collector.accounts.inviting import Invitation, ListedAccount
    from pro_collector.accounts.person import Actor
    from pro_collector.domain.account.permission import RoleAt
    from pro_collector.runtime import Runtime

group = typer.Typer(help="People who sign in to the team's pages: invite, list, roles, sign out, remove.")
app.add_typer(group, name="account")

Handle = Annotated[str, typer.Argument(metavar="HANDLE", help="the short name that stays in records: garcia, nurse-7")]
RoleOption = Annotated[Role, typer.Option(help="what they are")]
StudyOption = Annotated[str | None, typer.Option(help="in this study")]
SiteOption = Annotated[str | None, typer.Option(help="at this site only")]
Also = Annotated[list[str] | None, typer.Option(metavar="ACT", help="an act beside the role, such as read_words")]
Reason = Annotated[str, typer.Option("--why", help="why, for the record")]


@group.command()
def invite(
    handle: Handle,
    role: RoleOption,
    study: StudyOption = None,
    site: SiteOption = None,
    also: Also = None,
) -> None:
    """Make an account with a role, and print the link by which its owner chooses how to sign in.

    Mail address and name are asked for, or are the first two lines of standard input: other users of this machine can
    see arguments. The link can be used once, within 7 days. Give it to its owner only.
    """
    from pro_collector.accounts import inviting
    from pro_collector.accounts.person import Owner

    given = [_grant(role, study, site, also)]
    whose = Owner(_asked("mail address"), _asked("name"))

    async def work(rt: "Runtime") -> "Invitation":
        return await inviting.invite(rt, handle, whose, given, _actor())

    _print(with_runtime(work))


@group.command("list")
def list_all() -> None:
    """List all accounts with their roles, how they sign in, and open sessions; one JSON object a line."""
    from pro_collector.accounts.inviting import list_accounts
    from pro_collector.accounts.person import described

    async def work(rt: "Runtime") -> "list[ListedAccount]":
        return await list_accounts(rt)

    for each in with_runtime(work):
        print(
            as_json(
                {
                    "handle": each.handle,
                    "email": each.owner.email if each.owner else None,
                    "name": each.owner.name if each.owner else None,
                    "roles": [described(row.grant) for row in each.grants],
                    "signs_in_with": each.ways,
                    "sessions": each.sessions,
                }
            )
        )


@group.command()
def grant(
    handle: Handle,
    role: RoleOption,
    study: StudyOption = None,
    site: SiteOption = None,
    also: Also = None,
    why: Reason = "",
) -> None:
    """Give somebody a role, in a study or at one of its sites."""
    from pro_collector.accounts import granting

    async def work(rt: "Runtime") -> None:
        await granting.grant(rt, handle, _grant(role, study, site, also), _actor(), why)

    with_runtime(work)
    print(f"granted to {handle}")


@group.command()
def revoke(
    handle: Handle, role: RoleOption, study: StudyOption = None, site: SiteOption = None, why: Reason = ""
) -> None:
    """Take a role from somebody. From that moment on no page shows what it allowed."""
    from pro_collector.accounts import granting

    async def work(rt: "Runtime") -> None:
        await granting.revoke(rt, handle, _grant(role, study, site, None), _actor(), why)

    with_runtime(work)
    print(f"revoked from {handle}")


@group.command()
def reset(handle: Handle) -> None:
    """Print a new invitation for somebody who lost password, telephone or passkey. What they had ends at once."""
    from pro_collector.accounts import inviting

    async def work(rt: "Runtime") -> "Invitation":
        return await inviting.reset(rt, handle, _actor())

    _print(with_runtime(work))


@group.command("sign-out")
def sign_out(handle: Handle) -> None:
    """End every session of somebody, at once."""
    from pro_collector.accounts.person import in_force
    from pro_collector.accounts.sessions import sign_out_everywhere

    async def work(rt: "Runtime") -> int:
        async with rt.database.transaction() as tx:
            row = await in_force(tx, handle)
        return await sign_out_everywhere(rt, row.id, handle, _actor())

    print(f"{handle}: {with_runtime(work)} sessions ended")


@group.command()
def remove(handle: Handle) -> None:
    """Remove an account: sessions end at once; roles, secrets, mail address and name are deleted.

    The handle stays in records, and nobody else can get it.
    """
    from pro_collector.accounts import inviting

    async def work(rt: "Runtime") -> None:
        await inviting.remove(rt, handle, _actor())

    with_runtime(work)
    print(f"removed: {handle}")


@group.command("groups")
def list_groups() -> None:
    """List the groups of the identity provider that have roles here; JSON lines."""
    from pro_collector.accounts import provided

    for each in with_runtime(provided.list_groups):
        print(as_json(as_columns(each)))


@group.command("map-group")
def map_group(
    name: Annotated[str, typer.Argument(metavar="GROUP", help="the group, as the identity provider names it")],
    role: RoleOption,
    study: StudyOption = None,
    site: SiteOption = None,
) -> None:
    """Give everybody in a group of the identity provider a role, from their next sign-in on."""
    from pro_collector.accounts import provided

    given = _grant(role, study, site, None)

    async def work(rt: "Runtime") -> None:
        await provided.map_group(rt, name, given, _actor())

    with_runtime(work)
    print(f"mapped: {name}")


@group.command("unmap-group")
def unmap_group(name: Annotated[str, typer.Argument(metavar="GROUP", help="the group")]) -> None:
    """Take all roles from a group, and at once from everybody who has them from it."""
    from pro_collector.accounts import provided

    async def work(rt: "Runtime") -> int:
        return await provided.unmap_group(rt, name, _actor())

    print(f"unmapped: {name}; {with_runtime(work)} accounts lost a role")


@group.command()
def history(
    about: Annotated[str | None, typer.Argument(metavar="HANDLE", help="of one account or token")] = None,
    limit: Annotated[int, typer.Option(min=1, help="without a handle: so many, newest first")] = 100,
) -> None:
    """Print what was done with accounts and tokens: when, what, about whom, by whom, from where; JSON lines."""
    from pro_collector.postgres.tables import account_events

    async def work(rt: "Runtime") -> list[account_events.AccountEvent]:
        async with rt.database.transaction() as tx:
            return await (account_events.about(tx, about) if about else account_events.newest(tx, limit))

    for each in with_runtime(work):
        print(as_json(as_columns(each)))


def _grant(role: Role, study: str | None, site: str | None, also: list[str] | None) -> "RoleAt":
    from pro_collector.accounts.granting import parse_acts
    from pro_collector.domain.account.permission import RoleAt

    if site is not None and study is None:
        raise BadInput([Problem("--site", None, "", "say of which study, with --study")])
    return RoleAt(role, study, site, parse_acts(also or []))


def _asked(what: str) -> str:
    """One line from a prompt or a pipe."""
    if sys.stdin.isatty():
        return str(typer.prompt(what, err=True, default="" if what == "name" else None)).strip()
    return sys.stdin.readline().strip()


def _actor() -> "Actor":
    from pro_collector.accounts.person import Actor

    return Actor(whoami())


def _print(invitation: "Invitation") -> None:
    print(f"{invitation.handle}: give this link to them; it can be used once, until {invitation.expires_at:%Y-%m-%d}:")
    print(invitation.link)
