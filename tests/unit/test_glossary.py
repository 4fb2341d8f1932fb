"""The glossary names what is there: each class, table, event, file and value in its last column."""

import ast
import re
from functools import cache

from pro_collector.domain.events import EVENTS
from tests.shared.places import ROOT

ROWS = re.findall(
    r"^\| ([^|]+?) \| [^|]+ \| ([^|]+?) \|$", (ROOT / "docs/glossary.md").read_text(encoding="utf-8"), re.M
)[1:]


@cache
def words_of_the_source() -> str:
    """Everything the product's own source says, tables and columns included."""
    files = [*ROOT.glob("pro_collector/**/*.py"), *ROOT.glob("pro_collector/**/*.sql"), *ROOT.glob("scheduler/*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@cache
def names() -> frozenset[str]:
    """Every class, and every name at the top of a module."""
    found: set[str] = set(EVENTS)
    for path in [*ROOT.glob("pro_collector/**/*.py"), *ROOT.glob("scheduler/*.py")]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                found.add(node.name)
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return frozenset(found)


def is_there(word: str) -> bool:
    """Whether a word of the last column names something of the product."""
    if "/" in word:
        return any((folder / word).exists() for folder in (ROOT, ROOT / "pro_collector"))
    return word in names() or (
        word.islower() and re.search(rf"\b{re.escape(word)}\b", words_of_the_source()) is not None
    )


def test_every_term_leads_to_the_code() -> None:
    assert [
        (term, word) for term, where in ROWS for word in re.findall(r"`([^`]+)`", where) if not is_there(word)
    ] == []


def test_terms_are_in_order_and_as_many_as_one_reads() -> None:
    terms = [term for term, _ in ROWS]
    assert terms == sorted(terms)
    assert 40 <= len(terms) <= 64
