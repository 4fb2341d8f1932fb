"""Reads PostgreSQL's lock file `postmaster.pid`: whether the server is ready, and whether the lock is stale."""

import os
import subprocess
import time
from pathlib import Path

from pro_collector.errors import Conflict

_STATUS_LINE = 7
_SHUTDOWN_WAIT = 10.0
"""Seconds to wait for a server whose parent has died; the guard in `child.py` kills it after five seconds."""


def is_ready(data: Path, pid: int) -> bool:
    """Whether the lock file says that the server `pid` accepts connections on this data folder."""
    lines = _lines(data)
    return len(lines) > _STATUS_LINE and lines[0] == str(pid) and lines[_STATUS_LINE].strip() == "ready"


def clear_stale_lock(data: Path) -> None:
    """Remove the lock file of a server that has ended. Raises Conflict when a server runs on this folder.

    PostgreSQL does this by itself, except when another process has the dead server's process id, as happens after
    every restart of a container.
    """
    lines = _lines(data)
    if not lines or not lines[0].strip().lstrip("-").isdigit():
        return
    pid = abs(int(lines[0]))
    deadline = time.monotonic() + _SHUTDOWN_WAIT
    while _is_server_of(pid, data) and time.monotonic() < deadline:
        time.sleep(0.05)  # its parent may just have been killed: then it is shutting down
    if _is_server_of(pid, data):
        raise Conflict(
            f"a PostgreSQL server (process {pid}) already runs on {data}: another pro-collector uses this folder"
        )
    (data / "postmaster.pid").unlink(missing_ok=True)


def _lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _is_server_of(pid: int, data: Path) -> bool:
    command = _command_line(pid)
    return "postgres" in command and str(data) in command


def _command_line(pid: int) -> str:
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    result = subprocess.run(  # noqa: S603 -- our own command line
        ["/bin/ps", "-p", str(pid), "-o", "command="], check=False, capture_output=True, text=True
    )
    return result.stdout
