"""`/team/accounts`: invite people, give and take roles, reset, sign out, remove. The same functions as `account`."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.accounts import granting, inviting
from pro_collector.accounts.inviting import Invitation, ListedAccount
from pro_collector.accounts.mailing import mail_invitation
from pro_collector.accounts.person import Owner, described, in_force
from pro_collector.accounts.sessions import Present, sign_out_everywhere
from pro_collector.domain.account.acts import OF_PEOPLE, Act
from pro_collector.errors import BadInput, Conflict, NotFound
from pro_collector.postgres.tables import account_events
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import Endpoint, TeamGuard
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team.role_form import mistakes_of, role_in, study_names

ACCOUNTS = "/team/accounts"
_DONE = {
    "granted": "The role is given. It holds from their next page on.",
    "revoked": "The role is taken. No page shows what it allowed any more.",
    "out": "They are signed out everywhere.",
    "removed": "The account is removed.",
}
_NO_ROLE = "Choose a role."
_EMPTY: Mapping[str, str] = {}


class AdminPages:
    """Accounts, for those who manage them."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages, self._rt = guard, pages, guard.acts

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """The list, the form for a new account, an account, and what is done with it."""
        act, one = Act.manage_accounts, f"{ACCOUNTS}/of/{{handle}}"
        yield ACCOUNTS, "GET", self._guard.of_installation(act, self.show_all)
        yield f"{ACCOUNTS}/new", "GET", self._guard.of_installation(act, self.ask, fresh=True)
        yield f"{ACCOUNTS}/new", "POST", self._guard.of_installation(act, self.invite, fresh=True)
        yield one, "GET", self._guard.of_installation(act, self.show)
        for verb, page in (
            ("grant", self.grant), ("revoke", self.revoke), ("reset", self.reset), ("sign-out", self.sign_out),
            ("remove", self.remove),
        ):  # fmt: skip
            yield f"{one}/{verb}", "POST", self._guard.of_installation(act, page, fresh=True)

    async def show_all(self, request: Request, who: Present) -> Response:
        """List the accounts."""
        listed = [
            (each, [described(row.grant) for row in each.grants]) for each in await inviting.list_accounts(self._rt)
        ]
        done = _DONE.get(request.query_params.get("done", ""), "")
        return self._pages.show(
            "accounts.html", session=who.session, name=who.name, listed=listed, done=done,
            provider=bool(self._rt.settings.oidc_issuer),
        )  # fmt: skip

    async def ask(self, _request: Request, who: Present) -> Response:
        """Show the form for a new account."""
        return await self._form(who, _EMPTY, _EMPTY)

    async def invite(self, request: Request, who: Present) -> Response:
        """Make an account, and mail its invitation; without mail, show the link, once."""
        fields = await fields_of(request)
        given, whose = role_in(fields), Owner(fields.get("email", "").strip(), fields.get("name", "").strip())
        if given is None:
            return await self._form(who, fields, {"role": _NO_ROLE})
        actor = self._guard.actor(request, who)
        try:
            made = await inviting.invite(self._rt, fields.get("handle", "").strip(), whose, [given], actor)
        except (BadInput, Conflict) as error:
            return await self._form(who, fields, mistakes_of(error, "handle"))
        return await self._invited(who, made, whose.email)

    async def show(self, request: Request, who: Present) -> Response:
        """Show an account with its roles and its history."""
        return await self._account(who, request, done=_DONE.get(request.query_params.get("done", ""), ""))

    async def grant(self, request: Request, who: Present) -> Response:
        """Give a role."""
        fields = await fields_of(request)
        given, handle = role_in(fields), str(request.path_params["handle"])
        if given is None:
            return await self._account(who, request, fields, {"role": _NO_ROLE})
        try:
            await granting.grant(self._rt, handle, given, self._guard.actor(request, who), fields.get("why", ""))
        except (BadInput, Conflict) as error:
            return await self._account(who, request, fields, mistakes_of(error))
        return self._guard.go(f"{ACCOUNTS}/of/{quote(handle)}?done=granted")

    async def revoke(self, request: Request, who: Present) -> Response:
        """Take a role."""
        fields = await fields_of(request)
        taken, handle = role_in(fields), str(request.path_params["handle"])
        if taken is None:
            raise NotFound("no such role")
        await granting.revoke(self._rt, handle, taken, self._guard.actor(request, who), fields.get("why", ""))
        return self._guard.go(f"{ACCOUNTS}/of/{quote(handle)}?done=revoked")

    async def reset(self, request: Request, who: Present) -> Response:
        """End what somebody signed in with, and give them a new invitation."""
        account = await self._find(request)
        made = await inviting.reset(self._rt, account.handle, self._guard.actor(request, who))
        return await self._invited(who, made, account.owner.email if account.owner else "")

    async def sign_out(self, request: Request, who: Present) -> Response:
        """End every session of somebody."""
        handle = str(request.path_params["handle"])
        async with self._rt.database.transaction() as tx:
            row = await in_force(tx, handle)
        await sign_out_everywhere(self._rt, row.id, handle, self._guard.actor(request, who))
        return self._guard.go(f"{ACCOUNTS}/of/{quote(handle)}?done=out")

    async def remove(self, request: Request, who: Present) -> Response:
        """Remove an account whose handle was typed again."""
        handle = str(request.path_params["handle"])
        fields = await fields_of(request)
        if fields.get("again", "").strip() != handle:
            return await self._account(who, request, fields, {"again": f"Type {handle} to remove this account."})
        await inviting.remove(self._rt, handle, self._guard.actor(request, who))
        return self._guard.go(f"{ACCOUNTS}?done=removed")

    async def _find(self, request: Request) -> ListedAccount:
        handle = str(request.path_params["handle"])
        return await inviting.account_of(self._rt, handle.replace("\0", ""))

    async def _account(
        self, who: Present, request: Request, fields: Mapping[str, str] = _EMPTY,
        mistakes: Mapping[str, str] = NO_MISTAKES, done: str = "",
    ) -> Response:  # fmt: skip
        account = await self._find(request)
        async with self._rt.database.transaction() as tx:
            history = await account_events.about(tx, account.handle)
        return self._pages.show(
            "account.html", session=who.session, name=who.name, status=422 if mistakes else 200, mistakes=mistakes,
            account=account, roles=[(row.grant, described(row.grant), row.from_group) for row in account.grants],
            history=history[::-1], fields=fields, choices=sorted(OF_PEOPLE), studies=await study_names(self._rt),
            done=done,
        )  # fmt: skip

    async def _form(self, who: Present, fields: Mapping[str, str], mistakes: Mapping[str, str]) -> Response:
        return self._pages.show(
            "new_account.html", session=who.session, name=who.name, status=422 if mistakes else 200, mistakes=mistakes,
            fields=fields, choices=sorted(OF_PEOPLE), studies=await study_names(self._rt),
            sends_mail=self._rt.smtp is not None,
        )  # fmt: skip

    async def _invited(self, who: Present, made: Invitation, email: str) -> Response:
        mailed = await mail_invitation(self._rt, made, email)
        return self._pages.show(
            "invited.html",
            session=who.session,
            name=who.name,
            made=made,
            mailed=mailed,
            sends_mail=self._rt.smtp is not None,
            link="" if mailed else made.link,
        )
