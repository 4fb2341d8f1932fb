"""The cookies of the team's pages: the id of a session, and of a visit before it. A script cannot read them.

With HTTPS their names begin with `__Host-`: no other host, path or plain connection can set them (RFC 6265bis).
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.domain.account.visiting import LONGEST

_SESSION, _VISIT = "pro_session", "pro_visit"


class Cookies:
    """The cookies under a public URL. Without HTTPS there are only cookies on this machine itself, for trying out."""

    def __init__(self, public_url: str) -> None:
        parts = urlsplit(public_url)
        self._secure = parts.scheme == "https"
        self.usable = self._secure or _is_loopback(parts.hostname or "")
        """Whether anybody can sign in: not over plain HTTP from elsewhere, where everybody on the way could read it."""

    def session(self, request: Request) -> str:
        """The id of the session; empty without one."""
        return request.cookies.get(self._named(_SESSION), "")

    def visit(self, request: Request) -> str:
        """The id of the visit before the session; empty without one."""
        return request.cookies.get(self._named(_VISIT), "")

    def begin_session(self, response: Response, session: str) -> None:
        """Set the cookie of a new session; the visit before it ends."""
        self._set(response, _SESSION, session, int(LONGEST.total_seconds()))
        self._delete(response, _VISIT)

    def begin_visit(self, response: Response, visit: str) -> None:
        """Set the cookie of a visit, which ends with the browser."""
        self._set(response, _VISIT, visit, None)

    def end_session(self, response: Response) -> None:
        """Delete the cookie of the session."""
        self._delete(response, _SESSION)

    def _named(self, name: str) -> str:
        return f"__Host-{name}" if self._secure else name

    def _set(self, response: Response, name: str, value: str, seconds: int | None) -> None:
        # Lax: a link in a mail finds the session. A POST from another site does not get it.
        response.set_cookie(
            self._named(name), value, max_age=seconds, path="/", secure=self._secure, httponly=True, samesite="lax"
        )

    def _delete(self, response: Response, name: str) -> None:
        response.delete_cookie(self._named(name), path="/", secure=self._secure, httponly=True, samesite="lax")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
