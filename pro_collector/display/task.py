"""Tells a task of the study team in plain words: whom it is about, what happened, what was written, what to do next."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.domain.instrument.answers import Absent
from pro_collector.domain.instrument.text import ItemWording

WHAT = {
    "urgent": "They wrote words of an emergency, and were told at once what to do. A person must see to it now",
    "flagged": "They gave an answer that a person must see to now; they were told what to do in an emergency",
    "review": "They wrote something that no program should read alone",
    "death": "They wrote that somebody has died. Find out who, kindly, before anything more is sent",
    "pause": "They asked for a pause; until it is recorded, messages go on",
    "leave": "They want to leave the study; nothing is sent to them any more",
    "erase": "They want their data erased; nothing is sent to them any more",
    "wrong_person": "Whoever has this phone says they are somebody else; no text goes there any more",
    "call": "The study asks for a call: messages brought no answer",
    "contact": "A survey is open, and no channel of its ladder reaches them",
    "altered": "Where they are reached was changed in the database by hand: nothing is sent there any more",
    "delivery": "A provider refuses messages for a reason that only settings or its console can mend",
}
LAST = {
    "urgent": "Call them. When somebody has acted, say what was done:",
    "flagged": "Call them. When somebody has acted, say what was done:",
    "review": "When somebody has read it and acted:",
    "death": "When it is known and recorded:",
    "pause": "Then:",
    "leave": "Then:",
    "erase": "That takes this task with it. If they meant something else:",
    "wrong_person": "Then:",
    "call": "If they cannot be reached or do not want to answer:",
    "contact": "Or take the answers on the telephone, by the link. Then:",
    "altered": "Have whoever runs the database find out who changed it, and what else. Then:",
    "delivery": "When the cause is mended:",
}
_REACHED = (("Find out how they are reached now, and record it:", "change {code} {phone}"),)
RECORD: Mapping[str, tuple[tuple[str, str], ...]] = {
    "death": (
        ("If it is the patient, record it:", "state {code} died"),
        ("If all was paused and it is not, take the pause back:", "state {code} paused --retract"),
    ),
    "pause": (("Record it:", "state {code} paused --until YYYY-MM-DD"),),
    "leave": (("Record it:", "state {code} withdrew"),),
    "erase": (("Read what erasing does and keeps (docs/privacy.md), then:", "erase {code}"),),
    "wrong_person": _REACHED,
    "contact": _REACHED,
    "altered": (("Find out how they are reached from your own papers, and record it:", "change {code} {phone}"),),
}
DECLINED = Absent.ASKED_DECLINED.value
CHANNELS = {"sms": "text", "email": "mail"}


@dataclass(frozen=True, slots=True)
class Written:
    """The words that came in, and when; from whose address, and the name of that address, where it is known still."""

    at: datetime
    words: str
    reporter: str = "self"
    address: str = ""


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """The question that a reply was to. `became` says why it does not wait any more; empty while it does."""

    place: str
    title: str
    prompt: str
    choices: tuple[str, ...]
    became: str = ""


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One time they were written to about a visit, and how far that came."""

    at: datetime
    channel: str
    purpose: str
    state: str


@dataclass(frozen=True, slots=True)
class Visit:
    """The occasion a task is about. `link` opens its form for a telephone interview, while it takes answers."""

    title: str
    reporter: str
    state: str
    answered: int
    questions: int
    closes_at: datetime
    late_until: datetime
    told: tuple[SentMessage, ...]
    link: str | None
    quiet_until: datetime | None


@dataclass(frozen=True, slots=True)
class Task:
    """Everything there is to tell of one task; `study_option` is what its commands need where a code is in several."""

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
    written: tuple[Written, ...] = ()
    asked: AskedQuestion | None = None
    visit: Visit | None = None

    @property
    def short(self) -> str:
        """The beginning of its id, which commands take."""
        return str(self.id)[:8]


def page(task: Task, now: datetime) -> Iterator[str]:
    """The task, line by line."""
    yield f"{task.kind} {task.short}, raised {_moment(task.raised_at, task.zone)} ({_ago(now - task.raised_at)} ago)"
    site = f", site {task.site}" if task.site else ""
    yield f"{task.code} of {task.study}{site}, language {task.language}; for them it is {_moment(now, task.zone)}"
    yield ""
    yield f"{WHAT.get(task.kind, task.kind)} ({task.reason})."
    for written in task.written:
        who = "They" if written.reporter == "self" else "The parent or carer"
        yield f"{who} wrote, {_moment(written.at, task.zone)}:"
        yield from (f"    {line}" for line in printable(written.words).split("\n"))
    yield from _question(task.asked) if task.asked else ()
    yield from _visit(task.visit, task.zone) if task.visit else ()
    yield ""
    yield from [f"Done: {task.done}"] if task.done else _next(task)


def choices(wording: ItemWording) -> Iterator[str]:
    """What may be answered, with the codes that `--answer` takes; declining is always among them."""
    item = wording.item
    if item.options:
        yield from (f"{option.code}  {option.label}" for option in wording.options)
    elif item.span:
        ends = ((item.minimum, wording.minimum), (item.maximum, wording.maximum))
        yield ", ".join([f"{item.minimum} to {item.maximum}", *(f"{code} is {label}" for code, label in ends if label)])
    else:
        yield item.allowed
    offered = {str(option.code): option.label for option in wording.opt_outs}
    yield from (f"{code}  {label}" for code, label in ({DECLINED: "they prefer not to answer"} | offered).items())


def printable(words: str) -> str:
    """Words that somebody else wrote, as a terminal may show them: what would command it is spelled out."""
    kept = {"\n", "\u200d", "\ufe0f"}  # line ends, and what joins emoji
    return "".join(c if c in kept or c.isprintable() else c.encode("unicode_escape").decode() for c in words)


def _question(asked: AskedQuestion) -> Iterator[str]:
    yield f"The question, {asked.place} of {asked.title}{'' if asked.became else ', still waits'}:"
    yield f"    {asked.prompt}"
    yield from (f"      {choice}" for choice in asked.choices)
    if asked.became:
        yield f"It does not wait any more: {asked.became}."


def _visit(visit: Visit, zone: ZoneInfo) -> Iterator[str]:
    late = f", late answers until {_moment(visit.late_until, zone)}" if visit.late_until > visit.closes_at else ""
    yield f"{visit.title}, to be answered by {_WHO[visit.reporter]}: {visit.answered} of {visit.questions} answered"
    yield f"    open until {_moment(visit.closes_at, zone)}{late}; it is {visit.state}"
    yield f"    messages about it so far: {len(visit.told)}"
    for told in visit.told:
        how = CHANNELS.get(told.channel, told.channel)
        yield f"      {_moment(told.at, zone)}  {told.purpose} by {how}, {told.state}"
    if visit.quiet_until:
        yield f"The study keeps quiet there now: call after {_moment(visit.quiet_until, zone)}."
    if visit.link:
        yield f"Call {_WHO[visit.reporter]} (the number is in your own records) and fill this in as you talk."
        yield "Once complete, it is done:"
        yield f"    {visit.link}"
    else:
        yield "It takes no answers any more."


_WHO = {"self": "the patient", "proxy": "the parent or carer"}


def _next(task: Task) -> Iterator[str]:
    """What to do, as commands that can be copied."""
    done = f"    pro-collector tasks done {task.short}"
    if task.kind == "review" and task.asked and not task.asked.became:
        yield "If it is clear which answer they mean, record it, and the next question follows:"
        yield f"{done} --answer CODE"
    for why, command in RECORD.get(task.kind, ()):
        yield why
        code, phone = task.code + task.study_option, _address(task)
        yield f"    pro-collector participant {command.format(code=code, phone=phone)}"
    yield LAST.get(task.kind, "When it is done:")
    yield f'{done} --note "what was done"'


def _address(task: Task) -> str:
    """Which address a task is about: the one that wrote last, else the phone of whoever is to answer."""
    if task.kind == "altered":
        return task.reason
    if task.written and task.written[-1].address:
        return task.written[-1].address
    return "proxy_phone" if task.visit and task.visit.reporter == "proxy" else "phone"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%A %Y-%m-%d %H:%M %Z}"


def _ago(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"
