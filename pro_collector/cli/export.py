"""`export`: scores beside treatment as CSV, or responses and scores as FHIR."""

import csv
import json
import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pro_collector.cli.app import app
from pro_collector.cli.participant import Study
from pro_collector.cli.session import as_json, with_runtime

if TYPE_CHECKING:
    from pro_collector.runtime import Runtime


@app.command()
def export(
    format: Annotated[
        Literal["csv", "fhir"], typer.Argument(help="csv: score_on_treatment; fhir: one resource a line")
    ],
    study: Study = None,
) -> None:
    """Write scores beside treatment (csv), or QuestionnaireResponses and Observations (fhir), to standard output."""
    from pro_collector.commands.export import fhir
    from pro_collector.postgres import scores

    async def as_csv(rt: "Runtime") -> None:
        async with rt.database.transaction() as tx:
            rows = await scores.on_treatment(tx, study)
        if rows:
            writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows({**row, "days_since": json.dumps(row["days_since"] or {})} for row in rows)

    async def as_fhir(rt: "Runtime") -> None:
        async for resource in fhir(rt, study):
            print(as_json(resource))

    with_runtime(as_csv if format == "csv" else as_fhir)
