"""What somebody may choose as a password and as the short name of an account; and which code of the app counts."""

import re
from collections.abc import Sequence

SHORTEST, LONGEST_PASSWORD = 12, 256
"""Characters of a password; NIST SP 800-63B asks for length, not for kinds of signs."""
_FEWEST_SIGNS = 5
_HANDLE = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
_NOBODY = frozenset({"participant", "proxy", "caregiver", "system", "pro-collector", "sender"})
"""Who acts in the record without an account."""
CODE_STEP = 30
"""Seconds for which a code of the app is valid (RFC 6238)."""


def password_problem(password: str, own: Sequence[str] = ()) -> str | None:
    """What is wrong with a password, None if nothing is. `own`: the short name and mail address of the account."""
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters. Several words are easy to remember."
    if len(password) > LONGEST_PASSWORD:
        return f"Use at most {LONGEST_PASSWORD} characters."
    if len(set(password.casefold())) < _FEWEST_SIGNS:
        return "Use more different characters."
    if any(len(word) > 3 and word.casefold() in password.casefold() for word in own):
        return "Leave your name and address out of it."
    return None


def handle_problem(handle: str) -> str | None:
    """What is wrong with the short name of an account, None if nothing is."""
    if not _HANDLE.fullmatch(handle):
        return f"{handle!r}: use 2 to 32 of a-z, 0-9, dot, hyphen and underscore, beginning with a letter or digit"
    if handle in _NOBODY:
        return f"{handle!r} stands in records for somebody else"
    return None


def unused_step(matching: Sequence[int], last_used: int | None) -> int | None:
    """Of the time steps whose code somebody entered, the one that counts; None if each was used before or none matches.

    A code is accepted once (RFC 6238, 5.2): whoever saw it being typed cannot sign in with it.
    """
    fresh = [step for step in matching if last_used is None or step > last_used]
    return min(fresh, default=None)
