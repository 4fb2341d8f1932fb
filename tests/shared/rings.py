"""The rings of the tests, from the innermost to the outermost, and the checks that separate them.

A test may use the fixtures of its ring and of the rings inside it, and import from these rings. Shared code is in
`tests/shared`, which imports from no ring.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest

from tests.shared.places import ROOT

RINGS = ("unit", "record", "office", "wire", "whole")
FIRST_RING = {"postgres": "record", "office": "office", "kafka": "wire"}
"""The innermost ring whose tests may use a fixture, by fixture."""


def ring_of(path: Path) -> str | None:
    """The ring of a file; None if it is in no ring."""
    parts = path.relative_to(ROOT / "tests").parts
    return parts[0] if parts[0] in RINGS else None


def misplaced(items: Iterable[pytest.Item]) -> list[str]:
    """Each mistake about the ring of one of these tests, as a message."""
    return sorted({fault for item in items for fault in _faults(item)})


def shared_out(items: Sequence[pytest.Item], processes: int) -> list[pytest.Item]:
    """The tests in an order of which each process gets an equal stretch: at its start some files of the slowest ring.

    So none of the longest tests is left for the end, when the other processes have nothing to do.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        if ring_of(item.path) == RINGS[-1]:
            files.setdefault(item.path, []).append(item)
    long = [[item for file in list(files.values())[n::processes] for item in file] for n in range(processes)]
    short = iter([item for item in items if item.path not in files])
    shared: list[pytest.Item] = []
    for n, first in enumerate(long):
        rest = (len(items) - len(shared)) // (processes - n) - len(first)
        shared += [*first, *islice(short, max(rest, 0))]
    return [*shared, *short]


def upward_imports() -> list[str]:
    """Every import of an outer ring by a file of an inner ring, as a message."""
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / "tests").glob("*/**/*.py"))
        for name in _imported(path)
        if _depth(name) > RINGS.index(ring_of(path) or RINGS[0])
    ]


def _faults(item: pytest.Item) -> Iterator[str]:
    file, ring = item.path, ring_of(item.path)
    if ring is None:
        yield f"{file}: a test lies in one of the folders {', '.join(RINGS)}"
        return
    for fixture in getattr(item, "fixturenames", ()):
        if RINGS.index(FIRST_RING.get(fixture, ring)) > RINGS.index(ring):
            yield f"{file}: {fixture} is only for the ring {FIRST_RING[fixture]} and the rings outside it"


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _depth(module: str) -> int:
    head, _, rest = module.partition(".")
    ring = rest.partition(".")[0]
    return RINGS.index(ring) if head == "tests" and ring in RINGS else -1
