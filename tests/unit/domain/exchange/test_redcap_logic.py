"""REDCap's branching logic as clauses: whatever it says, the clauses say too."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.exchange.redcap_logic import clauses

Tree = str | tuple[str, "Tree", "Tree"]  # a field that is compared with 1, or two trees joined by `and` or `or`
FIELDS = ("a", "b", "c", "d")
TREES: st.SearchStrategy[Tree] = st.recursive(
    st.sampled_from(FIELDS), lambda inner: st.tuples(st.sampled_from(("and", "or")), inner, inner), max_leaves=6
)


def written(tree: Tree) -> str:
    """The logic as REDCap has it."""
    if isinstance(tree, str):
        return f"[{tree}] = '1'"
    joint, left, right = tree
    return f"({written(left)}) {joint} ({written(right)})"


def holds(tree: Tree, checked: frozenset[str]) -> bool:
    """Whether the logic holds if these fields are 1."""
    if isinstance(tree, str):
        return tree in checked
    joint, left, right = tree
    found = (holds(left, checked), holds(right, checked))
    return all(found) if joint == "and" else any(found)


@given(TREES)
def test_clauses_hold_exactly_if_the_logic_does(tree: Tree) -> None:
    found = clauses(written(tree))
    for values in product((False, True), repeat=len(FIELDS)):
        checked = frozenset(name for name, value in zip(FIELDS, values, strict=True) if value)
        said = all(any(comparison.field in checked for comparison in clause) for clause in found)
        assert said is holds(tree, checked)


def test_and_binds_more_than_or() -> None:
    named = [[comparison.field for comparison in clause] for clause in clauses("[a]=1 or [b]=1 and [c]=1")]
    assert named == [["a", "b"], ["a", "c"]]
