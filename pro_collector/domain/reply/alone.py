"""Texts that are nothing but a keyword ("please STOP", "skip it"), in any shipped language, courtesies aside."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pro_collector.domain.reply.language import Language
from pro_collector.domain.reply.lexicon import COURTESY, Lexicon, Phrase
from pro_collector.domain.reply.spelling import Spelling
from pro_collector.domain.reply.tokens import BREAK, MARK, NUMBER, STRANGE, WORD, Token, forms

# No keyword is longer, courtesies included.
_LONGEST = 24
_WORDLESS = frozenset({BREAK, MARK, STRANGE})


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword that a text consists of.

    `always`: carriers or the law take it whatever was asked. `declining` is the way of giving no answer that it names
    ("asked-declined"), empty for all others.
    """

    intent: str
    always: bool = False
    declining: str = ""


class Standalone:
    """The keywords of every language that ships."""

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
        self._courteous = _longest_words(map(" ".join, courtesies))
        self._telling = _longest_words(self._known)
        self._usual = self._words | self._courtesies.vocabulary()
        self._always = {key for key, keyword in self._known.items() if keyword.always and keyword.intent == "opt_out"}
        self._always_words = _longest_words(self._always)

    def keyword(self, parts: Sequence[Token]) -> Keyword | None:
        """The keyword the whole text is, courtesies and repetition aside ("stop stop stop!!", "S T O P")."""
        said = _words(parts)
        strange = [word for word in said if word not in self._usual]
        if not strange:
            found = None if self._telling.isdisjoint(said) else self._spelt(said)
        elif len(strange) <= 3 and len(min(strange, key=len)) >= 5:
            found = self._meant(said[:_LONGEST])
        else:
            found = None
        if found is None and len(said) > 2 and len(letters := "".join(said)) == len(said):
            found = self._known.get(letters)
        return found or (None if self._always_words.isdisjoint(said) else self._sentence(parts) or self._beside(parts))

    def agrees(self, parts: Sequence[Token]) -> bool:
        """Whether the whole text says yes."""
        return " ".join(self._bare(self._pieces(_words(parts)))) in self._yes

    def is_courtesy(self, parts: Sequence[Token]) -> bool:
        """Whether nothing but thanks, greetings and the like is said."""
        return all(courtesy for _, courtesy in self._pieces(_words(parts)))

    def _pieces(self, said: Sequence[str]) -> Iterator[tuple[str, bool]]:
        """The words, and courtesies as one piece each ("por favor")."""
        texts, at = tuple(said), 0
        while at < len(texts):
            courtesy = self._courtesies.at(texts, at)
            length = len(courtesy.words) if courtesy else 1
            yield " ".join(texts[at : at + length]), courtesy is not None
            at += length

    def _bare(self, pieces: Iterator[tuple[str, bool]] | list[tuple[str, bool]]) -> list[str]:
        kept = [word for word, courtesy in pieces if not courtesy]
        return kept[:1] if len(set(kept)) == 1 else kept

    def _spelt(self, said: list[str]) -> Keyword | None:
        whole = self._known.get(" ".join(said))
        if whole is not None:
            return whole
        if self._courteous.isdisjoint(said):
            return self._known.get(said[0]) if len(set(said)) == 1 else self._stops(said)
        pieces = list(self._pieces(said[:_LONGEST]))
        if all(courtesy or word in self._words for word, courtesy in pieces):
            for key in self._without_courtesies(pieces):
                if key in self._known:
                    return self._known[key]
        return self._stops(self._bare(pieces))

    def _stops(self, bare: list[str]) -> Keyword | None:
        """Several ways to stop in a row ("stop unsubscribe")."""
        known = [self._known.get(word) for word in bare]
        return known[0] if all(each and each.intent == "opt_out" for each in known) and known else None

    def _meant(self, said: list[str]) -> Keyword | None:
        """The keyword with a slip in it: "unsubscirbe", "worng number"."""
        for word in said:
            if word not in self._usual and self._spelling.mend(word) is None:
                return None
        bare = self._bare(self._pieces(said))
        if len(bare) > 3:
            return None
        mended = " ".join(word if word in self._words else self._spelling.mend(word) or word for word in bare)
        return self._known.get(mended) if len(mended) >= 6 else None

    def _without_courtesies(self, pieces: list[tuple[str, bool]]) -> Iterator[str]:
        """The words as they are, then with ever more courtesies taken off both ends, then off everywhere."""
        kept = [at for at, (_, courtesy) in enumerate(pieces) if not courtesy]
        first, last = (kept[0], kept[-1] + 1) if kept else (len(pieces) - 1, 1)
        for start in range(first + 1):
            for end in range(len(pieces), last - 1, -1):
                yield " ".join(word for word, _ in pieces[start:end])
        yield " ".join(self._bare(pieces))

    def _sentence(self, parts: Sequence[Token]) -> Keyword | None:
        """ "7. STOP" has a sentence of its own to stop; "the pain won't stop" has none."""
        ends = [at for at, part in enumerate(parts) if part.kind == BREAK]
        for start, end in zip([-1, *ends], [*ends, len(parts)], strict=True) if ends else ():
            said = _words(parts[start + 1 : end])
            if not self._always_words.isdisjoint(said):
                key = " ".join(self._bare(self._pieces(said)))
                if key in self._always:
                    return self._known[key]
        return None

    def _beside(self, parts: Sequence[Token]) -> Keyword | None:
        """ "3 STOP": nothing but a number and a word that stops."""
        said = [part.text for part in parts if part.kind == WORD]
        numbers = [part for part in parts if part.kind == NUMBER]
        return self._known[said[0]] if len(said) == len(numbers) == 1 and said[0] in self._always else None


def _keywords(language: Language) -> Iterator[tuple[str, Keyword]]:
    for vocabulary in language.all:
        for name, intent in vocabulary.intents.items():
            yield from ((phrase, Keyword(name)) for phrase in intent.alone)
            yield from ((phrase, Keyword(name, always=True)) for phrase in intent.always)
        for code, phrases in vocabulary.declines.items():
            yield from ((phrase, Keyword("skip", declining=code)) for phrase in phrases)


def _longest_words(keys: Iterable[str]) -> set[str]:
    """Each keyword by its longest word, which few texts hold that do not mean it."""
    return {max(key.split(), key=len) for key in keys}


def _words(parts: Sequence[Token]) -> list[str]:
    return [text for kind, text in parts if kind not in _WORDLESS]
