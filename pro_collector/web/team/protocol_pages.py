"""The pages of the study itself: what is in force, check a file, rehearse it, preview an amendment, apply it."""

from collections.abc import Iterable, Mapping
from datetime import date

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pro_collector.commands.ask_job import JobKind, ask_job, cancel_job
from pro_collector.commands.check_study import CheckedStudy, check_study
from pro_collector.commands.rehearse import MOST_PEOPLE, MOST_YEARS
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import sites_for
from pro_collector.errors import NotFound
from pro_collector.views.jobs import JobShown, jobs_of_study, one_job
from pro_collector.views.protocol import protocol_in_force, study_file
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.navigation import study_path
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team_page import HEADERS
from pro_collector.words import own_name

_ENTRY = "protocol"
_DONE = {
    "asked": "This is being done now. You can leave the page: the result stays here.",
    "cancelled": "This is being stopped.",
}
_SHOWN = 5


class ProtocolPages:
    """The study as its team sees it; whoever may amend it at all of its sites also changes it here."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, pages

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """The routes of these pages."""
        see, amend = Act.see_people, Act.amend_study
        at = "/team/study/{study}/protocol"
        return (
            (at, "GET", self._guard.of_study(see, self.show)),
            (f"{at}/file", "GET", self._guard.of_study(see, self.file)),
            (f"{at}/work", "GET", self._guard.of_study(see, self.work)),
            (f"{at}/progress", "GET", self._guard.of_study(see, self.progress, counts=False)),
            (f"{at}/check", "POST", self._guard.of_study(amend, self.check)),
            (f"{at}/rehearse", "POST", self._guard.of_study(amend, self.rehearse)),
            (f"{at}/preview", "POST", self._guard.of_study(amend, self.preview)),
            (f"{at}/apply", "POST", self._guard.of_study(amend, self.apply, fresh=True)),
            (f"{at}/cancel", "POST", self._guard.of_study(amend, self.cancel)),
        )

    async def show(self, _request: Request, visit: StudyVisit) -> Response:
        """Show the study in force."""
        shown = await protocol_in_force(visit.rt, visit.study, visit.sites)
        jobs = await jobs_of_study(visit.rt, visit.study)
        return self._pages.of_study(
            "protocol.html", visit, _ENTRY, shown=shown, jobs=jobs[:_SHOWN], may_amend=_may_amend(visit),
            own_name=own_name,
        )  # fmt: skip

    async def file(self, request: Request, visit: StudyVisit) -> Response:
        """Download the file of a version."""
        version = request.query_params.get("version") or None
        text = await study_file(visit.rt, visit.study, version)
        name = f"{visit.study}.yaml"
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(text, 200, headers, "application/yaml")

    async def work(self, request: Request, visit: StudyVisit) -> Response:
        """Show one job with its result, or the list of jobs."""
        id = request.query_params.get("job", "")
        if not id:
            jobs = await jobs_of_study(visit.rt, visit.study)
            return self._pages.of_study("jobs.html", visit, _ENTRY, jobs=jobs)
        return await self._job(visit, id, done=_DONE.get(request.query_params.get("done", ""), ""))

    async def progress(self, request: Request, visit: StudyVisit) -> Response:
        """How far a job is, for the script of its page."""
        id = request.query_params.get("job", "")
        if not id:
            return JSONResponse({}, headers=HEADERS)
        head = (await one_job(visit.rt, visit.study, id, visit.sites)).head
        found = {"state": head.state, "done": head.done, "total": head.total, "ended": head.ended}
        return JSONResponse(found, headers=HEADERS)

    async def check(self, request: Request, visit: StudyVisit) -> Response:
        """Check a file and show its mistakes; nothing is stored."""
        _must_amend(visit)
        return await self._checked(visit, await fields_of(request))

    async def rehearse(self, request: Request, visit: StudyVisit) -> Response:
        """Have a file rehearsed."""
        _must_amend(visit)
        fields = await fields_of(request)
        mistakes = dict(_rehearsal_mistakes(fields))
        checked = await self._check(visit, fields)
        if checked.study is None or mistakes:
            return await self._checked(visit, fields, mistakes)
        asked = {
            "text": _text(fields), "file": _name(fields), "participants": int(fields["participants"]),
            "years": float(fields["years"]), "price": float(fields["price"]), "starts": fields["starts"],
        }  # fmt: skip
        return await self._ask(visit, "rehearse", asked)

    async def preview(self, request: Request, visit: StudyVisit) -> Response:
        """Have the effects of a file, or of an earlier version, computed."""
        _must_amend(visit)
        fields = await fields_of(request)
        if version := fields.get("version"):
            fields = {**fields, "text": await study_file(visit.rt, visit.study, version), "name": f"version {version}"}
        if (await self._check(visit, fields)).study is None:
            return await self._checked(visit, fields)
        return await self._ask(visit, "preview", {"text": _text(fields), "file": _name(fields)})

    async def apply(self, request: Request, visit: StudyVisit) -> Response:
        """Put the file of a preview in force, if its version is typed and the preview still holds."""
        _must_amend(visit)
        fields = await fields_of(request)
        previewed = await one_job(visit.rt, visit.study, fields.get("job", ""), visit.sites)
        result = previewed.result or {}
        if previewed.head.kind != "preview" or not result:
            raise NotFound("no such preview")
        current = (await protocol_in_force(visit.rt, visit.study, visit.sites)).version
        if current != result["in_force"]:
            words = f"Version {current} has come in force since: preview it again."
            return await self._job(visit, fields["job"], mistakes={"version": words})
        if fields.get("version", "").strip() != result["version"]:
            words = f"Type the version that you want in force: {result['version']}"
            return await self._job(visit, fields["job"], mistakes={"version": words})
        return await self._ask(visit, "apply", {"text": result["text"], "file": result["file"]})

    async def cancel(self, request: Request, visit: StudyVisit) -> Response:
        """Stop a job."""
        _must_amend(visit)
        job = await one_job(visit.rt, visit.study, (await fields_of(request)).get("job", ""), visit.sites)
        await cancel_job(visit.acts, visit.study, job.head.id, by=visit.who.name)
        return self._go(visit, f"work?job={job.head.id}&done=cancelled")

    async def _check(self, visit: StudyVisit, fields: Mapping[str, str]) -> CheckedStudy:
        return await check_study(visit.rt, visit.study, _text(fields), _name(fields))

    async def _checked(
        self, visit: StudyVisit, fields: Mapping[str, str], mistakes: Mapping[str, str] = NO_MISTAKES
    ) -> Response:
        """Show what is wrong with a file, or what can be done with it."""
        found = await self._check(visit, fields)
        if found.mistakes:
            many = len(found.mistakes)
            mistakes = {"text": f"The file has {many} mistake{'s' if many > 1 else ''}.", **mistakes}
        return self._pages.of_study(
            "protocol_check.html", visit, _ENTRY, status=422 if mistakes else 200, mistakes=mistakes, found=found,
            text=_text(fields), file=_name(fields), fields=fields, most_people=MOST_PEOPLE, most_years=MOST_YEARS,
            starts=fields.get("starts") or f"{visit.rt.clock.now():%Y-%m-%d}",
        )  # fmt: skip

    async def _job(
        self, visit: StudyVisit, id: str, *, done: str = "", mistakes: Mapping[str, str] = NO_MISTAKES
    ) -> Response:
        shown: JobShown = await one_job(visit.rt, visit.study, id, visit.sites)
        return self._pages.of_study(
            "job.html", visit, _ENTRY, status=422 if mistakes else 200, mistakes=mistakes, shown=shown, done=done,
            head=shown.head, result=shown.result, may_amend=_may_amend(visit),
        )  # fmt: skip

    async def _ask(self, visit: StudyVisit, kind: JobKind, input: Mapping[str, object]) -> Response:
        id = await ask_job(visit.acts, visit.study, kind, input, by=visit.who.name)
        return self._go(visit, f"work?job={id}&done=asked")

    def _go(self, visit: StudyVisit, page: str) -> Response:
        return self._guard.go(f"{study_path(visit.study, _ENTRY)}/{page}")


def _may_amend(visit: StudyVisit) -> bool:
    """Whether whoever asks may change the study: a study is changed for all of its sites."""
    return sites_for(visit.who.grants, Act.amend_study, visit.study).names is None


def _must_amend(visit: StudyVisit) -> None:
    if visit.sites.names is not None:
        raise NotFound("a study is changed for all of its sites")


def _text(fields: Mapping[str, str]) -> str:
    """The file that was uploaded, or else the text that was pasted."""
    return fields.get("upload") or fields.get("text", "")


def _name(fields: Mapping[str, str]) -> str:
    return (fields.get("upload_name") or fields.get("name") or "study.yaml")[:100]


def _rehearsal_mistakes(fields: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for name, kind, least, most in (
        ("participants", int, 1, MOST_PEOPLE), ("years", float, 0.1, MOST_YEARS), ("price", float, 0, 100)
    ):  # fmt: skip
        try:
            fits = least <= kind(fields.get(name, "")) <= most
        except ValueError:
            fits = False
        if not fits:
            yield name, f"Expected a number from {least:g} to {most:g}."
    try:
        date.fromisoformat(fields.get("starts", ""))
    except ValueError:
        yield "starts", "Expected a date."
