"""The history of an occasion in plain sentences: why it was sent or not, and what followed."""

from collections.abc import Collection, Mapping
from typing import Any

from pro_collector.domain.study.definition import Study
from pro_collector.words import Words, team
from scheduler.after_end import departure
from scheduler.anchors import Timeline
from scheduler.event_choice import anchors
from scheduler.person import Person
from scheduler.rulebook import with_enrolment

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
    """The text of a reason code; a reason without a text is returned unchanged."""
    return _known(f"why.{code}", code or "")


def sentence(what: str, detail: Detail) -> str:
    """One line of an occasion's history."""
    key = f"line.{_line(what, detail)}"
    if key not in _words().phrases:
        return f"{what} {_rest(detail)}".strip()
    values = _values(detail)
    return _words().say(key, **(values | _added(values)))


def why_not_planned(study: Study, person: Person, timeline: Timeline, asked: Collection[str]) -> list[str]:
    """Why each assessment without an occasion is not planned for a participant; `asked`: assessments with one."""
    rules = {entry.assessment: entry for entry in study.rules().entries}
    timeline = with_enrolment(timeline, person)
    lines = []
    for name, schedule in study.assessments.items():
        if name in asked:
            continue
        if not rules[name].meets(person):
            why = "not_for_them"
        elif schedule.trigger is not None and name not in timeline.triggered:
            why = "untriggered"
        elif schedule.after is not None:
            gone = departure(person, timeline, study.endings)
            why = "not_due" if gone.anchors(schedule.after) else "not_ended"
        elif schedule.trigger is None and not anchors(schedule.anchor, timeline):
            why = "waits"
        else:
            why = "not_due"
        lines.append(_words().say(f"unasked.{why}", assessment=name, anchor=schedule.anchor_words))
    return lines


def _line(what: str, detail: Detail) -> str:
    """The key of a line's text: for some kinds it depends on the detail."""
    if what == "sent" and "code" in detail:  # what the provider reported after it had accepted our request
        return "passed_on"
    if what == "refused" and detail.get("policy") == "altered":  # before the provider was asked
        return "altered"
    if what == "opted_out":
        channel = "sms" if detail.get("channel") == "sms" else "email"
        return f"opted_out.{channel}.{'page' if detail.get('way') == 'page' else 'button'}"
    return what


def _values(detail: Detail) -> dict[str, Any]:
    """The values for the placeholders of every line."""
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


def _added(values: Detail) -> dict[str, str]:
    """The values for the optional parts of a line; empty if a line has no such part."""
    present = {
        "moved": values.get("moved_by"),
        "coded": values.get("code"),
        "because": values.get("reason"),
        "of_item": values.get("item"),
        "late": values.get("late"),
        "opened_late": values["late_seconds"] >= 60,
    }
    return {name: _words().say(f"added.{name}", **values) if value else "" for name, value in present.items()}


def _known(key: str, otherwise: str) -> str:
    return _words().phrases.get(key, otherwise)


def _rest(detail: Detail) -> str:
    return ", ".join(f"{name} {value}" for name, value in detail.items() if value not in (None, ""))


def _words() -> Words:
    return team("history")
