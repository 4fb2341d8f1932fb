"""What a person reads by text or email, made of the words of a language; `{link}` and `{unsubscribe}` stay gaps until
it is sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pro_collector.domain.instrument.text import ItemWording
from pro_collector.resources import TEMPLATES
from pro_collector.words import Words, load

_HTML = Environment(
    loader=FileSystemLoader(TEMPLATES / "email"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ON_SENDING = {"link": "{link}", "unsubscribe": "{unsubscribe}"}


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """A mail: the text is complete by itself."""

    subject: str
    text: str
    html: str


def languages() -> tuple[str, ...]:
    """The languages that texts can be written in, sorted: ("en", "es", "fr")."""
    return tuple(load())


def sms(language: str, name: str, **filled: object) -> str:
    """A text message. Where several people are reached, `about` is the code of the patient, and `proxy` says whether
    somebody answers for them."""
    return _say(load()[language].section("sms"), name, filled)


def email(language: str, name: str, **filled: object) -> RenderedMail:
    """A mail, as text and as HTML made from the same paragraphs; `about` and `proxy` as for a text."""
    mail = load()[language].section("mail")
    gaps = {**filled, **_ON_SENDING, "whom": _say(mail, "whom", filled)}
    blocks = mail.phrases[f"{name}.text"].split("\n\n")
    text = _without_empty(block.format(**gaps) for block in blocks)
    subject, button = _say(mail, f"{name}.subject", filled), mail.say("button")
    paragraphs = [block.split("\n") for block in text.split("\n\n")]
    html = _HTML.get_template("letter.html")
    return RenderedMail(
        subject, text, html.render(language=language, subject=subject, paragraphs=paragraphs, button=button)
    )


def question(wording: ItemWording) -> str:
    """A question as a text message asks it, with its choices."""
    if wording.item.kind in ("choice", "yesno"):
        choices = ", ".join(f"{option.code} {option.label}" for option in wording.options)
        return f"{wording.sms} {choices}"
    return wording.sms


def _say(section: Words, key: str, filled: Mapping[str, object]) -> str:
    """A phrase in its form: some are written in three, by who is reached and whom it is about."""
    form = "unnamed" if not filled.get("about") else "proxy" if filled.get("proxy") else "self"
    known = key if key in section.phrases else f"{key}.{form}"
    return section.say(known, **filled, **_ON_SENDING).strip()


def _without_empty(paragraphs: Iterable[str]) -> str:
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph).strip()
