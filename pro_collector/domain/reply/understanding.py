"""One text, one meaning: what must be heard whatever was asked, then the answer, then everything else."""

from dataclasses import replace
from typing import cast

from pro_collector.domain.reply.dates import read_date
from pro_collector.domain.reply.keywords import PRESSING, Keyword, hearing, standalone
from pro_collector.domain.reply.language import INTENTS, Language
from pro_collector.domain.reply.question import Flag, Outcome, Question, Reading
from pro_collector.domain.reply.reading import read
from pro_collector.domain.reply.scale import scale
from pro_collector.domain.reply.temperature import is_fever
from pro_collector.domain.reply.tokens import BREAK, MARK, WORD, Token, fold, split
from pro_collector.domain.reply.walking import UNKNOWN, WORDS

# Said beside an answer, these leave it standing: "8. Ask me again tomorrow".
_COMPATIBLE = frozenset({"pause", "noise", "urgent", "crisis", "death", "bereaved", "person", "concern"})
# Of those, what a person must read although the answer stands.
_FOR_A_PERSON = frozenset({"death", "bereaved", "person", "concern"})
_EMERGENCIES = frozenset({"urgent", "crisis"})
_CRIES = frozenset("🆘🚑")
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
    intents = intents_of(text, parts, question, language)
    if not said and not intents:
        return Reading("noise", reason="no words in it")
    keyword = standalone(language).keyword(parts)
    if keyword and not keyword.always and question and said in scale(question, language, 0).texts:
        keyword = None
    pressing = _pressing(intents, keyword)
    if pressing is not None and pressing.outcome != "urgent":
        return pressing
    asked = _asked(text, parts, said, intents, question, language) if question else _unasked(parts, language, opted_out)
    if asked.outcome == "answer":
        return replace(asked, flag=_flag(asked))
    if pressing is not None:
        return pressing
    found = (asked.outcome == "unclear" and _beyond(parts, intents, keyword, question, language)) or asked
    return replace(found, flag="words") if found.outcome == "unclear" and has_words(parts) else found


def has_words(parts: list[Token]) -> bool:
    """Whether a text that was not understood says anything that a person could read: more than numbers and signs."""
    return any(part.kind == WORD for part in parts)


def intents_of(text: str, parts: list[Token], question: Question | None, language: Language) -> tuple[str, ...]:
    """All that a text asks for or tells; an emergency also by a sign, or by a temperature of fever."""
    found = {*hearing(language).intents(parts)}
    if not _CRIES.isdisjoint(text) or is_fever(parts, question):
        found.add("urgent")
    if "bereaved" in found:  # "my husband died" says nothing of the patient
        found.discard("death")
    return tuple(name for name in INTENTS if name in found) if found else ()


def _flag(answer: Reading) -> Flag | None:
    if not _EMERGENCIES.isdisjoint(answer.also):
        return "emergency"
    return answer.flag if _FOR_A_PERSON.isdisjoint(answer.also) else "words"


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
    return reading_of(found[0], "keyword" if keyword else "said in words", tuple(also))


def reading_of(intent: str, reason: str, also: tuple[str, ...]) -> Reading:
    """The outcome that an intent is: a crisis is an emergency, and who wants a person asks for help."""
    if intent == "crisis":
        return Reading("urgent", reason=reason, also=("crisis", *also))
    if intent == "person":
        return Reading("help", reason="asks for a person", also=also, flag="words")
    return Reading(cast(Outcome, intent), reason=reason, also=also)


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


def _beyond(
    parts: list[Token], intents: tuple[str, ...], keyword: Keyword | None, question: Question | None, language: Language
) -> Reading | None:
    """What is neither pressing nor an answer: declining, help, a death, a pause, the wrong person."""
    declining = keyword.declining if keyword else ""
    if declining and (declining != "asked-unknown" or (question and declining in question.opt_outs)):
        return Reading("skip", reason=declining)
    if "noise" in intents and not hearing(language).is_only_noise(parts, standalone(language)):
        intents = tuple(intent for intent in intents if intent != "noise")
    if not intents or intents[0] == "concern":
        return None
    reason = "asked-declined" if intents[0] == "skip" else "said in words"
    return reading_of(intents[0], reason, intents[1:])
