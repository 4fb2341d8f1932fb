"""Loopback ports for Kafka brokers: finding a free one, and asking whether our own broker answers on it."""

import socket
import struct

LOOPBACK = "127.0.0.1"

# Metadata v2 for no topic: api key 3, version 2, correlation id, no client id, no topics. Its answer names the cluster.
_METADATA = struct.pack(">hhihi", 3, 2, 1, -1, 0)
_QUESTION = struct.pack(">i", len(_METADATA)) + _METADATA


def free_port() -> int:
    """A TCP port that was free on loopback a moment ago; whoever takes it must be ready to find it taken."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


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
