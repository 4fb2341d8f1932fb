"""Writes the validation pack: requirements, risks, tests and outcomes of a run, for a hospital to sign.

`python -m tests.validation_pack RESULTS.xml ...` reads `docs/requirements.yaml` and what pytest wrote with
`--junitxml`, and writes `build/validation/`. It exits with 1 if a requirement has no test, or a test failed, was
skipped or did not run.
"""

import csv
import hashlib
import platform
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import yaml

from pro_collector import __version__
from tests.shared.places import ROOT

REQUIREMENTS = ROOT / "docs" / "requirements.yaml"
FOLDER = ROOT / "build" / "validation"
LOCK = ROOT / "requirements" / "runtime.txt"
STORY = "story/"
STORY_TEST = "tests/office/test_conversations.py::test_story"
LEVELS = ("low", "medium", "high")

Level = Literal["low", "medium", "high"]
Outcome = Literal["passed", "skipped", "failed", "not run"]
WORST: Sequence[Outcome] = ("failed", "not run", "skipped", "passed")
"""From the outcome that decides first to the one that decides last."""


@dataclass(frozen=True)
class Requirement:
    """A promise, what happens if it is broken, and the tests that show that it is kept."""

    id: str
    text: str
    harm: str
    severity: Level
    probability: Level
    detectability: Level
    references: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def priority(self) -> Level:
        """The priority of the risk by the two tables of GAMP 5: class of the risk, then with its detectability."""
        grade = LEVELS.index(self.severity) + LEVELS.index(self.probability)  # 0 to 4; 3 and 4 are class 1
        risk_class = 1 if grade >= 3 else 2 if grade == 2 else 3
        return LEVELS[max(0, min(2, 4 - risk_class - LEVELS.index(self.detectability)))]  # type: ignore[return-value]


@dataclass(frozen=True)
class Case:
    """One case of a test in a run."""

    outcome: Outcome
    seconds: float


@dataclass(frozen=True)
class Shown:
    """A test of a requirement with the outcome of all its cases."""

    test: str
    outcome: Outcome
    cases: int
    seconds: float


Cases = Mapping[str, Sequence[Case]]
"""The cases of a run by node id, without and with the parameters in brackets."""


def requirements(file: Path = REQUIREMENTS) -> list[Requirement]:
    """All requirements, in the order of the file."""
    named = []
    for each in yaml.safe_load(file.read_text(encoding="utf-8")):
        severity, probability, detectability = each["risk"]
        said = (each["id"], each["text"], each["harm"])
        shows = (tuple(each["references"]), tuple(each["tests"]))
        named.append(Requirement(*said, severity, probability, detectability, *shows))
    return named


def node_id(test: str) -> str:
    """The node id of a test as a requirement names it."""
    return f"{STORY_TEST}[{test.removeprefix(STORY)}]" if test.startswith(STORY) else test


def cases_of(results: Iterable[str]) -> Cases:
    """The cases in the JUnit files of a run, given as text."""
    found: dict[str, list[Case]] = defaultdict(list)
    for text in results:
        for element in ElementTree.fromstring(text).iter("testcase"):  # pytest wrote it
            module, name = element.get("classname", ""), element.get("name", "")
            id = f"{module.replace('.', '/')}.py::{name}"
            found[id].append(Case(_outcome(element), float(element.get("time", 0))))
    cases: dict[str, list[Case]] = defaultdict(list)
    for id, runs in found.items():
        for each in {id, id.partition("[")[0]}:
            cases[each].append(_in_all_runs(runs))
    return cases


def _in_all_runs(runs: Sequence[Case]) -> Case:
    """One case that ran several times: a failure counts; skipped in one run counts only if no other run has it."""
    ran = [case for case in runs if case.outcome != "skipped"]
    return Case(worst(case.outcome for case in ran or runs), sum(case.seconds for case in runs))


def _outcome(element: ElementTree.Element) -> Outcome:
    kinds = {child.tag for child in element}
    return "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"


def shown(requirement: Requirement, cases: Cases) -> list[Shown]:
    """The tests of a requirement with their outcomes: one case that failed or was skipped counts for all."""
    found = []
    for test in requirement.tests:
        mine = cases.get(node_id(test), ())
        seconds = sum(case.seconds for case in mine)
        found.append(Shown(test, worst(case.outcome for case in mine), len(mine), seconds))
    return found


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome that decides; `not run` if there is none."""
    return min(outcomes, key=WORST.index, default="not run")


def rows(named: Sequence[Requirement], cases: Cases) -> Iterator[list[str]]:
    """The table as rows of text: one for each test of each requirement, one for a requirement without a test."""
    yield [
        "requirement", "text", "harm", "severity", "probability", "detectability", "priority", "references",
        "test", "outcome", "cases", "seconds",
    ]  # fmt: skip
    for each in named:
        head = [each.id, each.text, each.harm, each.severity, each.probability, each.detectability, each.priority]
        head.append("; ".join(each.references))
        for test in shown(each, cases) or [Shown("(no test)", "not run", 0, 0.0)]:
            yield [*head, test.test, test.outcome, str(test.cases), f"{test.seconds:.2f}"]


def deviations(named: Sequence[Requirement], cases: Cases) -> list[str]:
    """The ids of the requirements that are not shown to be kept."""
    return [each.id for each in named if worst(test.outcome for test in shown(each, cases)) != "passed"]


def facts(results: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """What was tested, with which, and when: for the front page."""
    yield "product", f"pro-collector {__version__}"
    yield "source", _source()
    yield "environment", f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    for path in results:
        suite = next(ElementTree.fromstring(path.read_text(encoding="utf-8")).iter("testsuite"))
        counts = ", ".join(f"{suite.get(name, '0')} {name}" for name in ("tests", "failures", "errors", "skipped"))
        yield "run", f"{suite.get('timestamp', '')}: {counts}"
    for path in (REQUIREMENTS, LOCK, *results):
        yield f"SHA-256 of {path.name}", hashlib.sha256(path.read_bytes()).hexdigest()


def _source() -> str:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return "unknown: not a checkout"
    commit = _said_by(git, "rev-parse", "HEAD")
    return f"commit {commit}" + (
        ", with changes that are not committed" if _said_by(git, "status", "--porcelain") else ""
    )


def _said_by(git: str, *words: str) -> str:
    done = subprocess.run([git, *words], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def page(named: Sequence[Requirement], cases: Cases, about: Sequence[tuple[str, str]]) -> str:
    """The pack as one printable page of HTML."""
    open_ones = deviations(named, cases)
    verdict = (
        f"{len(open_ones)} of {len(named)} requirements are NOT shown to be kept: {', '.join(open_ones)}"
        if open_ones
        else f"All {len(named)} requirements are shown to be kept by tests that passed."
    )
    said = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in about)
    deviating = "".join(f"<tr><td>{escape(id)}</td><td></td><td></td></tr>" for id in open_ones)
    return _PAGE.format(
        verdict=escape(verdict),
        verdict_class="bad" if open_ones else "good",
        facts=said,
        table="".join(_section(each, shown(each, cases)) for each in named),
        deviations=deviating or "<tr><td colspan=3>none</td></tr>",
    )


def _section(each: Requirement, tests: Sequence[Shown]) -> str:
    lines = "".join(
        f'<li class="{test.outcome.replace(" ", "-")}"><b>{test.outcome}</b> ({test.cases}) {escape(test.test)}</li>'
        for test in tests
    )
    risk = f"severity {each.severity}, probability {each.probability}, detectability {each.detectability}"
    return (
        f"<tr><td>{escape(each.id)}</td>"
        f"<td>{escape(each.text)}<br><small>{escape('; '.join(each.references))}</small></td>"
        f"<td>{escape(each.harm)}<br><small>{risk}: priority <b>{each.priority}</b></small></td>"
        f"<td><ul>{lines or '<li class=not-run><b>no test</b></li>'}</ul></td></tr>"
    )


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Validation of pro-collector</title>
<style>
body {{ font: 10pt sans-serif; margin: 2em; }} table {{ border-collapse: collapse; width: 100%; }}
td, th {{ border: 1px solid #888; padding: .3em .5em; text-align: left; vertical-align: top; overflow-wrap: anywhere; }}
td:first-child {{ white-space: nowrap; }}
ul {{ margin: 0; padding-left: 1em; }} tr {{ break-inside: avoid; }} .signed td {{ height: 3em; }}
.good {{ border: 2px solid #060; padding: .5em; }} .bad {{ border: 4px solid #a00; padding: .5em; font-weight: bold; }}
.failed, .skipped, .not-run {{ color: #a00; font-weight: bold; text-decoration: underline; }}
@page {{ size: A4 landscape; margin: 12mm; }}
</style>
<h1>Validation of pro-collector</h1>
<p class="{verdict_class}">{verdict}</p>
<table>{facts}</table>
<h2>Requirements, risks, tests and outcomes</h2>
<p>The number behind an outcome is how many cases the test has.
The priority of a risk follows from the tables of GAMP 5.</p>
<table><tr><th>id</th><th>requirement</th><th>harm and risk</th><th>tests</th></tr>{table}</table>
<h2>Deviations</h2>
<table><tr><th>requirement</th><th>assessment</th><th>decided by, date</th></tr>{deviations}</table>
<h2>Signatures</h2>
<table class="signed"><tr><th>role</th><th>name</th><th>signature</th><th>date</th></tr>
<tr><td>tester</td><td></td><td></td><td></td></tr>
<tr><td>reviewer</td><td></td><td></td><td></td></tr>
<tr><td>quality assurance</td><td></td><td></td><td></td></tr></table>
</html>
"""


def write(results: Sequence[Path]) -> list[str]:
    """Write the pack; return the ids of the requirements that are not shown to be kept."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in set(FOLDER.iterdir()) - {path.resolve() for path in results}:
        old.unlink()
    named, cases = requirements(), cases_of(path.read_text(encoding="utf-8") for path in results)
    with (FOLDER / "traceability.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows(named, cases))
    (FOLDER / "validation.html").write_text(page(named, cases, list(facts(results))), encoding="utf-8")
    for path in (REQUIREMENTS, *results):
        if path.resolve().parent != FOLDER:
            shutil.copy(path, FOLDER)
    files = sorted(path for path in FOLDER.iterdir() if path.name != "SHA256SUMS")
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (FOLDER / "SHA256SUMS").write_text("".join(sums))
    return deviations(named, cases)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("expected the files that pytest wrote with --junitxml")
    not_kept = write([Path(name) for name in sys.argv[1:]])
    print(f"written: {FOLDER.relative_to(ROOT)}")
    if not_kept:
        sys.exit(f"not shown to be kept: {', '.join(not_kept)}")
