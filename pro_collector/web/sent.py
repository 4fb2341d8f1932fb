"""What came with a POST: its body, as far as anybody of ours sends one, the fields of a form, and from which page."""

from urllib.parse import parse_qsl

from starlette.requests import Request

LONGEST_BODY = 256 * 1024
_MOST_FIELDS = 40
_OWN = frozenset({"same-origin", "none"})


async def body_of(request: Request) -> bytes:
    """The body; what is beyond `LONGEST_BODY` bytes is dropped, not kept: anybody may send anything."""
    body = b""
    async for chunk in request.stream():
        body += chunk[: LONGEST_BODY - len(body)]
    return body


async def fields_of(request: Request) -> dict[str, str]:
    """The fields of an urlencoded form, read once."""
    if not hasattr(request.state, "fields"):
        request.state.fields = _parsed(await body_of(request))
    found: dict[str, str] = request.state.fields
    return found


def from_elsewhere(request: Request, own: str = "") -> bool:
    """Whether the browser says that a page of another site made it send this; an old browser may say nothing.

    `own`: scheme and host by which people reach us ("https://pro.example.org"); a proxy may give us another host.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in _OWN
    origin = request.headers.get("origin", "null").lower()
    return origin not in ("null", own) and origin.partition("://")[2] != request.headers.get("host", "").lower()


def _parsed(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:  # more fields than any of our pages has
        return {}
    # no text column takes a NUL
    return {name: value.replace("\0", "").replace("\r\n", "\n") for name, value in pairs}
