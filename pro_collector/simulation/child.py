"""The process that rehearses a study for a page: asked on standard input, it answers with JSON lines."""

import base64
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from pro_collector.display.plan_picture import calendar
from pro_collector.domain.instrument.branching import remaining
from pro_collector.domain.study.definition import load_study
from pro_collector.errors import BadInput
from pro_collector.postgres.tables.studies import read_instrument
from pro_collector.simulation.life import Life
from pro_collector.simulation.page import charts
from pro_collector.simulation.rehearse import Rehearsal, lives
from pro_collector.simulation.report import as_data, life_lines
from pro_collector.simulation.tally import Tally

SHOWN = timedelta(days=730)
"""How much of a typical person's time is shown as a calendar."""
_NICE = 15


def main() -> None:
    """Answer one question."""
    os.nice(_NICE)
    asked = json.load(sys.stdin)
    try:
        rehearsal = rehearsal_of(asked)
    except BadInput as error:
        say({"mistake": str(error)})
        return
    say({"result": report(rehearsal, asked["price"])})


def rehearsal_of(asked: dict[str, Any]) -> Rehearsal:
    """The rehearsal that is asked for. Raises BadInput with every mistake in the study file."""
    known = {each.id: each for each in map(read_instrument, asked["instruments"])}
    study = load_study(asked["text"], asked["file"], known)
    used = {name: known[name] for name in study.instruments}
    questions = {name: len(remaining(instrument, {})) for name, instrument in used.items()}
    starts = date.fromisoformat(asked["starts"])
    return Rehearsal(study, used, questions, asked["participants"], asked["years"], asked["seed"], starts)


def report(rehearsal: Rehearsal, price: float) -> dict[str, Any]:
    """Everything that the page shows: the figures, the plots, and a typical person."""
    tally, burdens = Tally(), []
    for number, life in enumerate(lives(rehearsal, range(1, rehearsal.participants + 1)), start=1):
        tally.add(life)
        burdens.append((len(life.asked), number))
        say({"done": number, "of": rehearsal.participants})
    typical = typical_of(burdens)
    (life,) = lives(rehearsal, [typical])
    plots = [(name, about, _encoded(svg)) for name, about, svg in charts(tally, list(rehearsal.study.assessments))]
    return {"data": as_data(rehearsal, tally, price), "plots": plots, "person": _person(rehearsal, typical, life)}


def typical_of(burdens: Sequence[tuple[int, int]]) -> int:
    """The number of the person who is asked as often as the median; `burdens`: how often, and who."""
    return sorted(burdens)[(len(burdens) - 1) // 2][1]


def _encoded(svg: str) -> str:
    """A picture for the address of an image in a page."""
    return base64.b64encode(svg.encode()).decode()


def say(what: dict[str, Any]) -> None:
    """Write one line."""
    print(json.dumps(what, default=str), flush=True)


def _person(rehearsal: Rehearsal, number: int, life: Life) -> dict[str, Any]:
    until = life.person.enrolled_on + SHOWN
    shown = [each for each in life.occasions if each.due_local.date() < until]
    events = [(news.event.kind, news.event.happened_on) for news in life.news if news.event is not None]
    return {
        "number": number,
        "lines": life_lines(life),
        "calendar": asdict(calendar(rehearsal.study, shown, [each for each in events if each[1] < until])),
    }


if __name__ == "__main__":
    main()
