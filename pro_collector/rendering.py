"""Everything a person reads by text or email, from `templates/`; `{link}` and `{unsubscribe}` are put in on sending."""

from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pro_collector.domain.instrument.text import ItemWording
from pro_collector.resources import TEMPLATES

BUTTON = {"en": "Open your check-in", "es": "Abrir su cuestionario", "fr": "Ouvrir votre suivi"}
"""The words on the one button of a mail."""


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """A mail: the text is complete by itself."""

    subject: str
    text: str
    html: str


_OPTIONS: dict[str, Any] = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
_PLAIN = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=False, **_OPTIONS)  # noqa: S701  # text, not HTML
_HTML = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, **_OPTIONS)


def languages() -> tuple[str, ...]:
    """The languages that texts can be written in."""
    return tuple(sorted(folder.name for folder in (TEMPLATES / "sms").iterdir() if folder.is_dir()))


def sms(language: str, name: str, **context: object) -> str:
    """A text message."""
    return _PLAIN.get_template(f"sms/{language}/{name}.txt").render(context).strip()


def email(language: str, name: str, **context: object) -> RenderedMail:
    """A mail, as text and as HTML made from the same paragraphs."""
    subject = _PLAIN.get_template(f"email/{language}/{name}.subject.txt").render(context).strip()
    text = _PLAIN.get_template(f"email/{language}/{name}.txt").render(context).strip()
    paragraphs = [block.split("\n") for block in text.split("\n\n")]
    html = _HTML.get_template("email/letter.html")
    return RenderedMail(
        subject, text, html.render(language=language, subject=subject, paragraphs=paragraphs, button=BUTTON[language])
    )


def question(wording: ItemWording) -> str:
    """A question as a text message asks it, with its choices."""
    if wording.item.kind in ("choice", "yesno"):
        choices = ", ".join(f"{option.code} {option.label}" for option in wording.options)
        return f"{wording.sms} {choices}"
    return wording.sms
