"""Texts that consist of a keyword alone ("please STOP", "skip it"), in any shipped language; courtesies are ignored."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pro_collector.domain.reply.language import Language
from pro_collector.domain.reply.lexicon import COURTESY, Lexicon, Phrase
from pro_collector.domain.reply.spelling import Spelling
from pro_collector.domain.reply.tokens import BREAK, MARK, NUMBER, STRANGE, WORD, Token, forms, sentences

# The largest number of words in a keyword, courtesies included.
_MAX_WORDS = 24
_NOT_WORDS = frozenset({BREAK, MARK, STRANGE})


@dataclass(frozen=True, slots=True)
class Keyword:
    """The keyword that a text consists of.

    `always`: carriers or the law require it to work whatever was asked. `declining` is the FHIR code of the reason for
    giving no answer ("asked-declined"); it is empty for all other keywords.
    """

    intent: str
    always: bool = False
    declining: str = ""


class StandaloneKeywords:
    """The keywords of every shipped language."""

    def __init__(self, language: Language) -> None:
        courtesies = [form for each in language.all for phrase in each.courtesies for form in forms(phrase)]
        self._courtesies = Lexicon(Phrase(form, COURTESY) for form in courtesies)
        self._yes = {" ".join(form) for each in language.all for phrase in each.affirming for form in forms(phrase)}
        self._known: dict[str, Keyword] = {}
        for phrase, keyword in _keywords(language):
            for key in map(" ".join, forms(phrase)):
                if key not in self._known or keyword.always:
                    self._known[key] = keyword
        self._words = {word for key in self._known for word in key.split()}
        # Strict: "cancer" must never be read as "cancel".
        self._spelling = Spelling((), (word for word in self._words if len(word) >= 5))
        self._courtesy_words = _longest_words(map(" ".join, courtesies))
        self._keyword_words = _longest_words(self._known)
        self._usual = self._words | self._courtesies.vocabulary()
        self._always = {key for key, keyword in self._known.items() if keyword.always and keyword.intent == "opt_out"}
        self._always_words = _longest_words(self._always)

    def keyword(self, parts: Sequence[Token]) -> Keyword | None:
        """The keyword that the whole text is, or None; ignores courtesies and repetition ("stop stop!!", "S T O P")."""
        words = _words(parts)
        unknown = [word for word in words if word not in self._usual]
        if not unknown:
            keyword = None if self._keyword_words.isdisjoint(words) else self._spelt_right(words)
        elif len(unknown) <= 3 and len(min(unknown, key=len)) >= 5:
            keyword = self._misspelt(words[:_MAX_WORDS])
        else:
            keyword = None
        if keyword is None and len(words) > 2 and len(letters := "".join(words)) == len(words):
            keyword = self._known.get(letters)
        if keyword is None and not self._always_words.isdisjoint(words):
            keyword = self._stop_in_own_sentence(parts) or self._stop_with_number(parts)
        return keyword

    def candidates(self, parts: Sequence[Token]) -> set[str]:
        """What a keyword of the text may be: the text or one sentence of it, with and without courtesies, or a word."""
        found: set[str] = set(_words(parts))
        for sentence in (list(parts), *sentences(list(parts))):
            pieces = list(self._pieces(_words(sentence)[:_MAX_WORDS]))
            found |= {" ".join(_words(sentence)), *(self._without_courtesies(pieces) if pieces else ())}
        return found

    def beside_stop(self, parts: Sequence[Token]) -> list[Token]:
        """What is left of "3 STOP" or "STOP. A little": the text without an opt-out word at its beginning or its end.

        Empty if it has no such word, or nothing else.
        """
        rest = [part for part in parts if part.kind != MARK]
        for end in (0, -1):
            while rest and (rest[end].kind == BREAK or rest[end].text in self._always):
                del rest[end]
        return rest if self._always.intersection(part.text for part in parts) else []

    def agrees(self, parts: Sequence[Token]) -> bool:
        """Whether the whole text says yes."""
        return " ".join(self._bare(self._pieces(_words(parts)))) in self._yes

    def is_courtesy(self, parts: Sequence[Token]) -> bool:
        """Whether the text has only thanks, greetings and other courtesies."""
        return all(courtesy for _, courtesy in self._pieces(_words(parts)))

    def _pieces(self, words: Sequence[str]) -> Iterator[tuple[str, bool]]:
        """The words as (text, whether it is a courtesy); a courtesy of several words ("por favor") is one piece."""
        texts, at = tuple(words), 0
        while at < len(texts):
            courtesy = self._courtesies.at(texts, at)
            length = len(courtesy.words) if courtesy else 1
            yield " ".join(texts[at : at + length]), courtesy is not None
            at += length

    def _bare(self, pieces: Iterator[tuple[str, bool]] | list[tuple[str, bool]]) -> list[str]:
        """The words without courtesies; one word if all of them are the same."""
        kept = [word for word, courtesy in pieces if not courtesy]
        return kept[:1] if len(set(kept)) == 1 else kept

    def _spelt_right(self, words: list[str]) -> Keyword | None:
        whole = self._known.get(" ".join(words))
        if whole is not None:
            return whole
        if self._courtesy_words.isdisjoint(words):
            return self._known.get(words[0]) if len(set(words)) == 1 else self._stops(words)
        pieces = list(self._pieces(words[:_MAX_WORDS]))
        if all(courtesy or word in self._words for word, courtesy in pieces):
            for key in self._without_courtesies(pieces):
                if key in self._known:
                    return self._known[key]
        return self._stops(self._bare(pieces))

    def _stops(self, bare: list[str]) -> Keyword | None:
        """The keyword of several opt-out words in a row ("stop unsubscribe")."""
        known = [self._known.get(word) for word in bare]
        return known[0] if all(each and each.intent == "opt_out" for each in known) and known else None

    def _misspelt(self, words: list[str]) -> Keyword | None:
        """The keyword that was meant with spelling mistakes: "unsubscirbe", "worng number"."""
        for word in words:
            if word not in self._usual and self._spelling.correct(word) is None:
                return None
        bare = self._bare(self._pieces(words))
        if len(bare) > 3:
            return None
        corrected = " ".join(word if word in self._words else self._spelling.correct(word) or word for word in bare)
        return self._known.get(corrected) if len(corrected) >= 6 else None

    def _without_courtesies(self, pieces: list[tuple[str, bool]]) -> Iterator[str]:
        """The words as they are, then without courtesies at either end, one by one, then without any courtesies."""
        kept = [at for at, (_, courtesy) in enumerate(pieces) if not courtesy]
        first, last = (kept[0], kept[-1] + 1) if kept else (len(pieces) - 1, 1)
        for start in range(first + 1):
            for end in range(len(pieces), last - 1, -1):
                yield " ".join(word for word, _ in pieces[start:end])
        yield " ".join(self._bare(pieces))

    def _stop_in_own_sentence(self, parts: Sequence[Token]) -> Keyword | None:
        """ "7. STOP" has an opt-out as a separate sentence; "the pain won't stop" has not."""
        ends = [at for at, part in enumerate(parts) if part.kind == BREAK]
        for start, end in zip([-1, *ends], [*ends, len(parts)], strict=True) if ends else ():
            words = _words(parts[start + 1 : end])
            if not self._always_words.isdisjoint(words):
                key = " ".join(self._bare(self._pieces(words)))
                if key in self._always:
                    return self._known[key]
        return None

    def _stop_with_number(self, parts: Sequence[Token]) -> Keyword | None:
        """ "3 STOP": only a number and an opt-out word."""
        words = [part.text for part in parts if part.kind == WORD]
        numbers = [part for part in parts if part.kind == NUMBER]
        return self._known[words[0]] if len(words) == len(numbers) == 1 and words[0] in self._always else None


def _keywords(language: Language) -> Iterator[tuple[str, Keyword]]:
    for vocabulary in language.all:
        for name, intent in vocabulary.intents.items():
            yield from ((phrase, Keyword(name)) for phrase in intent.alone)
            yield from ((phrase, Keyword(name, always=True)) for phrase in intent.always)
        for code, phrases in vocabulary.declines.items():
            yield from ((phrase, Keyword("skip", declining=code)) for phrase in phrases)


def _longest_words(keys: Iterable[str]) -> set[str]:
    """The longest word of each keyword: a quick test, because few texts with that word do not mean the keyword."""
    return {max(key.split(), key=len) for key in keys}


def _words(parts: Sequence[Token]) -> list[str]:
    return [text for kind, text in parts if kind not in _NOT_WORDS]
