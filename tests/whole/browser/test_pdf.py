"""A page printed as PDF by the Chromium of this machine."""

import shutil
from pathlib import Path

import pytest

from pro_collector.errors import Misconfigured, Unavailable
from pro_collector.research.pdf import PROGRAMS, print_pdf


@pytest.mark.skipif(not any(map(shutil.which, PROGRAMS)), reason="no Chromium on this machine")
def test_a_page_becomes_a_pdf(tmp_path: Path) -> None:
    page = tmp_path / "report of a study.html"
    page.write_text("<!doctype html><title>Flow</title><h1>Flow</h1>", encoding="utf-8")
    print_pdf(page, tmp_path / "report.pdf")
    printed = (tmp_path / "report.pdf").read_bytes()
    assert printed.startswith(b"%PDF-")
    assert printed.rstrip().endswith(b"%%EOF")


def test_a_machine_without_chromium_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Misconfigured, match="needs Chromium"):
        print_pdf(tmp_path / "report.html", tmp_path / "report.pdf")


def test_a_program_that_prints_nothing_is_named_with_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho no display >&2\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    with pytest.raises(Unavailable, match="exit code 3: no display"):
        print_pdf(tmp_path / "report.html", tmp_path / "report.pdf")
    assert not (tmp_path / "report.pdf").exists()
