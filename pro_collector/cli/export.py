"""`export`: the tables of the research model, scores beside treatment, their codebook, or results as FHIR."""

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pro_collector.cli.app import app
from pro_collector.cli.participant import Study
from pro_collector.cli.session import as_columns, as_json, share_secret, with_database
from pro_collector.domain.exchange.offered import OFFERED
from pro_collector.domain.near import unknown
from pro_collector.errors import BadInput, Problem

if TYPE_CHECKING:
    from pro_collector.postgres.database import Database
    from pro_collector.research.files import WrittenFile

CHOICES = [name for name in OFFERED if name != "report"]
"""What `export` writes; the report is a command of its own."""
WHAT = ", ".join(f"{name} ({OFFERED[name].about})" for name in CHOICES)
FileForm = Literal["csv", "parquet", "dataset-json", "xpt"]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        parser=lambda text: instant(str(text)), metavar="INSTANT", help="the record as it was: 2026-05-01T00:00+00:00"
    ),
]


@app.command()
def export(
    what: Annotated[
        str,
        typer.Argument(
            parser=lambda text: offered(str(text)),
            metavar="WHAT",
            help=f"{WHAT}. fhir without --to prints results, one resource a line",
        ),
    ],
    study: Study = None,
    format: Annotated[FileForm, typer.Option(help="of a table")] = "csv",
    to: Annotated[Path | None, typer.Option(help="a file, or a folder; a manifest is written beside each file")] = None,
    as_of: AsOf = None,
    figure: Annotated[bool, typer.Option("--figure", help="of consort, completion, endpoints: draw it as SVG")] = False,
    definition: Annotated[
        Path | None, typer.Option(help="of endpoints, share: a file (YAML, docs/endpoints.md, docs/sharing.md)")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            parser=lambda text: instant(str(text)), metavar="INSTANT", help="of fhir: what was recorded since then"
        ),
    ] = None,
) -> None:
    """Write data for research, to files or to standard output. Of the settings only PRO_DATABASE_URL is needed.

    The tables are described in docs/research.md. A role that may read only the schema `research` is enough for them.
    """
    if (what in ("endpoints", "share")) == (definition is None):
        raise BadInput(
            [Problem("", None, "--definition", "goes with endpoints: a file that says which; or with share")]
        )
    if figure:
        return _draw(what, study, to, as_of, definition)
    if what == "fhir" and to is not None:
        _refuse_options(what, format, None, as_of)
        return _fhir(study, to, since)
    if since is not None:
        raise BadInput([Problem("", None, "--since", "goes with: fhir --to FOLDER")])
    of_model = what not in ("codebook", "csv", "fhir")
    if not of_model:
        _refuse_options(what, format, to, as_of)
        return _others(what, study)
    if definition is not None and what == "share":
        return _share(definition, study, format, to, as_of)
    if definition is not None:
        return _endpoints(definition, study, format, to, as_of)
    if what in ("cdisc", "odm"):
        return _of_one_study(what, study, format, to, as_of)
    if to is None:
        return _print(what, study, format, as_of)
    _write(what, study, format, to, as_of)


def offered(text: str) -> str:
    """The name of something that `export` writes. Raises BadInput."""
    if text not in CHOICES:
        raise BadInput([Problem("", None, "WHAT", unknown("export", text, CHOICES))])
    return text


def instant(text: str) -> datetime:
    """An instant with its distance from UTC. Raises BadInput."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = datetime.min  # noqa: DTZ901  # refused below
    if at.tzinfo is None:
        raise BadInput([Problem("", None, "--as-of", "expected an instant such as 2026-05-01T00:00+00:00")])
    return at


def _refuse_options(what: str, form: str, to: Path | None, as_of: datetime | None) -> None:
    given = [("--format", form != "csv"), ("--to", to is not None), ("--as-of", as_of is not None)]
    if wrong := [name for name, is_given in given if is_given]:
        raise BadInput(
            [Problem("", None, name, f"is for a table of the research model, not for {what}") for name in wrong]
        )


def _print(what: str, study: str | None, form: str, as_of: datetime | None) -> None:
    from pro_collector.commands.export_tables import print_table

    if form != "csv" or what == "tables":
        raise BadInput([Problem("", None, "--to", "say where to write: only one table as CSV goes to standard output")])
    with_database(lambda database: print_table(database, what, study=study, as_of=as_of))


def _write(what: str, study: str | None, form: FileForm, to: Path, as_of: datetime | None) -> None:
    from pro_collector.clock import SystemClock
    from pro_collector.commands.export_tables import export_tables
    from pro_collector.domain.research.tables import TABLES

    _check_form(what, form)
    if what == "tables" and not to.is_dir():
        raise BadInput([Problem(str(to), None, "--to", "expected a folder that exists")])
    names = list(TABLES) if what == "tables" else [what]
    now = SystemClock().now()
    written = with_database(
        lambda database: export_tables(database, names, to, form, study=study, as_of=as_of, now=now)
    )
    _say(written)


def _check_form(what: str, form: FileForm) -> None:
    """Raise BadInput for a format that this is not offered in."""
    if form not in OFFERED[what].formats:
        raise BadInput([Problem("", None, "--format", unknown(f"format of {what}", form, OFFERED[what].formats))])


def _endpoints(
    definition: Path, study: str | None, form: FileForm, to: Path | None,
    as_of: datetime | None,
) -> None:  # fmt: skip
    """Write each endpoint of a definition file into a folder."""
    from pro_collector.cli.files import read_text
    from pro_collector.clock import SystemClock
    from pro_collector.commands.export_endpoints import export_endpoints
    from pro_collector.domain.document import parse_yaml

    if to is None or not to.is_dir():
        raise BadInput([Problem(str(to or ""), None, "--to", "expected a folder that exists")])
    document, now = parse_yaml(read_text(definition), str(definition)), SystemClock().now()
    written = with_database(
        lambda database: export_endpoints(database, document, to, form, study=study, as_of=as_of, now=now)
    )
    _say(written)


def _share(
    definition: Path, study: str | None, form: FileForm, to: Path | None, as_of: datetime | None
) -> None:  # fmt: skip
    """Write a bundle for other institutions, and print the key that verifies it."""
    from pro_collector.cli.files import read_text
    from pro_collector.clock import SystemClock
    from pro_collector.commands.share import share_keys, share_study
    from pro_collector.domain.document import parse_yaml

    if study is not None:
        raise BadInput([Problem("", None, "--study", "the share file says of which study")])
    if form not in ("csv", "parquet"):
        raise BadInput([Problem("", None, "--format", "a bundle is csv or parquet")])
    if to is None:
        raise BadInput([Problem("", None, "--to", "expected an empty folder")])
    keys, document = share_keys(share_secret()), parse_yaml(read_text(definition), str(definition))
    now, folder, chosen = SystemClock().now(), to, form
    _say(with_database(lambda database: share_study(database, document, keys, folder, chosen, as_of=as_of, now=now)))
    print(f"public key, for those who verify the bundle: {keys.public}")


def _draw(what: str, study: str | None, to: Path | None, as_of: datetime | None, definition: Path | None) -> None:
    """Draw what a table says of one study, or each endpoint that has a figure, as SVG."""
    from pro_collector.cli.files import read_text
    from pro_collector.commands.draw_figures import draw_endpoints, draw_table
    from pro_collector.domain.document import parse_yaml

    if "svg" not in OFFERED[what].formats:
        raise BadInput([Problem("", None, "--figure", f"there is none of {what}")])
    if study is None:
        raise BadInput([Problem("", None, "--study", "a figure is of one study: say which")])
    if to is None or to.is_dir() != (what == "endpoints"):
        raise BadInput([Problem(str(to or ""), None, "--to", "a folder for endpoints, a file for the others")])
    document = None if definition is None else parse_yaml(read_text(definition), str(definition))

    async def work(database: "Database") -> "list[WrittenFile]":
        if document is not None:
            return await draw_endpoints(database, document, to, study=study, as_of=as_of)
        return [await draw_table(database, what, to, study=study, as_of=as_of)]

    _say(with_database(work))


def _of_one_study(what: str, study: str | None, form: FileForm, to: Path | None, as_of: datetime | None) -> None:
    """Write all CDISC datasets of one study, or its ODM."""
    from pro_collector.clock import SystemClock
    from pro_collector.commands.export_cdisc import export_cdisc, export_odm

    if study is None:
        raise BadInput([Problem("", None, "--study", f"{what} is for one study: say which")])
    if to is None or to.is_dir() == (what == "odm"):
        raise BadInput([Problem(str(to or ""), None, "--to", "a folder for cdisc, a file for odm")])
    if what == "odm" and form != "csv":
        raise BadInput([Problem("", None, "--format", "odm has a form of its own")])
    now = SystemClock().now()

    async def work(database: "Database") -> "list[WrittenFile]":
        if what == "odm":
            return [await export_odm(database, to, study=study, as_of=as_of, now=now)]
        return await export_cdisc(database, to, form, study=study, as_of=as_of, now=now)

    _say(with_database(work))


def _fhir(study: str | None, to: Path, since: datetime | None) -> None:
    """Write a study as FHIR into a folder."""
    from pro_collector.clock import SystemClock
    from pro_collector.commands.export_fhir import export_fhir

    if study is None:
        raise BadInput([Problem("", None, "--study", "a folder of FHIR is of one study: say which")])
    if not to.is_dir():
        raise BadInput([Problem(str(to), None, "--to", "expected a folder that exists")])
    now = SystemClock().now()
    counts = with_database(lambda database: export_fhir(database, to, study=study, since=since, now=now))
    for kind, count in sorted(counts.items()):
        print(f"{to / kind}.ndjson: {count} resources")


def _say(written: "Sequence[WrittenFile]") -> None:
    for each in written:
        print(f"{each.file}: {each.rows} rows, sha256 {each.sha256}")


def _others(what: str, study: str | None) -> None:
    """The codebook, and the forms that are older than the research model."""
    from pro_collector.commands.export import DatabaseAlone, fhir
    from pro_collector.display.codebook import codebook
    from pro_collector.postgres.questions import research
    from pro_collector.postgres.tables import scores

    async def as_csv(database: "Database") -> None:
        async with database.transaction(long=True) as tx:
            rows = await scores.on_treatment(tx, study)
        _write_rows([as_columns(row) | {"days_since": json.dumps(row.days_since or {})} for row in rows])

    async def as_codebook(database: "Database") -> None:
        async with database.snapshot() as tx:
            await research.see(tx, None)
            _write_rows(list(codebook(await research.instruments(tx, study))))

    async def as_fhir(database: "Database") -> None:
        async for resource in fhir(DatabaseAlone(database), study):
            print(as_json(resource))

    with_database({"csv": as_csv, "fhir": as_fhir, "codebook": as_codebook}[what])


def _write_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
