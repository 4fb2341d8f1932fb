"""Renders the texts and mails that a person gets; the sender fills the placeholders of links and codes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pro_collector.domain.instrument.sms_text import segments
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
_ON_SENDING = {placeholder: f"{{{placeholder}}}" for placeholder in ("link", "unsubscribe", "own_page", "code")}


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """A mail, as plain text and as HTML with the same content."""

    subject: str
    text: str
    html: str


def languages() -> tuple[str, ...]:
    """The codes of the languages that messages can be rendered in, sorted: ("en", "es", "fr")."""
    return tuple(load())


def sms(language: str, name: str, **filled: object) -> str:
    """A text message.

    `about`: the patient's code, if several people share the phone; `proxy`: whether a proxy answers for the patient.
    """
    return _say(load()[language].section("sms"), name, filled)


def with_own_page(language: str, body: str, link_length: int) -> str:
    """A text with the link to the recipient's own page at its end, unless that would cost one more segment.

    `link_length`: how many characters the link will have.
    """
    longer = f"{body} {load()[language].section('sms').say('own_page', **_ON_SENDING)}"
    filled = longer.replace("{own_page}", "x" * link_length)
    return longer if segments(filled).count == segments(body).count else body


def email(language: str, name: str, **filled: object) -> RenderedMail:
    """A mail, as plain text and as HTML from the same paragraphs; `about` and `proxy` as in `sms`.

    `own_page`: with a link to the recipient's own page at the end.
    """
    own_page = filled.pop("own_page", False)
    mail = load()[language].section("mail")
    values = {**filled, **_ON_SENDING, "whom": _say(mail, "whom", filled)}
    blocks = mail.phrases[f"{name}.text"].split("\n\n")
    text = _without_empty(block.format(**values) for block in blocks)
    subject, button = _say(mail, f"{name}.subject", filled), mail.say("button")
    paragraphs = [block.split("\n") for block in text.split("\n\n")]
    link = mail.say("own_page") if own_page else ""
    html = _HTML.get_template("letter.html").render(
        language=language, subject=subject, paragraphs=paragraphs, button=button, own_page=link
    )
    return RenderedMail(subject, f"{text}\n\n{link}: {{own_page}}" if link else text, html)


def moment(language: str, at: datetime, today: date) -> str:
    """A moment of local time as people say it: "tomorrow at 6 pm". `today`: the date there now."""
    words = load()[language].section("moment")
    minutes = words.say("minutes", minutes=f"{at.minute:02}") if at.minute else ""
    spoken = words.say(f"hours.{at.hour}", minutes=minutes)
    days = (at.date() - today).days
    key = "today" if days == 0 else "tomorrow" if days == 1 else "day"
    return words.phrases[key].format(time=spoken, weekday=words.phrases[f"weekdays.{at.weekday()}"])


def question(wording: ItemWording) -> str:
    """The text message of a question, with its choices."""
    if wording.item.kind in ("choice", "yesno"):
        choices = ", ".join(f"{option.code} {option.label}" for option in wording.options)
        return f"{wording.sms} {choices}"
    return wording.sms


def _say(section: Words, key: str, filled: Mapping[str, object]) -> str:
    """A phrase with its placeholders filled; some phrases have three forms, depending on `about` and `proxy`."""
    form = "unnamed" if not filled.get("about") else "proxy" if filled.get("proxy") else "self"
    known = key if key in section.phrases else f"{key}.{form}"
    return section.say(known, **filled, **_ON_SENDING).strip()


def _without_empty(paragraphs: Iterable[str]) -> str:
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph).strip()
