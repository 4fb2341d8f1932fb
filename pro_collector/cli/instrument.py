"""`pro-collector instrument`: show, check, import and export questionnaires."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from pro_collector.cli.app import app
from pro_collector.cli.score import Folder
from pro_collector.display.instrument import show as shown
from pro_collector.domain.document import parse_yaml
from pro_collector.domain.endpoints.schema import endpoint_schema
from pro_collector.domain.exchange.adopt import adopt, without_scores
from pro_collector.domain.exchange.dump import definition_yaml, text_yaml
from pro_collector.domain.exchange.fhir_export import Release, questionnaire
from pro_collector.domain.exchange.fhir_import import read_questionnaire
from pro_collector.domain.exchange.fhir_value_sets import value_sets_in
from pro_collector.domain.exchange.imported import Imported
from pro_collector.domain.exchange.redcap import read_dictionary
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.lint import carrier_word, lint
from pro_collector.domain.instrument.parse import parse_instrument, parse_text
from pro_collector.domain.instrument.schema import definition_schema, text_schema
from pro_collector.domain.instrument.text import Reporter
from pro_collector.domain.research.bundle_manifest import bundle_schema
from pro_collector.domain.research.share_schema import share_schema
from pro_collector.errors import BadInput, Conflict, NotFound, Problem
from pro_collector.library import Library, load_library
from pro_collector.resources import SCHEMAS, VALUE_SETS

commands = typer.Typer(name="instrument", help="Questionnaires: structure, words and scoring.", no_args_is_help=True)
app.add_typer(commands)

Id = Annotated[str, typer.Argument(help="The instrument's id, for example symptom-diary.")]


@commands.command("list")
def list_all(instruments: Folder = None) -> None:
    """List every instrument with its version, numbers of items and scores, and languages."""
    library = load_library(instruments)
    for name in library.ids():
        known = library.get(name)
        words = " ".join(known.texts) or f"no words: {known.licence.contact}"
        print(f"{name:22} {known.version:8} {len(known.items):4} items {len(known.scales):3} scores  {words}")


@commands.command()
def show(
    instrument: Id,
    language: Annotated[str | None, typer.Option(help="For example en; default: the first it has.")] = None,
    reporter: Annotated[Reporter, typer.Option(help="Who answers.")] = "self",
    sms: Annotated[bool, typer.Option("--sms", help="Show the text messages that are sent.")] = False,
    instruments: Folder = None,
) -> None:
    """Print the questionnaire as a patient sees it, and how it is scored."""
    for line in shown(load_library(instruments).get(instrument), language, reporter, sms):
        print(line)


@commands.command()
def check(
    instrument: Annotated[list[str] | None, typer.Argument(help="Ids; default: every instrument.")] = None,
    segments: Annotated[int, typer.Option(help="The most SMS segments a question may take.")] = 2,
    instruments: Folder = None,
) -> None:
    """Find faults: long texts, replies read as STOP or HELP, missing words, unreachable questions.

    It also finds questions that differ between the form and the text message, or between languages.

    Lines that begin with ! are serious; with any of them the exit code is 1.
    """
    from pro_collector.languages import asking

    library = load_library(instruments)
    serious = 0
    for name in instrument or library.ids():
        known = library.get(name)
        found = list(lint(known, _keyword_of, segments, asking()))
        serious += sum(finding.serious for finding in found)
        print(f"{name} {known.version}" + ("" if found else ": nothing to report"))
        for finding in found:
            print(f"  {finding}")
    if serious:
        raise typer.Exit(1)


def _keyword_of(text: str, language: str) -> str | None:
    """The keyword that a reply always counts as, for carriers or for us; None if there is none."""
    from pro_collector.domain.reply.keywords import keyword_of
    from pro_collector.languages import language as understood

    try:
        keyword = keyword_of(text, understood(language))
    except NotFound:
        keyword = None
    return keyword.intent if keyword is not None and keyword.always else carrier_word(text, language)


@commands.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="FHIR Questionnaire (.json), REDCap dictionary (.csv), YAML overlay.")],
    to: Annotated[Path, typer.Option(envvar="PRO_INSTRUMENTS", help="The folder of instruments to write to.")] = Path(
        "instruments"
    ),
    as_id: Annotated[str | None, typer.Option("--as", help="The id of the instrument, known or new.")] = None,
    language: Annotated[str, typer.Option(help="The language of a REDCap dictionary.")] = "en",
    form: Annotated[
        list[str] | None, typer.Option(help="A form to read, when a dictionary has several; may be repeated.")
    ] = None,
    value_sets: Annotated[
        Path | None, typer.Option(help="A folder of FHIR ValueSets and CodeSystems for the choices of a questionnaire.")
    ] = None,
    by_order: Annotated[
        bool, typer.Option("--by-order", help="Match items and choices by position, not code.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
) -> None:
    """Import a questionnaire or its words.

    From a file for a known instrument only the words are imported; structure and scoring do not change. Any other file
    becomes a new instrument without scores; scales can be added in its instrument.yaml.
    """
    library = load_library(to if to.is_dir() else None)
    for path, text in _written(
        _read(file, library, as_id, language, form or (), value_sets), library, to, str(file), by_order
    ):
        if path.exists() and not force:
            raise Conflict(f"{path} is already there; --force replaces it")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")


def _read(
    file: Path, library: Library, as_id: str | None, language: str, forms: Sequence[str], value_sets: Path | None
) -> Imported:
    try:
        text = file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise BadInput([Problem(str(file), None, "", f"cannot be read: {error.strerror}")]) from error
    kind = file.suffix.lower()
    if kind == ".csv":
        imported = read_dictionary(text, file.name, forms, language, as_id)
    elif kind in (".yaml", ".yml"):
        imported = Imported(_from_yaml(text, file, library), ())
    elif kind != ".json":
        raise BadInput([Problem(str(file), None, "", f"expected a .json, .csv or .yaml file, not {kind or 'this'}")])
    else:
        imported = read_questionnaire(_json(text, file.name), file.name, as_id, _value_sets(value_sets))
    for note in imported.notes:
        print(f"note: {note}")
    return imported


def _value_sets(folder: Path | None) -> list[dict[str, Any]]:
    """The ValueSets and CodeSystems of the product, and those in the files of a folder and of the folders in it."""
    if folder is not None and not folder.is_dir():
        raise BadInput([Problem(str(folder), None, "--value-sets", "expected a folder")])
    files = [*sorted(VALUE_SETS.glob("*.json")), *(sorted(folder.rglob("*.json")) if folder else ())]
    return [found for file in files for found in _value_sets_of(file)]


def _value_sets_of(file: Path) -> list[dict[str, Any]]:
    try:
        return value_sets_in(_json(file.read_text("utf-8-sig"), str(file)))
    except (BadInput, OSError, UnicodeError):
        print(f"note: {file}: not readable as JSON, so no value sets are taken from it")
        return []


def _json(text: str, file: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput([Problem(file, None, "", f"not readable as JSON: {error}")]) from error


def _from_yaml(text: str, file: Path, library: Library) -> Instrument:
    """A complete definition, or a known instrument with the words of an overlay."""
    document = parse_yaml(text, str(file))
    if isinstance(document.data, dict) and "instrument" in document.data:
        known = library.get(str(document.data["instrument"]))
        words = parse_text(document, known)
        return Instrument(**{**dict(known), "texts": {words.language: words}})
    return parse_instrument(document)


def _written(imported: Imported, library: Library, to: Path, file: str, by_order: bool) -> Iterator[tuple[Path, str]]:
    """The files that an import writes: for a known instrument its words, else the whole instrument."""
    brought = imported.instrument
    texts = tuple(brought.texts.values())
    if brought.id in library.ids():
        known = library.get(brought.id)
        brought, totals = without_scores(known, brought)
        for name in totals:
            print(f"note: {name}: is a score of {known.id}, not an item")
        texts = adopt(known, brought, file, by_order)
    else:
        yield to / brought.id / "instrument.yaml", definition_yaml(brought)
    for text in texts:
        yield to / brought.id / f"text.{text.language}.yaml", text_yaml(text)


@commands.command()
def export(
    instrument: Id,
    file: Annotated[Path | None, typer.Argument(help="The file to write; default: standard output.")] = None,
    kind: Annotated[Literal["fhir", "yaml"], typer.Option("--format", help="The format to write.")] = "fhir",
    release: Annotated[Release, typer.Option(help="The FHIR release.")] = "R4",
    instruments: Folder = None,
) -> None:
    """Write an instrument as a FHIR Questionnaire (itemWeight and ordinalValue on every choice) or as its YAML."""
    known = load_library(instruments).get(instrument)
    if kind == "yaml":
        text = definition_yaml(known)
    else:
        text = json.dumps(questionnaire(known, release), ensure_ascii=False, indent=2) + "\n"
    if file is None:
        print(text, end="")
    else:
        file.write_text(text, encoding="utf-8")
        print(f"wrote {file}")


@commands.command()
def schemas(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if a file is stale.")] = False,
    folder: Annotated[Path, typer.Option(help="The folder of the schemas.")] = SCHEMAS,
) -> None:
    """Write the JSON Schemas of instruments, their texts, endpoint and share files, and manifests of bundles."""
    made = {
        "instrument": definition_schema(),
        "instrument-text": text_schema(),
        "endpoints": endpoint_schema(),
        "share": share_schema(),
        "bundle": bundle_schema(),
    }
    files = {folder / f"{name}.schema.json": json.dumps(schema, indent=2) + "\n" for name, schema in made.items()}
    stale = [file for file, text in files.items() if not file.is_file() or file.read_text(encoding="utf-8") != text]
    for file in stale:
        if check:
            print(f"{file}: stale; run: pro-collector instrument schemas")
        else:
            file.write_text(files[file], encoding="utf-8")
    if check and stale:
        raise typer.Exit(1)
    print(f"{len(files)} schemas; {len(stale)} written")
