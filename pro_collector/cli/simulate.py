"""`pro-collector simulate`: simulate a whole study with made-up people before anybody is enrolled."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.cli.progress import ProgressBar
from pro_collector.cli.study import Folder, StudyFile, read_study
from pro_collector.errors import BadInput, Problem


@app.command("simulate")
def simulate(
    file: StudyFile,
    participants: Annotated[int, typer.Option(min=1, help="How many made-up people.")] = 200,
    years: Annotated[float, typer.Option(min=0.1, max=50, help="How many years.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same people and the same report.")] = 1,
    starts: Annotated[str, typer.Option(help="The first day of the study.")] = "2027-01-04",
    price: Annotated[float, typer.Option(min=0, help="The price of one text segment, sent or received.")] = 0.0083,
    person: Annotated[int, typer.Option(min=0, help="Print the log of this person, by number; 0: the report.")] = 0,
    html: Annotated[Path | None, typer.Option(help="Write the report with plots to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
    instruments: Folder = None,
) -> None:
    """Simulate a study in virtual time: what is asked, when, and what is sent if everybody or nobody answers."""
    from pro_collector.library import load_library
    from pro_collector.simulation.rehearse import Rehearsal, lives, rehearse
    from pro_collector.simulation.report import as_data, as_lines, life_lines

    study, questions = read_study(file, instruments)
    library = load_library(instruments)
    known = {name: library.get(name) for name in study.instruments}
    rehearsal = Rehearsal(study, known, questions, participants, years, seed, _day(starts))
    if person:
        print("\n".join(line for life in lives(rehearsal, [person]) for line in life_lines(life)))
        return
    with ProgressBar("simulating", participants) as progress:
        tally = rehearse(rehearsal, progress.tell)
    if as_json:
        print(json.dumps(as_data(rehearsal, tally, price), ensure_ascii=False))
    else:
        print("\n".join(as_lines(rehearsal, tally, price)))
    if html is not None:
        from pro_collector.simulation.page import to_page

        html.write_text(to_page(rehearsal, tally, price), encoding="utf-8")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        problem = Problem("--starts", None, "", f"expected a date such as 2027-01-04, not {text!r}")
        raise BadInput([problem]) from None
