"""A request that a program repeats with the same `Idempotency-Key` is answered as before, and done once."""

import hashlib
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands.forget_old import REPEATED_WITHIN
from pro_collector.errors import BadInput, Problem
from pro_collector.postgres.tables import api_requests
from pro_collector.postgres.tables.api_requests import RequestKey
from pro_collector.runtime import Runtime
from pro_collector.web.problems import MistakeAt, problem
from pro_collector.web.team.guard import StudyVisit

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
"""The header of an answer that was given before."""
LONGEST = 200


def refuse_key(request: Request) -> None:
    """Refuse a key where the answer would be kept and has a secret, or a link that lets in. Raises BadInput."""
    if HEADER in request.headers:
        said = "the answer is for you alone, and is not kept: send no key"
        raise BadInput([Problem("", None, HEADER, said)])


async def answer_once(
    rt: Runtime, request: Request, visit: StudyVisit, answer: Callable[[], Awaitable[Response]]
) -> Response:
    """Answer a request; one that was answered before with this key gets the same answer.

    A refused request has changed nothing, so its key is free again.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return await answer()
    if not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
        words = f"expected 1 to {LONGEST} printable ASCII characters"
        return problem(400, "this key cannot be used", mistakes=[MistakeAt(HEADER, words)])
    name = RequestKey(visit.who.name, visit.study, key)
    asked, now = await _hash_of(request), rt.clock.now()
    async with rt.database.transaction() as tx:
        if not await api_requests.begin(tx, name, asked, now, now - REPEATED_WITHIN):
            before = await api_requests.find(tx, name)
            return _again(before, asked)
    response = await answer()
    async with rt.database.transaction() as tx:
        if response.status_code < 400:
            await api_requests.end(tx, name, response.status_code, bytes(response.body).decode())
        else:
            await api_requests.free(tx, name)
    return response


def _again(before: api_requests.ApiRequest | None, asked: bytes) -> Response:
    """The answer to a key that was used before."""
    if before is not None and before.request_hash != asked:
        return problem(422, "this key was used for another request", "key-used", [MistakeAt(HEADER, "use a new key")])
    if before is None or before.http_status is None:
        words = "the first request with this key has not ended: look at what became of it before you repeat it"
        return problem(409, words, "not-ended")
    return Response(before.answer, before.http_status, {REPLAYED: "true"}, "application/json")


async def _hash_of(request: Request) -> bytes:
    """The hash of everything that a request asks for."""
    head = f"{request.method} {request.scope['path']}?{request.scope['query_string'].decode('latin-1')}\n"
    version = f"{request.headers.get('if-match', '')}\n"
    return hashlib.sha256(head.encode() + version.encode() + await request.body()).digest()
