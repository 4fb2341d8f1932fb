"""Runs a server as a child process: starts it, waits for it, stops it in steps, and ends it if this process dies."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pro_collector.errors import Unavailable

# The guard waits for the end of its input, which comes when the parent process ends for any reason. Then it ends the
# server, first with a signal, then with KILL, and removes its temporary folder. PR_SET_PDEATHSIG is no substitute: it
# fires when the *thread* that started the server ends, and servers are started from worker threads here.
_GUARD = """
pid=$1; signal=$2; folder=$3
while read -r word; do [ "$word" = done ] && exit 0; done
kill -s "$signal" "$pid" 2>/dev/null
tries=0
while kill -0 "$pid" 2>/dev/null && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -s KILL "$pid" 2>/dev/null
[ -n "$folder" ] && rm -rf "$folder"
exit 0
"""


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The operating-system user that a server runs as."""

    name: str
    uid: int
    gid: int


@dataclass(slots=True)
class Child:
    """One server process, its log file, and the guard process that ends the server if this process dies."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]
    guard: subprocess.Popen[bytes] = field(repr=False)

    def check(self) -> None:
        """Raise Unavailable, with the log, when the server has ended."""
        if self.process.poll() is not None:
            raise Unavailable(f"{self.name} has ended (exit {self.process.returncode}): {self.log_tail()}")

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Poll `ready` every 10 ms; raises Unavailable with the log when the server ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None:
                raise Unavailable(f"{self.name} ended at once (exit {self.process.returncode}): {self.log_tail()}")
            if time.monotonic() > deadline:
                raise Unavailable(f"{self.name} did not answer within {seconds:g} s: {self.log_tail()}")
            time.sleep(0.01)

    def stop(self, *steps: tuple[signal.Signals, float]) -> None:
        """Send each signal and wait for so many seconds; kill the server if it still runs. Then end the guard."""
        for step, seconds in steps:
            if self.process.poll() is not None:
                break
            self.process.send_signal(step)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._release_guard()

    def log_tail(self, lines: int = 8) -> str:
        """The end of the server's log."""
        try:
            text = self.log.read_text(errors="replace")
        except OSError:
            return f"no log in {self.log}"
        return "\n".join(text.strip().splitlines()[-lines:]) or f"nothing in {self.log}"

    def _release_guard(self) -> None:
        try:
            self.guard.communicate(b"done\n", timeout=2)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self.guard.kill()
            self.guard.wait()


def spawn(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str],
    folder: Path | None = None,
    account: ServerUser | None = None,
    last_signal: signal.Signals = signal.SIGTERM,
) -> Child:
    """Start `command` in its own session, with its output in `log`; so a Ctrl-C in the terminal does not reach it.

    If this process dies without stopping the server, the guard sends `last_signal` to the server and removes `folder`.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 -- our own command line
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(environment),
            cwd="/",
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    guard = subprocess.Popen(  # noqa: S603 -- our own command line
        ["/bin/sh", "-c", _GUARD, "guard", str(process.pid), last_signal.name.removeprefix("SIG"), str(folder or "")],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    return Child(name, log, process, guard)


def run(command: Sequence[str | Path], account: ServerUser | None = None) -> subprocess.CompletedProcess[str]:
    """Run a short command as `account` and return its result with its output. No exit code raises."""
    return subprocess.run(  # noqa: S603 -- our own command line
        [str(part) for part in command],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        env=minimal_environment(),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def minimal_environment() -> dict[str, str]:
    """The environment for a server: the path and the locale, but none of our settings and secrets."""
    inherited = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {name: os.environ[name] for name in inherited if name in os.environ}


def remove(folder: Path | None) -> None:
    """Remove a temporary folder, if there is one. Errors are ignored."""
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
