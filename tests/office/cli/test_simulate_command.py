"""`simulate` through the real command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pro_collector.resources import SCHEMAS
from tests.office.cli.test_study_commands import run

DEMO = str(SCHEMAS / "studies" / "demo.yaml")
SMALL = ["--participants", "4", "--years", "1"]


def test_a_rehearsal_is_told_in_lines_and_as_a_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    assert run(monkeypatch, "simulate", DEMO, *SMALL, "--html", str(page)) == 0
    told = capsys.readouterr()
    assert told.out.startswith("rare-tumour-story 1.0: 4 made-up people, 1 years, seed 1:")
    assert "weekly-symptoms" in told.out
    assert told.err == ""
    assert "<svg" in page.read_text(encoding="utf-8")


def test_the_same_seed_gives_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = []
    for seed in ("7", "7", "8"):
        assert run(monkeypatch, "simulate", DEMO, *SMALL, "--seed", seed, "--json") == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] != outputs[2]
    assert json.loads(outputs[0])["participants"] == 4


def test_another_process_with_other_hashes_gives_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for salt in ("1", "2"):
        page = tmp_path / f"{salt}.html"
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "from pro_collector.cli import main; main()",
                "simulate",
                DEMO,
                *SMALL,
                "--html",
                str(page),
            ],
            env={**os.environ, "PYTHONHASHSEED": salt},
            capture_output=True,
            check=True,
            timeout=120,
        )
        made.append((done.stdout, page.read_bytes()))
    assert made[0] == made[1]


def test_a_start_that_is_no_date_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "simulate", DEMO, *SMALL, "--starts", "spring") == 2
    assert "--starts: expected a date such as 2027-01-04, not 'spring'" in capsys.readouterr().err


def test_one_life_is_told_instead(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "simulate", DEMO, *SMALL, "--person", "3") == 0
    told = capsys.readouterr().out
    assert told.startswith("enrolled on 2027-")
    assert " baseline " in told
    assert "made-up people" not in told
