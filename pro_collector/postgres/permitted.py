"""Why a message must not leave, in SQL: asked in the very statement that claims it.

The words are those of `domain/conversation/permission.py`, and `tests/postgres/test_permitted.py` holds the two equal.
"""

from collections.abc import Iterable
from typing import LiteralString

from pro_collector.domain.conversation.permission import ALWAYS_SAID, NO_TEXTS, SAID_AFTER_STOP, TOO_LATE, UNASKED
from scheduler.person import ENDING, SUPPRESSING


def _in(words: Iterable[str]) -> LiteralString:
    """Words of our own as SQL writes them after IN."""
    return "({})".format(", ".join(f"'{word}'" for word in sorted(words)))


MUST_NOT: LiteralString = f"""
    CASE WHEN c.opted_out_at IS NOT NULL AND m.purpose NOT IN {_in(SAID_AFTER_STOP)} THEN 'opted out'
         WHEN c.broken_at IS NOT NULL THEN 'address does not work'
         WHEN m.expires_at <= %(now)s THEN {_in([TOO_LATE])[1:-1]}
         WHEN m.purpose IN {_in(ALWAYS_SAID)} THEN NULL
         WHEN o.reason = 'participation_ended' THEN 'has left the study'
         ELSE coalesce(
            (SELECT CASE WHEN s.kind IN {_in(ENDING)} THEN 'has left the study'
                         WHEN s.kind IN {_in(NO_TEXTS)} THEN 'asked for no texts' ELSE s.kind END
             FROM participant_state s, LATERAL (SELECT (%(now)s AT TIME ZONE p.zone)::date AS day) today
             WHERE s.participant_id = m.participant_id AND s.retracted_at IS NULL AND s.starts_on <= today.day
             AND (s.ends_on IS NULL OR s.ends_on > today.day)
             AND (s.kind IN {_in(ENDING)} OR (s.kind IN {_in(NO_TEXTS)} AND m.channel = 'sms')
                  OR (s.kind IN {_in(SUPPRESSING)} AND m.purpose IN {_in(UNASKED)}))
             ORDER BY s.kind IN {_in(ENDING)} DESC LIMIT 1),
            CASE WHEN (m.purpose = 'reminder' AND o.state NOT IN ('open', 'invited', 'started'))
                   OR (m.item IS NOT NULL AND m.item IS DISTINCT FROM o.asked)
                   OR (m.purpose IN ('invitation', 'question', 'again', 'clarification')
                       AND o.state IN ('completed', 'cancelled')) THEN 'no longer waited for' END)
    END
"""  # noqa: S608  # no value in it
"""Of a message `m`, its contact `c`, its participant `p` and its occasion `o` (or none); NULL: it may leave."""
