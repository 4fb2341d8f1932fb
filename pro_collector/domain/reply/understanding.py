"""One text, one meaning: what must be heard whatever was asked, then the answer, then everything else."""

from dataclasses import replace
from typing import cast

from pro_collector.domain.keywords import PRESSING, Keyword, hearing, standalone
from pro_collector.domain.language import INTENTS, Language
from pro_collector.domain.reply.dates import read_date
from pro_collector.domain.reply.question import Outcome, Question, Reading
from pro_collector.domain.reply.reading import read
from pro_collector.domain.reply.scale import scale
from pro_collector.domain.reply.tokens import BREAK, MARK, Token, fold, split
from pro_collector.domain.reply.walking import UNKNOWN, WORDS

# Said beside an answer, these leave it standing: "8. Ask me again tomorrow".
_COMPATIBLE = frozenset({"pause", "noise"})
_SILENT = frozenset({BREAK, MARK})


def understand(text: str, question: Question | None, language: Language, *, opted_out: bool = False) -> Reading:
    """What `text` means as a reply to `question` (None: no question is open) from somebody texted in `language`.

    `opted_out` says that this person is opted out now: only then, and without an open question, "yes" opts in again.
    Never raises; the text itself is the caller's to keep.
    """
    folded = fold(text)
    heard = hearing(language)
    if heard.is_tapback(folded):
        return Reading("noise", reason="reaction to a message")
    parts = split(folded)
    said = tuple([text for kind, text in parts if kind not in _SILENT])
    if not said:
        return Reading("noise", reason="no words in it")
    intents = heard.intents(parts)
    keyword = standalone(language).keyword(parts)
    if keyword and not keyword.always and question and said in scale(question, language, 0).texts:
        keyword = None
    pressing = _pressing(intents, keyword)
    if pressing is not None:
        return pressing
    asked = _asked(text, parts, said, intents, question, language) if question else _unasked(parts, language, opted_out)
    return (asked.outcome == "unclear" and _beyond(intents, keyword, question)) or asked


def _pressing(intents: tuple[str, ...], keyword: Keyword | None) -> Reading | None:
    """What must be heard whatever was asked: machines, emergencies, stop; and any keyword sent alone."""
    if not intents and keyword is None:
        return None
    if "automatic" in intents:
        return Reading("noise", reason="automatic reply")
    found = [intent for intent in intents if intent in PRESSING]
    if keyword and not keyword.declining:
        found = sorted({*found, keyword.intent}, key=INTENTS.index)
    if not found:
        return None
    also = dict.fromkeys(intent for intent in (*found, *intents) if intent != found[0])
    return Reading(cast(Outcome, found[0]), reason="keyword" if keyword else "said in words", also=tuple(also))


def _asked(
    text: str,
    parts: list[Token],
    said: tuple[str, ...],
    intents: tuple[str, ...],
    question: Question,
    language: Language,
) -> Reading:
    """The answer to the open question, or "unclear". Another language is tried only for words unknown in the own."""
    if question.kind == "text":
        return Reading("answer", text.strip(), "text", also=intents)
    own = scale(question, language, 0)
    chosen = own.chosen(said)
    if chosen is not None:
        return Reading("answer", chosen, "label")
    if not _COMPATIBLE.issuperset(intents):
        return Reading("unclear", reason=WORDS)
    if question.kind == "date":
        return replace(read_date(fold(text), language), also=intents)
    reading = read(parts, own)
    if reading.outcome == "unclear" and reading.reason == UNKNOWN:
        abroad = [read(parts, scale(question, language, place)) for place in range(1, len(language.all))]
        answers = {each.value: each for each in abroad if each.outcome == "answer"}
        reading = answers.popitem()[1] if len(answers) == 1 else reading
    return replace(reading, also=intents) if intents else reading


def _unasked(parts: list[Token], language: Language, opted_out: bool) -> Reading:
    if opted_out and standalone(language).agrees(parts):
        return Reading("opt_in", reason="yes while opted out")
    if standalone(language).is_courtesy(parts):
        return Reading("noise", reason="courtesy")
    return Reading("unclear", reason="no question is open")


def _beyond(intents: tuple[str, ...], keyword: Keyword | None, question: Question | None) -> Reading | None:
    """What is neither pressing nor an answer: declining, help, a pause, the wrong person."""
    declining = keyword.declining if keyword else ""
    if declining and (declining != "asked-unknown" or (question and declining in question.opt_outs)):
        return Reading("skip", reason=declining)
    if not intents:
        return None
    outcome = cast(Outcome, intents[0])
    return Reading(outcome, reason="asked-declined" if outcome == "skip" else "said in words", also=intents[1:])
