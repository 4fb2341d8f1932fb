"""A server as our own child process: started, waited for, stopped in steps, and never left behind when we die."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pro_collector.errors import Unavailable

# Waits for the end of its input, which comes when the parent is gone however it went; then ends the server, gently
# at first, and removes its temporary folder. PR_SET_PDEATHSIG is no substitute: it fires when the *thread* that
# started the server ends, and servers are started from worker threads here.
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
    """The operating-system user a server runs as."""

    name: str
    uid: int
    gid: int


@dataclass(slots=True)
class Child:
    """One server process, its log file and the guard that outlives us just long enough to end it."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]
    guard: subprocess.Popen[bytes] = field(repr=False)

    def check(self) -> None:
        """Raise Unavailable, with the log, when the server has ended."""
        if self.process.poll() is not None:
            raise Unavailable(f"{self.name} has ended (exit {self.process.returncode}): {self.last_words()}")

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Poll `ready` every 10 ms; raises Unavailable with the log when the server ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None:
                raise Unavailable(f"{self.name} ended at once (exit {self.process.returncode}): {self.last_words()}")
            if time.monotonic() > deadline:
                raise Unavailable(f"{self.name} did not answer within {seconds:g} s: {self.last_words()}")
            time.sleep(0.01)

    def stop(self, *steps: tuple[signal.Signals, float]) -> None:
        """Send each signal and give it its seconds; what is alive after the last is killed. Then end the guard."""
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

    def last_words(self, lines: int = 8) -> str:
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
    """Start `command` in a session of its own (so a terminal's Ctrl-C reaches us, not it), writing to `log`.

    `folder` is removed and `last_signal` sent by the guard if this process dies without stopping the server.
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
    """Run a short command to its end as `account`, and return what it said; never raises for its exit code."""
    return subprocess.run(  # noqa: S603 -- our own command line
        [str(part) for part in command],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        env=plain_environment(),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def plain_environment() -> dict[str, str]:
    """What a server may inherit: the path and the locale, and no setting or secret of ours."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ}


def remove(folder: Path | None) -> None:
    """Remove a temporary folder, if there is one and as far as possible."""
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
