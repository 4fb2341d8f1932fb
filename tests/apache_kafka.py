"""Apache Kafka's own broker on loopback: brought by Maven into a cache outside the tree, run as one KRaft node."""

import base64
import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

from pro_collector.embedded.child import Child, minimal_environment, remove, run, spawn
from pro_collector.embedded.port import LOOPBACK, broker_answers, free_port
from pro_collector.errors import Unavailable
from tests.maven import Jars

_POM = Path(__file__).resolve().parent / "apache-kafka" / "pom.xml"
JARS = Jars(_POM, "kafka", "Apache Kafka", 44, ("java", "mvn"))

# What one node needs to be a cluster, and that topics are made by `migrate` alone, as in docker-compose.yml; the rest
# is as Kafka ships it, so that its limits are the ones tests meet.
_PROPERTIES = """
process.roles=broker,controller
node.id={id}
controller.quorum.voters={voters}
listeners=PLAINTEXT://{host}:{broker},CONTROLLER://{host}:{controller}
controller.listener.names=CONTROLLER
log.dirs={logs}
num.partitions=4
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor={replicas}
transaction.state.log.num.partitions=2
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.index.size.max.bytes=1048576
"""

# A listener that wants TLS and a login, as a hospital's has; {pem} holds its key and certificate.
_SECURED = """
listeners=SASL_SSL://{host}:{broker},PLAINTEXT://{host}:{inner},CONTROLLER://{host}:{controller}
listener.security.protocol.map=SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
    user_{user}="{password}";
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={pem}
"""

# A short life: the quick compiler and the plain collector start sooner, and a node for tests needs no more.
_JAVA = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")
_QUIET = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-Dorg.slf4j.simpleLogger.showDateTime=true")


@dataclass(frozen=True, slots=True)
class Login:
    """Who may talk to a broker, and the file with the broker's own key and certificate (PEM)."""

    user: str
    password: str
    pem: Path


@dataclass(frozen=True, slots=True)
class Node:
    """One of the nodes of a cluster: its number from 1, the cluster, and the port of each node's controller."""

    id: int
    cluster: str
    controllers: Sequence[int]


class ApacheKafka:
    """One broker with the life of `pro_collector.embedded.kafka.Kafka`: start() -> bootstrap, stop().

    With a `login` it listens with TLS, and lets in who knows the password. Without a `node` it is a cluster by itself.
    """

    def __init__(self, port: int | None = None, login: Login | None = None, node: Node | None = None) -> None:
        self._port, self._login = port, login
        self._node = node or Node(1, cluster_id(), [free_port()])
        self._child: Child | None = None
        self._temporary: Path | None = None
        self._launch: Callable[[], Child] | None = None

    def start(self) -> str:
        """Bring the broker if it is not in the cache, format a fresh log, start, and return the bootstrap address."""
        if self._child is not None:
            raise Unavailable("this Kafka broker is running already")
        jars = JARS.in_cache()
        self._temporary = Path(tempfile.mkdtemp(prefix="pro-apache-kafka-"))
        try:
            return self._start(jars, self._temporary)
        except BaseException:
            self.stop()
            raise

    def kill(self) -> None:
        """End the broker as a lost machine does; its log stays."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def restart(self) -> None:
        """Start again on the log of a broker that was killed."""
        if self._child is not None or self._launch is None:
            raise Unavailable("this Kafka broker was not killed")
        self._child = self._launch()

    def stop(self) -> None:
        """End the broker, with a moment to say goodbye, and remove its log."""
        if self._child is not None:
            self._child.stop((signal.SIGTERM, 2.0))
            self._child = None
        remove(self._temporary)
        self._temporary = None

    @property
    def pid(self) -> int | None:
        """The broker's process, while it runs."""
        return None if self._child is None else self._child.process.pid

    def _start(self, jars: Path, folder: Path) -> str:
        port, cluster = self._port or free_port(), self._node.cluster
        properties = folder / "server.properties"
        inner = free_port() if self._login else port
        properties.write_text(self._properties(folder / "log", port, inner))
        java = ["java", *_JAVA, *_QUIET, "-cp", f"{jars}/*"]
        formatted = run([*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", properties, *self._users()])
        if formatted.returncode != 0:
            raise Unavailable(f"Apache Kafka could not format its log: {formatted.stderr.strip()[-600:]}")
        self._launch = partial(_run, [*java, "kafka.Kafka", properties], folder, inner, cluster)
        self._child = self._launch()
        return f"{LOOPBACK}:{port}"

    def _properties(self, logs: Path, port: int, inner: int) -> str:
        node = self._node
        voters = ",".join(f"{id}@{LOOPBACK}:{controller}" for id, controller in enumerate(node.controllers, start=1))
        cluster = {"id": node.id, "voters": voters, "replicas": len(node.controllers)}
        controller = node.controllers[node.id - 1]
        ports = {"host": LOOPBACK, "broker": port, "inner": inner, "controller": controller, "logs": logs}
        login = asdict(self._login) if self._login else {}
        return (_PROPERTIES + (_SECURED if login else "")).format(**cluster, **ports, **login)

    def _users(self) -> list[str]:
        if self._login is None:
            return []
        return ["--add-scram", f"SCRAM-SHA-512=[name={self._login.user},password={self._login.password}]"]


def _run(command: Sequence[str | Path], folder: Path, port: int, cluster: str) -> Child:
    child = spawn("Apache Kafka", command, log=folder / "server.log", environment=minimal_environment(), folder=folder)
    try:
        child.wait_until(lambda: broker_answers(port, cluster), 60)
    except BaseException:
        child.stop()
        raise
    return child


def cluster_id() -> str:
    """A random id in Kafka's own form, which never starts with a dash."""
    while (made := base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return made


def main() -> None:
    """Run one broker until the terminal or a signal ends it: `make kafka`."""
    for each in (signal.SIGINT, signal.SIGTERM):  # a shell lets its background jobs ignore SIGINT, and so would we
        signal.signal(each, signal.default_int_handler)
    broker = ApacheKafka(int(sys.argv[1]) if len(sys.argv) > 1 else None)
    with contextlib.suppress(KeyboardInterrupt):
        try:
            print(f"PRO_KAFKA_BOOTSTRAP={broker.start()}   (Ctrl-C ends it)", flush=True)
            while True:
                time.sleep(0.5)  # a pause without end would miss a signal that came just before it
        finally:
            broker.stop()


if __name__ == "__main__":
    main()
