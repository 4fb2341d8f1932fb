"""Simulates how a person reads a message (its question and choices), and how they word an answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

_TOPICS: Mapping[str, str] = {
    "nausea": r"sick to|tummy|náuseas|revolvió",
    "vomiting": r"throw up|vomit(?:[óo]|aste)",
    "missing_out": r"miss out|se perdi[óo]|te perdiste",
    "doing": r"things (?:you|they) like|(?:lo que|cosas que) [lt]e gusta",
    "company": r"other people|otras personas|buenos ratos|buen rato",
    "pain": r"\bpain\b|\bhurt\b|\bdolor\b|\bdoli[óo]\b",
    "tiredness": r"\btired\b|cansancio|cansad[oa]",
    "eating": r"\beat(?:ing)?\b|\bcomer\b",
    "sleep": r"\bsleep(?:ing)?\b|\bdormir\b",
    "worry": r"worried|preocupaci[óo]n",
    "mood": r"\bmood\b|\bhumor\b",
    "calm": r"\bcalm\b|\bcalma\b",
    "overall": r"\blife\b|\ball in all\b|\bvida\b|\ben general\b",
}
_TOPIC_PATTERNS = {topic: re.compile(pattern, re.IGNORECASE) for topic, pattern in _TOPICS.items()}
_SCALE = re.compile(r"\b(\d+)(?: \([^)]*\))? (?:to|a) (\d+)\b")
_CHOICE = re.compile(r"(?:^|, )(\d+) ([^,]+)")
_LINK = re.compile(r"https?://\S+/r/[\w-]+")
_WORDS = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"),
}
_PHRASES = {"en": ("{}ish", "about a {}", "I'd say {}", "{}/{top}", "{}!"), "es": ("un {}", "Pues un {}", "{}!")}
_UNREADABLE = {
    "en": ("dunno", "better than last week", "not great", "depends on the day"),
    "es": ("no sé", "mejor que ayer", "depende del día", "no muy bien"),
}


@dataclass(frozen=True, slots=True)
class ReadQuestion:
    """A question as its reader understands it. `choices` are in order; `listed`: each choice has a label."""

    topic: str
    choices: tuple[str, ...]
    listed: bool

    def position(self, level: float) -> int:
        """The index of the choice for `level`, from 0 (the first) to 1 (the last)."""
        return round(level * (len(self.choices) - 1))


def read_question(text: str) -> ReadQuestion | None:
    """The question in a text message, or None if it has no question that can be answered by text."""
    scale = _SCALE.search(text)
    if scale:
        low, high = int(scale[1]), int(scale[2])
        return ReadQuestion(topic(text), tuple(str(number) for number in range(low, high + 1)), listed=False)
    prompt, mark, choices_text = text.rpartition("? ")
    choices = tuple(label.strip() for _, label in _CHOICE.findall(choices_text)) if mark else ()
    return ReadQuestion(topic(prompt), choices, listed=True) if len(choices) > 1 else None


def read_link(text: str) -> str | None:
    """The link to a survey in a text or mail, or None."""
    match = _LINK.search(text)
    return match[0] if match else None


def topic(words: str) -> str:
    """The topic of a question; empty when it is unknown."""
    return next((name for name, pattern in _TOPIC_PATTERNS.items() if pattern.search(words)), "")


def answer_words(question: ReadQuestion, position: int, language: str, dice: Random) -> str:
    """An answer as people type it: mostly the number, sometimes a word, the label, or a longer phrase."""
    manner = dice.random()
    number, top = str(position), len(question.choices) - 1
    if manner < 0.7:
        return number
    if question.listed:
        return question.choices[position]
    if manner < 0.85:
        return _WORDS[language][position]
    return dice.choice(_PHRASES[language]).format(number, top=top)


def unreadable_words(language: str, dice: Random) -> str:
    """An answer without a number, which only a person understands."""
    return dice.choice(_UNREADABLE[language])
