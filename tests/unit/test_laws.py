"""The laws of the house that can be checked by reading the tree: names, sizes, and what each module says of itself."""

import ast
import re
from pathlib import Path

import pytest

from pro_collector.domain.events import EVENTS
from pro_collector.pipeline import PIPELINE
from pro_collector.resources import SCHEMAS
from tests.shared.places import ROOT
from tests.shared.rings import upward_imports

SOURCES = sorted([*ROOT.glob("pro_collector/**/*.py"), *ROOT.glob("scheduler/**/*.py")])
TESTS = sorted(ROOT.glob("tests/**/*.py"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_one_event_one_name_everywhere(event: type) -> None:
    kind = next(kind for kind, known in EVENTS.items() if known is event)
    module = kind.replace(".", "_")
    assert event.__name__ == "".join(part.capitalize() for part in module.split("_"))
    assert (SCHEMAS / "events" / f"{kind}.json").is_file()
    heard = any(event in handlers for handlers in PIPELINE.values())
    assert (ROOT / "pro_collector" / "handlers" / f"{module}.py").is_file() == heard
    assert (ROOT / "tests" / "office" / "handlers" / f"test_{module}.py").is_file() == heard


def test_a_handler_stands_in_the_table_under_its_own_name() -> None:
    for handlers in PIPELINE.values():
        for event, handle in handlers.items():
            assert handle.__module__.rpartition(".")[2] == event.type.replace(".", "_")


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=name)
def test_no_file_grows_beyond_what_a_reader_holds(path: Path) -> None:
    limit = 600 if path in TESTS else 400
    assert len(path.read_text(encoding="utf-8").splitlines()) <= limit, "what is this file really? Split it there"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_module_says_what_lives_there(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not tree.body or ast.get_docstring(tree), "one sentence at the top says what lives here"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_name_that_says_nothing(path: Path) -> None:
    assert not re.search(r"(^|_)(utils?|helpers?|managers?|services?|base|common|misc)\.py$", path.name)


def test_no_ring_imports_one_further_out() -> None:
    assert upward_imports() == []
