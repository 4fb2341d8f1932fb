"""What one mail does: it may ask for something, else a person of the team reads it; it never answers a question."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from pro_collector.domain.conversation.reaction import Reaction, TaskKind, react
from pro_collector.domain.reply.keywords import PRIORITY_INTENTS, standalone
from pro_collector.domain.reply.language import INTENTS, Language
from pro_collector.domain.reply.question import Reading
from pro_collector.domain.reply.quoting import bare_subject, new_part
from pro_collector.domain.reply.tokens import fold, split
from pro_collector.domain.reply.understanding import intents_of, reading_of

HEARD = frozenset({*PRIORITY_INTENTS, "opt_in", "death", "bereaved", "wrong_person", "pause"})
"""What a mail may ask for without anybody of the team."""
MAILED = frozenset({"emergency", "crisis", "stop_confirmed", "leave_noted", "erase_noted", "condolence", "bereaved"})
"""What is answered by mail."""
FOR_A_PERSON: tuple[TaskKind, str] = ("review", "wrote a mail")
TOO_LARGE: tuple[TaskKind, str] = ("review", "wrote a mail of which only a part could be read")
_PIECE = 600
"""Characters heard at a time: patterns over a long text take long."""
_OVERLAP = 120


def read_mail(subject: str, text: str, language: Language, ours: Iterable[str]) -> Reading:
    """What a mail asks for in its subject and in what is new of its text; "unclear" is what a person must read.

    `ours`: the subjects and mails that we wrote to this address. An emergency is heard below the first line of a
    quotation too, where anything else may be somebody else's words.
    """
    ours = tuple(ours)
    title = bare_subject(subject, ours)
    new, uncertain = new_part(text, language, ours)
    written = [each for each in (title, new) if split(fold(each))]
    keywords = {keyword for each in written if (keyword := _keyword(each, language))}
    titled, found = _asked_for(title, language), {*keywords, *_asked_for(new, language)}
    if "automatic" in titled or ("automatic" in found and not found.intersection(PRIORITY_INTENTS)):
        return Reading("noise", reason="automatic reply")
    found |= titled | (_asked_for(uncertain, language) & {"urgent", "crisis"})
    wishes = [intent for intent in INTENTS if intent in found & HEARD]
    if not wishes:
        return Reading("unclear", reason="a mail")
    only = bool(keywords) and all(_keyword(each, language) for each in written)
    return reading_of(wishes[0], "keyword" if only else "said in words", tuple(wishes[1:]))


def hear_mail(
    reading: Reading, now: datetime, *, opted_out: bool = False, by_button: bool = False, cut: bool = False,
    proxy: bool = False,
) -> Reaction:  # fmt: skip
    """What a mail does that was read as `reading`; `cut`: it has more than was read, so that a person looks at it.
    `proxy`: it came from somebody who answers for the patient.

    `by_button`: a mail program wrote it, words included, and shows by itself that it is done. Whatever else
    says more than a keyword is read by a person too, unless it asks a person for something already.
    """
    if reading.outcome == "noise":
        return Reaction("noise")
    person = TOO_LARGE if cut else FOR_A_PERSON
    if reading.outcome not in HEARD:
        return Reaction("review", tasks=(person,))
    reaction = react(reading, None, now, opted_out=opted_out, provider="stop" if by_button else None, proxy=proxy)
    enough = reaction.tasks or by_button or (reading.reason == "keyword" and not cut)
    return replace(
        reaction,
        reply=reaction.reply if reaction.reply in MAILED else None,
        tasks=reaction.tasks if enough else (person,),
    )


def _keyword(text: str, language: Language) -> str | None:
    keyword = standalone(language).keyword(split(fold(text)))
    return keyword.intent if keyword and not keyword.declining else None


def _asked_for(text: str, language: Language) -> set[str]:
    return {intent for piece in _pieces(text) for intent in intents_of(piece, split(fold(piece)), None, language)}


def _pieces(text: str) -> Iterator[str]:
    """The paragraphs; a long one in pieces that overlap, so that no phrase is cut in two."""
    for paragraph in re.split(r"\n\s*\n", text):
        for start in range(0, max(1, len(paragraph) - _OVERLAP), _PIECE - _OVERLAP):
            yield paragraph[start : start + _PIECE]
