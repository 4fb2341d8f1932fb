"""Renders the texts and mails that a person gets; the sender fills the placeholders of links and codes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pro_collector.domain.instrument.sms_text import segments
from pro_collector.domain.instrument.text import ItemWording
from pro_collector.resources import TEMPLATES
from pro_collector.words import Words, day_as_said, left_to_right, load, weekday_name

_HTML = Environment(
    loader=FileSystemLoader(TEMPLATES / "email"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ON_SENDING = {placeholder: f"{{{placeholder}}}" for placeholder in ("link", "unsubscribe", "own_page", "code")}
_ON_SENDING["report"] = f"{_ON_SENDING['own_page']}/now"
_UNSUBSCRIBE = _ON_SENDING["unsubscribe"]


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

    `about`: the patient's code, if several people share the phone; `proxy`: whether a proxy answers for the patient;
    `caregiver`: whether it is for a caregiver, who answers about themselves. `title`: of the check-in, if several may
    be meant; `call`: the emergency number where the patient is, if known.
    """
    words = load()[language]
    return _say(words.section("sms"), name, {**filled, **_in_words(words, filled)})


def with_own_page(language: str, body: str, link_length: int, *, needed: bool = False) -> str:
    """A text with the link to the recipient's own page at its end, unless that would cost one more segment.

    `needed`: also if it costs one.

    `link_length`: how many characters the link will have.
    """
    longer = f"{body} {load()[language].section('sms').say('own_page', **_ON_SENDING)}"
    filled = longer.replace("{own_page}", "x" * link_length)
    return longer if needed or segments(filled).count == segments(body).count else body


def email(language: str, name: str, **filled: object) -> RenderedMail:
    """A mail, as plain text and as HTML from the same paragraphs; what is filled in as in `sms`.

    `minutes`: how long the check-in takes; `closes`: when it ends, as wall-clock time of the reader;
    `own_page`: with a link to the recipient's own page at the end.
    """
    own_page = filled.pop("own_page", False)
    words = load()[language]
    mail, given = words.section("mail"), {**filled, **_in_words(words, filled)}
    values = {**given, **_ON_SENDING, "whom": _say(mail, "whom", given), "stop_link": mail.say("stop_link")}
    blocks = mail.phrases[_known(mail, f"{name}.text", given)].split("\n\n")
    text = _without_empty(block.format(**values) for block in blocks)
    subject = _say(mail, f"{name}.subject", given)
    link = mail.say("own_page") if own_page else ""
    html = _HTML.get_template("letter.html").render(
        language=language,
        direction=words.say("form.direction"),
        subject=subject,
        paragraphs=[[_linked(line, filled) for line in block.split("\n")] for block in text.split("\n\n")],
        button=mail.say("button"),
        own_page=link,
    )
    return RenderedMail(subject, f"{text}\n\n{link}: {{own_page}}" if link else text, html)


def moment(language: str, at: datetime, today: date) -> str:
    """A moment of local time as people say it: "tomorrow at 6 pm". `today`: the date there now."""
    words, form = load()[language].section("moment"), load()[language].section("form")
    spoken = _time(words, at)
    days = (at.date() - today).days
    key = "today" if days == 0 else "tomorrow" if days == 1 else "day"
    return words.phrases[key].format(time=spoken, weekday=weekday_name(form, at))


def _time(words: Words, at: datetime) -> str:
    minutes = words.say("minutes", minutes=f"{at.minute:02}") if at.minute else ""
    return words.say(f"hours.{at.hour}", minutes=minutes)


def _date_and_time(words: Words, at: datetime) -> str:
    moment, day = words.section("moment"), day_as_said(words.section("form"), at.date(), at.date())
    return moment.say("date", day=day, time=_time(moment, at))


def question(wording: ItemWording) -> str:
    """The text message of a question, with its choices."""
    if wording.item.kind in ("choice", "yesno"):
        choices = ", ".join(f"{option.code} {option.label}" for option in wording.options)
        return f"{wording.sms} {choices}"
    return wording.sms


def _in_words(words: Words, filled: Mapping[str, object]) -> dict[str, object]:
    """What the phrases say of a title, an emergency number, a moment and a number of minutes."""
    call, title, closes, minutes = (filled.get(name) for name in ("call", "title", "closes", "minutes"))
    rtl = words.say("form.direction") == "rtl"
    said: dict[str, object] = {
        "phone": left_to_right(str(filled.get("phone") or ""), rtl=rtl),
        "emergency_number": words.say(
            "emergency.number" if call else "emergency.unknown", number=left_to_right(str(call or ""), rtl=rtl)
        ),
        "which": f" ({title})" if title else "",
    }
    if isinstance(closes, datetime):
        said["closes"] = _date_and_time(words, closes)
    if minutes is not None:
        said["duration"] = words.say("mail.duration.one" if minutes == 1 else "mail.duration.many", count=minutes)
    return said


def _linked(line: str, filled: Mapping[str, object]) -> Markup:
    """A line of a mail as HTML: telephone numbers are links, and the address to unsubscribe is behind its words."""
    if line.endswith(_UNSUBSCRIBE):
        return _link(_UNSUBSCRIBE, line.removesuffix(_UNSUBSCRIBE).rstrip(" :\xa0"))
    numbers = sorted({str(filled.get(name) or "") for name in ("phone", "call")} - {""}, key=len, reverse=True)
    if not numbers:
        return escape(line)
    parts = re.split(rf"(?<![\w+])({'|'.join(map(re.escape, numbers))})(?!\w)", line)
    return Markup("").join(_link(f"tel:{part.replace(' ', '')}", part) if part in numbers else part for part in parts)


def _link(address: str, words: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(address, words)


def _say(section: Words, key: str, filled: Mapping[str, object]) -> str:
    """A phrase with its placeholders filled."""
    return section.say(_known(section, key, filled), **filled, **_ON_SENDING).strip()


def _known(section: Words, key: str, filled: Mapping[str, object]) -> str:
    """The key of a phrase in its form for the reader, which depends on `about`, `proxy` and `caregiver`.

    A caregiver reads what is in `caregiver`, and the rest in the words for everybody.
    """
    named = bool(filled.get("about"))
    form = "unnamed" if not named else "proxy" if filled.get("proxy") else "self"
    forms = [key, f"{key}.{form}"]
    if filled.get("caregiver"):
        own = f"caregiver.{key}"
        forms = [own, f"{own}.{'named' if named else 'unnamed'}", key, f"{key}.unnamed"]
    return next((each for each in forms if each in section.phrases), key)


def _without_empty(paragraphs: Iterable[str]) -> str:
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph).strip()
