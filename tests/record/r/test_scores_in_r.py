"""Scores of published questionnaires, beside those that an R program of our own computes from their manuals."""

import json
from pathlib import Path
from random import Random

from typer.testing import CliRunner

from pro_collector.cli import app
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item
from tests.shared.instruments import shipped
from tests.shared.r import Table, differences, read_csv, run_r, skip_without_r, write_csv

INSTRUMENTS = ("qlq-c30", "fact-g", "facit-fatigue", "phq-9", "gad-7", "bpi-sf", "rand-36")
RESPONSES = 400
"""Of each questionnaire."""


def test_the_command_scores_like_r(tmp_path: Path) -> None:
    skip_without_r()
    answers = {name: made_up(shipped(name)) for name in INSTRUMENTS}
    for name, rows in answers.items():
        write_csv(tmp_path / f"{name}.csv", rows)
    run_r("scoring.R", tmp_path)
    for name, rows in answers.items():
        ours, theirs = scored(name, rows), read_csv(tmp_path / "r" / f"{name}.csv")
        assert list(theirs[0]) == list(ours[0]), "R has every scale of the definition, in its order"
        assert differences(ours, theirs, list(ours[0])) == [], name
        for scale in list(ours[0])[1:]:
            without = sum(row[scale] == "" for row in ours)
            assert 0 < without < len(ours), f"{name} {scale}: some have a score and some have none"


def made_up(instrument: Instrument, seed: int = 15) -> Table:
    """Answers of made-up people, of whom each leaves out another share of the items."""
    dice = Random(f"{seed}/{instrument.id}")
    rows = []
    for n in range(RESPONSES):
        left_out = dice.choice((0.0, 0.0, 0.1, 0.2, 0.4, 0.5, 0.6, 0.95))
        given = {item.id: "" if dice.random() < left_out else _answer(dice, item) for item in instrument.items}
        rows.append({"id": str(n), **given})
    return rows


def _answer(dice: Random, item: Item) -> str:
    low, high = (int(end) for end in item.span or (0, 0))
    return str(dice.choice([option.code for option in item.options]) if item.options else dice.randint(low, high))


def scored(instrument: str, rows: Table) -> Table:
    """What `pro-collector score` says of these answers: a column for each scale."""
    ran = CliRunner().invoke(app, ["score", instrument], input="".join(map(as_json, rows)), catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    return [{"id": row["id"], **{scale: cell(one["value"]) for scale, one in row["scores"].items()}} for row in found]


def as_json(row: dict[str, str]) -> str:
    answers = {item: int(code) if code else None for item, code in row.items() if item != "id"}
    return json.dumps({"id": row["id"], "answers": answers}) + "\n"


def cell(value: float | None) -> str:
    return "" if value is None else str(value)
