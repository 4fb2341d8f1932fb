"""The process that reads mails: lengths and bytes on standard input, what was read on standard output.

A mail that takes too long ends the process by the alarm of its timer, even in the middle of a regular expression.
"""

import json
import signal
import sys
from dataclasses import asdict
from typing import IO

from pro_collector.channels.bounce import parse_bounce
from pro_collector.channels.inbound_mail import parse_mail

_LENGTH = 4


def main(cpu_seconds: float) -> None:
    """Read mails until the input ends, each within so many seconds of computing."""
    for name in (signal.SIGINT, signal.SIGTERM):  # they are for the process that waits for the answer
        signal.signal(name, signal.SIG_IGN)
    put(sys.stdout.buffer, b"ready")
    while True:
        sys.stdout.buffer.flush()
        try:
            content, envelope_to = get(sys.stdin.buffer), get(sys.stdin.buffer)
        except OSError:
            return
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        answer = _said(content, envelope_to.decode("utf-8", "surrogateescape"))
        signal.setitimer(signal.ITIMER_PROF, 0)
        put(sys.stdout.buffer, answer)


def put(stream: IO[bytes], content: bytes) -> None:
    """Write bytes with their length in front."""
    stream.write(len(content).to_bytes(_LENGTH, "big") + content)


def get(stream: IO[bytes]) -> bytes:
    """Read bytes with their length in front. Raises OSError when the other side has ended."""
    head = stream.read(_LENGTH)
    content = stream.read(int.from_bytes(head, "big"))
    if len(head) < _LENGTH or len(content) < int.from_bytes(head, "big"):
        raise OSError("the other process has ended")
    return content


def _said(content: bytes, envelope_to: str) -> bytes:
    mail, bounce = parse_mail(content), parse_bounce(content, envelope_to)
    return json.dumps([asdict(mail), asdict(bounce) if bounce else None], default=str).encode()


if __name__ == "__main__":
    main(float(sys.argv[1]))
