"""Loopback ports for Kafka brokers: finding a free one, and asking whether a broker answers on it."""

import socket
import struct

LOOPBACK = "127.0.0.1"

# ApiVersions v0, the one request every broker answers to anybody: api key 18, version 0, correlation id, no client id.
_API_VERSIONS = struct.pack(">hhih", 18, 0, 1, -1)
_QUESTION = struct.pack(">i", len(_API_VERSIONS)) + _API_VERSIONS


def free_port() -> int:
    """A TCP port that was free on loopback a moment ago; whoever takes it must be ready to find it taken."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def broker_answers(port: int) -> bool:
    """Whether something on this loopback port speaks the Kafka protocol."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=2) as connection:
            connection.sendall(_QUESTION)
            with connection.makefile("rb") as answer:
                head = answer.read(8)
    except OSError:
        return False
    return len(head) == 8 and struct.unpack(">ii", head)[1] == 1
