"""The basis of pages with charts: the drawing library and our own script, both served by us."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pro_collector.errors import Unavailable
from pro_collector.web.charts.drawing import Spec, Swatch
from pro_collector.web.team_page import CACHED_FOR_EVER, CHARTS, CONTENT_TYPES, HEADERS, environment

VEGA = "vega.js"
_MAKE = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle().encode())"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart on a page: its HTML id, specification, description in words, table columns and legend.

    `columns` are keys of the chart's rows with their headings, for the table next to the chart.
    """

    id: str
    spec: Spec
    words: str
    columns: Mapping[str, str]
    legend: Sequence[Swatch]

    @property
    def json(self) -> Markup:
        """The specification, escaped for use inside a script element."""
        text = json.dumps(self.spec, ensure_ascii=False)
        return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704  # nothing is left to escape


class DrawingLibrary:
    """Vega, Vega-Lite and Vega-Embed in one file. A child process makes it once: that takes one or two seconds, and in
    this process nothing else could run meanwhile."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._file: bytes | None = None

    async def file(self) -> bytes:
        """Return the file. Raises Unavailable when it cannot be made."""
        async with self._lock:
            if self._file is None:
                self._file = await _run_python(_MAKE)
            return self._file


async def _run_python(program: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise Unavailable(f"the drawing library cannot be made: {errors.decode(errors='replace')[-300:]}")
    return output


def chart_routes(library: DrawingLibrary | None = None) -> APIRouter:
    """The routes below `/charts/`, which pages with charts use."""
    drawing = library or DrawingLibrary()
    routes = APIRouter(include_in_schema=False)

    async def drawing_library(_request: Request) -> Response:
        return Response(await drawing.file(), 200, CACHED_FOR_EVER, CONTENT_TYPES["js"])

    routes.add_route(f"/charts/{VEGA}", drawing_library, methods=["GET"])
    routes.include_router(CHARTS.routes())
    return routes


def page(template: str, charts: Mapping[str, Chart], **content: object) -> HTMLResponse:
    """Render a page with charts."""
    from altair import SCHEMA_VERSION

    html = (
        environment()
        .get_template(template)
        .render(charts=charts, asset=CHARTS.address, vega=f"/charts/{VEGA}?{SCHEMA_VERSION}", **content)
    )
    return HTMLResponse(html, headers=HEADERS)
