"""Watching processes from outside: whether one is gone, and what a child of a test prints."""

import subprocess
import time
from pathlib import Path


def gone(pid: int, seconds: float = 10) -> bool:
    """Whether process `pid` ends within `seconds`; one that only waits to be collected by init counts as ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.05)
    return False


def lines_of(process: "subprocess.Popen[bytes]", count: int) -> list[str]:
    """The first `count` lines a child prints; shorter when it ends before."""
    assert process.stdout is not None
    with process.stdout:
        return [process.stdout.readline().decode().strip() for _ in range(count)]
