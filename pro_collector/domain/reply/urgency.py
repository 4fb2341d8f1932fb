"""Whether a text or mail may not wait behind those of other people."""

from pro_collector.domain.reply.language import Language
from pro_collector.domain.reply.understanding import understand

URGENT = frozenset({"urgent", "crisis", "death", "bereaved", "opt_out", "leave", "erase", "wrong_person"})
"""After a text with one of these intents, we must say something at once, or nothing more at all."""


def is_urgent(text: str, language: Language) -> bool:
    """Whether a text may be a stop, an emergency or news of a death, whatever was asked.

    These intents are found in every shipped language, whichever `language` is given. A text that is wrongly urgent is
    read sooner and means the same.
    """
    reading = understand(text, None, language)
    return reading.flag in ("emergency", "stop") or not URGENT.isdisjoint((reading.outcome, *reading.also))
