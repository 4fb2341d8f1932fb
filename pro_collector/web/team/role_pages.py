"""`/team/study/{study}/roles`: who has which role in a study; whoever may gives and takes them there."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.accounts import granting
from pro_collector.accounts.inviting import list_accounts
from pro_collector.accounts.person import described
from pro_collector.commands.show_task import spoken
from pro_collector.domain.account.acts import OF_PEOPLE, WHOLE_INSTALLATION, Act
from pro_collector.domain.account.permission import RoleAt, may_grant
from pro_collector.errors import BadInput, Conflict, NotFound
from pro_collector.views.people import study_in_force
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.pages import TeamPages
from pro_collector.web.team.role_form import mistakes_of, role_in

_DONE = {
    "given": "The role is given. It holds from their next page on.",
    "taken": "The role is taken. No page shows what it allowed any more.",
}
_TOO_MUCH = "You can give and take only roles that allow no more than your own, at your own sites."
_EMPTY: Mapping[str, str] = {}


class RolePages:
    """The roles in a study. People are invited by an administrator; here they get their roles."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, pages

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """The list, and what is done with it."""
        path, act = "/team/study/{study}/roles", Act.grant_roles
        yield path, "GET", self._guard.of_study(act, self.show)
        yield f"{path}/give", "POST", self._guard.of_study(act, self.give, fresh=True)
        yield f"{path}/take", "POST", self._guard.of_study(act, self.take, fresh=True)

    async def show(self, request: Request, visit: StudyVisit) -> Response:
        """Show who has which role, with a form to give one."""
        return await self._roles(visit, _EMPTY, _EMPTY, _DONE.get(request.query_params.get("done", ""), ""))

    async def give(self, request: Request, visit: StudyVisit) -> Response:
        """Give somebody a role in this study."""
        fields = await fields_of(request)
        given, handle = _in_study(role_in(fields), visit), fields.get("handle", "").strip()
        if given is None or not may_grant(visit.who.grants, given):
            return await self._roles(visit, fields, {"role": _TOO_MUCH if given else "Choose a role."})
        actor, why = self._guard.actor(request, visit.who), fields.get("why", "").strip()
        try:
            await granting.grant(visit.acts, handle, given, actor, why)
        except (BadInput, Conflict) as error:
            return await self._roles(visit, fields, mistakes_of(error))
        except NotFound:
            return await self._roles(visit, fields, {"handle": "There is no such account: ask your administrator."})
        return self._guard.go(f"/team/study/{visit.study}/roles?done=given")

    async def take(self, request: Request, visit: StudyVisit) -> Response:
        """Take a role in this study from somebody."""
        fields = await fields_of(request)
        taken = _in_study(role_in(fields), visit)
        if taken is None or not may_grant(visit.who.grants, taken):
            return await self._roles(visit, _EMPTY, {"role": _TOO_MUCH})
        actor, why = self._guard.actor(request, visit.who), fields.get("why", "").strip()
        await granting.revoke(visit.acts, fields.get("handle", ""), taken, actor, why)
        return self._guard.go(f"/team/study/{visit.study}/roles?done=taken")

    async def _roles(
        self, visit: StudyVisit, fields: Mapping[str, str], mistakes: Mapping[str, str], done: str = ""
    ) -> Response:
        listed = [
            (account.handle, row.grant, described(replace(row.grant, study=None)), row)
            for account in await list_accounts(visit.acts)
            for row in account.grants
            if row.study == visit.study and (row.site is None or row.site in visit.sites)
        ]
        async with visit.rt.database.transaction() as tx:
            study = await study_in_force(tx, visit.rt, visit.study)
        sites = {code: spoken(site.label) for code, site in study.sites.items() if code in visit.sites}
        return self._pages.of_study(
            "roles.html", visit, "roles", status=422 if mistakes else 200, mistakes=mistakes, listed=listed,
            fields=fields, choices=sorted(OF_PEOPLE - WHOLE_INSTALLATION), done=done, sites=sites,
        )  # fmt: skip


def _in_study(given: RoleAt | None, visit: StudyVisit) -> RoleAt | None:
    """The role, of this study whatever the form says."""
    return replace(given, study=visit.study) if given else None
