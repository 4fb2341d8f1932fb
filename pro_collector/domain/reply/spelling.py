"""Corrects spelling mistakes: one letter missing, doubled, swapped or wrong, if only one known word is similar."""

import re
from collections.abc import Iterable

_RUN = re.compile(r"(.)\1\1+")


class Spelling:
    """Known words that can be found from a word with one spelling mistake.

    For words of `strict` (number words) swapped and doubled letters are corrected, and a missing letter in words of at
    least five; a wrong letter never is, because "tin" is not "ten" and "weight" is not "eight". Words of `real` are
    never corrected.
    """

    def __init__(self, words: Iterable[str], strict: Iterable[str] = (), real: Iterable[str] = ()) -> None:
        self._strict = frozenset(strict)
        self._known = frozenset(words) | self._strict
        self._real = frozenset(real)
        self._by_variant: dict[str, set[str]] = {}
        self._starts: set[tuple[str, int]] = set()
        for word in self._known:
            self._starts.update((word[0], len(word) + step) for step in (-1, 0, 1))
            self._starts.add((word[1:2], len(word)))
            for variant in _without_one(word):
                self._by_variant.setdefault(variant, set()).add(word)

    def correct(self, word: str) -> str | None:
        """The known word that `word` must have been meant as, or None if there is none or more than one."""
        if word in self._real:
            return None
        without_repeats = self._without_repeats(word)
        if without_repeats is not None or (word[0], len(word)) not in self._starts:
            return without_repeats
        variants = self._by_variant.keys() & _without_one(word)
        if not variants:
            return None
        candidates = {known for variant in variants for known in self._by_variant[variant]}
        similar = [known for known in candidates if _one_mistake(word, known, known in self._strict)]
        return similar[0] if len(similar) == 1 else None

    def _without_repeats(self, word: str) -> str | None:
        """The known word that `word` is with a letter three or more times in a row ("nooo"), or None."""
        if _RUN.search(word) is None:
            return None
        single = _RUN.sub(r"\1", word)
        return next((each for each in (single, _RUN.sub(r"\1\1", word)) if each in self._known), None)


class PrefixIndex:
    """Known words that can be found from their first letters (at least three)."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_start: dict[str, set[str]] = {}
        for word in words:
            self._by_start.setdefault(word[:3], set()).add(word)

    def complete(self, start: str) -> str | None:
        """The only word that begins with `start`, or None."""
        words = [word for word in self._by_start.get(start[:3], ()) if word.startswith(start)]
        return words[0] if len(words) == 1 and len(start) >= 3 else None


def _without_one(word: str) -> frozenset[str]:
    """`word`, and every variant of it without one of its letters."""
    return frozenset([word[:at] + word[at + 1 :] for at in range(len(word) + 1)])


def _one_mistake(word: str, meant: str, strict: bool) -> bool:
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
