"""`report`: one HTML page about a study."""

from pathlib import Path
from typing import Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.cli.export import AsOf
from pro_collector.cli.files import read_text
from pro_collector.cli.session import with_database


@app.command()
def report(
    study: Annotated[str, typer.Argument(help="the study")],
    to: Annotated[Path, typer.Option(help="the file to write")] = Path("report.html"),
    definition: Annotated[Path | None, typer.Option(help="endpoints: a file (YAML, docs/endpoints.md)")] = None,
    as_of: AsOf = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="also a PDF beside it, printed by the Chromium here")] = False,
) -> None:
    """Write the report of a study: flow, completion, scores by arm, endpoints, quality, versions. One page of HTML."""
    from pro_collector.clock import SystemClock
    from pro_collector.commands.report_study import report_study
    from pro_collector.domain.document import parse_yaml

    document = None if definition is None else parse_yaml(read_text(definition), str(definition))
    now = SystemClock().now()
    written = with_database(lambda database: report_study(database, study, to, document=document, as_of=as_of, now=now))
    print(f"{written.file}: {written.rows} participants, sha256 {written.sha256}")
    if pdf:
        from pro_collector.research.pdf import print_pdf

        print_pdf(written.file, printed := to.with_suffix(".pdf"))
        print(printed)
