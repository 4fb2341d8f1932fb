"""Consent: which reporter agreed to be asked what, from which day on, and whether that covers a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from scheduler.values import Reporter

Covers = Literal["participation", "exit", "bereavement"]
"""What somebody agrees to: questions while the patient takes part, after leaving, or after a death."""
EVERY_KIND: tuple[Covers, ...] = get_args(Covers)


@dataclass(frozen=True, slots=True)
class Consent:
    """A reporter agreed on `given_on`, and from `withdrawn_on` on does not agree any more; None: still does."""

    reporter: Reporter
    covers: Covers
    given_on: date
    withdrawn_on: date | None = None

    def in_force(self, day: date) -> bool:
        """Whether it is in force on `day`."""
        return self.given_on <= day and (self.withdrawn_on is None or day < self.withdrawn_on)

    def ends_when_leaves(self, leaver: Reporter) -> bool:
        """Whether it is withdrawn because `leaver` wants no further contact: it covers what follows participation.

        The patient decides for those who answer about the patient; a proxy and a caregiver for what they agreed to.
        """
        after = self.withdrawn_on is None and self.covers != "participation"
        return after and (leaver == self.reporter or (leaver == "self" and self.reporter != "caregiver"))


def agrees(consents: Iterable[Consent], reporter: Reporter, covers: Covers, day: date, *, needed: bool) -> bool:
    """Whether a reporter may be asked on `day` as far as consent goes.

    Where a consent is recorded, it must be in force. Where none is, the reporter is asked unless it is `needed`.
    """
    recorded = [each for each in consents if (each.reporter, each.covers) == (reporter, covers)]
    return any(each.in_force(day) for each in recorded) if recorded else not needed


def needs(reporter: Reporter, covers: Covers, needs_consent: Iterable[Reporter]) -> bool:
    """Whether consent must be recorded: always for what follows participation, and always of a caregiver.

    A caregiver answers about themselves, so no consent of the patient covers it. Of others, the study says it.
    """
    return reporter == "caregiver" or covers != "participation" or reporter in needs_consent
