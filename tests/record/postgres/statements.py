"""Every SQL statement of the product as PostgreSQL would be given it, found in the source."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from pro_collector import postgres
from pro_collector.postgres.tables import answers

FOLDER = Path(postgres.__file__).parent
_SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s")
_PLACE = re.compile(r"%s|%\((\w+)\)s")
TYPES = {"now": "timestamptz", "limit": "bigint"}
"""What the driver tells of a value and a statement alone does not: the type of a parameter of this name."""


def statements() -> Iterator[tuple[str, str]]:
    """Where each statement stands, and its text with placeholders as the product writes them."""
    for file in sorted(FOLDER.rglob("[!_]*.py")):
        name = ".".join(file.relative_to(FOLDER).with_suffix("").parts)
        module = importlib.import_module(f"pro_collector.postgres.{name}")
        nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        pieces = {id(piece) for node in nodes if isinstance(node, ast.JoinedStr) for piece in node.values}
        for node in nodes:
            text = node.value if isinstance(node, ast.Constant) and id(node) not in pieces else None
            if isinstance(text, str) and _SQL.match(text) and "{}" not in text:  # those get the names of tables later
                yield f"{file.name}:{node.lineno}", text  # type: ignore[attr-defined]  # a constant has a place
        yield from _composed(file.name, module)
    yield "answers.py:add", answers._insert("answer", answers._ANSWER).decode()
    yield "answers.py:add_scores", answers._insert("score", answers._SCORE, "ON CONFLICT DO NOTHING").decode()


def _composed(name: str, module: ModuleType) -> Iterator[tuple[str, str]]:
    """Statements put together from column names when a module is loaded."""
    for constant, value in vars(module).items():
        several = value if isinstance(value, tuple) else (value,)
        for n, each in enumerate(several):
            if isinstance(each, str) and _SQL.match(each) and constant != "__doc__":
                yield f"{name}:{constant}:{n}", each


def numbered(statement: str) -> str:
    """The statement with $1, $2 instead of the driver's placeholders; one number for one name."""
    names: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found[1] or f"_{len(names)}"
        place = f"${names.setdefault(name, len(names) + 1)}"
        return f"{place}::{TYPES[name]}" if name in TYPES else place

    return _PLACE.sub(number, statement).replace("%%", "%")
