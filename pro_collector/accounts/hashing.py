"""Hashes passwords with argon2id, outside the event loop and only a few at a time: each takes 64 MiB."""

import asyncio
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2
"""How many hashes are computed at the same time; others wait."""
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4, hash_len=32, salt_len=16)
"""The second recommended option of RFC 9106, section 4."""

Result = TypeVar("Result")


async def hash_password(password: str) -> str:
    """The hash of a password, with a random salt and its parameters."""
    return await _apart(lambda: _HASHER.hash(password))


async def fits(password: str, hash: str | None) -> bool:
    """Whether a password has this hash. Without a hash it takes as long, so that nobody learns who has an account."""
    return await _apart(lambda: _fits(password, hash))


def is_outdated(hash: str) -> bool:
    """Whether a hash was made with other parameters than the present ones."""
    return _HASHER.check_needs_rehash(hash)


def _fits(password: str, hash: str | None) -> bool:
    try:
        return _HASHER.verify(hash or _nobodys(), password) and hash is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")


_turns: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


async def _apart(work: Callable[[], Result]) -> Result:
    loop = asyncio.get_running_loop()
    for other in [each for each in _turns if each.is_closed()]:
        del _turns[other]
    async with _turns.setdefault(loop, asyncio.Semaphore(AT_ONCE)):
        return await asyncio.to_thread(work)
