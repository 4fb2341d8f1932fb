"""The append-only log of a run: one JSON object a line, each with the time and what happened."""

import json
import time
from pathlib import Path
from typing import Any


class Log:
    """What the carrier, the mail catcher, the people and the faults did; nothing in it is ever changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def note(self, what: str, /, **values: Any) -> None:
        """Add a line."""
        self._file.write(json.dumps({"at": time.time(), "what": what, **values}) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read(path: Path) -> list[dict[str, Any]]:
    """Every line of a log."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
