"""What every page with charts needs: the drawing library and our own script, served from here, and strict headers."""

import asyncio
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pro_collector.errors import Unavailable
from pro_collector.resources import TEMPLATES
from pro_collector.web.charts import Spec, Swatch

VEGA = "vega.js"
_MAKE = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle().encode())"
_TYPES = {"js": "text/javascript", "css": "text/css"}
_POLICY = (
    # no 'unsafe-eval': charts are drawn by Vega's interpreter of expressions
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_KEPT = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart on a page: the id of its place, its specification, in words what it shows, legend, and table beside it.

    `columns` are keys of the chart's rows with their headings.
    """

    id: str
    spec: Spec
    words: str
    columns: Mapping[str, str]
    legend: Sequence[Swatch]

    @property
    def json(self) -> Markup:
        """The specification as it may stand inside a script element."""
        text = json.dumps(self.spec, ensure_ascii=False)
        return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704  # nothing is left to escape


class DrawingLibrary:
    """Vega, Vega-Lite and Vega-Embed in one file, made once by a process of its own: it takes a second or two of work
    during which nothing else in a process can run."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._file: bytes | None = None

    async def file(self) -> bytes:
        """The file; raises Unavailable when it cannot be made."""
        async with self._lock:
            if self._file is None:
                self._file = await _made(_MAKE)
            return self._file


async def _made(program: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        made, said = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise Unavailable(f"the drawing library cannot be made: {said.decode(errors='replace')[-300:]}")
    return made


class Assets:
    """Files served as they are, below `at`; an address names the content, so that a browser may keep it for ever."""

    def __init__(self, at: str, folder: str, names: Sequence[str]) -> None:
        self._at = at
        self._files = {name: (TEMPLATES / folder / name).read_bytes() for name in names}
        self._digests = {name: hashlib.sha256(content).hexdigest()[:12] for name, content in self._files.items()}

    def address(self, name: str) -> str:
        """Where a page finds a file."""
        return f"{self._at}/{name}?{self._digests[name]}"

    def routes(self) -> APIRouter:
        """GET of each file."""
        routes = APIRouter(include_in_schema=False)
        routes.add_route(f"{self._at}/{{name}}", self._serve, methods=["GET"])
        return routes

    async def _serve(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._files:
            return Response("no such file", 404)
        return Response(self._files[name], 200, _KEPT, _TYPES[name.rpartition(".")[2]])


CHARTS = Assets("/charts", "charts", ("charts.js", "charts.css", "dashboard.js", "dashboard.css"))


def chart_routes(library: DrawingLibrary | None = None) -> APIRouter:
    """What pages with charts fetch, below `/charts/`."""
    drawing = library or DrawingLibrary()
    routes = APIRouter(include_in_schema=False)

    async def drawing_library(_request: Request) -> Response:
        return Response(await drawing.file(), 200, _KEPT, _TYPES["js"])

    routes.add_route(f"/charts/{VEGA}", drawing_library, methods=["GET"])
    routes.include_router(CHARTS.routes())
    return routes


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


def page(template: str, charts: Mapping[str, Chart], **content: object) -> HTMLResponse:
    """A page with charts."""
    from altair import SCHEMA_VERSION

    html = (
        _environment()
        .get_template(template)
        .render(charts=charts, asset=CHARTS.address, vega=f"/charts/{VEGA}?{SCHEMA_VERSION}", **content)
    )
    return HTMLResponse(html, headers=_HEADERS)


def message(
    title: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    words: str = "",
    links: Sequence[tuple[str, str]] | None = None,
) -> HTMLResponse:
    """A page of the team's that says something, and where to go: addresses with their titles, None to name none."""
    template = _environment().get_template("charts/message.html")
    html = template.render(title=title, words=words, links=links, asset=CHARTS.address)
    return HTMLResponse(html, status, {**_HEADERS, **(headers or {})})
