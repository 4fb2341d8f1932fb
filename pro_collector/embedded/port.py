"""Loopback ports: finding a free one, and asking whether our own Kafka broker answers on it."""

import itertools
import secrets
import socket
import struct
from contextlib import suppress

from pro_collector.errors import Unavailable

LOOPBACK = "127.0.0.1"

# Below the ports that a system hands out by itself (Linux from 32768 on, others from 49152 on): one of those may be
# given to the next socket that asks for any, before ours is open. No process tries the same port twice.
_LOWEST, _MANY, _TRIES = 20_000, 12_000, 200
_walk = itertools.count(secrets.randbelow(_MANY))

# Metadata v2 for no topic: api key 3, version 2, correlation id, no client id, no topics. Its answer names the cluster.
_METADATA = struct.pack(">hhihi", 3, 2, 1, -1, 0)
_QUESTION = struct.pack(">i", len(_METADATA)) + _METADATA


def free_port() -> int:
    """A TCP port that was free on loopback a moment ago; whoever takes it must be ready to find it taken."""
    for step in itertools.islice(_walk, _TRIES):
        port = _LOWEST + step % _MANY
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
    raise Unavailable(f"none of {_TRIES} ports is free on {LOOPBACK}")


def broker_answers(port: int, cluster: str) -> bool:
    """Whether a broker of `cluster` answers on this loopback port: another's may have taken it since it was free."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=2) as connection:
            connection.sendall(_QUESTION)
            with connection.makefile("rb") as answer:
                head = answer.read(4)
                body = answer.read(struct.unpack(">i", head)[0]) if len(head) == 4 else b""
    except OSError:
        return False
    name = cluster.encode()
    return struct.pack(">h", len(name)) + name in body  # with its length, or `pro-1` would be found in `pro-1234`
