"""Wraps the pages behind the door: gives each its session and its person, or shows why there is none."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.casework.desk.case import Case
from pro_collector.casework.own_page import PageOwner, SignedIn, owner_of
from pro_collector.commands.open_own_page import signed_in
from pro_collector.runtime import Runtime
from pro_collector.web.form.guard import Endpoint, PageGuard
from pro_collector.web.form.pages import LanguageChoice, Pages
from pro_collector.web.form.store import TeamContact
from pro_collector.web.mine.session import PATH, chosen_language, remember_language, session_of
from pro_collector.web.mine.style import style_address
from pro_collector.words import Words
from scheduler.rules import Reporter

SignedInPage = Callable[[Request, SignedIn], Awaitable[Response]]
TRENDS = "/trends"
"""The path of the page of trends, which a study may forbid."""


@dataclass(frozen=True, slots=True)
class PageVisit:
    """One request of somebody who is signed in, for the page of one person.

    `base` is the URL of that page: every further path is below it. `several`: the session opens more than one page.
    """

    owner: PageOwner
    words: Words
    base: str
    several: bool

    @property
    def case(self) -> Case:
        """The person, without a lock and without surveys."""
        return self.owner.case

    @property
    def reporter(self) -> Reporter:
        """Who reads the page."""
        return self.owner.reporter

    @property
    def is_caregiver(self) -> bool:
        """Whether a caregiver reads it: it is about them, and nothing on it is of the patient."""
        return self.reporter == "caregiver"

    @property
    def language(self) -> str:
        """The language of the page."""
        return self.words.language

    def at(self, path: str) -> str:
        """The URL of a page below the person's page, such as `/trends`."""
        return f"{self.base}{path}"


OwnPageEndpoint = Callable[[Request, PageVisit], Awaitable[Response]]


class OwnPageGuard(PageGuard):
    """Wraps the pages below `/m`: with errors and cross-site requests as for the form, and with the session."""

    def __init__(self, rt: Runtime, pages: Pages, tabs: Sequence[tuple[str, str]]) -> None:
        """`tabs`: the pages in the navigation, as (path below the person's page, key of the words)."""
        super().__init__(pages)
        self.rt = rt
        self._tabs = tabs

    @property
    def home(self) -> str:
        """The URL of the list of people, which leads to the page of the only one."""
        return f"{self.pages.prefix}{PATH}/"

    def with_session(self, page: SignedInPage) -> Endpoint:
        """Wrap `page`: give it the session of the cookie; without one a page says how to come in."""

        async def call(request: Request) -> Response:
            people = await signed_in(self.rt, session_of(request))
            return self.signed_out(request) if people is None else await page(request, people)

        return call

    def with_visit(self, page: OwnPageEndpoint) -> Endpoint:
        """Wrap `page`, whose path has `{whom}`: give it the visit. A person of no session of theirs leads home."""

        async def call(request: Request, people: SignedIn) -> Response:
            owner = owner_of(people, str(request.path_params["whom"]))
            if owner is None:
                return self.pages.go(self.home)
            response = await page(request, self.visit(request, owner, several=len(people.owners) > 1))
            remember_language(request, response, self.pages)
            return response

        return self.with_session(call)

    def of_patient(self, page: OwnPageEndpoint) -> OwnPageEndpoint:
        """Wrap `page`, which shows or changes something of the patient: a caregiver is led back to their overview."""

        async def call(request: Request, visit: PageVisit) -> Response:
            return self.pages.go(visit.base) if visit.is_caregiver else await page(request, visit)

        return call

    def visit(self, request: Request, owner: PageOwner, *, several: bool) -> PageVisit:
        """The visit of a request to the page of `owner`."""
        words = self.words_of(request, owner.case, owner.reporter)
        return PageVisit(owner, words, f"{self.home}p/{owner.handle}", several)

    def show(self, request: Request, visit: PageVisit, template: str, status: int = 200, **content: object) -> Response:
        """Render a page of `templates/mine` with the frame: navigation, sign-out, the team's contact."""
        here = request.url.path.removeprefix(f"{PATH}/p/{visit.owner.handle}")
        return self.page(
            request,
            visit.case,
            template,
            status,
            visit.reporter,
            visit=visit,
            tabs=[
                (visit.at(path), visit.words.say(key), here in (path, f"{path}/"))
                for path, key in self._tabs
                if path != TRENDS or visit.case.current_version.study.page.trends
            ],
            sign_out=f"{self.home}out",
            people=self.home if visit.several else "",
            **content,
        )

    def page(
        self, request: Request, case: Case, template: str, status: int = 200, reporter: Reporter = "self",
        **content: object,
    ) -> Response:  # fmt: skip
        """Render a page about a person, in the language that the reader chose, else in that of the reporter."""
        words = self.words_of(request, case, reporter)
        languages = self._languages(case, words)
        response = self.pages.show(
            template, words, status, contact_of(case), languages, own_style=style_address(self.pages), **content
        )
        remember_language(request, response, self.pages)
        return response

    def words_of(self, request: Request, case: Case, reporter: Reporter = "self") -> Words:
        """The words in the language that the reader chose, if the study has it, else in that of the reporter."""
        chosen = chosen_language(request)
        return self.pages.words_for(chosen if chosen in _offered(case) else case.language_of(reporter))

    def signed_out(self, request: Request, about: str = "mine.signed_out", status: int = 403) -> Response:
        """The page of somebody without a session."""
        chosen = chosen_language(request)
        words = self.pages.words_for(chosen) if chosen else self.words(request)
        return self.pages.show("message.html", words, status, about=about)

    def _languages(self, case: Case, words: Words) -> list[LanguageChoice]:
        known = {code: self.pages.words[code] for code in _offered(case) if code in self.pages.words}
        return [LanguageChoice(code, w.say("name"), f"?lang={code}") for code, w in known.items() if w is not words]


def contact_of(case: Case) -> TeamContact:
    """The contact of the person's team, and the emergency words of their site."""
    study, site = case.current_version.study, case.person.site
    told = study.alerts.told if study.alerts else {}
    return TeamContact(study.sender, case.team.phone, case.team.email, study.emergency_of(site), watched=told)


def _offered(case: Case) -> Sequence[str]:
    return case.current_version.study.languages
