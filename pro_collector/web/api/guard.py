"""Lets programs in, and people with their session: the guard of the pages, with answers for programs."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pro_collector.accounts.sessions import Present
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import acts_at
from pro_collector.errors import NotFound, ProCollectorError
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.runtime import Runtime
from pro_collector.views.person_at import find_person
from pro_collector.web import problems
from pro_collector.web.api.repeats import answer_once
from pro_collector.web.problems import problem
from pro_collector.web.team.guard import CHALLENGE, Endpoint, PresentPage, StudyVisit, TeamGuard

CSRF_HEADER = "X-CSRF-Token"
"""What a script of a page sends with each POST; `/api/v1/session` gives its value."""
_NUL = b"\\u0000"
"""In JSON; PostgreSQL cannot store it."""
Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class AtSomebody:
    """A request about one person of a study. `may`: what whoever asks may do at their site."""

    visit: StudyVisit
    person: ParticipantRow
    may: frozenset[Act]

    @property
    def code(self) -> str:
        """The code of the person."""
        return self.person.code

    @property
    def study(self) -> str:
        """The id of the study."""
        return self.visit.study

    @property
    def by(self) -> str:
        """Who acts, for the record."""
        return self.visit.who.name

    @property
    def does(self) -> Runtime:
        """With it something is done, with the rights of the command line."""
        return self.visit.acts


class ApiGuard(TeamGuard):
    """Lets requests in as `TeamGuard` does; every refusal is problem details, and nothing leads to a page."""

    def of_program(self, act: Act, answer: Answer, *, fresh: bool = False) -> Endpoint:
        """Wrap a route whose path has `{study}`, and perhaps `{code}`: the answer finds the visit in the request."""

        async def page(request: Request, visit: StudyVisit) -> Response:
            request.state.visit = visit
            if code := request.path_params.get("code"):
                async with visit.rt.database.transaction() as tx:
                    person = await find_person(tx, visit.study, str(code), visit.sites)
                may = acts_at(visit.who.grants, visit.study, person.site)
                request.state.somebody = AtSomebody(visit, person, may)
            if request.method == "POST":
                if _NUL in await request.body():
                    return problem(422, "a character of what was sent cannot be stored: U+0000")
                return await answer_once(self.rt, request, visit, lambda: self._answered(request, answer))
            return await self._answered(request, answer)

        return self.of_study(act, page, fresh=fresh)

    def missing(self, _request: Request) -> Response:
        """What does not exist, or not for whoever asks."""
        return problem(404, problems.NOTHING_HERE)

    def forged(self) -> Response:
        """The answer to a request that another site may have caused."""
        return problem(403, f"send {CSRF_HEADER} with a session, as /api/v1/session gives it")

    def confirm_first(self, _request: Request) -> Response:
        """The answer to somebody who signed in too long ago for what is dangerous."""
        return problem(403, "sign in again, or confirm at /team/confirm who you are", "not-fresh")

    async def is_forged(self, request: Request, session: str) -> bool:
        """Whether a POST with a session lacks the token that only our own pages know."""
        given = request.headers.get(CSRF_HEADER, "")
        return not hmac.compare_digest(given.encode(), self.csrf_of(session).encode())

    async def _answer(self, request: Request, who: Present, page: PresentPage) -> Response:
        return await self._answered(request, lambda each: page(each, who))

    async def _answered(self, request: Request, answer: Answer) -> Response:
        """The answer, or why there is none."""
        try:
            return await answer(request)
        except RequestValidationError as error:
            return problems.of_validation(error.errors())
        except HTTPException as error:  # a body that FastAPI gives up on
            return problem(error.status_code, "the request cannot be read")
        except NotFound as error:  # about somebody whom one may see, it says more
            return problem(404, str(error)) if hasattr(request.state, "somebody") else self.missing(request)
        except ProCollectorError as error:
            return problems.of_error(error)

    def _sign_in(self, _request: Request) -> Response:
        return problem(401, "send a token, or sign in", headers=CHALLENGE)
