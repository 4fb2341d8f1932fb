"""The checkpoints of the audit chain in a file outside the database: one JSON object a line, only ever appended."""

import json
import os
from datetime import datetime
from pathlib import Path

from pro_collector.domain.audit_chain import KeptHead
from pro_collector.errors import BadInput, Problem


def keep(file: Path, head: KeptHead) -> None:
    """Append a checkpoint, and wait until it is on the disk. Raises OSError."""
    line = {
        "n": head.n,
        "entries": head.entries,
        "link": head.link.hex(),
        "signature": head.signature,
        "made_at": head.made_at.isoformat(),
    }
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    with os.fdopen(descriptor, "a") as stream:
        stream.write(json.dumps(line) + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def read(file: Path) -> list[KeptHead]:
    """The checkpoints in a file, in their order; none if there is no file. Raises BadInput."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BadInput([Problem(str(file), None, "", f"cannot be read: {error.strerror}")]) from error
    return [_head(file, number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _head(file: Path, number: int, line: str) -> KeptHead:
    try:
        found = json.loads(line)
        made_at = datetime.fromisoformat(found["made_at"])
        return KeptHead(
            int(found["n"]), int(found["entries"]), bytes.fromhex(found["link"]), str(found["signature"]), made_at
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput([Problem(str(file), number, "", "expected a checkpoint of the audit chain")]) from error
