"""The basis of the patients' pages: the Jinja environment, the style sheet, and the headers of every page."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pro_collector.domain.study.emergency import Emergency, both, emergency_in
from pro_collector.resources import TEMPLATES
from pro_collector.web.form.store import TeamContact
from pro_collector.web.form.words import load_words
from pro_collector.web.headers import COMMON, strict_transport
from pro_collector.words import REFERENCE, Words, left_to_right

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """A language that the reader may choose: its code, its own name, and the URL of this page in that language."""

    code: str
    name: str
    address: str


class Pages:
    """Renders the pages of `templates/patient` and `templates/mine` with strict headers.

    `public_url` is the public URL of this server.
    """

    def __init__(self, public_url: str, contact: TeamContact) -> None:
        """`contact` is shown when no study is known: on the page of a link that does not work."""
        parts = urlsplit(public_url)
        self.prefix = parts.path.rstrip("/")
        self.origin = f"{parts.scheme}://{parts.netloc}".lower()
        self.contact = contact
        self.words = load_words()
        self._headers = {**COMMON, **strict_transport(public_url), "Content-Security-Policy": _POLICY}
        self._style = (TEMPLATES / "patient" / "patient.css").read_bytes()
        self._style_address = f"{self.prefix}/patient.css?{_short_hash(self._style)}"
        self._script = (TEMPLATES / "patient" / "read-aloud.js").read_bytes()
        self._script_address = f"{self.prefix}/read-aloud.js?{_short_hash(self._script)}"

    def words_for(self, language: str) -> Words:
        """The words in `language`, else in its base language (`es` for `es-MX`), else in English."""
        return self.words.get(language) or self.words.get(language.split("-")[0]) or self.words[REFERENCE]

    def preferred(self, accept_language: str) -> Words:
        """The words in the first language of an Accept-Language header for which we have words, else in English."""
        for tag in accept_language.split(","):
            words = self.words.get(tag.split(";")[0].strip().split("-")[0].lower())
            if words:
                return words
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
        """Render a page in the language of `words`; `content` has the variables of its template."""
        shown_contact = contact or self.contact
        page = (
            _environment()
            .get_template(template)
            .render(
                style=self._style_address,
                read_aloud=self._script_address,
                say=_saying(words),
                words=words,
                contact=shown_contact,
                emergency=emergency_in(shown_contact.emergency, words.language) or _general_emergency(words),
                watched=_in_language(shown_contact.watched, words.language),
                languages=languages,
                **content,
            )
        )
        return HTMLResponse(page, status, self._headers)

    def go(self, address: str) -> Response:
        """Redirect to the next page after a POST."""
        return RedirectResponse(address, 303, self._headers)

    def file(self, content: bytes, kind: str, name: str) -> Response:
        """A file to keep, of a media type, under a name that says nothing of the person."""
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, 200, {**self._headers, **disposition}, kind)

    def style(self) -> Response:
        """The style sheet. Its URL changes with its content, so browsers may cache it."""
        return self._cached(self._style, "text/css")

    def script(self) -> Response:
        """The script that reads a question aloud, cached like the style sheet."""
        return self._cached(self._script, "text/javascript")

    def _cached(self, content: bytes, media_type: str) -> Response:
        cached = {**self._headers, "Cache-Control": "public, max-age=31536000, immutable"}
        return Response(content, 200, cached, media_type)


def fragment(template: str, words: Words, **content: object) -> Markup:
    """A part of the patients' pages, to be shown in a page of the team."""
    html = _environment().get_template(template).render(say=_saying(words), words=words, **content)
    return Markup(html)  # noqa: S704  # made by a template that escapes


def _short_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _saying(words: Words) -> Callable[..., str]:
    """Says phrases on a page; a telephone number in them is read from left to right."""

    def say(key: str, /, **filled: object) -> str:
        if isinstance(phone := filled.get("phone"), str):
            filled["phone"] = left_to_right(phone, rtl=words.say("direction") == "rtl")
        return words.say(key, **filled)

    return say


def _in_language(texts: Mapping[str, str], language: str) -> tuple[str, str] | None:
    """A text in a language, else in the first there is, and the language it is in; None if there is none."""
    known = next((each for each in (language, language.split("-")[0], *texts) if each in texts), None)
    return None if known is None else (texts[known], known)


def _general_emergency(words: Words) -> tuple[Emergency, str]:
    """The emergency words that are true in every country, for a reader whose country is unknown."""
    return both(words.say("emergency")), words.language


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader([TEMPLATES / "patient", TEMPLATES / "mine"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
