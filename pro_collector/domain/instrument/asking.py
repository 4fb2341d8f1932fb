"""The kind of answer that each wording of a question asks for; it must be the same in every mode and language."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item
from pro_collector.domain.instrument.text import InstrumentText, readings
from pro_collector.domain.reply.language import AskingWords

Kind = Literal["how often", "how many", "how much", "yes or no"]

_QUESTION = re.compile(r"([^.:!?¿]*)\?")
_MOST_WORDS_OF_A_LABEL = 2
"""A question of at most so many words ("Pain?") is a label and leaves the kind to its choices."""


def kind_asked(text: str, asking: AskingWords) -> Kind | None:
    """The kind of answer that `text` asks for, by its first asking words; None if it is no question or asks otherwise.

    Of asking words that begin at the same place the longest counts: "how often" is not "how".
    """
    question = _QUESTION.search(text)
    if question is None:
        return None
    kinds: dict[str, Kind | None] = dict.fromkeys(asking.open)
    kinds |= {**dict.fromkeys(asking.often, "how often"), **dict.fromkeys(asking.many, "how many")}
    kinds |= dict.fromkeys(asking.much, "how much")
    kinds = {words.casefold(): kind for words, kind in kinds.items()}
    words = sorted(kinds, key=len, reverse=True)
    match = re.search(rf"\b({'|'.join(map(re.escape, words))})\b", text.casefold()) if words else None
    if match:
        return kinds[match[1]]
    return "yes or no" if len(question[1].split()) > _MOST_WORDS_OF_A_LABEL else None


def inconsistent_wordings(instrument: Instrument, asking: Mapping[str, AskingWords]) -> Iterator[tuple[str, str]]:
    """Each wording that asks for another kind of answer than the first wording of its item, as (place, message)."""
    for item in instrument.items:
        kinds = [(where, kind_asked(text, words)) for where, text, words in _wordings(instrument, item, asking)]
        known = [(where, kind) for where, kind in kinds if kind is not None]
        for where, kind in known:
            if kind != known[0][1]:
                yield f"{item.id} ({where})", f"asks {kind}, where {known[0][0]} asks {known[0][1]}"
            elif not _answers(item, kind, instrument.texts.values()):
                yield f"{item.id} ({where})", f"asks {kind}, and none of its choices answers that"


def _answers(item: Item, kind: Kind, texts: Iterable[InstrumentText]) -> bool:
    """Whether the answers to `item` can be of this kind: "how many" needs numbers, a yesno item a yes or no."""
    if item.kind == "yesno":
        return kind == "yes or no"
    if kind != "how many" or item.kind != "choice":
        return True
    wordings = [wording for text in texts for reporter in text.reporters if (wording := text.wording(item, reporter))]
    return all(any(re.search(r"\d", option.label) for option in wording.options) for wording in wordings)


def _wordings(
    instrument: Instrument, item: Item, asking: Mapping[str, AskingWords]
) -> Iterator[tuple[str, str, AskingWords]]:
    """Each wording of an item in a language whose asking words are known, as (place, text, asking words)."""
    for language, text in instrument.texts.items():
        words = asking.get(language.split("-")[0])
        for reader, wording in readings(text, item, instrument.reporters) if words else ():
            if words is not None:
                yield f"{language}, {reader}", wording.prompt, words
                yield f"{language}, {reader}, by text", wording.sms, words
