"""What a text reply means: one reading, or "unclear" with the reason, and what people ask for beyond answering."""

from pro_collector.domain.reply.question import Choice, Flag, Kind, Outcome, Question, Reading, Value
from pro_collector.domain.reply.several import understand_many
from pro_collector.domain.reply.understanding import understand

__all__ = ["Choice", "Flag", "Kind", "Outcome", "Question", "Reading", "Value", "understand", "understand_many"]
