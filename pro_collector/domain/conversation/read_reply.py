"""One text as it was read (`ReadReply`): the question that it may answer, and words that take an answer back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from pro_collector.domain.instrument.item import Item
from pro_collector.domain.instrument.text import ItemWording
from pro_collector.domain.reply.language import Language
from pro_collector.domain.reply.question import Choice, Question, Reading
from pro_collector.domain.reply.tokens import words
from scheduler.values import Reporter

Provider = Literal["stop", "start", "help"]


@dataclass(frozen=True, slots=True)
class ReadReply:
    """One text and how it was read.

    `readings` has several entries if it answers several questions in a certain order. `takes_back`: it begins with a
    correction ("oops") or an apology ("sorry"). `after`: the time from the open question to this text. `provider`: the
    carrier has replied already (STOP, START, HELP alone), so we do not reply again. `reporter`: who the sender is.
    `offered`: the languages in which the study can ask this person. `to_team`: a person of the team wrote to them after
    the last question. `put_off_to`: when they want to be asked again; `put_off_before`: how often they put this survey
    off before.
    """

    readings: tuple[Reading, ...]
    takes_back: Literal["correction", "apology"] | None = None
    after: timedelta | None = None
    provider: Provider | None = None
    reporter: Reporter = "self"
    offered: tuple[str, ...] = ()
    to_team: bool = False
    put_off_to: datetime | None = None
    put_off_before: int = 0


def takes_back(text: str, language: Language) -> Literal["correction", "apology"] | None:
    """Whether a text begins with a correction or an apology, in any shipped language; None if with neither."""
    text_words = words(text)
    corrections, apologies = _openings(language)
    if any(_begins(text_words, phrase) for phrase in corrections):
        return "correction"
    return "apology" if any(_begins(text_words, phrase) for phrase in apologies) else None


@lru_cache(maxsize=16)
def _openings(language: Language) -> tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]]:
    return (
        frozenset(words(phrase) for each in language.all for phrase in each.corrections),
        frozenset(words(phrase) for each in language.all for phrase in each.apologies),
    )


def _begins(text: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    return len(text) > len(phrase) and text[: len(phrase)] == phrase


def question(wording: ItemWording) -> Question:
    """The question of an item, in the form that the reading of replies needs."""
    item: Item = wording.item
    options = tuple(Choice(option.code, option.label, option.replies) for option in wording.options)
    opt_outs = tuple(str(option.code) for option in wording.opt_outs)
    return Question(item.kind, item.minimum, item.maximum, options, opt_outs)
