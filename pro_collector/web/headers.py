"""The headers of every response, errors included, and the host names under which we answer."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from starlette.types import Message, Send

from pro_collector.settings import Settings

COMMON = {
    "Cache-Control": "no-store",
    # not no-referrer: some proxies check the Referer of a POST. It is never sent to another origin.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""The headers of every page. A page adds its own Content-Security-Policy."""
_NO_CONTENT = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_TWO_YEARS = 2 * 365 * 24 * 3600
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_FOR_MACHINES = ("/healthz", "/readyz", "/metrics", "/webhooks/")
"""Paths that are answered under every name. Monitoring often calls a process by its address. A webhook is signed for
the public URL: a proxy that passes on another name must not cost a patient's text."""


def strict_transport(public_url: str) -> dict[str, str]:
    """The header that makes browsers use HTTPS only; none for a server without TLS."""
    if urlsplit(public_url).scheme != "https":
        return {}
    return {"Strict-Transport-Security": f"max-age={_TWO_YEARS}; includeSubDomains"}


class DefaultHeaders:
    """Adds headers to responses that do not set them themselves."""

    def __init__(self, public_url: str) -> None:
        defaults = {**COMMON, **strict_transport(public_url), "Content-Security-Policy": _NO_CONTENT}
        self._defaults = [(name.lower().encode(), value.encode()) for name, value in defaults.items()]

    def added_to(self, send: Send) -> Send:
        """Wrap `send`: the start of the response gets the headers that it lacks."""

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": list(self._all(list(message.get("headers", []))))}
            await send(message)

        return add

    def _all(self, headers: list[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
        yield from headers
        present = {name.lower() for name, _ in headers}
        yield from ((name, value) for name, value in self._defaults if name not in present)


class Hosts:
    """The names under which we answer: of the public URL, of this machine, and of the settings."""

    def __init__(self, settings: Settings) -> None:
        further = settings.web_hosts.replace(",", " ").lower().split()
        self._names = {*_LOOPBACK, settings.web_host.lower(), urlsplit(settings.public_url).hostname, *further}

    def has(self, host: str, path: str) -> bool:
        """Whether a request for `path` with this Host header is meant for us."""
        if path.startswith(_FOR_MACHINES):
            return True
        try:
            return urlsplit(f"//{host}").hostname in self._names
        except ValueError:  # an unfinished IPv6 address
            return False
