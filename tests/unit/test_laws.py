"""The laws of the house that can be checked by reading the tree: names, sizes, and what each module says of itself."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pro_collector.domain.events import EVENTS, StudyAmended
from pro_collector.pipeline import PIPELINE, WORK
from pro_collector.resources import SCHEMAS
from tests.shared.places import ROOT
from tests.shared.rings import upward_imports

SOURCES = sorted([*ROOT.glob("pro_collector/**/*.py"), *ROOT.glob("scheduler/**/*.py")])
TESTS = sorted(ROOT.glob("tests/**/*.py"))
UNTYPED_ROW = re.compile(r"\bDictRow\b|\b(dict|Mapping)\[str, (Any|object)\]", re.IGNORECASE)
EMPTY_NAME = re.compile(r"(^|_)(utils?|helpers?|managers?|services?|base|common|misc)\.py$")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def misnamed(kind: str) -> Iterator[str]:
    """What of an event does not bear its name: the class, the schema, the handler, the test of the handler."""
    event, module = EVENTS[kind], kind.replace(".", "_")
    if event.__name__ != "".join(part.capitalize() for part in module.split("_")):
        yield f"{kind}: the class {event.__name__}"
    if not (SCHEMAS / "events" / f"{kind}.json").is_file():
        yield f"{kind}: no schema"
    handled = any(event in handlers for handlers in PIPELINE.values())
    for file in (f"pro_collector/handlers/{module}.py", f"tests/office/handlers/test_{module}.py"):
        if (ROOT / file).is_file() != handled:
            yield f"{kind}: {file} {'is missing' if handled else 'is of no handler'}"


def test_the_tree_is_read() -> None:
    assert len(SOURCES) > 250
    assert len(TESTS) > 150
    assert len(EVENTS) > 10


def test_one_event_one_name_everywhere() -> None:
    assert [fault for kind in EVENTS for fault in misnamed(kind)] == []


def test_a_handler_stands_in_the_table_under_its_own_name() -> None:
    handlers = [item for table in PIPELINE.values() for item in table.items()]
    named = [(handle.__module__.rpartition(".")[2], event.type.replace(".", "_")) for event, handle in handlers]
    assert [pair for pair in named if pair[0] != pair[1]] == []


def test_no_file_grows_beyond_what_a_reader_holds() -> None:
    lines = {path: len(text(path).splitlines()) for path in SOURCES + TESTS}
    too_long = {name(path): n for path, n in lines.items() if n > (600 if path in TESTS else 400)}
    assert too_long == {}, "what are these files really? Split them there"


def test_a_module_says_what_lives_there() -> None:
    trees = {path: ast.parse(text(path)) for path in SOURCES}
    silent = [name(path) for path, tree in trees.items() if tree.body and not ast.get_docstring(tree)]
    assert silent == [], "one sentence at the top says what lives here"


def test_no_name_that_says_nothing() -> None:
    assert [name(path) for path in SOURCES if EMPTY_NAME.search(path.name)] == []


def test_no_two_classes_have_one_name() -> None:
    names = Counter(
        node.name for path in SOURCES for node in ast.walk(ast.parse(text(path))) if isinstance(node, ast.ClassDef)
    )
    assert {name: n for name, n in names.items() if n > 1} == {}, "one name, one meaning"


def test_nothing_leaves_the_database_as_a_row_without_a_type() -> None:
    functions = {
        f"{name(path)}: {node.name}": ast.unparse(node.returns)
        for path in SOURCES
        if path.is_relative_to(ROOT / "pro_collector/postgres")
        for node in ast.walk(ast.parse(text(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns
    }
    assert len(functions) > 100
    untyped = {function: kind for function, kind in functions.items() if UNTYPED_ROW.search(kind)}
    assert untyped == {}, "name what a row holds: a frozen dataclass beside the query"


def test_no_ring_of_tests_imports_one_further_out() -> None:
    assert upward_imports() == []


def test_each_handled_event_belongs_to_one_kind_of_work() -> None:
    for process, handlers in PIPELINE.items():
        assert sorted(event.type for work in WORK[process] for event in work.events) == sorted(e.type for e in handlers)


def test_plans_hold_few_people_at_once() -> None:
    """A batch of plans locks its people until it is stored: an amendment of 2,000 must let replies pass."""
    (plans,) = (work for work in WORK["worker"] if StudyAmended in work.events)
    assert plans.batch <= 20
