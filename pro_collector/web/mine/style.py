"""The style sheet of own pages, beside that of all patients' pages."""

import hashlib
from functools import cache

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.resources import TEMPLATES
from pro_collector.web.form.pages import Pages


@cache
def _style() -> bytes:
    return (TEMPLATES / "mine" / "mine.css").read_bytes()


def style_address(pages: Pages) -> str:
    """The URL of the style sheet, which changes with its content."""
    return f"{pages.prefix}/mine.css?{hashlib.sha256(_style()).hexdigest()[:12]}"


async def style(_request: Request) -> Response:
    """The style sheet."""
    cached = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(_style(), 200, cached, "text/css")
