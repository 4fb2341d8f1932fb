"""Harmless slips of the thumb: one letter missing, doubled, swapped or wrong, when only one known word is near."""

import re
from collections.abc import Iterable

_RUN = re.compile(r"(.)\1\1+")


class Spelling:
    """Known words, findable from a text one slip away.

    Words of `strict` (number words) forgive swapped and doubled letters, and a missing one from five letters on; they
    never forgive a wrong letter, because "tin" is not "ten" and "weight" is not "eight".
    """

    def __init__(self, words: Iterable[str], strict: Iterable[str] = (), real: Iterable[str] = ()) -> None:
        self._strict = frozenset(strict)
        self._known = frozenset(words) | self._strict
        self._real = frozenset(real)
        self._near: dict[str, set[str]] = {}
        self._starts: set[tuple[str, int]] = set()
        for word in self._known:
            self._starts.update((word[0], len(word) + step) for step in (-1, 0, 1))
            self._starts.add((word[1:2], len(word)))
            for variant in _without_one(word):
                self._near.setdefault(variant, set()).add(word)

    def mend(self, word: str) -> str | None:
        """The one known word that `word` must have been meant as, or None."""
        if word in self._real:
            return None
        stretched = self._squeeze(word)
        if stretched is not None or (word[0], len(word)) not in self._starts:
            return stretched
        close = self._near.keys() & _without_one(word)
        if not close:
            return None
        candidates = {near for variant in close for near in self._near[variant]}
        found = [near for near in candidates if _one_slip(word, near, near in self._strict)]
        return found[0] if len(found) == 1 else None

    def _squeeze(self, word: str) -> str | None:
        if _RUN.search(word) is None:
            return None
        single = _RUN.sub(r"\1", word)
        return next((each for each in (single, _RUN.sub(r"\1\1", word)) if each in self._known), None)


class Beginnings:
    """Known words, findable from their first letters: at least three of them."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_start: dict[str, set[str]] = {}
        for word in words:
            self._by_start.setdefault(word[:3], set()).add(word)

    def complete(self, start: str) -> str | None:
        """The only word that begins with `start`, or None."""
        found = [word for word in self._by_start.get(start[:3], ()) if word.startswith(start)]
        return found[0] if len(found) == 1 and len(start) >= 3 else None


def _without_one(word: str) -> frozenset[str]:
    """`word` itself, and without each one of its letters."""
    return frozenset([word[:at] + word[at + 1 :] for at in range(len(word) + 1)])


def _one_slip(word: str, meant: str, strict: bool) -> bool:
    if word == meant or len(meant) < 3:
        return False
    if len(word) == len(meant) + 1 and _doubled(word, meant):
        return True
    if len(meant) < 4:
        return False
    if len(word) == len(meant):
        wrong = [at for at in range(len(word)) if word[at] != meant[at]]
        if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
            return word[wrong[0]] == meant[wrong[1]] and word[wrong[1]] == meant[wrong[0]]
        return not strict and len(wrong) == 1 and wrong[0] > 0 and len(meant) >= 6
    if word[0] != meant[0]:
        return False
    if len(word) == len(meant) - 1:
        return len(meant) >= 5
    return not strict


def _doubled(word: str, meant: str) -> bool:
    return any(word[at] == word[at + 1] and word[:at] + word[at + 1 :] == meant for at in range(len(word) - 1))
