"""The result of an import: the instrument, and notes on what was left out or changed."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pro_collector.domain.instrument.definition import Instrument


@dataclass(frozen=True, slots=True)
class Imported:
    """An instrument read from another format. `notes` tell a person what was left out or changed."""

    instrument: Instrument
    notes: tuple[str, ...]


def skip_logic(clauses: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """The skip logic of an item, as data, from clauses of conditions: of each clause at least one condition holds."""
    if not clauses:
        return {}
    if len(clauses) == 1:
        return {"enable_when": [*clauses[0]], "enable_behavior": "any" if len(clauses[0]) > 1 else "all"}
    parts = [clause[0] if len(clause) == 1 else {"any_of": [*clause]} for clause in clauses]
    return {"enable_when": parts, "enable_behavior": "all"}


def slug(*candidates: object) -> str:
    """The first candidate that is not empty when written as an instrument id, else `imported`."""
    for candidate in candidates:
        name = re.sub(r"[^a-z0-9]+", "-", str(candidate or "").lower()).strip("-")
        if name:
            return name
    return "imported"


def semantic_version(given: object) -> str:
    """A version as three numbers: `2` is 2.0.0, `2026.0.0-ballot` is 2026.0.0, nothing is 1.0.0."""
    numbers = re.findall(r"\d+", str(given or "1"))[:3] or ["1"]
    return ".".join([*(str(int(number)) for number in numbers), "0", "0"][:3])


def item_id(given: object, taken: Collection[str]) -> str:
    """A link id or field name as a new item id, different from those `taken`; other characters become `_`."""
    name = re.sub(r"[^A-Za-z0-9_./\-]+", "_", str(given or "")).lstrip(".-") or "item"
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def plain(text: object) -> str:
    """The text without HTML tags and repeated spaces, which form builders often add."""
    return re.sub(r"\s+", " ", re.sub(r"<[^<>]+>", " ", str(text or ""))).strip()
