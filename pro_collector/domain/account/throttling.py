"""How often somebody may try to sign in: bounded for one account and for one address, and never for ever.

A stranger who guesses at an account shuts out only their own address. Where the account itself is limited, whoever
signed in from the same address before comes in all the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

WITHIN = timedelta(minutes=15)
"""Failed attempts count for so long."""
OF_ACCOUNT_FROM_ADDRESS = 5
"""How often one account may be tried in vain from one address."""
OF_ADDRESS = 60
"""How often all accounts together may be tried in vain from one address; a hospital may have one address for all."""
OF_ACCOUNT = 30
"""How often one account may be tried in vain from all addresses together."""
KNOWN_FOR = timedelta(days=30)
"""For so long an address counts as known from which an account signed in."""

Limit = Literal["account", "address"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to sign in with this account or from this address, within `KNOWN_FOR`."""

    at: datetime
    same_account: bool
    same_address: bool
    succeeded: bool


def limit_reached(attempts: Iterable[Attempt], now: datetime) -> Limit | None:
    """Which limit forbids one more attempt now, None if none does."""
    attempts = list(attempts)
    failed = [each for each in attempts if not each.succeeded and each.at > now - WITHIN]
    signed_in = [each.at for each in attempts if each.succeeded and each.same_account and each.same_address]
    known, last = bool(signed_in), max(signed_in, default=now - WITHIN)
    if sum(each.same_account and each.same_address and each.at > last for each in failed) >= OF_ACCOUNT_FROM_ADDRESS:
        return "account"
    if sum(each.same_address for each in failed) >= OF_ADDRESS:
        return "address"
    if not known and sum(each.same_account for each in failed) >= OF_ACCOUNT:
        return "account"
    return None
