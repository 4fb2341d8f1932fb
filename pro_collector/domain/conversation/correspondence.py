"""What one mail does: it may be a request, else a person of the team reads it; it is never an answer to a question."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from pro_collector.domain.conversation.reaction import REMARKS, Reaction, Reply, TaskKind, react, with_remarks
from pro_collector.domain.reply.keywords import PRIORITY_INTENTS, standalone
from pro_collector.domain.reply.language import INTENTS, Language
from pro_collector.domain.reply.question import Reading
from pro_collector.domain.reply.quoting import bare_subject, new_part
from pro_collector.domain.reply.second_reading import MarkOf, raised
from pro_collector.domain.reply.tokens import fold, split
from pro_collector.domain.reply.understanding import intents_of, reading_of
from scheduler.values import Reporter

MAIL_INTENTS = frozenset({*PRIORITY_INTENTS, "opt_in", "death", "bereaved", "wrong_person", "pause"})
"""The intents of a mail that are handled without the team."""
MAIL_REPLIES = frozenset(
    {"emergency", "crisis", "stop_confirmed", "leave_noted", "erase_noted", "condolence", "bereaved", "review"}
)
"""The replies that are sent by mail."""
MAIL_TO_READ = "wrote a mail"
CUT_MAIL_TO_READ = "wrote a mail of which only a part could be read"
_PIECE = 600
"""The text is matched in pieces of so many characters, because patterns are slow on a long text."""
_OVERLAP = 120
"""How many characters two pieces share."""


def read_mail(subject: str, text: str, language: Language, ours: Iterable[str], mark_of: MarkOf) -> Reading:
    """The request in the subject and in the new part of the text of a mail; "unclear" if a person must read the mail.

    `ours`: the subjects and mails that we sent to this address. An emergency is also found after the first line of a
    quotation; other requests there are ignored, because another person may have written them. `mark_of`: the second
    reader, which reads the subject and the new part if the rules found no request.
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
    requests = [intent for intent in INTENTS if intent in found & MAIL_INTENTS]
    if not requests:
        remarks = tuple(intent for intent in REMARKS if intent in found)
        return raised(Reading("unclear", reason="a mail", also=remarks), mark_of("\n".join(written)))
    only = bool(keywords) and all(_keyword(each, language) for each in written)
    return reading_of(requests[0], "keyword" if only else "said in words", tuple(requests[1:]))


def react_to_mail(
    reading: Reading, now: datetime, *, opted_out: bool = False, by_button: bool = False, cut: bool = False,
    reporter: Reporter = "self",
) -> Reaction:  # fmt: skip
    """The reaction to a mail that was read as `reading`.

    `cut`: only the beginning of the mail was read, so a person must read it. `reporter`: who the sender is.
    `by_button`: a mail program wrote it after a click on its unsubscribe button, and shows the confirmation itself. A
    person also reads any other mail that is more than a keyword, unless it raises a task already.
    """
    if reading.outcome == "noise":
        return Reaction("noise")
    person = _for_a_person(reading, cut=cut)
    if reading.outcome not in MAIL_INTENTS and reading.flag is None:
        return Reaction("review", reply="review", tasks=(person,))
    reaction = react(reading, None, now, opted_out=opted_out, provider="stop" if by_button else None, reporter=reporter)
    reaction = with_remarks(reaction, reading)
    enough = reaction.tasks or by_button or (reading.reason == "keyword" and not cut)
    return replace(
        reaction,
        reply=_by_mail(reaction),
        tasks=reaction.tasks if enough else (person,),
        way="one-click" if by_button else "mail",
    )


def _by_mail(reaction: Reaction) -> Reply | None:
    """The reply as it is sent by mail; where it has no words for mails and a person reads, the reply says that."""
    if reaction.reply in MAIL_REPLIES or reaction.reply is None:
        return reaction.reply
    return "review" if reaction.tasks else None


def _for_a_person(reading: Reading, *, cut: bool) -> tuple[TaskKind, str]:
    """The task to read a mail, with what its words may be."""
    named = [reason for intent, reason in REMARKS.items() if intent in reading.also]
    return "review", ": ".join([CUT_MAIL_TO_READ if cut else MAIL_TO_READ, *named[:1]])


def _keyword(text: str, language: Language) -> str | None:
    keyword = standalone(language).keyword(split(fold(text)))
    return keyword.intent if keyword and not keyword.declining else None


def _asked_for(text: str, language: Language) -> set[str]:
    return {intent for piece in _pieces(text) for intent in intents_of(piece, split(fold(piece)), None, language)}


def _pieces(text: str) -> Iterator[str]:
    """The paragraphs of a text; a long paragraph in overlapping pieces, so that no phrase is split."""
    for paragraph in re.split(r"\n\s*\n", text):
        for start in range(0, max(1, len(paragraph) - _OVERLAP), _PIECE - _OVERLAP):
            yield paragraph[start : start + _PIECE]
