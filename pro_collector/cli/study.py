"""`pro-collector study ...` and `pro-collector plan`: check a study file, and show the plan of one person."""

import json
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from pro_collector.cli.app import app
from pro_collector.domain.study.definition import Study, load_study
from pro_collector.domain.study.warnings import warnings_of
from pro_collector.errors import BadInput, NotFound, Problem
from scheduler.anchors import Timeline
from scheduler.occasion import Occasion
from scheduler.person import Person
from scheduler.plan import plan as make_plan

study_app = typer.Typer(help="Study files: check them, and the schema that editors use.", no_args_is_help=True)
app.add_typer(study_app, name="study")

StudyFile = Annotated[Path, typer.Argument(help="The study file (YAML).", show_default=False)]
Folder = Annotated[
    Path | None,
    typer.Option("--instruments", envvar="PRO_INSTRUMENTS", help="A folder with more instruments, texts and tables."),
]
_BEFORE_ALL = datetime(1900, 1, 1, tzinfo=UTC)


@study_app.command("check")
def check(
    file: StudyFile,
    instruments: Folder = None,
    html: Annotated[Path | None, typer.Option(help="Write a picture of the protocol, as a page, to this file.")] = None,
    weeks: Annotated[int, typer.Option(min=1, max=520, help="How much of it the picture shows.")] = 52,
) -> None:
    """Check a study file and print every mistake in it, with its line; exit code 2 if there is one.

    It also warns of risks for participants, such as the emergency number of another country. The picture has a lane
    for each assessment in each arm, with windows and reminders, if treatment goes as the study file expects.
    """
    study, questions = read_study(file, instruments)
    print(summary(study))
    warn(study, file)
    if html is not None:
        from pro_collector.display.plan_picture import protocol_page

        html.write_text(protocol_page(study, questions, weeks), encoding="utf-8")


@study_app.command("schema")
def schema() -> None:
    """Print the JSON Schema of study files, for editors."""
    from pro_collector.domain.study.schema import study_schema

    print(json.dumps(study_schema(), indent=2, ensure_ascii=False))


@app.command("plan")
def plan(
    file: StudyFile,
    participant: Annotated[
        Path, typer.Option("--participant", help="Zone, birth date, arm, site, timeline (YAML or JSON).")
    ],
    until: Annotated[str | None, typer.Option(help="Plan to this date; default: ten years from enrolment.")] = None,
    now: Annotated[str | None, typer.Option(help="Plan as on this date: occasions due before it are late.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also print what cannot be asked, with state, reason and detail.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write a calendar page to this file.")] = None,
    ics: Annotated[Path | None, typer.Option(help="Write iCalendar to this file.")] = None,
    instruments: Folder = None,
) -> None:
    """Print one person's occasions as NDJSON, in order of their due time."""
    study, questions = read_study(file, instruments)
    person, timeline = _participant(participant, study)
    viewed_at = _instant(now, "--now") if now else _BEFORE_ALL
    horizon = _instant(until, "--until") + timedelta(days=1) if until else _ten_years_on(person)
    occasions = make_plan(study.rules(questions), person, timeline, viewed_at, horizon).occasions
    _write(study, person, timeline, occasions, html, ics)
    for occasion in occasions:
        if everything or occasion.state == "planned":
            print(json.dumps(row(occasion, everything), ensure_ascii=False))
    dead = sum(occasion.state != "planned" for occasion in occasions)
    if dead and not everything:
        print(f"{dead} more cannot be asked; --all shows them with the reasons", file=sys.stderr)


def read_study(file: Path, instruments: Path | None = None) -> tuple[Study, dict[str, int]]:
    """A study checked against the library of instruments, and the number of questions of each instrument."""
    from pro_collector.domain.instrument.branching import remaining
    from pro_collector.library import load_library

    library = load_library(instruments)
    study = load_study(_text(file), str(file), library.by_id())
    return study, {name: len(remaining(library.get(name), {})) for name in study.instruments}


def warn(study: Study, file: Path) -> None:
    """Print to standard error what to reconsider before the study is put in force."""
    from pro_collector.casework.speaking.advising import long_advice

    for warning in (*warnings_of(study), *long_advice(study)):
        print(f"warning: {file}: {warning}", file=sys.stderr)


def row(occasion: Occasion, everything: bool) -> dict[str, Any]:
    """One line of `plan`: instants in UTC with Z, wall times without a zone."""
    line = {
        "occasion": str(occasion.id),
        "assessment": occasion.assessment,
        "anchor": occasion.anchor,
        "anchor_on": occasion.anchor_on.isoformat(),
        "n": occasion.n,
        "due_at": _utc(occasion.due_at),
        "due_local": occasion.due_local.isoformat(),
        "zone": occasion.zone,
        "opens_at": _utc(occasion.opens_at),
        "closes_at": _utc(occasion.closes_at),
        "reporter": occasion.reporter,
        "instruments": list(occasion.instruments),
    }
    if occasion.expected:
        line["expected"] = True
    why = {"state": occasion.state, "reason": occasion.reason, "detail": occasion.detail}
    return {**line, **why} if everything else line


def summary(study: Study) -> str:
    """A summary of a valid study file, in a few lines."""
    lines = [f"{study.id} {study.version}: no mistakes found."]
    lines.append(
        f"  kinds of event: {len(study.timeline)}, sites: {len(study.sites)}, languages: {', '.join(study.languages)}"
    )
    for name, found in study.assessments.items():
        rungs = ", then ".join(rung.channel for rung in found.ladder)
        lines.append(f"  {name}: {', '.join(found.instruments)} after {found.anchor_words}, by {rungs}")
    return "\n".join(lines)


def _write(
    study: Study,
    person: Person,
    timeline: Timeline,
    occasions: tuple[Occasion, ...],
    html: Path | None,
    ics: Path | None,
) -> None:
    if html is None and ics is None:
        return
    from pro_collector.display.plan_picture import to_icalendar, to_page

    if html is not None:
        events = [(anchor.kind, anchor.on) for anchor in timeline.anchors]
        html.write_text(to_page(study, person, occasions, events), encoding="utf-8")
    if ics is not None:
        ics.write_bytes(to_icalendar(study, person, occasions, datetime.now(UTC)))


def _participant(file: Path, study: Study) -> tuple[Person, Timeline]:
    from pro_collector.domain.study.participant_file import load_participant

    return load_participant(_text(file), str(file), study)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise NotFound(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput([Problem(str(file), None, "", "expected text in UTF-8")]) from error


def _instant(text: str, option: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    except ValueError:
        raise BadInput([Problem(option, None, "", f"expected a date such as 2027-03-01, not {text!r}")]) from None


def _ten_years_on(person: Person) -> datetime:
    return datetime.combine(person.enrolled_on, datetime.min.time(), UTC) + timedelta(days=3660)


def _utc(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
