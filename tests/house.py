"""Measures the house: `python -m tests.house [TREE] [--suite]` prints files, arrows, circles and imports in functions.

TREE is the root of a checkout, this one by default; nothing of it is run but, with `--suite`, `make test`, timed.
"""

import argparse
import ast
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

from tests.shared.places import ROOT

PACKAGES = ("pro_collector", "scheduler")
Graph = Mapping[str, frozenset[str]]


def modules(tree: Path) -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    return {
        ".".join(path.relative_to(tree).with_suffix("").parts).removesuffix(".__init__"): path
        for package in PACKAGES
        for path in sorted((tree / package).rglob("*.py"))
    }


def imports(source: ast.AST) -> Iterator[tuple[str, ...]]:
    """What each import may name, the longest first: `from a.b import c` may mean the module a.b.c, or a.b."""
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            yield from ((alias.name,) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((f"{node.module}.{alias.name}", node.module) for alias in node.names)


def graph(files: Mapping[str, Path]) -> Graph:
    """Which module imports which, those that only a type checker reads included."""
    found = {}
    for name, path in files.items():
        named = imports(ast.parse(path.read_text(encoding="utf-8")))
        meant = (next((each for each in candidates if each in files), None) for candidates in named)
        found[name] = frozenset(each for each in meant if each is not None and each != name)
    return found


def folder(module: str, files: Mapping[str, Path]) -> str:
    """The package that a module lies in; a package lies in itself."""
    return module if files[module].name == "__init__.py" else module.rpartition(".")[0]


def circles(of: Graph) -> list[list[str]]:
    """The groups that import each other, directly or not (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in of.get(node, ()):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = [stack.pop()]
            while group[-1] != node:
                group.append(stack.pop())
            found.extend([sorted(group)] if len(group) > 1 else [])

    for node in of:
        if node not in index:
            visit(node)
    return found


def in_functions(files: Mapping[str, Path]) -> dict[str, int]:
    """How many imports of our own stand inside functions, by package."""
    count: dict[str, int] = {}
    for name, path in files.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                own = sum(each[-1].split(".")[0] in PACKAGES for each in imports(node))
                area = ".".join(name.split(".")[:2])
                count[area] = count.get(area, 0) + own
    return {area: n for area, n in sorted(count.items()) if n}


def siblings(of: Graph, files: Mapping[str, Path]) -> Graph:
    """Which package or module imports which of its siblings, as import-linter's `acyclic_siblings` sees them."""
    found: dict[str, set[str]] = {}
    for name, others in of.items():
        for other in others:
            mine, theirs = name.split("."), other.split(".")
            shared = next(
                (n for n, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), min(len(mine), len(theirs))
            )
            if 0 < shared < min(len(mine), len(theirs)):
                found.setdefault(".".join(mine[: shared + 1]), set()).add(".".join(theirs[: shared + 1]))
    return {name: frozenset(others) for name, others in found.items()} | {
        name: frozenset() for name in files if name not in found
    }


def measure(tree: Path) -> Iterator[tuple[str, str]]:
    """Each figure with its name."""
    files = modules(tree)
    of = graph(files)
    sizes = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in files.items()}
    longest = max(sizes, key=lambda name: sizes[name])
    yield "files, lines", f"{len(files)}, {sum(sizes.values()):,}"
    yield "median, longest", f"{median(sizes.values()):g}, {sizes[longest]} ({longest})"
    arrows = [(name, other) for name, others in of.items() for other in others]
    between = {(folder(a, files), folder(b, files)) for a, b in arrows if folder(a, files) != folder(b, files)}
    yield "packages", str(len({folder(name, files) for name in files}))
    yield "arrows between packages", str(len(between))
    inside = [(a, b) for a, b in arrows if folder(a, files) == folder(b, files)]
    yield "arrows inside packages", str(len(inside))
    core = [(a, b) for a, b in inside if folder(a, files) == "pro_collector.domain"]
    yield "arrows on the floor of domain/", str(len(core))
    yield "circles of modules", str(len(circles(of)))
    yield "circles of sibling packages", str(len(circles(siblings(of, files))))
    held = in_functions(files)
    yield (
        "own imports inside functions",
        f"{sum(held.values())} ({', '.join(f'{n} {area}' for area, n in held.items())})",
    )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", nargs="?", type=Path, default=ROOT)
    parser.add_argument("--suite", action="store_true", help="run `make test` there, and time it")
    options = parser.parse_args()
    for what, figure in measure(options.tree.resolve()):
        print(f"{what:32} {figure}")
    if options.suite:
        began = time.monotonic()
        ended = subprocess.run(["make", "test"], cwd=options.tree, check=False)
        print(f"{'make test':32} {time.monotonic() - began:.0f} s, exit {ended.returncode}")


if __name__ == "__main__":
    main()
