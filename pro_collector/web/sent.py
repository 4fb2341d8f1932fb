"""What a browser sent with a POST: the fields of its form, and whether they come from one of our own pages."""

from urllib.parse import parse_qsl

from starlette.requests import Request

LONGEST_BODY = 256 * 1024
_MOST_FIELDS = 40
_OWN = frozenset({"", "same-origin", "none"})


async def fields_of(request: Request) -> dict[str, str]:
    """The fields of an urlencoded form, read once; what is longer than `LONGEST_BODY` bytes is dropped, not kept."""
    if not hasattr(request.state, "fields"):
        body = b""
        async for chunk in request.stream():
            body += chunk[: LONGEST_BODY - len(body)]
        request.state.fields = _parsed(body)
    found: dict[str, str] = request.state.fields
    return found


def from_elsewhere(request: Request) -> bool:
    """Whether the browser says that a page of another site made it send this; an old browser says nothing."""
    return request.headers.get("sec-fetch-site", "") not in _OWN


def _parsed(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:  # more fields than any of our pages has
        return {}
    # no text column takes a NUL
    return {name: value.replace("\0", "").replace("\r\n", "\n") for name, value in pairs}
