"""Pages of a list for programs: a cursor says where the next one begins, and is signed, so that nobody makes one up."""

import base64
import binascii
import hmac
import json
from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from pro_collector.errors import BadInput, Problem
from pro_collector.vault import Vault

Item = TypeVar("Item")
_SIGNED = 32
"""Hex digits of the signature."""
LONGEST = 2000

Cursor = Annotated[
    str | None, Query(alias="cursor", max_length=LONGEST, description="`next` of the page before; opaque")
]
Limit = Annotated[int, Query(ge=1, le=500, description="how many at most")]


class ListPage(BaseModel, Generic[Item]):
    """A page of a list. `next`: the cursor of the next page; null on the last one."""

    items: Sequence[Item]
    next: str | None = None


def cursor(vault: Vault, of: str, place: Sequence[str]) -> str:
    """The cursor after this place in a list. `of`: which list of which study; it fits no other one."""
    text = json.dumps([of, *place])
    signed = vault.sign(f"cursor {text}")[:_SIGNED] + text
    return base64.urlsafe_b64encode(signed.encode()).decode().rstrip("=")


def place_of(vault: Vault, of: str, given: str | None) -> list[str] | None:
    """The place that a cursor stands for; None without one. Raises BadInput for what we did not give for this list."""
    if given is None:
        return None
    try:
        signed = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode()
    except (binascii.Error, ValueError):
        signed = ""
    signature, text = signed[:_SIGNED], signed[_SIGNED:]
    if hmac.compare_digest(signature.encode(), vault.sign(f"cursor {text}")[:_SIGNED].encode()):
        list_of, *place = json.loads(text)
        if list_of == of:
            return [str(part) for part in place]
    raise BadInput([Problem("", None, "cursor", "expected `next` of a page of this list")])
