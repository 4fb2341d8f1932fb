"""`pro-collector score`: answers in, scores out, one JSON object a line, in order."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from pro_collector.cli.app import app
from pro_collector.domain.instrument.answer_check import check_answers, normalized
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.scoring.score import NO_IMPUTATION, ScaleScore, policy
from pro_collector.domain.scoring.score import score as score_answers
from pro_collector.errors import BadInput, Problem
from pro_collector.library import load_library

Folder = Annotated[
    Path | None,
    typer.Option("--instruments", envvar="PRO_INSTRUMENTS", help="A folder with more instruments, texts and tables."),
]


@app.command()
def score(
    instrument: Annotated[str, typer.Argument(help="The instrument's id, for example qlq-c30.")],
    file: Annotated[Path | None, typer.Argument(help="NDJSON to read; default or -: standard input.")] = None,
    version: Annotated[str | None, typer.Option(help="A version of the instrument; default: the newest.")] = None,
    imputation: Annotated[str, typer.Option(help="How skipped items count: none, or a policy of the instrument.")] = (
        NO_IMPUTATION
    ),
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Mark a row that cannot be scored and go on to the next.")
    ] = False,
    instruments: Folder = None,
) -> None:
    """Score responses: NDJSON {"id", "answers": {item: code or null}} in, scores out.

    Each output line is {"id", "instrument", "version", "scores": {scale: {"value", "answered", "of", "reason"}}}, with
    "band" if a scale has bands. An answer that is not allowed ends the command with exit code 2; the message names the
    row, the item and the allowed answers.
    """
    chosen = load_library(instruments).get(instrument, version)
    policy(chosen, imputation)
    marked = 0
    for row in scored_rows(chosen, _lines(file), _name(file), imputation, keep_going):
        marked += "error" in row
        print(json.dumps(row, ensure_ascii=False))
    if marked:
        print(f'{marked} rows could not be scored; they carry an "error"', file=sys.stderr)


def scored_rows(
    instrument: Instrument, lines: Iterable[bytes], name: str, imputation: str, keep_going: bool
) -> Iterator[dict[str, Any]]:
    """The result of each line; raises BadInput at the first bad row, or marks it with "error" and goes on."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        head: dict[str, Any] = {"id": None, "instrument": instrument.id, "version": instrument.version}
        try:
            given = _row(name, number, line)
            head["id"] = given.get("id")
            yield {**head, "scores": _scores(instrument, given, name, number, imputation)}
        except BadInput as error:
            if not keep_going:
                raise
            yield {**head, "scores": None, "error": str(error)}


def _row(name: str, number: int, line: bytes) -> dict[str, Any]:
    # A byte that is not UTF-8 is refused, not replaced: two ids could become the same. NaN and Infinity are parsed as
    # strings: so they are refused as answers, by name, and never written as invalid JSON.
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        row = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise BadInput([Problem(name, number, f"row {number}", f"not readable as JSON: {error}")]) from error
    if not isinstance(row, dict) or not isinstance(row.get("answers"), dict):
        message = 'expected an object {"id": ..., "answers": {item: code or null}}'
        raise BadInput([Problem(name, number, f"row {number}", message)])
    return row


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is here twice")
    return row


def _scores(instrument: Instrument, row: dict[str, Any], name: str, number: int, imputation: str) -> dict[str, Any]:
    answers = row["answers"]
    wrong = list(check_answers(instrument, answers))
    if wrong:
        where = f"row {number} (id {json.dumps(row.get('id'), ensure_ascii=False)})"
        raise BadInput([Problem(name, number, f"{where}: item {item}", message) for item, message in wrong])
    scores = score_answers(instrument, {item: normalized(answer) for item, answer in answers.items()}, imputation)
    return {scale.id: as_json(scores[scale.id], bool(scale.bands)) for scale in instrument.scales}


def as_json(found: ScaleScore, banded: bool) -> dict[str, Any]:
    """One score as the output contract defines it; `band` only for a scale that has bands."""
    value = {"value": found.value, "answered": found.answered, "of": found.of, "reason": found.reason}
    return {**value, "band": found.band} if banded else value


def _name(file: Path | None) -> str:
    return "stdin" if file is None or str(file) == "-" else str(file)


def _lines(file: Path | None) -> Iterator[bytes]:
    if file is None or str(file) == "-":
        yield from sys.stdin.buffer
        return
    try:
        with file.open("rb") as opened:
            yield from opened
    except OSError as error:
        raise BadInput([Problem(str(file), None, "", f"cannot be read: {error.strerror}")]) from error
