"""The pages about alerts: those that are open, one with its life, acknowledging and closing it, and the figures."""

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands.act_on_alert import acknowledge_alert, close_alert
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import sites_for
from pro_collector.domain.alert.life import DONE, NOTHING_DONE
from pro_collector.errors import Conflict
from pro_collector.views.alerts import alert_figures, alert_list, alert_page, find_alert
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.navigation import study_path
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team.spoken_time import ago, lasted, local

PATH = "/team/study/{study}/alerts"
MENU = "alerts"
DONE_WORDS: Mapping[str, str] = {
    "phoned": "phoned the patient",
    "advice_sent": "sent advice",
    "drug_changed": "started or changed a drug",
    "dose_changed": "held or changed the dose",
    "test_ordered": "ordered a test",
    "seen": "saw the patient",
    "admitted": "admitted the patient",
    "referred": "referred the patient",
    "unreachable": "nothing: not reached",
    "known_already": "nothing: known already",
    "not_actionable": "nothing: nothing can be done",
    "wrong": "nothing: the alert is wrong",
    "died": "the patient has died",
}
"""How an alert ended, as people read it."""
WHAT_WORDS: Mapping[str, str] = {
    "raised": "raised",
    "repeated": "raised again by another check-in",
    "told": "told",
    "nobody": "nobody on duty: skipped",
    "not_delivered": "not delivered",
    "advised": "the patient was told what to do",
    "acknowledged": "acknowledged",
    "came_back": "came back",
    "no_longer_holds": "an answer was corrected: the rule no longer holds",
    "holds_again": "an answer was corrected: the rule holds again",
    "closed": "closed",
}
"""What happened to an alert, as people read it."""
_SAID = {
    "acknowledged": "The alert is yours. If it is not closed in time, it comes back.",
    "closed": "The alert is closed.",
}


class AlertPages:
    """The alerts of a study."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, pages

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """Their routes."""
        see, work = Act.see_people, Act.work_tasks
        yield PATH, "GET", self._guard.of_study(see, self.open)
        yield f"{PATH}/figures", "GET", self._guard.of_study(see, self.figures)
        yield f"{PATH}/{{alert}}", "GET", self._guard.of_study(see, self.one)
        yield f"{PATH}/{{alert}}/acknowledge", "POST", self._guard.of_study(work, self.acknowledge)
        yield f"{PATH}/{{alert}}/close", "POST", self._guard.of_study(work, self.close)

    async def open(self, _request: Request, visit: StudyVisit) -> Response:
        """Show the open alerts, and the last that were closed."""
        shown = await alert_list(visit.rt, visit.study, visit.sites)
        return self._pages.of_study(
            "alerts.html", visit, MENU, shown=shown, done_words=DONE_WORDS, ago=ago, local=local
        )

    async def figures(self, _request: Request, visit: StudyVisit) -> Response:
        """Show counts and times."""
        shown = await alert_figures(visit.rt, visit.study, visit.sites)
        return self._pages.of_study("alert_figures.html", visit, MENU, shown=shown, lasted=lasted)

    async def one(self, request: Request, visit: StudyVisit) -> Response:
        """Show one alert with its life."""
        return await self._one(request, visit, _SAID.get(request.query_params.get("done", ""), ""))

    async def acknowledge(self, request: Request, visit: StudyVisit) -> Response:
        """Take care of an alert; whoever comes second is refused."""
        id = await self._found(request, visit)
        try:
            await acknowledge_alert(visit.acts, id, visit.who.name)
        except Conflict as error:
            return await self._refused(request, visit, "acknowledge", error)
        return self._guard.go(f"{study_path(visit.study, MENU)}/{id}?done=acknowledged")

    async def close(self, request: Request, visit: StudyVisit) -> Response:
        """Close an alert with what was done."""
        id, fields = await self._found(request, visit), await fields_of(request)
        done, note = fields.get("done", ""), fields.get("note", "")
        if mistakes := _mistakes(done, note):
            return await self._one(request, visit, status=422, mistakes=mistakes, typed=fields)
        try:
            await close_alert(visit.acts, id, visit.who.name, done, note)
        except Conflict as error:
            return await self._refused(request, visit, "close", error)
        return self._guard.go(f"{study_path(visit.study, MENU)}/{id}?done=closed")

    async def _found(self, request: Request, visit: StudyVisit) -> str:
        """The id of the alert, if it is about somebody at a site where whoever asks may act. Raises NotFound."""
        async with visit.rt.database.transaction() as tx:
            return str((await find_alert(tx, visit.study, visit.sites, str(request.path_params["alert"]))).id)

    async def _refused(self, request: Request, visit: StudyVisit, field: str, error: Conflict) -> Response:
        """The alert as it is by now, with why nothing was done, and with what was typed."""
        words = str(error)
        mistakes = {field: f"{words[:1].upper()}{words[1:]}."}
        return await self._one(request, visit, status=409, mistakes=mistakes, typed=await fields_of(request))

    async def _one(
        self, request: Request, visit: StudyVisit, said: str = "", status: int = 200,
        mistakes: Mapping[str, str] = NO_MISTAKES, typed: Mapping[str, str] = NO_MISTAKES,
    ) -> Response:  # fmt: skip
        sites = sites_for(visit.who.grants, Act.see_people, visit.study)
        shown = await alert_page(visit.rt, visit.study, sites, str(request.path_params["alert"]))
        site, grants = shown.alert.row.site, visit.who.grants
        works = site in sites_for(grants, Act.work_tasks, visit.study)
        reads = site in sites_for(grants, Act.read_words, visit.study)  # a note may quote the patient
        return self._pages.of_study(
            "alert.html", visit, MENU, status=status, mistakes=mistakes, shown=shown, said=said, works=works,
            reads=reads, typed=typed, choices=[(code, DONE_WORDS[code]) for code in DONE], done_words=DONE_WORDS,
            what_words=WHAT_WORDS, ago=ago, local=local, lasted=lasted,
        )  # fmt: skip


def _mistakes(done: str, note: str) -> dict[str, str]:
    if done not in DONE:
        return {"done": "Choose what was done."}
    return {"note": "Say why nothing was done."} if done in NOTHING_DONE and not note.strip() else {}
