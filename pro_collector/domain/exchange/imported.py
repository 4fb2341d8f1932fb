"""What came of reading somebody else's questionnaire: the instrument, and what was left out or taken otherwise."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from pro_collector.domain.instrument.definition import Instrument


@dataclass(frozen=True, slots=True)
class Imported:
    """An instrument read from another format. `notes` tell a person what did not come across as it was."""

    instrument: Instrument
    notes: tuple[str, ...]


def slug(*candidates: object) -> str:
    """The first candidate that leaves something when written as an instrument id, else `imported`."""
    for candidate in candidates:
        found = re.sub(r"[^a-z0-9]+", "-", str(candidate or "").lower()).strip("-")
        if found:
            return found
    return "imported"


def semantic_version(given: object) -> str:
    """A version as three numbers: `2` is 2.0.0, `2026.0.0-ballot` is 2026.0.0, nothing is 1.0.0."""
    numbers = re.findall(r"\d+", str(given or "1"))[:3] or ["1"]
    return ".".join([*(str(int(number)) for number in numbers), "0", "0"][:3])


def item_id(given: object, taken: Collection[str]) -> str:
    """A link id or field name as an item id of its own: characters that an id cannot have become `_`."""
    found = re.sub(r"[^A-Za-z0-9_./\-]+", "_", str(given or "")).lstrip(".-") or "item"
    candidate, number = found, 2
    while candidate in taken:
        candidate, number = f"{found}_{number}", number + 1
    return candidate


def plain(text: object) -> str:
    """Words without HTML tags and with single spaces, as form builders often add both."""
    return re.sub(r"\s+", " ", re.sub(r"<[^<>]+>", " ", str(text or ""))).strip()
