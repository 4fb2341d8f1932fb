"""What was read from a source of treatment data, and the secret that lets us read it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pro_collector.domain.feed.record import TreatmentRecord
from pro_collector.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class SourceReading:
    """What a source said: its time then, the records in what was read, and those that stood before and are gone."""

    read_at: datetime
    found: Sequence[TreatmentRecord]
    gone: Sequence[TreatmentRecord]


def credential(variable: str, holds: str) -> str:
    """The secret in a variable of the environment, or in the file that `..._FILE` names. Raises Misconfigured."""
    if file := os.environ.get(f"{variable}_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise Misconfigured(f"{variable}_FILE: cannot be read ({type(error).__name__})") from None
    if said := os.environ.get(variable, "").strip():
        return said
    raise Misconfigured(f"{variable}, or {variable}_FILE, is not set: it holds {holds}")
