"""`/team/study/{study}/webhooks`: programs elsewhere that get events of the study."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands import webhooks
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import ALL_SITES
from pro_collector.domain.webhook import EVENTS
from pro_collector.errors import BadInput, Conflict, NotFound
from pro_collector.views.webhooks import WebhookDeliveries, deliveries_of, webhooks_of_study
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.navigation import study_path
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team.spoken_time import ago

PATH = "/team/study/{study}/webhooks"
_MENU = "protocol"
_SAID = {
    "tried": "A message to try it is on its way.",
    "paused": "It is paused: what is to be sent waits.",
    "resumed": "It goes on: what has waited is sent.",
    "again": "The dead letters are sent again.",
    "revoked": "It is revoked: nothing is sent any more.",
}


class WebhookPages:
    """The webhooks of a study, for whoever may change the study at all its sites; others see that there are such."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, pages

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """Their routes."""
        act, wrap, one = Act.amend_study, self._guard.of_study, f"{PATH}/{{webhook}}"
        yield PATH, "GET", wrap(act, self.show)
        yield PATH, "POST", wrap(act, self.make, fresh=True)
        yield one, "GET", wrap(act, self.show_one)
        yield f"{one}/test", "POST", wrap(act, self.try_it)
        yield f"{one}/pause", "POST", wrap(act, self.pause)
        yield f"{one}/resume", "POST", wrap(act, self.resume)
        yield f"{one}/resend", "POST", wrap(act, self.send_again)
        yield f"{one}/roll", "POST", wrap(act, self.roll, fresh=True)
        yield f"{one}/revoke", "POST", wrap(act, self.revoke, fresh=True)

    async def show(self, _request: Request, visit: StudyVisit) -> Response:
        """List the webhooks, with a form for a new one."""
        return await self._list(visit)

    async def make(self, request: Request, visit: StudyVisit) -> Response:
        """Make a webhook, and show its secret, once."""
        _of_all_sites(visit)
        fields = await fields_of(request)
        events = [each for each in EVENTS if fields.get(each)]
        name = fields.get("name", "").strip()
        try:
            made = await webhooks.make_webhook(
                visit.acts, visit.study, name, fields.get("url", "").strip(), events, by=visit.who.name
            )
        except BadInput as error:
            mistakes = {each.where: each.message for each in error.problems}
            return await self._list(visit, fields, events, mistakes)
        except Conflict as error:
            return await self._list(visit, fields, events, {"name": str(error)})
        return await self._one(visit, name, secret=made.secret)

    async def show_one(self, request: Request, visit: StudyVisit) -> Response:
        """Show one webhook with its deliveries."""
        said = _SAID.get(request.query_params.get("done", ""), "")
        return await self._one(visit, _name(request, visit), said=said)

    async def try_it(self, request: Request, visit: StudyVisit) -> Response:
        """Send a message to try it."""
        name = _name(request, visit)
        await webhooks.try_webhook(visit.acts, visit.study, name, by=visit.who.name)
        return self._go(visit, name, "tried")

    async def pause(self, request: Request, visit: StudyVisit) -> Response:
        """Let what is to be sent wait."""
        name = _name(request, visit)
        await webhooks.pause_webhook(visit.acts, visit.study, name, by=visit.who.name)
        return self._go(visit, name, "paused")

    async def resume(self, request: Request, visit: StudyVisit) -> Response:
        """Send what has waited."""
        name = _name(request, visit)
        await webhooks.resume_webhook(visit.acts, visit.study, name, by=visit.who.name)
        return self._go(visit, name, "resumed")

    async def send_again(self, request: Request, visit: StudyVisit) -> Response:
        """Send dead letters again, one or all."""
        name, event = _name(request, visit), (await fields_of(request)).get("event", "")
        await webhooks.send_again(visit.acts, visit.study, name, _uuid(event) if event else None, by=visit.who.name)
        return self._go(visit, name, "again")

    async def roll(self, request: Request, visit: StudyVisit) -> Response:
        """Make a new secret, and show it, once."""
        name = _name(request, visit)
        secret = await webhooks.roll_secret(visit.acts, visit.study, name, by=visit.who.name)
        return await self._one(visit, name, secret=secret)

    async def revoke(self, request: Request, visit: StudyVisit) -> Response:
        """Say what revoking means; the second time, revoke it."""
        name = _name(request, visit)
        if (await fields_of(request)).get("seen") != "yes":
            return await self._one(visit, name, revoking=True)
        await webhooks.revoke_webhook(visit.acts, visit.study, name, by=visit.who.name)
        return self._go(visit, name, "revoked")

    async def _list(
        self, visit: StudyVisit, typed: Mapping[str, str] = NO_MISTAKES, chosen: Iterable[str] = (),
        mistakes: Mapping[str, str] = NO_MISTAKES,
    ) -> Response:  # fmt: skip
        return self._pages.of_study(
            "webhooks.html", visit, _MENU, status=422 if mistakes else 200, mistakes=mistakes, typed=typed,
            chosen=frozenset(chosen), listed=await webhooks_of_study(visit.rt, visit.study), events=EVENTS,
            makes=visit.sites == ALL_SITES, now=visit.rt.clock.now(), ago=ago,
        )  # fmt: skip

    async def _one(
        self, visit: StudyVisit, name: str, *, said: str = "", secret: str = "", revoking: bool = False
    ) -> Response:
        shown: WebhookDeliveries = await deliveries_of(visit.rt, visit.study, name)
        return self._pages.of_study(
            "webhook.html", visit, _MENU, shown=shown, one=shown.webhook, said=said, secret=secret, revoking=revoking,
            ago=ago, there=quote(name),
        )  # fmt: skip

    def _go(self, visit: StudyVisit, name: str, done: str) -> Response:
        return self._guard.go(f"{study_path(visit.study, 'webhooks')}/{quote(name)}?done={done}")


def _of_all_sites(visit: StudyVisit) -> None:
    if visit.sites != ALL_SITES:
        raise NotFound("a webhook is of all sites")


def _name(request: Request, visit: StudyVisit) -> str:
    """The name of the webhook, if whoever asks may act for all sites. Raises NotFound."""
    _of_all_sites(visit)
    return str(request.path_params["webhook"])


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("no such event") from None
