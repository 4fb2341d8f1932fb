"""How a person says something on their own page: how they are now, a question to the team; and what they agreed to."""

import secrets

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands.ask_team import LONGEST_QUESTION, Taken, ask_team
from pro_collector.commands.report_now import report_now
from pro_collector.domain.conversation.unprompted import NoReport
from pro_collector.domain.study.consent import agreed
from pro_collector.web.mine.acts import CHANGES, by, done_at
from pro_collector.web.mine.guard import OwnPageGuard, PageVisit
from pro_collector.web.request import fields_of


class TellingPages:
    """The pages of an unprompted report, of a question, and of the consent text."""

    def __init__(self, guard: OwnPageGuard) -> None:
        self.guard, self.rt = guard, guard.rt

    async def now(self, request: Request, visit: PageVisit) -> Response:
        """Begin a report that nobody asked for: its form is that of every check-in."""
        if request.method != "POST":
            return self.guard.show(request, visit, "act_now.html", refused="")
        opened = await report_now(self.rt, visit.case.person.id, visit.reporter, by=by(visit))
        if isinstance(opened, NoReport):
            key = "enough" if opened is NoReport.ENOUGH_TODAY else "not_offered"
            return self.guard.show(request, visit, "act_now.html", 409, refused=key)
        return self.guard.pages.go(f"{self.guard.pages.prefix}/r/{opened.token}?lang={visit.language}")

    async def question(self, request: Request, visit: PageVisit) -> Response:
        """Take a question to the team; one with words of an emergency is answered at once."""
        if request.method != "POST":
            return self._question(request, visit)
        fields = await fields_of(request)
        words, nonce = fields.get("words", ""), fields.get("nonce") or secrets.token_urlsafe(9)
        taken = await ask_team(self.rt, visit.case.person.id, visit.reporter, words, nonce)
        if not isinstance(taken, Taken):
            return self._question(request, visit, taken, words)
        if not taken.emergency:
            return self.guard.pages.go(done_at(visit, "asked"))
        told = visit.case.emergency(visit.language)
        lines = told.lines if taken.emergency == "urgent" else tuple(reversed(told.lines))
        return self.guard.page(
            request, visit.case, "act_emergency.html", 200, visit.reporter, lines=lines, back=visit.at(CHANGES)
        )

    async def consent(self, request: Request, visit: PageVisit) -> Response:
        """Show the consent text of the version that the person agreed to."""
        case = visit.case
        found = agreed(case.current_version.study.consent, case.person.consent_version, visit.language)
        if found is None:
            return self.guard.pages.go(visit.at(CHANGES))
        return self.guard.show(request, visit, "act_consent.html", consent=found)

    def _question(self, request: Request, visit: PageVisit, problem: str = "", written: str = "") -> Response:
        filled: dict[str, object] = {"long": {"limit": LONGEST_QUESTION}, "many": {"phone": visit.case.team.phone}}
        given = filled.get(problem, {})
        mistake = visit.words.say(f"mine.acts.question.{problem}", **given) if problem else ""  # type: ignore[arg-type]
        return self.guard.show(
            request,
            visit,
            "act_question.html",
            422 if problem else 200,
            mistake=mistake,
            written=written,
            nonce=secrets.token_urlsafe(9),
        )
