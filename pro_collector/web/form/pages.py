"""Pages for people outside the team: the Jinja2 environment, the style sheet, and the headers every page carries."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pro_collector.domain.study.emergency import Emergency, both, emergency_in
from pro_collector.resources import TEMPLATES
from pro_collector.web.form.store import TeamContact
from pro_collector.web.form.words import load_words
from pro_collector.words import REFERENCE, Words

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    # not no-referrer: some proxies check the Referer of a POST; it never leaves this origin
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_TWO_YEARS = 2 * 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """A language the reader may switch to: its code, its own name for itself, and the address of this page in it."""

    code: str
    name: str
    address: str


class Pages:
    """Every page of `templates/patient`, with strict headers; `public_url` is how people reach this server."""

    def __init__(self, public_url: str, contact: TeamContact) -> None:
        """`contact` is shown where no study is known: on the page of a link that does not work."""
        parts = urlsplit(public_url)
        self.prefix = parts.path.rstrip("/")
        self.origin = f"{parts.scheme}://{parts.netloc}".lower()
        self.contact = contact
        self.words = load_words()
        self._headers = dict(_HEADERS)
        if parts.scheme == "https":
            self._headers["Strict-Transport-Security"] = f"max-age={_TWO_YEARS}; includeSubDomains"
        self._style = (TEMPLATES / "patient" / "patient.css").read_bytes()
        self._style_address = f"{self.prefix}/patient.css?{hashlib.sha256(self._style).hexdigest()[:12]}"

    def words_for(self, language: str) -> Words:
        """The words in `language`, else in the language it is a variety of (`es` for `es-MX`), else in English."""
        return self.words.get(language) or self.words.get(language.split("-")[0]) or self.words[REFERENCE]

    def preferred(self, accept_language: str) -> Words:
        """The words in the first language of an Accept-Language header that there are words in."""
        for wanted in accept_language.split(","):
            found = self.words.get(wanted.split(";")[0].strip().split("-")[0].lower())
            if found:
                return found
        return self.words[REFERENCE]

    def show(
        self,
        template: str,
        words: Words,
        status: int = 200,
        contact: TeamContact | None = None,
        languages: Sequence[LanguageChoice] = (),
        **content: object,
    ) -> HTMLResponse:
        """A page in the language of `words`; `content` is what its template names."""
        reach = contact or self.contact
        page = (
            _environment()
            .get_template(template)
            .render(
                style=self._style_address,
                say=words.say,
                words=words,
                contact=reach,
                emergency=emergency_in(reach.emergency, words.language) or _wherever(words),
                languages=languages,
                **content,
            )
        )
        return HTMLResponse(page, status, self._headers)

    def go(self, address: str) -> Response:
        """After a POST, the page to look at next."""
        return RedirectResponse(address, 303, self._headers)

    def style(self) -> Response:
        """The style sheet; its address changes with its content, so it may be kept."""
        kept = {**self._headers, "Cache-Control": "public, max-age=31536000, immutable"}
        return Response(self._style, 200, kept, "text/css")


def _wherever(words: Words) -> tuple[Emergency, str]:
    """What holds in every country, for whoever is where nobody knows."""
    return both(words.say("emergency")), words.language


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES / "patient"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
