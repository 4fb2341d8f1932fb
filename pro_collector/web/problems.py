"""Errors for programs, as problem details (RFC 9457): what is wrong, and the place of each mistake."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pro_collector.errors import BadInput, Outdated, Problem, ProCollectorError

API = "/api/"
"""The paths whose errors are problem details."""
KIND = "application/problem+json"
NOTHING_HERE = "it does not exist, or your roles do not allow it"


@dataclass(frozen=True, slots=True)
class MistakeAt:
    """One mistake in what was sent. `pointer`: where it is in the body (RFC 6901), or the name of a parameter.

    `line`: of a file in the body, from 1.
    """

    pointer: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class ProblemDetails:
    """Why a request was refused. `type` is always `about:blank`: the status says what it means.

    `code` is a word for programs; `mistakes` are those of a request that could not be read.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    mistakes: Sequence[MistakeAt] = ()


def problem(
    status: int,
    detail: str,
    code: str = "",
    mistakes: Iterable[MistakeAt] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer to a request that is refused."""
    title = HTTPStatus(status).phrase
    code = code or title.lower().replace(" ", "-")
    content = asdict(ProblemDetails("about:blank", title, status, detail, code, tuple(mistakes)))
    return JSONResponse(content, status, headers, media_type=KIND)


def refusal(path: str, status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer of the server itself: problem details for the API, an error in JSON for every other path."""
    if path.startswith(API):
        return problem(status, reason, headers=headers)
    return JSONResponse({"error": reason}, status, headers)


def of_error(error: ProCollectorError) -> Response:
    """The answer to a request that one of our rules refuses."""
    if isinstance(error, BadInput):
        return problem(422, "the request has mistakes", error.code, map(_mistake, error.problems))
    status = HTTPStatus.PRECONDITION_FAILED if isinstance(error, Outdated) else error.http_status
    return problem(status, str(error), error.code)


def of_validation(errors: Iterable[Mapping[str, Any]]) -> Response:
    """The answer to a request whose body or parameters are not what the API takes; 400 for what is no JSON."""
    found = list(errors)
    if any(each["type"] == "json_invalid" for each in found):
        return problem(400, "the body is no JSON")
    return problem(422, "the request has mistakes", "bad-input", map(_of_field, found))


def is_for_program(request: Request) -> bool:
    """Whether the request is for the API."""
    return str(request.scope["path"]).startswith(API)


def _mistake(found: Problem) -> MistakeAt:
    """A mistake that a rule found; commands name an option (`--since`) where a program sends a field."""
    parts = [part.removeprefix("--").strip("/") for part in (found.file, found.where)]
    return MistakeAt("/" + "/".join(part for part in parts if part), found.message, found.line)


def _of_field(error: Mapping[str, Any]) -> MistakeAt:
    place, *inside = map(str, error["loc"])
    pointer = "/" + "/".join(inside) if place == "body" else ".".join(inside)
    return MistakeAt(pointer, str(error["msg"]).removeprefix("Value error, "))
