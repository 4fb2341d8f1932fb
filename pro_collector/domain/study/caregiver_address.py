"""An address of a caregiver is no address of a patient or a proxy: a STOP counts for everybody at an address."""

from collections.abc import Iterable
from typing import TypeVar

from scheduler.values import Reporter

A = TypeVar("A")
NOT_ASKED = "the study asks caregivers nothing: leave it empty"
_APART = (
    ", and a STOP counts for everybody at an address: each could stop, and answer for, the other. Give an address that "
    "only one of them uses; without one the team calls"
)


def both_use(users: Iterable[tuple[A, Reporter]]) -> frozenset[A]:
    """The addresses that a caregiver would use, and a patient or a proxy too; of the same person or of others."""
    every = list(users)
    of_caregivers = {address for address, reporter in every if reporter == "caregiver"}
    return frozenset(address for address, reporter in every if reporter != "caregiver" and address in of_caregivers)


def why_refused(reporter: Reporter) -> str:
    """Why such an address is refused for this reporter, without telling whose it is."""
    other = "a patient's or a proxy's" if reporter == "caregiver" else "a caregiver's"
    return f"this is {other} address too{_APART}"
