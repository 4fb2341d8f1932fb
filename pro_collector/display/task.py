"""A task of the study team as text: the participant, what happened, what was written, and what to do next."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.domain.conversation.by_hand import NOT_DELIVERED
from pro_collector.domain.conversation.reading_list import MAY_BE_EMERGENCY
from pro_collector.domain.instrument.answers import Absent
from pro_collector.domain.instrument.text import ItemWording
from pro_collector.words import team

RECORD: Mapping[str, tuple[tuple[str, str], ...]] = {
    "death": (("died", "state {code} died"), ("nobody_died", "state {code} paused --retract")),
    "pause": (("pause", "state {code} paused --until YYYY-MM-DD"),),
    "leave": (("leave", "state {code} withdrew"),),
    "erase": (("erase", "erase {code}"),),
    "wrong_person": (("reached", "change {code} {phone}"),),
    "contact": (("reached", "change {code} {phone}"),),
    "altered": (("reached_by_papers", "change {code} {phone}"),),
    "caregiver": (("goes_on", "change {code} caregiver_goes_on YYYY-MM-DD"),),
}
"""By kind of task: what to record (the key of its text), and the command after `pro-collector participant`."""
MAY_ASK_TO_STOP = ("review", "question", "urgent", "distress")
"""The kinds of task whose words may ask for the messages to stop."""
WRITTEN_BACK = frozenset({"question", "review", "pause"})
"""Kinds of task to which the team may write back."""
DECLINED = Absent.ASKED_DECLINED.value
MOST_LISTED = 12
"""The most numbers of a question that are listed one by one."""


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A text or mail that came in: time, words, reporter, and the name of the address, if it is still known.

    `spoke`: for a text that a second reader marked, what of its words spoke for that; empty if it was not ours. None if
    no second reader marked it.
    """

    at: datetime
    words: str
    reporter: str = "self"
    address: str = ""
    spoke: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """The question that a reply answered. `closed_because`: why it is no longer open; empty while it is.

    `codes`: each code that can be recorded, with what it means.
    """

    place: str
    title: str
    prompt: str
    choices: tuple[str, ...]
    closed_because: str = ""
    codes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message about a visit, with its state."""

    at: datetime
    channel: str
    purpose: str
    state: str


@dataclass(frozen=True, slots=True)
class Visit:
    """The occasion of a task. `link` opens its form for a telephone interview; None if it takes no answers."""

    title: str
    reporter: str
    state: str
    answered: int
    questions: int
    closes_at: datetime
    late_until: datetime
    messages: tuple[SentMessage, ...]
    link: str | None
    quiet_until: datetime | None


@dataclass(frozen=True, slots=True)
class Task:
    """All facts about a task. `study_option`: the option its commands need if the code exists in several studies."""

    id: UUID
    kind: str
    reason: str
    raised_at: datetime
    done: str
    code: str
    study: str
    study_option: str
    site: str | None
    language: str
    zone: ZoneInfo
    written: tuple[ReceivedMessage, ...] = ()
    asked: AskedQuestion | None = None
    visit: Visit | None = None

    @property
    def short(self) -> str:
        """The beginning of its id, which commands accept."""
        return str(self.id)[:8]


def page(task: Task, now: datetime) -> Iterator[str]:
    """The text of a task, line by line."""
    moment, waited = _moment(task.raised_at, task.zone), span_text(now - task.raised_at)
    yield _say("heading", kind=task.kind, id=task.short, moment=moment, waited=waited)
    yield _say(
        "whom_at_site" if task.site else "whom",
        code=task.code,
        study=task.study,
        site=task.site,
        language=task.language,
        moment=_moment(now, task.zone),
    )
    yield ""
    yield f"{sentence(task.kind, task.reason)} ({task.reason})."
    for written in task.written:
        yield _say(f"wrote.{written.reporter}", moment=_moment(written.at, task.zone))
        yield from (f"    {line}" for line in printable(written.words).split("\n"))
        yield from _marked(written.spoke)
    yield from _question(task.asked) if task.asked else ()
    yield from _visit(task.visit, task.zone) if task.visit else ()
    yield ""
    yield from [_say("done", note=task.done)] if task.done else _next(task)


def sentence(kind: str, reason: str) -> str:
    """What has happened, for a task of this kind that was raised for this reason."""
    named = {MAY_BE_EMERGENCY: "may_be_emergency", NOT_DELIVERED: "not_delivered"}
    return _say(next((key for part, key in named.items() if part in reason), f"what.{kind}"))


def choices(wording: ItemWording) -> Iterator[str]:
    """The allowed answers, with the codes for `--answer`; declining is always allowed."""
    item = wording.item
    if item.options:
        yield from (f"{option.code}  {option.label}" for option in wording.options)
    elif item.span:
        ends = ((item.minimum, wording.minimum), (item.maximum, wording.maximum))
        named = [_say("end", code=code, label=label) for code, label in ends if label]
        yield ", ".join([_say("range", minimum=item.minimum, maximum=item.maximum), *named])
    else:
        yield item.allowed
    yield from (f"{code}  {label}" for code, label in _opt_outs(wording).items())


def codes(wording: ItemWording) -> tuple[tuple[str, str], ...]:
    """Each code that can be recorded, with its words; without numbers and dates that are too many to be listed."""
    item = wording.item
    listed = {str(option.code): option.label for option in wording.options}
    if not item.options and item.kind == "integer" and item.minimum is not None and item.maximum is not None:
        ends = {item.minimum: wording.minimum, item.maximum: wording.maximum}
        numbers = range(int(item.minimum), int(item.maximum) + 1)
        listed = {str(each): ends.get(each) or "" for each in numbers if len(numbers) <= MOST_LISTED}
    return tuple((listed | _opt_outs(wording)).items())


def _opt_outs(wording: ItemWording) -> dict[str, str]:
    return {DECLINED: _say("declined")} | {str(option.code): option.label for option in wording.opt_outs}


def printable(words: str) -> str:
    """Escape control characters in `words`, which somebody else wrote, so that they cannot control the terminal."""
    kept = {"\n", "\u200d", "\ufe0f"}  # line ends, and the joiners of emoji
    return "".join(c if c in kept or c.isprintable() else c.encode("unicode_escape").decode() for c in words)


def quoted(said: Iterable[str]) -> str:
    """Words of a person, each in quotation marks: "not sign up", "texts"."""
    return ", ".join(f'"{printable(each)}"' for each in said)


def _marked(spoke: tuple[str, ...] | None) -> Iterator[str]:
    """Why a second reader marked a text: the words that spoke for it."""
    if spoke:
        yield _say("marked", words=quoted(spoke))
    elif spoke is not None:
        yield _say("marked_elsewhere")


def _question(asked: AskedQuestion) -> Iterator[str]:
    yield _say("question" if asked.closed_because else "question_waits", place=asked.place, title=asked.title)
    yield f"    {asked.prompt}"
    yield from (f"      {choice}" for choice in asked.choices)
    if asked.closed_because:
        yield _say("question_over", reason=asked.closed_because)


def _visit(visit: Visit, zone: ZoneInfo) -> Iterator[str]:
    reporter = _say(f"reporter.{visit.reporter}")
    yield _say("visit", title=visit.title, reporter=reporter, answered=visit.answered, questions=visit.questions)
    takes_late, late = visit.late_until > visit.closes_at, _moment(visit.late_until, zone)
    until = _moment(visit.closes_at, zone)
    yield f"    {_say('visit_late' if takes_late else 'visit_open', moment=until, late=late, state=visit.state)}"
    yield f"    {_say('messages', count=len(visit.messages))}"
    for message in visit.messages:
        channel = team("task").phrases.get(f"channel.{message.channel}", message.channel)
        moment = _moment(message.at, zone)
        yield f"      {_say('message', moment=moment, purpose=message.purpose, channel=channel, state=message.state)}"
    if visit.quiet_until:
        yield _say("quiet", moment=_moment(visit.quiet_until, zone))
    if visit.link:
        yield _say("interview", reporter=reporter)
        yield _say("interview_link")
        yield f"    {visit.link}"
    else:
        yield _say("no_answers")


def _next(task: Task) -> Iterator[str]:
    """The next steps, as commands to copy."""
    done = f"    pro-collector tasks done {task.short}"
    if task.kind == "review" and task.asked and not task.asked.closed_because:
        yield _say("answer")
        yield f"{done} --answer CODE"
    if task.kind in MAY_ASK_TO_STOP and task.written:
        yield _say("stop")
        yield f"{done} --stop"
    for why, command in RECORD.get(task.kind, ()):
        yield _say(f"record.{why}")
        code, phone = task.code + task.study_option, _address(task)
        yield f"    pro-collector participant {command.format(code=code, phone=phone)}"
    if task.kind == "unconfirmed":
        yield _say("happened")
        yield f"    pro-collector timeline add {task.code}{task.study_option} EVENT YYYY-MM-DD"
    if task.kind == "release":
        yield _say("release")
        assessment = task.reason.partition(",")[0]
        yield f"    pro-collector ask release {task.code} {assessment}{task.study_option}"
    if task.kind in WRITTEN_BACK:
        yield _say("write")
        yield f"{done} --reply TEXT"
        whom = f"{task.code}{task.study_option}"
        yield f"    pro-collector participant write {whom} --task {task.short} --dry-run --text TEXT"
    yield _say(f"last.{task.kind}")
    yield f'{done} --note "{_say("note")}"'


def _address(task: Task) -> str:
    """The name of the address of a task: that of the last text or mail, else the phone of the reporter."""
    if task.kind == "altered":
        return task.reason
    if task.written and task.written[-1].address:
        return task.written[-1].address
    reporter = task.visit.reporter if task.visit else "self"
    return "phone" if reporter == "self" else f"{reporter}_phone"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%A %Y-%m-%d %H:%M %Z}"


def span_text(span: timedelta) -> str:
    """A span of time for a reader: minutes, hours or days."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 120:
        return _say("minutes", count=minutes)
    hours = minutes // 60
    return _say("hours", count=hours) if hours < 48 else _say("days", count=hours // 24)


def _say(key: str, /, **filled: object) -> str:
    return team("task").say(key, **filled)
