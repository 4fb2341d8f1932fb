"""HAPI FHIR's server (R4) on loopback: brought by Maven into a cache outside the tree, its database in memory."""

import contextlib
import json
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pro_collector.embedded.child import Child, minimal_environment, remove, run, spawn
from pro_collector.embedded.port import LOOPBACK, free_port
from pro_collector.errors import Unavailable
from tests.maven import Jars

_FOLDER = Path(__file__).resolve().parent / "hapi-fhir"
JARS = Jars(_FOLDER / "pom.xml", "hapi-fhir", "HAPI FHIR", 318, ("java", "javac", "mvn"))
_JAVA = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")
_SECONDS = 300
"""Until it answers: 20 s of a processor, 45 s as a process of low priority on a machine of two."""


class HapiFhir:
    """One server: start() -> its URL, stop()."""

    def __init__(self, port: int | None = None) -> None:
        self._port = port
        self._child: Child | None = None
        self._temporary: Path | None = None

    def start(self) -> str:
        """Bring the server if it is not in the cache, start it with nothing in it, and return its URL."""
        jars = JARS.in_cache()
        port = self._port or free_port()
        self._temporary = Path(tempfile.mkdtemp(prefix="pro-hapi-fhir-"))
        try:
            self._child = spawn(
                "HAPI FHIR", ["java", *_JAVA, "-cp", f"{jars}/*", _FOLDER / "Server.java", str(port)],
                log=self._temporary / "server.log", environment=minimal_environment(), folder=self._temporary,
            )  # fmt: skip
            self._child.wait_until(lambda: _listens(port), _SECONDS)
        except BaseException:
            self.stop()
            raise
        return f"http://{LOOPBACK}:{port}/fhir"

    def stop(self) -> None:
        """End the server, with all that it has."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        remove(self._temporary)
        self._temporary = None


def validated(resources: Iterable[Mapping[str, Any]], file: Path) -> tuple[list[str], int]:
    """What HAPI FHIR's validator says of resources (R4) that are written to a file, and how many it validated.

    Each kind of issue is one line: count, severity, type of resource, words; separated by tabs.
    """
    file.write_text("".join(json.dumps(each) + "\n" for each in resources), encoding="utf-8")
    done = run(["java", *_JAVA, "-cp", f"{JARS.in_cache()}/*", _FOLDER / "Validator.java", file])
    if done.returncode != 0:
        raise Unavailable(f"HAPI FHIR could not validate: {done.stderr.strip()[-900:]}")
    *issues, last = [line for line in done.stdout.splitlines() if "\t" in line]
    return issues, int(last.partition("\t")[0])


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=2):
        return True
    time.sleep(0.2)
    return False


def main() -> None:
    """Run one server until the terminal or a signal ends it: `make fhir`."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.default_int_handler)
    server = HapiFhir(int(sys.argv[1]) if len(sys.argv) > 1 else None)
    with contextlib.suppress(KeyboardInterrupt):
        try:
            print(f"{server.start()}   (Ctrl-C ends it)", flush=True)
            while True:
                time.sleep(0.5)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
