"""Tells the life of an occasion in plain sentences: why it was, or was not, sent; and what became of it."""

from collections.abc import Collection, Mapping
from typing import Any

from pro_collector.domain.study.definition import Study
from pro_collector.words import Words, team
from scheduler.anchors import ENROLMENT, Timeline
from scheduler.person import Person

Detail = Mapping[str, Any]
_OPTIONAL = (
    "anchor",
    "anchor_on",
    "by",
    "cause",
    "item",
    "outcome",
    "point",
    "reason",
    "reporter",
    "study_version",
    "until",
)


def reason(code: str | None) -> str:
    """A reason in words; a reason that is words already, as it is."""
    return _known(f"why.{code}", code or "")


def sentence(what: str, detail: Detail) -> str:
    """One line of an occasion's life."""
    key = f"line.{_line(what, detail)}"
    if key not in _words().phrases:
        return f"{what} {_rest(detail)}".strip()
    told = _told(detail)
    return _words().say(key, **(told | _added(told)))


def unasked(study: Study, person: Person, timeline: Timeline, asked: Collection[str]) -> list[str]:
    """Why each assessment that somebody has no occasion of (`asked` are those they have) is not planned for them."""
    rules = {entry.assessment: entry for entry in study.rules().entries}
    happened = {ENROLMENT, *(anchor.kind for anchor in timeline.anchors)}
    told = []
    for name, schedule in study.assessments.items():
        if name in asked:
            continue
        if not rules[name].meets(person):
            why = "not_for_them"
        elif schedule.anchor not in happened:
            why = "waits"
        else:
            why = "not_due"
        told.append(_words().say(f"unasked.{why}", assessment=name, anchor=schedule.anchor))
    return told


def _line(what: str, detail: Detail) -> str:
    """The key of a line: some tell two things, by their detail."""
    if what == "sent" and "code" in detail:  # what the provider reported after it had accepted our request
        return "passed_on"
    if what == "refused" and detail.get("policy") == "altered":  # before the provider was asked
        return "altered"
    if what == "opted_out":
        channel = "sms" if detail.get("channel") == "sms" else "email"
        return f"opted_out.{channel}.{'page' if detail.get('way') == 'page' else 'button'}"
    return what


def _told(detail: Detail) -> dict[str, Any]:
    """What fills the gaps of every line."""
    channel, mode = str(detail.get("channel", "?")), str(detail.get("mode"))
    return {
        **dict.fromkeys(_OPTIONAL),
        "purpose": _words().say("message"),
        "from": _words().say("elsewhere"),
        **detail,
        "channel": _known(f"channel.{channel}", channel),
        "mode": _known(f"mode.{mode}", mode),
        "why": reason(detail.get("reason")),
        "step": int(detail.get("rung") or 0) + 1,
        "local": f"{str(detail.get('due_local', '')).replace('T', ' ')} {detail.get('zone', '')}".strip(),
        "late_seconds": int(detail.get("late_seconds") or 0),
    }


def _added(told: Detail) -> dict[str, str]:
    """What fills the gaps for what a line adds: nothing where there is nothing to add."""
    there = {
        "moved": told.get("moved_by"),
        "coded": told.get("code"),
        "because": told.get("reason"),
        "of_item": told.get("item"),
        "late": told.get("late"),
        "opened_late": told["late_seconds"] >= 60,
    }
    return {name: _words().say(f"added.{name}", **told) if found else "" for name, found in there.items()}


def _known(key: str, otherwise: str) -> str:
    return _words().phrases.get(key, otherwise)


def _rest(detail: Detail) -> str:
    return ", ".join(f"{name} {value}" for name, value in detail.items() if value not in (None, ""))


def _words() -> Words:
    return team("history")
