"""`/team/tokens` and `/team/groups`: tokens of programs, and the roles of the identity provider's groups."""

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.accounts import provided, tokens
from pro_collector.accounts.person import described
from pro_collector.accounts.sessions import Present
from pro_collector.domain.account.acts import OF_PEOPLE, OF_PROGRAMS, Act
from pro_collector.errors import BadInput, Conflict, NotFound
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import Endpoint, TeamGuard
from pro_collector.web.team.pages import TeamPages
from pro_collector.web.team.role_form import mistakes_of, role_in, study_names

_DONE = {
    "revoked": "The token is revoked. The next request with it is refused.",
    "mapped": "The group has the role, from the next sign-in of each of its members on.",
    "unmapped": "The group has no role any more, nor has anybody from it.",
}
_NO_ROLE = "Choose a role."
_EMPTY: Mapping[str, str] = {}


class ProgramPages:
    """Tokens and groups, for those who manage accounts."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages, self._rt = guard, pages, guard.acts

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """The two lists, and what is done with them."""
        act, wrap = Act.manage_accounts, self._guard.of_installation
        yield "/team/tokens", "GET", wrap(act, self.show_tokens)
        yield "/team/tokens", "POST", wrap(act, self.make_token, fresh=True)
        yield "/team/tokens/revoke", "POST", wrap(act, self.revoke_token, fresh=True)
        yield "/team/groups", "GET", wrap(act, self.show_groups)
        yield "/team/groups", "POST", wrap(act, self.map_group, fresh=True)
        yield "/team/groups/remove", "POST", wrap(act, self.unmap_group, fresh=True)

    async def show_tokens(self, request: Request, who: Present) -> Response:
        """List the tokens, with a form for a new one."""
        return await self._tokens(who, _EMPTY, _EMPTY, done=_DONE.get(request.query_params.get("done", ""), ""))

    async def make_token(self, request: Request, who: Present) -> Response:
        """Make a token, and show it, once."""
        fields = await fields_of(request)
        given, days = role_in(fields), fields.get("days", "").strip()
        if given is None or (days and not (days.isascii() and days.isdigit() and 0 < int(days) < 10_000)):
            mistake = {"role": _NO_ROLE} if given is None else {"days": "Write a number of days, or nothing."}
            return await self._tokens(who, fields, mistake)
        actor, name = self._guard.actor(request, who), fields.get("name", "").strip()
        try:
            secret = await tokens.make_token(self._rt, name, given, actor, int(days) if days else None)
        except (BadInput, Conflict) as error:
            return await self._tokens(who, fields, mistakes_of(error, "name"))
        return await self._tokens(who, _EMPTY, _EMPTY, secret=secret)

    async def revoke_token(self, request: Request, who: Present) -> Response:
        """Revoke a token."""
        name = (await fields_of(request)).get("name", "")
        await tokens.revoke_token(self._rt, name, self._guard.actor(request, who))
        return self._guard.go("/team/tokens?done=revoked")

    async def show_groups(self, request: Request, who: Present) -> Response:
        """List the groups that have roles, with a form for one more."""
        return await self._groups(who, _EMPTY, _EMPTY, done=_DONE.get(request.query_params.get("done", ""), ""))

    async def map_group(self, request: Request, who: Present) -> Response:
        """Give a group a role."""
        fields = await fields_of(request)
        given, group = role_in(fields), fields.get("group", "").strip()
        if given is None or not group:
            return await self._groups(who, fields, {"role": _NO_ROLE} if group else {"group": "Write the group."})
        try:
            await provided.map_group(self._rt, group, given, self._guard.actor(request, who))
        except (BadInput, Conflict) as error:
            return await self._groups(who, fields, mistakes_of(error, "group"))
        return self._guard.go("/team/groups?done=mapped")

    async def unmap_group(self, request: Request, who: Present) -> Response:
        """Take all roles from a group."""
        group = (await fields_of(request)).get("group", "")
        if not group:
            raise NotFound("no group")
        await provided.unmap_group(self._rt, group, self._guard.actor(request, who))
        return self._guard.go("/team/groups?done=unmapped")

    async def _tokens(
        self, who: Present, fields: Mapping[str, str], mistakes: Mapping[str, str], secret: str = "", done: str = ""
    ) -> Response:
        now = self._rt.clock.now()
        listed = [
            (
                each,
                described(each.grant),
                each.revoked_at is None and (each.expires_at is None or each.expires_at > now),
            )
            for each in await tokens.list_tokens(self._rt)
        ]
        return self._pages.show(
            "tokens.html", session=who.session, name=who.name, status=422 if mistakes else 200, mistakes=mistakes,
            listed=listed, fields=fields, choices=sorted(OF_PROGRAMS), studies=await study_names(self._rt),
            secret=secret, done=done,
        )  # fmt: skip

    async def _groups(
        self, who: Present, fields: Mapping[str, str], mistakes: Mapping[str, str], done: str = ""
    ) -> Response:
        listed = [(each.group_name, described(each.grant)) for each in await provided.list_groups(self._rt)]
        return self._pages.show(
            "groups.html", session=who.session, name=who.name, status=422 if mistakes else 200, mistakes=mistakes,
            listed=listed, fields=fields, choices=sorted(OF_PEOPLE), studies=await study_names(self._rt), done=done,
        )  # fmt: skip
