"""The order of channels in which a person wants to be asked: one first and then the other, or one only."""

from collections.abc import Sequence
from dataclasses import dataclass

from pro_collector.errors import BadInput, Problem
from scheduler.rules import Channel

MESSAGES: Sequence[Channel] = ("sms", "email")
"""The channels that somebody can choose between; a call is made by a person of the team."""


@dataclass(frozen=True, slots=True)
class ChannelOrder:
    """The channel that comes `first`, and whether it is the `only` one; without `first`, the study decides."""

    first: Channel | None = None
    only: bool = False

    def __str__(self) -> str:
        """As it is written in a command and in the record: `email,sms`, `email` or nothing."""
        if self.first is None:
            return ""
        others = (channel for channel in MESSAGES if channel != self.first)
        return self.first if self.only else ",".join([self.first, *others])


ORDERS = tuple(ChannelOrder(first, only) for first in MESSAGES for only in (False, True))
"""Every order that somebody can choose."""


def read_order(text: str) -> ChannelOrder:
    """An order as it is written: `sms,email`, `email,sms`, `sms`, `email`, or "" for that of the study.

    Raises BadInput.
    """
    plain = ",".join(part for part in text.replace(",", " ").lower().split() if part != "study")
    known = {str(order): order for order in (*ORDERS, ChannelOrder())}
    if plain not in known:
        raise BadInput([Problem("", None, "channels", f"{text!r} is none of {', '.join(map(repr, known))}")])
    return known[plain]


def in_order(ladder: Sequence[Channel], order: ChannelOrder) -> list[Channel]:
    """The channels of a ladder as somebody wants them; calls keep their places, and no rung is lost or added.

    The first channel takes the place of the first message, where the ladder has it: the study decides how people are
    reached. Who wants one channel only gets every message of the ladder there.
    """
    if order.first is None:
        return list(ladder)
    if order.only:
        return [channel if channel == "call" else order.first for channel in ladder]
    messages = [channel for channel in ladder if channel != "call"]
    if order.first not in messages:
        return list(ladder)
    messages.remove(order.first)
    rest = iter([order.first, *messages])
    return [channel if channel == "call" else next(rest) for channel in ladder]
