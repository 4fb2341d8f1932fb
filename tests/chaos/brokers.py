"""The broker of a run, or three of them, on addresses that stay when they are killed and started again."""

import asyncio
from collections.abc import Sequence

from pro_collector.embedded.kafka import Kafka
from pro_collector.embedded.port import free_port
from tests.apache_kafka import ApacheKafka, Node, cluster_id

NODES = 3


class Broker:
    """`kind`: embedded (keeps nothing when it ends), apache (one broker), cluster (three); Apache's keep their log."""

    def __init__(self, kind: str) -> None:
        ports = [free_port() for _ in range(NODES if kind == "cluster" else 1)]
        self.idempotent = kind != "embedded"
        self.replication = len(ports)
        self.address = ",".join(f"127.0.0.1:{port}" for port in ports)
        self._servers: Sequence[Kafka | ApacheKafka] = (
            [Kafka(port) for port in ports] if kind == "embedded" else _nodes(ports)
        )

    @property
    def pid(self) -> int:
        """The process id of the first one, which runs."""
        pid = self._servers[0].pid
        assert pid is not None
        return pid

    async def start(self) -> None:
        """Start, with nothing in it."""
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in self._servers))

    async def stop(self) -> None:
        """End; everything in it is lost."""
        await asyncio.gather(*(asyncio.to_thread(server.stop) for server in self._servers))

    async def kill(self) -> None:
        """End at once, all of them."""
        await asyncio.gather(*(self.kill_one(n) for n in range(self.replication)))

    async def start_again(self) -> None:
        """Start after `kill`."""
        await asyncio.gather(*(self.start_one_again(n) for n in range(self.replication)))

    async def kill_one(self, n: int) -> None:
        """End one at once."""
        server = self._servers[n]
        await asyncio.to_thread(server.kill if isinstance(server, ApacheKafka) else server.stop)

    async def start_one_again(self, n: int) -> None:
        """Start one after `kill_one`."""
        server = self._servers[n]
        await asyncio.to_thread(server.restart if isinstance(server, ApacheKafka) else server.start)


def _nodes(ports: Sequence[int]) -> Sequence[ApacheKafka]:
    cluster, controllers = cluster_id(), [free_port() for _ in ports]
    return [ApacheKafka(port, node=Node(n, cluster, controllers)) for n, port in enumerate(ports, start=1)]
