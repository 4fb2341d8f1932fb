"""Server-sent events: how a message is encoded, and the HTTP response that carries them."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.responses import StreamingResponse

HEARTBEAT = 15.0
"""Real seconds after which a silent stream sends a comment, so that no proxy closes it."""
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

Message = tuple[str, Mapping[str, Any]]
"""The name of an event, and its data."""


def encode(message: Message | None, id: object = None) -> str:
    """Encode a message as a server-sent event; None becomes a comment, which browsers ignore.

    `id`: what the browser sends as `Last-Event-ID` when it connects again.
    """
    if message is None:
        return ": still here\n\n"
    name, data = message
    numbered = "" if id is None else f"id: {id}\n"
    return f"{numbered}event: {name}\ndata: {json.dumps(data, default=str, ensure_ascii=False)}\n\n"


def stream_response(stream: AsyncIterator[str]) -> StreamingResponse:
    """An HTTP response with the stream."""
    return StreamingResponse(stream, media_type="text/event-stream", headers=_HEADERS)
