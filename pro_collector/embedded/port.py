"""Loopback ports: finds a free port, and checks whether our own Kafka broker answers on it."""

import itertools
import secrets
import socket
import struct
from contextlib import suppress

from pro_collector.errors import Unavailable

LOOPBACK = "127.0.0.1"

# The range is below the ephemeral ports (Linux from 32768 on, others from 49152 on): the system may give one of those
# to another socket before ours is open. No process tries the same port twice.
_LOWEST, _COUNT, _TRIES = 20_000, 12_000, 200
_steps = itertools.count(secrets.randbelow(_COUNT))

# Metadata request v2: api key 3, version 2, correlation id, no client id, no topics. The response names the cluster.
_METADATA = struct.pack(">hhihi", 3, 2, 1, -1, 0)
_REQUEST = struct.pack(">i", len(_METADATA)) + _METADATA


def free_port() -> int:
    """A TCP port that was free on loopback a moment ago; another process may have taken it since."""
    for step in itertools.islice(_steps, _TRIES):
        port = _LOWEST + step % _COUNT
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
    raise Unavailable(f"none of {_TRIES} ports is free on {LOOPBACK}")


def broker_answers(port: int, cluster: str) -> bool:
    """Whether the broker of `cluster` answers on this loopback port; another broker may have taken the port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=2) as connection:
            connection.sendall(_REQUEST)
            with connection.makefile("rb") as response:
                head = response.read(4)
                body = response.read(struct.unpack(">i", head)[0]) if len(head) == 4 else b""
    except OSError:
        return False
    name = cluster.encode()
    return struct.pack(">h", len(name)) + name in body  # with its length: otherwise `pro-1` would match `pro-1234`
