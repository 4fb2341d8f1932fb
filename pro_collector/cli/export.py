"""`export`: scores with treatment as CSV, or responses and scores as FHIR."""

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pro_collector.cli.app import app
from pro_collector.cli.participant import Study
from pro_collector.cli.session import as_columns, as_json, with_runtime

if TYPE_CHECKING:
    from pro_collector.runtime import Runtime


@app.command()
def export(
    format: Annotated[
        Literal["csv", "fhir", "codebook"],
        typer.Argument(
            help="csv: score_on_treatment; codebook: its columns and scales explained; fhir: one resource a line"
        ),
    ],
    study: Study = None,
) -> None:
    """Write scores with treatment (csv), their codebook, or responses and scores as FHIR, to standard output."""
    from pro_collector.commands.export import fhir, instruments
    from pro_collector.display.codebook import codebook
    from pro_collector.postgres.tables import scores

    async def as_csv(rt: "Runtime") -> None:
        async with rt.database.transaction(long=True) as tx:
            rows = await scores.on_treatment(tx, study)
        _write([as_columns(row) | {"days_since": json.dumps(row.days_since or {})} for row in rows])

    async def as_codebook(rt: "Runtime") -> None:
        _write(list(codebook(await instruments(rt, study))))

    async def as_fhir(rt: "Runtime") -> None:
        async for resource in fhir(rt, study):
            print(as_json(resource))

    with_runtime({"csv": as_csv, "fhir": as_fhir, "codebook": as_codebook}[format])


def _write(rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
