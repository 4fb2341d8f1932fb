"""What the study team reads before it enrols people: what may be a mistake."""

from collections.abc import Mapping
from typing import Literal

WarnedOf = Literal["shared", "stopped", "broken", "unlikely"]
"""Somebody else is reached at an address; messages to it were stopped; nothing can be delivered there; there is hardly
such a number."""
WHY: Mapping[WarnedOf, str] = {
    "shared": "somebody else is reached there too; replies belong to the question that was asked last",
    "stopped": "messages were stopped there: none is sent until they write START",
    "broken": "messages could not be delivered there",
    "unlikely": "there is hardly such a number; please look again",
}


def warned(code: str, column: str, why: WarnedOf) -> str:
    """One line about a value of somebody, without the value."""
    return f"{code}, {column.replace('_', ' ')}: {WHY[why]}"
