"""What kind of answer each wording of a question asks for: the same in every mode and language."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item
from pro_collector.domain.reply.language import AskingWords

Kind = Literal["how often", "how many", "how much", "yes or no"]

_QUESTION = re.compile(r"([^.:!?¿]*)\?")
_ELLIPSIS = 2


def kind_asked(text: str, asking: AskingWords) -> Kind | None:
    """What `text` asks for, by the first words in it that ask; None where it is no question, or asks for anything else.

    Of words that begin at one place the longest count: "how often" is not "how". One or two words ("Pain?") leave it
    to the choices below them.
    """
    question = _QUESTION.search(text)
    if question is None:
        return None
    kinds: dict[str, Kind | None] = dict.fromkeys(asking.open)
    kinds |= {**dict.fromkeys(asking.often, "how often"), **dict.fromkeys(asking.many, "how many")}
    kinds |= dict.fromkeys(asking.much, "how much")
    words = sorted(kinds, key=len, reverse=True)
    found = re.search(rf"\b({'|'.join(map(re.escape, words))})\b", text.casefold()) if words else None
    if found:
        return kinds[found[1]]
    return "yes or no" if len(question[1].split()) > _ELLIPSIS else None


def asked_otherwise(instrument: Instrument, asking: Mapping[str, AskingWords]) -> Iterator[tuple[str, str]]:
    """Each wording that asks for another kind of answer than the first of its item: where it is, and what is wrong."""
    for item in instrument.items:
        kinds = [(where, kind_asked(text, words)) for where, text, words in _wordings(instrument, item, asking)]
        told = [(where, kind) for where, kind in kinds if kind is not None]
        for where, kind in told[1:]:
            if kind != told[0][1]:
                yield f"{item.id} ({where})", f"asks {kind}, where {told[0][0]} asks {told[0][1]}"


def _wordings(
    instrument: Instrument, item: Item, asking: Mapping[str, AskingWords]
) -> Iterator[tuple[str, str, AskingWords]]:
    """Each wording of an item in a language whose asking words are known: where it stands, and its text."""
    for language, text in instrument.texts.items():
        words = asking.get(language.split("-")[0])
        for reporter in instrument.reporters if words else ():
            wording = text.wording(item, reporter)
            if wording is not None and words is not None:
                yield f"{language}, {reporter}", wording.prompt, words
                yield f"{language}, {reporter}, by text", wording.sms, words
