"""The keys that sign the audit chain, and recognise what was signed with an earlier one."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Self

from pro_collector.errors import Misconfigured
from pro_collector.settings import Settings
from pro_collector.vault import read_key

_ID_CHARACTERS = 8


class AuditKeys:
    """Signs with the first key. A signature names its key, so that a change of the key breaks nothing."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {_id(key): key for key in keys}
        self._first = _id(keys[0])

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Those of PRO_AUDIT_KEY, and one derived from PRO_LINK_KEY. Raises Misconfigured without both."""
        own = [each.strip() for each in settings.audit_key.get_secret_value().split(",") if each.strip()]
        keys = [read_key("PRO_AUDIT_KEY", each) for each in own]
        link = settings.link_key.get_secret_value()
        if not link and not keys:
            raise Misconfigured(
                "PRO_AUDIT_KEY: is not set, and neither is PRO_LINK_KEY, from which one would be derived"
            )
        if link:
            keys.append(hashlib.sha256(b"audit" + read_key("PRO_LINK_KEY", link)).digest())
        return cls(keys)

    def sign(self, text: str) -> str:
        """The id of the key, and the HMAC-SHA256 (hex) of a text."""
        return f"{self._first}:{_digest(self._keys[self._first], text)}"

    def verify(self, text: str, signature: str) -> bool | None:
        """Whether this is the signature of the text; None: it was signed with a key that is not here."""
        id, _, digest = signature.partition(":")
        if id not in self._keys:
            return None
        return hmac.compare_digest(digest, _digest(self._keys[id], text))


def _digest(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), "sha256").hex()


def _id(key: bytes) -> str:
    return hashlib.sha256(b"id" + key).hexdigest()[:_ID_CHARACTERS]
