"""The requirements of the validation pack: each has tests that exist, and what was not shown stands out."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.shared.places import ROOT
from tests.validation_pack import LEVELS, Requirement, cases_of, deviations, page, requirements, rows

NAMED = requirements()


@cache
def names_in(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def exists(test: str) -> bool:
    if test.startswith("story/"):
        return (ROOT / "tests/data/conversations" / f"{test.removeprefix('story/')}.yaml").is_file()
    file, _, name = test.partition("::")
    return (ROOT / file).is_file() and name in names_in(ROOT / file)


def test_every_test_that_a_requirement_names_exists() -> None:
    assert [(each.id, test) for each in NAMED for test in each.tests if not exists(test)] == []


def test_every_attack_has_a_test_that_exists() -> None:
    lines = (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8").splitlines()
    attacks = [line for line in lines if line.startswith("| ") and not line.startswith("| attack |")]
    tests = [re.findall(r"`(tests/[^`]+)`", line) for line in attacks]
    assert len(attacks) > 25
    assert [line for line, named in zip(attacks, tests, strict=True) if not named or not all(map(exists, named))] == []


def test_every_requirement_has_an_id_of_its_own_a_risk_references_and_tests() -> None:
    assert len({each.id for each in NAMED}) == len(NAMED) >= 40
    for each in NAMED:
        assert {each.severity, each.probability, each.detectability} <= set(LEVELS), each.id
        assert each.references, each.id
        assert len(set(each.tests)) == len(each.tests) > 0, each.id


def results(*cases: str) -> str:
    return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"


def case(name: str, inside: str = "") -> str:
    return f'<testcase classname="tests.unit.test_a" name="{name}" time="0.5">{inside}</testcase>'


def requirement(
    *tests: str, severity: str = "high", probability: str = "low", detectability: str = "low"
) -> Requirement:
    return Requirement("R-1", "A promise", "A harm", severity, probability, detectability, ("21 CFR 11.10(a)",), tests)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tests", "run", "outcome"),
    [
        (("tests/unit/test_a.py::test_b",), [case("test_b")], "passed"),
        (("tests/unit/test_a.py::test_b",), [case("test_b[1]"), case("test_b[2]")], "passed"),
        (("tests/unit/test_a.py::test_b",), [case("test_b[1]"), case("test_b[2]", "<skipped/>")], "skipped"),
        (("tests/unit/test_a.py::test_b",), [case("test_b", "<failure/>")], "failed"),
        (("tests/unit/test_a.py::test_b",), [case("test_b", "<error/>")], "failed"),
        (("tests/unit/test_a.py::test_b",), [case("test_bc")], "not run"),
        ((), [case("test_b")], "not run"),
    ],
)
def test_what_was_not_shown_stands_out(tests: tuple[str, ...], run: list[str], outcome: str) -> None:
    named, cases = [requirement(*tests)], cases_of([results(*run)])
    assert deviations(named, cases) == ([] if outcome == "passed" else ["R-1"])
    _, row = rows(named, cases)
    assert row[-3] == outcome
    printed = page(named, cases, [("product", "<1>")])
    assert ("NOT shown" in printed) == (outcome != "passed")
    assert "<1>" not in printed


@pytest.mark.parametrize(
    ("runs", "shown"),
    [
        ((case("test_b", "<skipped/>"), case("test_b")), ["passed", 1]),
        ((case("test_b"), case("test_b", "<failure/>")), ["failed", 1]),
        ((case("test_b", "<skipped/>"), case("test_b", "<skipped/>")), ["skipped", 1]),
        ((case("test_b[1]", "<skipped/>"), case("test_b[2]")), ["skipped", 2]),
        ((case("test_c"), case("test_b[1]") + case("test_b[2]")), ["passed", 2]),
    ],
)
def test_of_several_runs_a_failure_counts_and_each_case_must_have_run(runs: list[str], shown: list[object]) -> None:
    cases = cases_of(results(run) for run in runs)
    _, row = rows([requirement("tests/unit/test_a.py::test_b")], cases)
    assert row[-3:-1] == [str(each) for each in shown]


def test_a_story_is_one_case_of_its_test() -> None:
    run = results('<testcase classname="tests.office.test_conversations" name="test_story[pause]"/>')
    assert deviations([requirement("story/pause")], cases_of([run])) == []
    assert deviations([requirement("story/help")], cases_of([run])) == ["R-1"]


@pytest.mark.parametrize(
    ("risk", "priority"),
    [
        (("high", "high", "low"), "high"), (("high", "medium", "medium"), "high"), (("high", "high", "high"), "medium"),
        (("high", "low", "low"), "high"), (("medium", "medium", "medium"), "medium"), (("low", "high", "high"), "low"),
        (("low", "low", "low"), "medium"), (("low", "medium", "medium"), "low"), (("medium", "low", "high"), "low"),
    ],
)  # fmt: skip
def test_the_priority_follows_the_tables_of_gamp(risk: tuple[str, str, str], priority: str) -> None:
    severity, probability, detectability = risk
    one = requirement(severity=severity, probability=probability, detectability=detectability)
    assert one.priority == priority
