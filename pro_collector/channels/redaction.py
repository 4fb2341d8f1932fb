"""Removes phone numbers and mail addresses from what a provider says, so that it can be stored and logged."""

import re

_ADDRESS = re.compile(r"[^\s<>\"'()\[\],;:]+@[^\s<>\"'()\[\],;:]+")
_NUMBER = re.compile(r"(?:\+|%2[Bb])?\d(?:[\s().-]{0,2}\d){6,}")


def redact(text: str) -> str:
    """Replace every mail address by `[address]` and every run of seven digits or more by `[number]`."""
    return _NUMBER.sub("[number]", _ADDRESS.sub("[address]", text))
