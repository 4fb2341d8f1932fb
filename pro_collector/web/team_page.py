"""The basis of the study team's pages: strict headers, static files, and a page with a message."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache

from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pro_collector.resources import TEMPLATES
from pro_collector.web.headers import COMMON

CONTENT_TYPES = {"js": "text/javascript", "css": "text/css"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {**COMMON, "Content-Security-Policy": _POLICY}
CACHED_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


class Assets:
    """Static files below the path `at`. Their URLs have a hash of the content, so that browsers may cache for ever."""

    def __init__(self, at: str, folder: str, names: Sequence[str]) -> None:
        self._at = at
        self._files = {name: (TEMPLATES / folder / name).read_bytes() for name in names}
        self._digests = {name: hashlib.sha256(content).hexdigest()[:12] for name, content in self._files.items()}

    def address(self, name: str) -> str:
        """The URL of a file, for use in a page."""
        return f"{self._at}/{name}?{self._digests[name]}"

    def routes(self) -> APIRouter:
        """The routes of the files."""
        routes = APIRouter(include_in_schema=False)
        routes.add_route(f"{self._at}/{{name}}", self._serve, methods=["GET"])
        return routes

    async def _serve(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._files:
            return Response("no such file", 404)
        return Response(self._files[name], 200, CACHED_FOR_EVER, CONTENT_TYPES[name.rpartition(".")[2]])


STYLE = Assets("/team/style", "patient", ("patient.css",))
FILES = Assets("/team/files", "team", ("team.css", "plan.css", "passkey.js", "team.js", "job.js", "png.js"))


@cache
def environment() -> Environment:
    """The Jinja environment of the team's templates."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


def message(
    title: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    words: str = "",
    links: Sequence[tuple[str, str]] | None = None,
) -> HTMLResponse:
    """A page of the team with a message. `links` are URLs with their titles."""
    styles = [STYLE.address("patient.css"), FILES.address("team.css")]
    template = environment().get_template("team/message.html")
    html = template.render(title=title, words=words, links=links or (), styles=styles)
    return HTMLResponse(html, status, {**HEADERS, **(headers or {})})
