"""The pages of one's own account: roles, studies, password, and signing out everywhere."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.accounts.calendar_links import own_links, revoke_link
from pro_collector.accounts.own_account import Chosen, change_password, ways_of
from pro_collector.accounts.passkeys import add_passkey, remove_passkeys
from pro_collector.accounts.person import described
from pro_collector.accounts.sessions import Present, sign_out_everywhere
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import may, sites_for
from pro_collector.errors import NotFound
from pro_collector.postgres.tables import studies
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import TeamGuard
from pro_collector.web.team.navigation import study_path
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages

ACCOUNT = "/team/account"
_DONE = {
    "password": "Your password is changed. You are signed out everywhere else.",
    "passkey": "Your passkey is added.",
    "no-passkey": "This passkey was not accepted. Try again.",
    "removed": "Your passkeys are removed. You sign in with the password.",
    "out": "You are signed out everywhere else.",
    "link": "The link is revoked. Calendars that fetch it find nothing any more.",
}


class AccountPages:
    """What somebody who is signed in sees and changes of themselves."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages, self._rt = guard, pages, guard.rt

    async def home(self, request: Request, who: Present) -> Response:
        """Show who is signed in, their roles, and where they lead."""
        async with self._rt.database.transaction() as tx:
            rows = await studies.all_in_force(tx)
            shown = [row for row in rows if sites_for(who.grants, Act.see_scores, row.id)]
            found = [(await self._rt.studies.get(tx, row.id, row.version)).study for row in shown]
        links = [
            (study_path(study.id, "charts"), study.title.get("en") or next(iter(study.title.values())))
            for study in found
        ]
        options, done = await ways_of(self._rt, who), _DONE.get(request.query_params.get("done", ""), "")
        return self._pages.show(
            "home.html", session=who.session, name=who.name, roles=[described(each) for each in who.grants],
            has_password=options.password, passkeys=options.passkeys, passkey_options=options.new_passkey,
            calendars=await own_links(self._rt, who.account) if who.account else (), links=links,
            manages=may(who.grants, Act.manage_accounts), done=done,
        )  # fmt: skip

    async def add_passkey(self, request: Request, who: Present) -> Response:
        """Add the passkey that the browser made."""
        made = (await fields_of(request)).get("credential", "")
        added = await add_passkey(self._rt, who, made, self._guard.actor(request, who))
        return self._guard.go(f"{ACCOUNT}?done={'passkey' if added else 'no-passkey'}")

    async def remove_passkeys(self, request: Request, who: Present) -> Response:
        """Remove all passkeys; the password stays."""
        removed = await remove_passkeys(self._rt, who, self._guard.actor(request, who))
        return self._guard.go(f"{ACCOUNT}?done=removed" if removed else ACCOUNT)

    async def revoke_calendar(self, request: Request, who: Present) -> Response:
        """Revoke a private link to a calendar."""
        try:
            link = UUID((await fields_of(request)).get("link", ""))
        except ValueError:
            raise NotFound("no such link") from None
        if who.account is not None:
            await revoke_link(self._rt, who.account, link, self._guard.actor(request, who))
        return self._guard.go(f"{ACCOUNT}?done=link")

    async def ask_password(self, _request: Request, who: Present) -> Response:
        """Show the form to change the password."""
        return self._pages.show("password.html", session=who.session, name=who.name)

    async def set_password(self, request: Request, who: Present) -> Response:
        """Change the password; every other session ends."""
        fields = await fields_of(request)
        chosen = Chosen(fields.get("present", ""), fields.get("password", ""), fields.get("again", ""))
        mistakes = await change_password(self._rt, who, chosen, self._guard.actor(request, who))
        if mistakes:
            return self._pages.show(
                "password.html", session=who.session, name=who.name, status=422, mistakes=mistakes or NO_MISTAKES
            )
        return self._guard.go(f"{ACCOUNT}?done=password")

    async def sign_out_elsewhere(self, request: Request, who: Present) -> Response:
        """End every other session."""
        if who.account is not None:
            await sign_out_everywhere(self._rt, who.account, who.name, self._guard.actor(request, who), but=who.session)
        return self._guard.go(f"{ACCOUNT}?done=out")
