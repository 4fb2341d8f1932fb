"""What people ask for beyond answering, in any shipped language: to stop, to leave, help, a pause, an emergency."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pro_collector.domain.language import INTENTS, Intent, Language, Vocabulary
from pro_collector.domain.reply.lexicon import BESIDE, Lexicon, Phrase
from pro_collector.domain.reply.phrases import compile_phrase, spoken
from pro_collector.domain.reply.spelling import Spelling
from pro_collector.domain.reply.tokens import BREAK, MARK, NUMBER, STRANGE, WORD, Token, forms, tokens

# No keyword is longer, courtesies included.
_LONGEST = 24
# Android writes `👍 to "Your question"`, and the same with "a" or "à" in Spanish and French.
_EMOJI_TO = r" [^\w\s\"]+ (?:to|a)"
# These are heard before any answer is read, and spelling slips are forgiven in them.
PRESSING = ("urgent", "erase", "leave", "opt_out")


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword that a text consists of; `always` when carriers or the law take it whatever was asked."""

    intent: str
    always: bool


@dataclass(frozen=True, slots=True)
class _Guarded:
    intent: str
    expression: re.Pattern[str]


class Keywords:
    """Every intent of every language that ships, compiled once for a participant's language."""

    def __init__(self, language: Language) -> None:
        self._courtesies = Lexicon(
            Phrase(form, BESIDE) for each in language.all for phrase in each.courtesies for form in forms(phrase)
        )
        self._alone: dict[str, Keyword] = {}
        self._anchored: dict[str, list[_Guarded]] = {}
        self._yes = {" ".join(form) for each in language.all for phrase in each.affirming for form in forms(phrase)}
        self._declines: dict[str, str] = {}
        self._literals: set[str] = set()
        for vocabulary in language.all:
            for name, intent in vocabulary.intents.items():
                self._add(name, intent)
            for code, phrases in vocabulary.declines.items():
                self._declines |= {" ".join(form): code for phrase in phrases for form in forms(phrase)}
        self._unless = {name: _any_of(language.all, name, "unless") for name in INTENTS}
        self._after = {name: _any_of(language.all, name, "unless_after", r"(?= $)") for name in INTENTS}
        self._tapback = _tapbacks(language.all)
        self._spelling = Spelling(word for word in self._literals if len(word) >= 5)

    def alone(self, parts: Sequence[Token]) -> Keyword | None:
        """The keyword the whole text is, courtesies and repetition aside ("please STOP", "stop stop stop!!")."""
        said = _words(parts)
        found = next((self._alone[key] for key in self._without_courtesies(said) if key in self._alone), None)
        if found is None and len(said) > 2 and all(len(word) == 1 for word in said):
            found = self._alone.get("".join(said))
        return found or self._always_within(parts)

    def declined(self, parts: Sequence[Token]) -> str | None:
        """The way of declining that the whole text is, as the language files name it ("asked-declined"), or None."""
        keys = self._without_courtesies(_words(parts))
        return next((self._declines[key] for key in keys if key in self._declines), None)

    def intents(self, parts: list[Token]) -> tuple[str, ...]:
        """Every intent said anywhere in the text, most pressing first."""
        found = self._said(parts)
        if not found & set(PRESSING):
            found |= self._said(self._mended(parts)) & set(PRESSING)
        return tuple(name for name in INTENTS if name in found)

    def agrees(self, parts: Sequence[Token]) -> bool:
        """Whether the whole text says yes."""
        return " ".join(self._bare(_words(parts))) in self._yes

    def is_courtesy(self, parts: Sequence[Token]) -> bool:
        """Whether nothing but thanks, greetings and the like is said."""
        return not self._bare(_words(parts))

    def is_tapback(self, folded: str) -> bool:
        """Whether a phone wrote this by itself to say that somebody reacted to our text, quoting it."""
        return '"' in folded and self._tapback.match(" " + " ".join(folded.split())) is not None

    def _add(self, name: str, intent: Intent) -> None:
        for phrase in (*intent.alone, *intent.always):
            keyword = Keyword(name, phrase in intent.always)
            for key in map(" ".join, forms(phrase)):
                if key not in self._alone or keyword.always:
                    self._alone[key] = keyword
        for phrase in (*intent.phrases, *intent.starts):
            pattern = compile_phrase(phrase)
            start = r"\A(?: \.)*" if phrase in intent.starts else ""
            guarded = _Guarded(name, re.compile(f"{start}{pattern.expression}(?= )"))
            for anchor in pattern.anchors:
                self._anchored.setdefault(anchor, []).append(guarded)
            if name in PRESSING:
                self._literals |= set(re.findall(r"[^\W\d_]+", phrase)) | pattern.anchors

    def _bare(self, said: Sequence[str]) -> list[str]:
        kept = [word for word, courtesy in self._pieces(said) if not courtesy]
        return kept[:1] if len(set(kept)) == 1 else kept

    def _pieces(self, said: Sequence[str]) -> Iterator[tuple[str, bool]]:
        """The words, and courtesies as one piece each ("por favor")."""
        texts, at = tuple(said), 0
        while at < len(texts):
            courtesy = self._courtesies.at(texts, at)
            length = len(courtesy.words) if courtesy else 1
            yield " ".join(texts[at : at + length]), courtesy is not None
            at += length

    def _without_courtesies(self, said: list[str]) -> Iterator[str]:
        """The words as they are, then with ever more courtesies taken off both ends, then off everywhere."""
        pieces = list(self._pieces(said[:_LONGEST]))
        kept = [at for at, (_, courtesy) in enumerate(pieces) if not courtesy]
        first, last = (kept[0], kept[-1] + 1) if kept else (0, len(pieces))
        for start in range(first + 1):
            for end in range(len(pieces), last - 1, -1):
                yield " ".join(word for word, _ in pieces[start:end])
        yield " ".join(self._bare(said))

    def _always_within(self, parts: Sequence[Token]) -> Keyword | None:
        # "7. STOP": a sentence of its own counts. "the pain won't stop" does not.
        sentence: list[str] = []
        for kind, text in (*parts, Token(BREAK, ".")):
            if kind != BREAK:
                sentence += [text] if kind in {WORD, NUMBER} else []
                continue
            found = self._alone.get(" ".join(self._bare(sentence)))
            if found and found.always and found.intent == "opt_out":
                return found
            sentence = []
        return None

    def _said(self, parts: list[Token]) -> set[str]:
        text = spoken(parts)
        found = self._matches(parts, text)
        if " ." in text:
            # "I can't... breathe": drama must not hide an emergency.
            found |= self._matches(parts, text.replace(" .", "")) & {"urgent"}
        return found

    def _matches(self, parts: list[Token], text: str) -> set[str]:
        found: set[str] = set()
        for _, word in parts:
            for guarded in self._anchored.get(word, ()):
                if guarded.intent not in found and self._heard(guarded, text):
                    found.add(guarded.intent)
        return found

    def _heard(self, guarded: _Guarded, text: str) -> bool:
        unless, after = self._unless[guarded.intent], self._after[guarded.intent]
        for match in guarded.expression.finditer(text):
            before = text[: match.start()] + " "
            if not (after and after.search(before)) and not (unless and unless.search(text)):
                return True
        return False

    def _mended(self, parts: list[Token]) -> list[Token]:
        return [self._mend(part) for part in parts]

    def _mend(self, part: Token) -> Token:
        if part.kind != WORD or len(part.text) < 4 or part.text in self._literals:
            return part
        return Token(WORD, self._spelling.mend(part.text) or part.text)


@lru_cache(maxsize=16)
def keywords(language: Language) -> Keywords:
    """The compiled keywords of a language; built once."""
    return Keywords(language)


def keyword_of(text: str, language: Language) -> Keyword | None:
    """The keyword a text is taken for when sent alone: an option labelled so could never be chosen by its label."""
    return keywords(language).alone(tokens(text))


def _words(parts: Iterable[Token]) -> list[str]:
    return [text for kind, text in parts if kind not in {BREAK, MARK, STRANGE}]


def _any_of(vocabularies: Iterable[Vocabulary], name: str, field: str, end: str = r"(?= )") -> re.Pattern[str] | None:
    phrases = [phrase for each in vocabularies if name in each.intents for phrase in getattr(each.intents[name], field)]
    return re.compile(f"(?:{'|'.join(compile_phrase(each).expression for each in phrases)}){end}") if phrases else None


def _tapbacks(vocabularies: Iterable[Vocabulary]) -> re.Pattern[str]:
    opening = [compile_phrase(phrase).expression for each in vocabularies for phrase in each.tapbacks]
    return re.compile(rf"(?:{'|'.join((*opening, _EMOJI_TO))})[^\w\"]*\"")
