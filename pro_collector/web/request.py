"""Reads a POST request: its body up to a limit, the fields of a form, and whether another site caused it."""

from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_BODY = 256 * 1024
_MAX_FIELDS = 40
_SAME_SITE = frozenset({"same-origin", "none"})


async def body_of(request: Request) -> bytes:
    """Return the body up to `MAX_BODY` bytes; the rest is read and dropped, since anybody may send anything."""
    body = b""
    async for chunk in request.stream():
        body += chunk[: MAX_BODY - len(body)]
    return body


async def fields_of(request: Request) -> dict[str, str]:
    """Return the fields of a form; the body is read only once.

    A file in it is a field with its text; the name of the file is the field with `_name` at the end.
    """
    if not hasattr(request.state, "fields"):
        with_files = request.headers.get("content-type", "").startswith("multipart/form-data")
        request.state.fields = await _with_files(request) if with_files else _parsed(await body_of(request))
    fields: dict[str, str] = request.state.fields
    return fields


def is_cross_site(request: Request, own: str = "") -> bool:
    """Whether the browser says that a page of another site caused this request; an old browser may not say it.

    `own`: our public scheme and host ("https://pro.example.org"); behind a proxy the Host header may differ.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in _SAME_SITE
    origin = request.headers.get("origin", "null").lower()
    return origin not in ("null", own) and origin.partition("://")[2] != request.headers.get("host", "").lower()


async def _with_files(request: Request) -> dict[str, str]:
    fields: dict[str, str] = {}
    try:
        async with request.form(max_files=1, max_fields=_MAX_FIELDS, max_part_size=MAX_BODY) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    content = (await value.read(MAX_BODY)).decode("utf-8-sig", "replace")
                    fields |= {name: content, f"{name}_name": value.filename or ""}
                else:
                    fields[name] = value
    except HTTPException:  # cut off, or more than any of our pages has
        return {}
    return {name: _clean(value) for name, value in fields.items()}


def _clean(value: str) -> str:
    """Without NUL, which no text column of PostgreSQL can store; lines end as everywhere else."""
    return value.replace("\0", "").replace("\r\n", "\n")


def _parsed(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:  # more fields than any of our pages has
        return {}
    return {name: _clean(value) for name, value in pairs}
