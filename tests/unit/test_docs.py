"""The documents, held true: tables made from the code, commands that exist, links and names that lead somewhere."""

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from typer.main import get_command

from pro_collector.cli import app
from pro_collector.commands.enrol import ADDRESSES, Enrolment, read_csv
from pro_collector.domain.study.definition import load_study
from pro_collector.library import load_library
from pro_collector.resources import SCHEMAS
from tests.docs_tables import TABLES, leaves, with_tables
from tests.shared.places import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CODE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^|\n\n)((?: {4}\S.*\n?)+)")
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def words_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_tables_are_those_of_the_code() -> None:
    texts = {document: words_of(ROOT / document) for document, _ in TABLES}
    stale = [document for document, text in texts.items() if with_tables(document, text) != text]
    assert stale == [], "run: .venv/bin/python -m tests.docs_tables"


# ---------------------------------------------------------------------------------------------------------- commands


def said_commands(text: str) -> Iterator[list[str]]:
    """Every `pro-collector ...` in a code block or between backticks, as a shell would split it."""
    blocks = [*CODE.findall(text), *INDENTED.findall(text)]
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    lines += INLINE.findall(CODE.sub("", text))
    for line in lines:
        for part in re.split(r"&&|\|\||[|;]", line.partition("  #")[0]):
            found = re.match(r"\s*(?:[\w./]*/)?pro-collector(?:\s+(.*))?$", re.sub(r"\s[<>].*", "", part))
            if found:
                yield _split(found[1] or "")


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:  # prose between backticks that is not a command line
        return line.split()


@cache
def all_commands() -> Any:
    """The command line, built once: it takes 20 ms, and the documents name hundreds of commands."""
    return get_command(app)


def mistake(words: list[str]) -> str | None:
    """What is wrong with the words after `pro-collector`, None when nothing is."""
    command = all_commands()
    rest = list(words)
    while rest and hasattr(command, "commands") and not rest[0].startswith("-"):
        if not re.fullmatch(r"[a-z][a-z-]*", rest[0]):  # `dead-letters {list,show,redrive}`, `<command>`, `...`
            return None if re.match(r"[{<.]", rest[0]) else f"what is {rest[0]!r}?"
        if rest[0] not in command.commands:
            return f"no command {rest[0]!r}"
        command = command.commands[rest.pop(0)]
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)} | {"--help"}
    unknown = [word for word in rest if word.startswith("--") and word.partition("=")[0] not in known]
    return f"no option {unknown}" if unknown else None


def test_every_command_exists() -> None:
    said = [(path, words) for path in DOCUMENTS for words in said_commands(words_of(path))]
    assert {f"{name(path)}: {' '.join(words)}": wrong for path, words in said if (wrong := mistake(words))} == {}


def test_commands_are_found_and_mistakes_are_seen() -> None:
    assert len(list(said_commands(words_of(ROOT / "README.md")))) > 20
    assert mistake(["study", "aply", "x.yaml"]) == "no command 'aply'"
    assert mistake(["reconcile", "--jsn"])
    assert mistake(["study", "apply", "x.yaml", "--dry-run"]) is None
    said = list(
        said_commands(
            "    pro-collector a b  # c\n\nSee `pro-collector d --e`.\n\n```sh\nx && .venv/bin/pro-collector f > g\n```"
        )
    )
    assert said == [["f"], ["a", "b"], ["d", "--e"]]


def test_a_new_command_stands_in_the_readme() -> None:
    readme = words_of(ROOT / "README.md")
    for path, _ in leaves():
        assert f"`pro-collector {' '.join(path)}" in readme


def test_every_verb_of_make_exists() -> None:
    verbs = set(re.findall(r"^([a-z-]+):", words_of(ROOT / "Makefile"), re.MULTILINE))
    for path in DOCUMENTS:
        for said in [*CODE.findall(words_of(path)), *INLINE.findall(words_of(path))]:
            for verb in re.findall(r"^make ([a-z][a-z-]*)", said, re.MULTILINE):
                assert verb in verbs, f"{name(path)}: make {verb}"


def test_every_variable_that_is_read_is_told() -> None:
    sources = [*ROOT.glob("pro_collector/**/*.py"), *ROOT.glob("tests/**/*.py"), ROOT / "Makefile"]
    read = {found for path in sources for found in re.findall(r"\bPRO_[A-Z_]+[A-Z]\b", words_of(path))}
    told = " ".join(words_of(path) for path in DOCUMENTS)
    partly = {one for one in read if any(other.startswith(f"{one}_") for other in read)}  # `PRO_TWILIO_*`
    compose_only = {"PRO_READER_PASSWORD", "PRO_POSTGRES_PASSWORD", "PRO_GRAFANA_PASSWORD"}
    assert sorted(one for one in read - partly - compose_only if f"{one}" not in told) == []


# ------------------------------------------------------------------------------------------------------- links, names


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(path: Path, target: str) -> bool:
    file, _, anchor = target.partition("#")
    there = (path.parent / file) if file else path
    return there.exists() and (not anchor or anchor in anchors(words_of(there)))


def test_every_link_leads_somewhere() -> None:
    targets = [(path, it) for path in DOCUMENTS for it in re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", words_of(path)))]
    inside = [(path, target) for path, target in targets if not re.match(r"[a-z]+:", target)]
    assert len(inside) > 20
    assert [f"{name(path)}: {target}" for path, target in inside if not leads_somewhere(path, target)] == []


PATH = re.compile(r"[\w.<>*-]+(/[\w.<>*-]+)*(/|\.(py|yaml|sql|json|md|yml|toml|txt|html|xml))")


def is_there(said: str) -> bool:
    """Whether a path is there: from the root, from `pro_collector/`, or with `<...>` and `*` for what differs."""
    pattern = re.sub(r"<[^>]*>", "*", said.rstrip("/"))
    return any(any(folder.glob(pattern)) for folder in (ROOT, ROOT / "pro_collector"))


def test_every_path_named_is_there() -> None:
    documents = ["CONTRIBUTING.md", "README.md", "docs/architecture.md", "docs/operating.md", "docs/testing.md"]
    said = [(each, path) for each in documents for path in INLINE.findall(CODE.sub("", words_of(ROOT / each)))]
    missing = [each for each in said if PATH.fullmatch(each[1]) and not is_there(each[1])]
    assert [each for each in missing if each[1] not in {"settings.env", "people.csv"}] == []


@cache
def names_in(path: Path) -> frozenset[str]:
    """Every function, class and method (`Class.method`) of a module."""
    found: set[str] = set()
    for node in ast.parse(words_of(path)).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = (each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
            found |= {f"{node.name}.{each.name}" for each in methods}
    return frozenset(found)


def test_every_function_named_is_there() -> None:
    told = [(path, *each) for path in DOCUMENTS for each in re.findall(r"`([\w/]+\.py):([\w.]+)`", words_of(path))]
    assert any(path.name == "architecture.md" for path, _, _ in told)
    assert [f"{name(path)}: {file}:{wanted}" for path, file, wanted in told if not defines(file, wanted)] == []


def defines(file: str, wanted: str) -> bool:
    places = [folder / file for folder in (ROOT, ROOT / "pro_collector") if (folder / file).is_file()]
    return any(wanted in names_in(place) for place in places[:1])


# ------------------------------------------------------------------------------------------------------- architecture


def between(document: str, mark: str) -> str:
    """What stands between the comments `mark` and `end of mark`."""
    found = re.search(f"<!-- {mark} -->\n(.*?)<!-- end of {mark} -->", words_of(ROOT / document), re.DOTALL)
    assert found
    return found[1]


def test_layers_are_those_that_are_enforced() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    told = between("docs/architecture.md", "layers").replace("```\n", "").splitlines()
    assert told == [re.sub("[()]", "", layer) for layer in layers]


def test_tables_are_those_of_the_migrations() -> None:
    folder = ROOT / "pro_collector" / "postgres" / "migrations"
    made = "\n".join(words_of(file) for file in sorted(folder.glob("*.sql")))
    rows = between("docs/architecture.md", "tables").splitlines()[2:]
    told = {table for row in rows for table in INLINE.findall(row.split("|")[1])}
    assert told == set(re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?([\w.]+)", made))
    views = set(re.findall(r"CREATE (?:OR REPLACE )?(?:MATERIALIZED )?VIEW (\w+)", made))
    assert {view for view in views if f"`{view}`" not in words_of(ROOT / "docs" / "architecture.md")} == set()


# ----------------------------------------------------------------------------------------------- enrolment, changelog


def test_the_columns_of_a_participant_file() -> None:
    rows = [row.split("|") for row in between("docs/enrolment.md", "columns").splitlines()[2:]]
    told = {row[1].strip().strip("`"): row[2].strip() for row in rows}
    assert told == {n: "yes" if f.is_required() else "no" for n, f in Enrolment.model_fields.items()}
    assert list(told) == list(Enrolment.model_fields)


def example() -> str:
    found = re.search(r"```csv\n(.*?)```", words_of(ROOT / "docs" / "enrolment.md"), re.DOTALL)
    assert found
    return found[1]


def test_the_example_is_read_without_a_mistake() -> None:
    library = load_library()
    text = (SCHEMAS / "studies" / "demo.yaml").read_text(encoding="utf-8")
    study = load_study(text, "demo.yaml", {one.id: one for one in library.all()})
    people, problems = read_csv(example(), "people.csv", study)
    assert problems == []
    assert len(people) == len(example().splitlines()) - 1
    assert {column for person in people for column in ADDRESSES if getattr(person, column)} >= {"phone", "proxy_phone"}
    _, problems = read_csv(example().replace("America/New_York", "America/New_Yrok"), "people.csv", study)
    assert [problem.line for problem in problems] == [2]


def test_the_changelog_knows_the_version() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    assert version in words_of(ROOT / "CHANGELOG.md")


def test_no_document_names_a_place_of_one_machine() -> None:
    found = {name(path): re.findall(r"(?<![\w.])/(?:root|home|work)/\S+", words_of(path)) for path in DOCUMENTS}
    assert {path: places for path, places in found.items() if places} == {}
