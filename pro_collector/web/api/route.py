"""The routes of the API: each has an act, is let in by the guard, and stands in the OpenAPI document."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from pro_collector.domain.account.acts import Act
from pro_collector.errors import NotFound
from pro_collector.web.api.guard import ApiGuard, AtSomebody
from pro_collector.web.api.repeats import HEADER, LONGEST
from pro_collector.web.problems import KIND
from pro_collector.web.team.guard import StudyVisit, is_for

V1 = "/api/v1"
OF_STUDY = "/studies/{study}"
OF_PERSON = f"{OF_STUDY}/people/{{code}}"
_REFUSED = {
    400: "The request cannot be read.",
    401: "Nobody is known by this token or session.",
    403: "A session sent no CSRF token, or signed in too long ago.",
    404: "It does not exist, or your roles do not allow it.",
    409: "It contradicts what is recorded.",
    412: "It has changed since you read it.",
    422: "The request has mistakes; each has its place.",
    429: "Too many requests; wait a minute.",
    503: "Busy, or the database does not answer; try again.",
}
_IDEMPOTENT = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "A repeat with the same key within 24 hours gets the same answer, and is done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST},
}
_CSRF = {
    "name": "X-CSRF-Token",
    "in": "header",
    "required": False,
    "description": "Only with a session: `csrf` of `/api/v1/session`.",
    "schema": {"type": "string"},
}


def _responses(method: str) -> dict[int | str, dict[str, Any]]:
    statuses = [status for status in _REFUSED if method == "POST" or status not in (409, 412)]
    return {
        status: {
            "description": _REFUSED[status],
            "content": {KIND: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
        }
        for status in statuses
    }


async def visit_of(request: Request, study: Annotated[str, Path(description="the id of the study")]) -> StudyVisit:
    """The request as the guard let it in."""
    visit: StudyVisit = request.state.visit
    if visit.study != study:
        raise NotFound(f"no study {study!r}")
    return visit


async def somebody_of(
    request: Request, visit: Annotated[StudyVisit, Depends(visit_of)],
    code: Annotated[str, Path(description="the pseudonym of the participant")],
) -> AtSomebody:  # fmt: skip
    """The person whom the request is about, as the guard found them."""
    somebody: AtSomebody = request.state.somebody
    if (somebody.study, somebody.code) != (visit.study, code):
        raise NotFound(f"no participant {code!r}")
    return somebody


Visit = Annotated[StudyVisit, Depends(visit_of)]
Somebody = Annotated[AtSomebody, Depends(somebody_of)]


class ApiRoutes:
    """Collects routes; everything of a study below `/api/v1` goes through it.

    They belong to no application: each finds the guard in the application that a request is for. To work out the models
    of all of them takes a fifth of a second, once in a process.
    """

    def __init__(self) -> None:
        self.router = APIRouter(prefix=V1)

    def add(
        self, act: Act, path: str, endpoint: Callable[..., Any], *, method: Literal["GET", "POST"] = "GET",
        answers: Any = None, status: int = 200, fresh: bool = False, tag: str = "",
    ) -> None:  # fmt: skip
        """Add a route that needs `act`. `answers`: the model of the answer (None: the annotated type).

        `fresh`: as for `TeamGuard.of_study`. What the endpoint does is its docstring.
        """
        headers = [_IDEMPOTENT, _CSRF] if method == "POST" else []
        model = {"response_model": answers} if answers is not None else {}
        self.router.add_api_route(
            path, endpoint, methods=[method], status_code=status, tags=[tag] if tag else None,
            responses=_responses(method), operation_id=endpoint.__name__.strip("_"),
            summary=(endpoint.__doc__ or "").partition("\n")[0].rstrip("."),
            openapi_extra={"x-act": act.name, **({"parameters": headers} if headers else {})},
            route_class_override=_guarded(act, fresh=fresh),
            **model,
        )  # fmt: skip


def _guarded(act: Act, *, fresh: bool) -> type[APIRoute]:
    """A kind of route that is let in for this act."""

    class Guarded(APIRoute):
        """A route behind the guard: it is asked before anything of the request is read."""

        def get_route_handler(self) -> Any:
            answer = super().get_route_handler()
            is_for(self.endpoint, act)

            async def handle(request: Request) -> Response:
                guard: ApiGuard = request.app.state.api_guard
                return await guard.of_program(act, answer, fresh=fresh)(request)

            return handle

    return Guarded
