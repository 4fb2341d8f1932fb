"""Restricts routes to the study team and its programs: HTTP Basic, any user name, PRO_API_TOKEN as the password."""

import base64
import binascii
import secrets
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.runtime import Runtime
from pro_collector.web.team_page import message

Endpoint = Callable[[Request], Awaitable[Response]]

SIGN_IN_HINT = "Use any user name; the password is PRO_API_TOKEN from the settings."
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="pro-collector", charset="UTF-8"', "Cache-Control": "no-store"}


def only_team(rt: Runtime, endpoint: Endpoint) -> Endpoint:
    """Wrap an endpoint: callers without the token get 401."""
    token = rt.settings.api_token.get_secret_value().encode()

    async def call(request: Request) -> Response:
        password = password_of(request.headers.get("Authorization", ""))
        if password is None or not secrets.compare_digest(password.encode(), token):
            return message("This page is for the study team", 401, _CHALLENGE, words=SIGN_IN_HINT)
        return await endpoint(request)

    return call


def password_of(authorization: str) -> str | None:
    """Return the password of an HTTP Basic header (RFC 7617), or None if it has none."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        _, colon, password = base64.b64decode(credentials, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return password if colon else None
