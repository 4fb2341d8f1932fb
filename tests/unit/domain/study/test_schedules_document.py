"""Every worked example of docs/schedules.md, executed: a block of YAML, and below it the plan for it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from pydantic import AliasChoices

from pro_collector.domain.study.amendment import VersionInForce, in_force
from pro_collector.domain.study.definition import Study, load_study
from pro_collector.domain.study.participant_file import Participant, load_participant
from pro_collector.errors import BadInput
from scheduler.anchors import Timeline
from scheduler.occasion import Occasion
from scheduler.person import Person
from scheduler.plan import plan
from scheduler.replan import replan
from tests.shared.places import ROOT

DOCUMENT = ROOT / "docs" / "schedules.md"
EXAMPLE = re.compile(r"```yaml\n(?P<said>.*?)```\n+```text\n(?P<told>.*?)```", re.DOTALL)
BLOCK = re.compile(r"```(?P<kind>\w*)\n.*?```", re.DOTALL)
LONG_BEFORE = datetime(2000, 1, 1, tzinfo=UTC)
STUDY: dict[str, Any] = {
    "id": "example",
    "version": "1",
    "title": {"en": "Example"},
    "sender": "The team",
    "languages": ["en"],
    "contact": {"phone": "+12025550100", "email": "team@example.org"},
    "emergency": {"en": "Call 911."},
    "timeline": {
        "treatment_start": {"label": {"en": "Start"}},
        "cycle": {"label": {"en": "Cycle"}, "happens": "repeatedly", "cycle": True},
        "surgery": {"label": {"en": "Surgery"}},
        "end_of_treatment": {"label": {"en": "End"}},
        "death": {"label": {"en": "Death"}, "ends": "participation"},
    },
}
OWN = {"participant", "now", "until", "then", "participant_then", "study_then"}


def examples() -> Iterator[Any]:
    text = DOCUMENT.read_text(encoding="utf-8")
    for found in EXAMPLE.finditer(text):
        heading = [line for line in text[: found.start()].splitlines() if line.startswith("#")][-1].strip("# ")
        yield pytest.param(found["said"], found["told"], id=heading)


def study(said: dict[str, Any], version: str = "1") -> Study:
    """A whole study with the content of an example."""
    whole = {**STUDY, **{key: value for key, value in said.items() if key not in OWN}, "version": version}
    whole["assessments"] = {
        name: {"title": {"en": name}, "instruments": ["diary"], **found} for name, found in said["assessments"].items()
    }
    return load_study(yaml.safe_dump(whole), "example.yaml")


def someone(said: dict[str, Any], of: Study) -> tuple[Person, Timeline]:
    return load_participant(yaml.safe_dump({"zone": "America/New_York", **said}), "participant.yaml", of)


def instant(text: object) -> datetime:
    found = datetime.fromisoformat(str(text))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def run(said: dict[str, Any]) -> list[str]:
    """The plan of an example, as the lines in the document."""
    try:
        first = study(said)
    except BadInput as error:
        return [str(problem).removeprefix("example.yaml:").split(": ", 1)[1] for problem in error.problems]
    who, timeline = someone(said["participant"], first)
    now = instant(said["now"]) if "now" in said else LONG_BEFORE
    horizon = instant(said.get("until", who.enrolled_on + timedelta(days=3700)))
    occasions = plan(first.rules(), who, timeline, now, horizon).occasions
    if "then" not in said:
        return [line(each) for each in occasions]
    moment = instant(said["then"])
    stored = [replace(o, state="completed") if o.state == "planned" and o.due_at < moment else o for o in occasions]
    history = [VersionInForce(first, LONG_BEFORE)]
    if "study_then" in said:
        history.append(VersionInForce(study({**said, **said["study_then"]}, "2"), moment))
    who, timeline = someone({**said["participant"], **said.get("participant_then", {})}, first)
    diff = replan(stored, plan(in_force(history), who, timeline, moment, horizon, stored))
    told = [("kept", each, line(each)) for each in diff.kept]
    told += [("added", each, line(each)) for each in diff.added]
    told += [("cancelled", each, line(each)) for each in diff.cancelled]
    told += [
        ("moved", each.after, f"{line(each.before)} -> {line(each.after)[:16]}") for each in diff.moved if each.in_time
    ]
    told += [("renamed", each.after, line(each.after)) for each in diff.moved if not each.in_time]
    told.sort(key=lambda each: (each[1].due_local, each[1].n))
    return [f"{what:9} {words}" for what, _, words in told]


def line(each: Occasion) -> str:
    words = f"{each.due_local:%Y-%m-%d %H:%M}  {each.assessment}"
    words += f": {', '.join(each.instruments)}" if each.instruments != ("diary",) else ""
    words += f" ({each.reporter})" if each.reporter != "self" else ""
    words += f"  {each.state}" if each.state != "planned" else ""
    words += f": {each.reason}" if each.reason else ""
    return words + (f"  moved by {each.moved_by}" if each.moved_by else "")


@pytest.mark.parametrize(("said", "told"), list(examples()))
def test_an_example_of_the_document_is_true(said: str, told: str) -> None:
    read = yaml.safe_load(said)
    made = run(read)
    shown = told.strip().splitlines()
    if "..." in shown:  # what a long list leaves out
        cut = shown.index("...")
        after = len(shown) - cut - 1
        made = [*made[:cut], "...", *made[len(made) - after :]]
    assert made == [each.rstrip() for each in shown]


def test_every_block_of_the_document_is_executed_or_is_a_command() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    blocks = [found["kind"] for found in BLOCK.finditer(text)]
    assert blocks.count("yaml") == blocks.count("text") == len(list(examples())) > 12
    assert set(blocks) == {"yaml", "text", "sh"}


def test_the_table_of_a_participants_file_names_every_key() -> None:
    table = DOCUMENT.read_text(encoding="utf-8").partition("<!-- participant -->")[2].partition("<!-- end of")[0]
    rows = [row.split("|") for row in table.strip().splitlines()[2:]]
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row[1] + row[2])}
    known = set()
    for name, field in Participant.model_fields.items():
        choices = field.validation_alias.choices if isinstance(field.validation_alias, AliasChoices) else []
        known |= {name, *map(str, choices)}
    assert told == known
