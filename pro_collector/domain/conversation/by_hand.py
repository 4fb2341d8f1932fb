"""What a person of the study team may write to a participant: checked before anything is sent."""

import re
from collections.abc import Collection, Iterator

NOT_DELIVERED = "what a person of the team wrote to them did not arrive"
"""The reason of a task for a written message that failed, or that could not be sent any more."""
MOST_CHARACTERS = 400
"""The longest text that a person may write: three segments with the words around it."""
_LINK = re.compile(r"://|\bwww\.|\b[\w-]+\.(?:com|org|net|edu|gov|info|health|eu|io|[a-z]{2})(?:/|\b(?![.'’\w]))", re.I)
_NUMBER = re.compile(r"\+?\d[\d\s()./-]{5,}\d")
_MAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;.]+")
_LONGEST_COUNTRY_CODE = 3


def mistakes(words: str, names: Collection[str]) -> Iterator[str]:
    """Why `words` must not be sent; nothing if they may. `names`: the code and nickname of the participant."""
    if not words.strip():
        yield "there are no words in it"
    if len(words) > MOST_CHARACTERS:
        yield f"it has {len(words)} characters; at most {MOST_CHARACTERS} are sent"
    if "{" in words or "}" in words:
        yield "a brace is not allowed in it"
    if any(not each.isprintable() and each != "\n" for each in words):
        yield "it has a character that cannot be printed"
    if _LINK.search(_MAIL.sub("", words)):
        yield "it has a link; a person who gets one cannot tell that it is from you"
    for name in names:
        if name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words, re.IGNORECASE):
            yield "it names the participant; whoever sees the phone can read it"


def addresses(words: str, team_phone: str) -> Iterator[str]:
    """Everything in `words` that may be somebody's phone number or mail address, as these are stored.

    A number without a country code is tried with those that the team's own number may begin with.
    """
    yield from _MAIL.findall(words)
    for found in _NUMBER.findall(words):
        digits = re.sub(r"\D", "", found)
        yield f"+{digits}"
        if not found.startswith("+"):
            yield f"+{digits.removeprefix('00')}"
            for length in range(1, _LONGEST_COUNTRY_CODE + 1):
                yield f"{team_phone[: length + 1]}{digits.removeprefix('0')}"
