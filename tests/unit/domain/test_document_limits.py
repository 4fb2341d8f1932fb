"""A YAML file of any content is read or refused, with its name: it never ends or stalls the process."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.document import Document, parse_yaml
from pro_collector.domain.document_limits import MAX_NESTING, MAX_VALUES
from pro_collector.errors import BadInput

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [" + ", ".join([f"*{before}"] * 10) + "]\n"
    for before, name in zip("abcdef", "bcdefg", strict=True)
)
NESTED = "more than 50 lists and keys inside each other"


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("[" * 100_000, 1, NESTED),
        ("- " * 100_000, 1, NESTED),
        ("? " * 100_000, 1, NESTED),
        ("{a: " * 1_000 + "1" + "}" * 1_000, 1, NESTED),
        ("\n".join(" " * depth + "a:" for depth in range(60)), 51, NESTED),
        (BOMB, 6, "more than 200,000 values"),
        ("a: 1\nb: &b [1, *b]", 2, "*b is inside of what it stands for"),
        ("a: 1\nb: " + "9" * 5_000, 2, "a number of more than 40 digits"),
        ("a: 1" + ":1" * 100_000, 1, "a number of more than 40 digits"),
        ("x" * 2_000_001, None, "the file has more than 2,000,000 characters"),
        ("a: !!int x", None, "invalid literal"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_file_that_would_stall_or_end_the_process_is_refused(text: str, line: int | None, fault: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_yaml(text, "study.yaml")
    (problem,) = refused.value.problems
    assert (problem.file, problem.line) == ("study.yaml", line)
    assert fault in problem.message


def test_what_is_within_the_limits_is_read() -> None:
    nested = "[" * MAX_NESTING + "]" * MAX_NESTING
    assert parse_yaml(f"a: &a [1, 2]\nb: [*a, *a]\nc: {'9' * 40}", "f").data["b"] == [[1, 2], [1, 2]]
    assert parse_yaml(nested, "f").data is not None
    assert len(parse_yaml(str([0] * (MAX_VALUES // 10)), "f").data) == MAX_VALUES // 10


PIECES = [
    *["[", "]", "{", "}", "a", "1", "'", '"', "|", ">", "#", "%", "---", "~", "é", "1e9"],
    *("- ", "? ", ": ", ", ", "&a ", "*a", "<<: ", "  ", "\t", "\n", "\0"),
    *("!!int ", "!!bool ", "!!timestamp ", "!!binary ", "!!set ", "!!omap ", "!x "),
]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_yaml(text, "f")
    except BadInput as refused:
        files = {problem.file for problem in refused.problems}
    else:
        files = {"f"}
    assert files == {"f"}


def test_a_file_without_anything_in_it_has_one_line() -> None:
    empty = parse_yaml("# nothing yet\n", "f")
    assert (empty.data, empty.line(("a", 1))) == (None, 1)
    assert Document("f", {}, {}).problem(("a",), "missing").line is None, "made by a program, and not read"


def test_a_key_that_is_a_number_in_another_base_is_found_twice_too() -> None:
    with pytest.raises(BadInput) as refused:
        parse_yaml("0x1F: a\nb: 1\n0x1F: c\n", "f")
    (problem,) = refused.value.problems
    assert (problem.line, problem.where, problem.message) == (3, "0x1F", "this key is here twice; keep one")


def test_a_tab_is_named_where_it_indents() -> None:
    with pytest.raises(BadInput) as refused:
        parse_yaml("a:\n\tb: 1\n", "f")
    (problem,) = refused.value.problems
    assert problem.line == 2
    assert problem.message.endswith("indent with spaces, not with tabs")
