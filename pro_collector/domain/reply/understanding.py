"""Finds the one meaning of a text: first requests that always apply, then the answer, then other requests."""

from dataclasses import replace
from typing import cast

from pro_collector.domain.reply.asked_of_team import QUESTION_MARKS, asks_team
from pro_collector.domain.reply.dates import read_date
from pro_collector.domain.reply.keywords import PRIORITY_INTENTS, Keyword, intent_patterns, standalone
from pro_collector.domain.reply.language import INTENTS, Language
from pro_collector.domain.reply.language_request import language_requests
from pro_collector.domain.reply.places import read_place
from pro_collector.domain.reply.question import WANTS_TO_REPORT, Flag, Outcome, Question, Reading
from pro_collector.domain.reply.reading import read
from pro_collector.domain.reply.remarks import read_beside, tells_much
from pro_collector.domain.reply.reply_shape import UNKNOWN, WORDS
from pro_collector.domain.reply.scale import scale
from pro_collector.domain.reply.temperature import is_fever
from pro_collector.domain.reply.tokens import BREAK, MARK, WORD, Token, fold, split

# A text with one of these intents may be an answer too: "8. Ask me again tomorrow".
_COMPATIBLE = frozenset({"pause", "noise", "urgent", "crisis", "bereaved", "person", "concern", "language"})
# Of those, the intents that a person must read even if the answer is taken.
_FOR_A_PERSON = frozenset({"bereaved", "person", "concern", "language"})
_EMERGENCIES = frozenset({"urgent", "crisis"})
EMERGENCY_EMOJI = frozenset("🆘🚑")
_NOT_WORDS = frozenset({BREAK, MARK})
# Kinds of questions whose answer is not looked for beside a stop: "no stop" and a date may mean something else.
_NO_STOP_BESIDE = frozenset({"yesno", "text", "date"})


def understand(text: str, question: Question | None, language: Language, *, opted_out: bool = False) -> Reading:
    """The meaning of `text` as a reply to `question` (None: no question is open) by a person texted in `language`.

    `opted_out`: the person has opted out. Only then, and if no question is open, "yes" opts in again. Never raises;
    the caller stores the text itself.
    """
    folded = fold(text)
    if intent_patterns(language).is_tapback(folded):
        return Reading("noise", reason="reaction to a message")
    parts = split(folded)
    words = tuple([text for kind, text in parts if kind not in _NOT_WORDS])
    intents = intents_of(text, parts, question, language)
    if not words and not intents:
        return Reading("noise", reason="no words in it")
    keyword = standalone(language).keyword(parts)
    if keyword and not keyword.always and question and words in scale(question, language, 0).texts:
        keyword = None
    priority = _priority_request(intents, keyword)
    if priority is not None and priority.outcome != "urgent":
        return _with_answer_beside(priority, parts, question, language)
    if question:
        reading = _answer(text, parts, words, intents, question, language)
    else:
        reading = _without_question(text, parts, language, opted_out)
    if reading.outcome == "answer":
        flagged = replace(reading, flag=_flag(reading))
        return _with_language(_with_what_is_asked(flagged, parts, language), parts, language)
    if priority is not None:
        return priority
    if reading.outcome == "unclear":
        stop = _with_answer_beside(Reading("opt_out", reason="keyword", also=intents), parts, question, language)
        answered = stop if stop.value is not None else None  # "quite a bit STOP"
        reading = answered or _other_request(parts, intents, keyword, question, language) or reading
    reading = _with_language(reading, parts, language)
    if reading.outcome == "unclear" and has_words(parts):
        only_report = intent_patterns(language).is_only_report(parts, standalone(language))
        reason = WANTS_TO_REPORT if only_report else reading.reason
        left = replace(reading, reason=reason, flag="words", also=reading.also or intents)
        return _with_what_is_asked(left, parts, language)
    return reading


def _with_what_is_asked(reading: Reading, parts: list[Token], language: Language) -> Reading:
    """The reading, with a request for a person if the words that are left ask the team something."""
    if reading.flag != "words" or "person" in reading.also or not asks_team(parts, language):
        return reading
    also = {*reading.also, "person"}
    return replace(reading, also=tuple(name for name in INTENTS if name in also))


def _with_language(reading: Reading, parts: list[Token], language: Language) -> Reading:
    asks = "language" in (reading.outcome, *reading.also)
    return replace(reading, language=language_requests(language).asked(parts)) if asks else reading


def has_words(parts: list[Token]) -> bool:
    """Whether a text has any words, not only numbers and signs, so that a person can make sense of it."""
    return any(part.kind == WORD for part in parts)


def intents_of(text: str, parts: list[Token], question: Question | None, language: Language) -> tuple[str, ...]:
    """Every intent of a text, in order of precedence. An emoji or a temperature of fever is an emergency too."""
    found = {*intent_patterns(language).intents(parts)}
    if not EMERGENCY_EMOJI.isdisjoint(text) or is_fever(parts, question):
        found.add("urgent")
    if language_requests(language).asked(parts):
        found.add("language")
    if question is not None:  # while a question is open, whoever writes is asked how they are already
        found.discard("report")
    if "bereaved" in found:  # "my husband died" does not report the death of the patient
        found.discard("death")
    return tuple(name for name in INTENTS if name in found) if found else ()


def _with_answer_beside(stop: Reading, parts: list[Token], question: Question | None, language: Language) -> Reading:
    """The stop, with the answer that the text has beside it: "3 STOP" is an opt-out, and its 3 is an answer too."""
    if question is None or stop.outcome != "opt_out" or question.kind in _NO_STOP_BESIDE:
        return stop
    rest = standalone(language).beside_stop(parts)
    answer = read(rest, scale(question, language, 0)) if rest else None
    if answer is None or answer.outcome != "answer" or answer.flag:
        return stop
    return replace(stop, value=answer.value)


def _flag(answer: Reading) -> Flag | None:
    if not _EMERGENCIES.isdisjoint(answer.also):
        return "emergency"
    return answer.flag if _FOR_A_PERSON.isdisjoint(answer.also) else "words"


def _priority_request(intents: tuple[str, ...], keyword: Keyword | None) -> Reading | None:
    """A request that applies whatever was asked: an emergency, an opt-out, a keyword sent alone; an automatic reply."""
    if not intents and keyword is None:
        return None
    if "automatic" in intents:
        return Reading("noise", reason="automatic reply")
    priority = [intent for intent in intents if intent in PRIORITY_INTENTS]
    if keyword and not keyword.declining:
        priority = sorted({*priority, keyword.intent}, key=INTENTS.index)
    if not priority:
        return None
    also = dict.fromkeys(intent for intent in (*priority, *intents) if intent != priority[0])
    return reading_of(priority[0], "keyword" if keyword else "said in words", tuple(also))


def reading_of(intent: str, reason: str, also: tuple[str, ...]) -> Reading:
    """The reading for an intent: "crisis" becomes the outcome "urgent", and "person" the outcome "help"."""
    if intent == "crisis":
        return Reading("urgent", reason=reason, also=("crisis", *also))
    if intent == "language":
        return Reading("language", reason="asks for a language", also=also)
    if intent == "meaning":
        return Reading("meaning", reason="asks what the question means", also=also)
    if intent == "person":
        return Reading("help", reason="asks for a person", also=also, flag="words")
    return Reading(cast(Outcome, intent), reason=reason, also=also)


def _answer(
    text: str,
    parts: list[Token],
    words: tuple[str, ...],
    intents: tuple[str, ...],
    question: Question,
    language: Language,
) -> Reading:
    """The answer to the open question, or "unclear". Other languages are tried only for unknown words."""
    if question.kind == "text":
        return Reading("answer", text.strip(), "text", also=intents)
    own = scale(question, language, 0)
    chosen = own.exact_choice(words)
    if chosen is not None:
        return Reading("answer", chosen, "label")
    if not _COMPATIBLE.issuperset(intents):
        return Reading("unclear", reason=WORDS)
    if question.kind == "date":
        return replace(read_date(fold(text), language), also=intents)
    reading = read(parts, own)
    if reading.outcome == "unclear" and reading.reason == UNKNOWN:
        foreign = [read(parts, scale(question, language, place)) for place in range(1, len(language.all))]
        answers = {each.value: each for each in foreign if each.outcome == "answer"}
        reading = answers.popitem()[1] if len(answers) == 1 else reading
    if reading.outcome == "unclear":
        reading = read_place(parts, question, language) or read_beside(parts, intents, own) or reading
    elif reading.outcome == "answer" and not reading.flag and len(words) > 2 and tells_much(parts, own):
        reading = replace(reading, flag="words")
    return replace(reading, also=intents) if intents else reading


def _without_question(text: str, parts: list[Token], language: Language, opted_out: bool) -> Reading:
    if opted_out and standalone(language).agrees(parts):
        return Reading("opt_in", reason="yes while opted out")
    if standalone(language).is_courtesy(parts) and QUESTION_MARKS.isdisjoint(text):  # "hello??" wants an answer
        return Reading("noise", reason="courtesy")
    return Reading("unclear", reason="no question is open")


def _other_request(
    parts: list[Token], intents: tuple[str, ...], keyword: Keyword | None, question: Question | None, language: Language
) -> Reading | None:
    """A request that is neither a priority nor an answer: declining, help, a death, a pause, the wrong person."""
    declining = keyword.declining if keyword else ""
    if declining and (declining != "asked-unknown" or (question and declining in question.opt_outs)):
        return Reading("skip", reason=declining)
    if "noise" in intents and not intent_patterns(language).is_only_noise(parts, standalone(language)):
        intents = tuple(intent for intent in intents if intent != "noise")
    if not intents or intents[0] in ("concern", "report"):
        return None
    reason = "asked-declined" if intents[0] == "skip" else "said in words"
    found = reading_of(intents[0], reason, intents[1:])
    if found.outcome != "meaning":
        return found
    only = len(intents) == 1 and intent_patterns(language).is_only("meaning", parts, standalone(language))
    return found if only else replace(found, flag="words")
