"""The one place where a request of the team, or of a program, is let in: who asks, for what act, in which study."""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit
from weakref import WeakKeyDictionary

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from pro_collector.accounts.person import Actor
from pro_collector.accounts.sessions import Present, present
from pro_collector.accounts.tokens import program
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import Sites, may, sites_for
from pro_collector.domain.account.visiting import is_fresh
from pro_collector.errors import NotFound, ProCollectorError
from pro_collector.postgres.grants import TEAM, VIEWER
from pro_collector.postgres.questions.session import Scope
from pro_collector.runtime import Runtime
from pro_collector.web.request import fields_of, is_cross_site
from pro_collector.web.team.cookies import Cookies
from pro_collector.web.team.recording import client_of, record_answer, record_request
from pro_collector.web.team_page import HEADERS, message

SIGN_IN = "/team/sign-in"
CONFIRM = "/team/confirm"
"""Where somebody proves again who they are, before what is dangerous."""
CSRF = "csrf"
"""The hidden field of every form; its value belongs to the session, or to the visit before it."""
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="pro-collector"', "Cache-Control": "no-store"}

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class StudyVisit:
    """A request about one study. `sites`: those at which whoever asks may do what the page is for.

    `rt`: what the page shows is read with it, and it sees the rows of these sites only. `acts`: what somebody does on
    the page is done with it, after the page has looked for the person with `rt`; it has the rights of the command line.
    What either records says from which network address.
    """

    who: Present
    study: str
    sites: Sites
    rt: Runtime
    acts: Runtime


PresentPage = Callable[[Request, Present], Awaitable[Response]]
StudyPage = Callable[[Request, StudyVisit], Awaitable[Response]]


_acts: WeakKeyDictionary[Endpoint, Act | None] = WeakKeyDictionary()


def act_of(endpoint: Endpoint) -> Act | None:
    """The act that a guarded route is for; None: everybody who is signed in may come.

    Raises KeyError for a route without a guard.
    """
    return _acts[endpoint]


def is_for(endpoint: Endpoint, act: Act) -> None:
    """Say which act an endpoint is for that is not itself what the guard wraps; `act_of` finds it."""
    _acts[endpoint] = act


class TeamGuard:
    """Wraps the pages and routes of the team. What somebody may not see looks as if it did not exist."""

    def __init__(self, rt: Runtime) -> None:
        self.rt = rt
        self.cookies = Cookies(rt.settings.public_url)
        parts = urlsplit(rt.settings.public_url)
        self.prefix = parts.path.rstrip("/")
        self.origin = f"{parts.scheme}://{parts.netloc}".lower()
        self._viewer = rt.settings.database_roles + VIEWER
        self._team = rt.settings.database_roles + TEAM
        self.acts = replace(rt, database=rt.database.limited(Scope(self._team)))
        """With it an administrator does what the command line does too; it has the same rights."""

    def of_study(self, act: Act, page: StudyPage, *, counts: bool = True, fresh: bool = False) -> Endpoint:
        """Wrap a page whose path has `{study}`: it gets the sites at which whoever asks may do `act`.

        `counts`: the request keeps the session from ending; what a page asks by itself must not. `fresh`: a person must
        have proved within the last minutes who they are, or is asked to, and comes back by GET.
        """

        async def answer(request: Request, who: Present) -> Response:
            study = str(request.path_params["study"])
            sites = sites_for(who.grants, act, study)
            if not sites:
                return self.missing(request)
            client = client_of(request)
            seeing = self.seeing(study, sites, client)
            acts = replace(self.rt, database=self.rt.database.limited(Scope(self._team, client=client)))
            return await page(request, StudyVisit(who, study, sites, seeing, acts))

        return self._let_in(act, answer, counts=counts, fresh=fresh)

    def seeing(self, study: str, sites: Sites, client: str = "") -> Runtime:
        """The runtime whose transactions see nothing but the rows of these sites of a study.

        `client`: the network address of whoever looks, for what is recorded.
        """
        return replace(self.rt, database=self.rt.database.limited(Scope(self._viewer, study, sites, client)))

    def of_installation(self, act: Act, page: PresentPage, *, fresh: bool = False) -> Endpoint:
        """Wrap a page that concerns no study. `fresh`: as for `of_study`."""

        async def answer(request: Request, who: Present) -> Response:
            return await page(request, who) if may(who.grants, act) else self.missing(request)

        return self._let_in(act, answer, fresh=fresh)

    def of_account(self, page: PresentPage) -> Endpoint:
        """Wrap a page about the own account of somebody who is signed in; a program has none."""

        async def answer(request: Request, who: Present) -> Response:
            return self.missing(request) if who.account is None else await page(request, who)

        return self._let_in(None, answer)

    async def who(self, request: Request, *, counts: bool = True) -> Present | None:
        """Who asks: the program with this token, or whoever has this session; None if nobody is known."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme:
            return await program(self.rt, token.strip()) if scheme.lower() == "bearer" else None
        return await present(self.rt, self.cookies.session(request), counts=counts)

    def csrf_of(self, session: str) -> str:
        """The value of the hidden field in the forms of a session or a visit."""
        return self.rt.vault.sign(f"csrf {session}")

    async def is_forged(self, request: Request, session: str) -> bool:
        """Whether a POST comes from another site, or from no form that we gave to this session or visit."""
        if not session or is_cross_site(request, self.origin):
            return True
        given = (await fields_of(request)).get(CSRF, "")
        return not hmac.compare_digest(given.encode(), self.csrf_of(session).encode())

    def new_visit(self, request: Request) -> str:
        """The id of the visit of somebody who is not signed in."""
        return self.cookies.visit(request) or secrets.token_urlsafe(32)

    def go(self, path: str) -> Response:
        """Lead to another page of ours."""
        return RedirectResponse(f"{self.prefix}{path}", 303, HEADERS)

    def missing(self, request: Request) -> Response:
        """What does not exist, or not for whoever asks."""
        if not _wants_page(request):
            return JSONResponse({"error": "no such page"}, 404)
        words = "It does not exist, or your roles do not allow it."
        return message(
            "There is no such page for you", 404, words=words, links=[(f"{self.prefix}/team", "Your studies")]
        )

    def forged(self) -> Response:
        """The answer to a form that is not ours, or of a session that is over."""
        words = "The page was open for too long, or another site sent it. Go back, load the page again and try again."
        return message("This form can no longer be used", 403, words=words)

    def confirm_first(self, request: Request) -> Response:
        """Lead somebody who signed in too long ago for what is dangerous to where they prove who they are."""
        return self.go(f"{CONFIRM}?next={quote(self._back_to(request))}")

    def actor(self, request: Request, who: Present) -> Actor:
        """Who acts, and from where, for the record."""
        return Actor(who.name, client_of(request))

    def _let_in(self, act: Act | None, page: PresentPage, *, counts: bool = True, fresh: bool = False) -> Endpoint:
        async def call(request: Request) -> Response:
            if request.method == "POST" and is_cross_site(request, self.origin):
                return self.forged()
            who = await self.who(request, counts=counts)
            if who is None:
                return self._sign_in(request)
            if request.method == "POST" and who.session and await self.is_forged(request, who.session):
                return self.forged()
            if fresh and who.session and not is_fresh(who.confirmed_at, self.rt.clock.now()):
                return self.confirm_first(request)
            recorded = await record_request(self.rt, request, who, act)
            response = await self._answer(request, who, page)
            await record_answer(self.rt, recorded, response)
            return response

        _acts[call] = act
        return call

    async def _answer(self, request: Request, who: Present, page: PresentPage) -> Response:
        try:
            return await page(request, who)
        except NotFound:
            return self.missing(request)
        except ProCollectorError as error:
            return self._refused(request, error)

    def _back_to(self, request: Request) -> str:
        """Where somebody goes on after they confirmed: this page, or the one with the form that they sent.

        What they had typed is not kept: the form is empty then.
        """
        path, query = str(request.scope["path"]), request.scope["query_string"].decode("latin-1")
        if request.method == "POST":
            origin, came_from, old_query = _split(request.headers.get("referer", ""))
            path, query = (came_from, old_query) if origin == self.origin else (path, "")
        path = path.removeprefix(self.prefix)
        return f"{path}?{query}" if query else path

    def _refused(self, request: Request, error: ProCollectorError) -> Response:
        """What cannot be done, and why: what a person reads, or raised again for a program."""
        if not _wants_page(request):
            raise error
        return message("This cannot be done", error.http_status, words=str(error))

    def _sign_in(self, request: Request) -> Response:
        if request.method == "GET" and _wants_page(request):
            return self.go(f"{SIGN_IN}?next={quote(request.url.path)}")
        if _wants_page(request):
            return self.go(SIGN_IN)
        return JSONResponse({"error": "sign in, or send a token"}, 401, CHALLENGE)


def next_page(path: str) -> str:
    """Where somebody goes after signing in: one of our pages, or the home page."""
    inside = path == "/team" or path.startswith("/team/")
    return path if inside and path.isprintable() and "\\" not in path else "/team"


def _split(address: str) -> tuple[str, str, str]:
    """Origin, path and query of an address that anybody may have sent; empty for what is none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "", "", ""
    return f"{parts.scheme}://{parts.netloc}".lower(), parts.path, parts.query


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
