"""What strangers look for: how to report, what is pinned, which Pythons are tried, a site with every document."""

import hashlib
import importlib
import importlib.resources
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from packaging.requirements import Requirement

from pro_collector.postgres.migrate import FOLDER
from tests.sbom import pins
from tests.shared.places import ROOT
from tests.unit.test_docs import CODE, DOCUMENTS, name, words_of

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
GITHUB = ROOT / ".github"
ISSUES = GITHUB / "ISSUE_TEMPLATE"


def pyproject() -> dict[str, Any]:
    return tomllib.loads(words_of(ROOT / "pyproject.toml"))


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(words_of(path))


# --------------------------------------------------------------------------------------------------------- dependencies


@pytest.mark.parametrize("lock", LOCKS, ids=name)
def test_every_dependency_is_pinned_by_hashes(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", words_of(lock), flags=re.MULTILINE).strip())
    assert len(entries) > 5
    for entry in entries:
        pinned = Requirement(entry.partition(" \\")[0])
        assert [each.operator for each in pinned.specifier] == ["=="], entry
        assert re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry), pinned.name


@pytest.mark.parametrize("lock", LOCKS, ids=name)
def test_a_lock_says_nothing_of_where_packages_are_fetched(lock: Path) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links|file:|^/", words_of(lock), re.MULTILINE)


def test_the_runtime_is_free_of_what_developers_use() -> None:
    project = pyproject()
    groups = project["dependency-groups"]
    wanted = {Requirement(line).name for line in project["project"]["dependencies"]}
    others = {Requirement(line).name for group in groups.values() for line in group}
    others |= {Requirement(line).name for line in project["project"]["optional-dependencies"]["embedded"]}
    assert wanted <= pins("runtime").keys()
    assert others & pins("runtime").keys() == set()
    assert {Requirement(line).name for line in groups["dev"]} <= pins("dev").keys()


def test_what_is_tested_is_what_is_installed() -> None:
    """One version of a package in every lock that goes into one environment."""
    tested = pins("dev")
    assert {**tested, **pins("runtime"), **pins("build")} == tested


# ----------------------------------------------------------------------------------------------------------- public


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("github-workflows", GITHUB / "workflows" / "ci.yml"),
        ("dependabot", GITHUB / "dependabot.yml"),
        ("github-issue-forms", ISSUES / "fault.yml"),
        ("github-issue-forms", ISSUES / "wish.yml"),
        ("github-issue-config", ISSUES / "config.yml"),
    ],
)
def test_files_for_the_host_fit_their_schemas(schema: str, path: Path) -> None:
    vendored = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{schema}.json"
    rules = json.loads(vendored.read_text(encoding="utf-8"))
    found = json.loads(json.dumps(read_yaml(path)).replace('"true":', '"on":'))  # YAML 1.1 takes `on` for true
    errors = jsonschema.validators.validator_for(rules)(rules).iter_errors(found)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_every_python_that_is_promised_is_tried() -> None:
    project = pyproject()["project"]
    job = read_yaml(GITHUB / "workflows" / "ci.yml")["jobs"]["run"]
    said = "Programming Language :: Python :: "
    promised = [line.removeprefix(said) for line in project["classifiers"] if re.match(rf"{said}3\.\d", line)]
    assert job["strategy"]["matrix"]["python"] == promised
    assert project["requires-python"] == f">={promised[0]}"
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]


def test_actions_are_pinned_by_commit() -> None:
    steps = read_yaml(GITHUB / "workflows" / "ci.yml")["jobs"]["run"]["steps"]
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", one) for one in used)


def test_security_says_where_to_report_and_what_is_promised() -> None:
    text = words_of(ROOT / "SECURITY.md")
    assert "Security → Report a vulnerability" in text
    assert re.search(r"within \d+ (working )?days", text)
    version = pyproject()["project"]["version"]
    assert f"(now {version.rpartition('.')[0]})" in text


def test_hooks_call_the_tools_of_make_setup() -> None:
    hooks = [hook for repo in read_yaml(ROOT / ".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    installed = pins("dev")
    for hook in hooks:
        program = hook["entry"].split()[0]
        assert program == "make" or program.removeprefix(".venv/bin/") in installed, hook["id"]


# -------------------------------------------------------------------------------------------------------- the documents


def pages(nav: Any) -> list[str]:
    """Every page below a part of the navigation."""
    if isinstance(nav, str):
        return [nav]
    return [page for part in (nav.values() if isinstance(nav, dict) else nav) for page in pages(part)]


def test_every_document_is_a_page_of_the_site() -> None:
    on_the_site = pages(read_yaml(ROOT / "mkdocs.yml")["nav"])
    outside = {path.name for path in DOCUMENTS if path.parent == ROOT} - {"README.md"} | {"index.md"}
    inside = {path.relative_to(ROOT / "docs").as_posix() for path in DOCUMENTS if path.parent != ROOT}
    assert sorted(on_the_site) == sorted(outside | inside)


def test_the_reference_names_modules_that_are_there() -> None:
    named = [one for path in DOCUMENTS for one in re.findall(r"^::: (\S+)$", words_of(path), re.MULTILINE)]
    assert len(named) > 5
    for module in named:
        assert importlib.import_module(module).__doc__


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_lists_look_alike_on_the_site_and_in_the_repository(path: Path) -> None:
    """Python-Markdown wants an empty line before a list, and four spaces before what belongs to one of its items."""
    text = CODE.sub("\n", words_of(path))
    assert re.findall(r"^ {1,3}(?:[-*] |\d+\. |```).*", text, re.MULTILINE) == []
    assert re.findall(r"^(?![-*] |\d+\. |\s|$).+\n(?:[-*] |1\. ).*", text, re.MULTILINE) == []


# ---------------------------------------------------------------------------------------------------------- migrations


def test_a_migration_is_never_changed() -> None:
    """Databases of hospitals have run them: a difference is a migration of its own, with its line."""
    lines = words_of(FOLDER / "released.sha256").splitlines()
    released = {file: digest for digest, file in (line.split("  ") for line in lines)}
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*.sql")} == released
