"""Prints a page of HTML into a PDF, with the Chromium of this machine."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from pro_collector.errors import Misconfigured, Unavailable

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 120.0
"""How long Chromium may take for one page."""


def print_pdf(page: Path, to: Path) -> None:
    """Write the HTML file `page` as PDF into the file `to`. The page must need nothing from outside itself.

    Raises Misconfigured if no Chromium is on this machine, and Unavailable if it does not print the page.
    """
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise Misconfigured(f"a PDF needs Chromium ({', '.join(PROGRAMS)}), and none is on this machine; HTML does not")
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "page.pdf"
        command = [
            program, "--headless", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}/profile",
            *_without_sandbox(), f"--print-to-pdf={printed}", page.resolve().as_uri(),
        ]  # fmt: skip
        try:
            ended = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603 - our own words
        except subprocess.TimeoutExpired:
            raise Unavailable(f"{program} did not print {page} within {SECONDS:.0f} s") from None
        if not printed.is_file():
            said = ended.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise Unavailable(f"{program} did not print {page}: exit code {ended.returncode}{': '.join(['', *said])}")
        shutil.move(printed, to)


def _without_sandbox() -> list[str]:
    """Chromium refuses to run as root in its sandbox; the page is our own, and has no script."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []
