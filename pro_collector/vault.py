"""Encrypts ("seals") what identifies a person, and finds it by a keyed hash, which cannot be reversed."""

import base64
import hashlib
import hmac
import json
import string
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken

from pro_collector.errors import Altered, Misconfigured

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
TOKEN_LENGTH = 22
"""Characters of a link token: 128 bits in base 62; no `-` or `_`: phones drop them from a link at the end of a text."""


class Vault:
    """One key for addresses and raw texts, one key for links; each has 32 bytes, given as 64 hex digits.

    `vault_key` may be two keys with a comma, the new key first; then `old` is the vault with the old key.
    """

    def __init__(self, vault_key: str, link_key: str) -> None:
        new, comma, old = vault_key.partition(",")
        secret = _key("PRO_VAULT_KEY", new.strip())
        self.old = Vault(old.strip(), link_key) if comma else None
        self._seal = Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"seal" + secret).digest()))
        self._lookup_key = hashlib.sha256(b"lookup" + secret).digest()
        self._link_key = _key("PRO_LINK_KEY", link_key)
        self._backup_key = hashlib.sha256(b"backup" + secret).digest()

    def backup_keys(self) -> list[bytes]:
        """The keys (32 bytes each) of backups that this vault can read; with the first it encrypts new ones."""
        return [self._backup_key, *(self.old.backup_keys() if self.old else ())]

    def seal(self, text: str) -> bytes:
        """Encrypt and authenticate (AES-128-CBC with HMAC-SHA256, the Fernet format)."""
        return self._seal.encrypt(text.encode())

    def unseal(self, sealed: bytes) -> str:
        """Decrypt what `seal` returned. Raises Misconfigured when it was sealed with another key."""
        try:
            return self._seal.decrypt(sealed).decode()
        except InvalidToken:
            raise Misconfigured("PRO_VAULT_KEY is not the key this database was sealed with") from None

    def opens_any(self, sealed: Iterable[bytes]) -> bool:
        """Whether one of these values was sealed with this key."""
        return any(self.opens(value) for value in sealed)

    def opens(self, sealed: bytes) -> bool:
        """Whether this value was sealed with this key."""
        try:
            self._seal.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def seal_address(self, address: str, row: str) -> bytes:
        """Encrypt an address for the row it is recorded in (`row_name`): it cannot be opened for another row."""
        return self.seal(f"{row}\n{address}")

    def open_address(self, sealed: bytes, row: str, lookup: bytes) -> str:
        """Decrypt the address of a row. Raises Altered when it was sealed for another row, or `lookup` is not its hash.

        An address that an older version sealed without a row opens if its lookup matches.
        """
        try:
            bound, _, address = self._seal.decrypt(sealed).decode().rpartition("\n")
        except InvalidToken:
            raise Altered(f"{row}: it was not sealed with this key") from None
        if bound not in ("", row) or not hmac.compare_digest(self.lookup(address), lookup):
            raise Altered(f"{row}: it was sealed for another row, or its lookup does not match")
        return address

    def is_bound(self, sealed: bytes) -> bool:
        """Whether an address was sealed for a row."""
        return "\n" in self.unseal(sealed)

    def seal_in_row(self, words: str, row: str) -> bytes:
        """Encrypt words for the row they are recorded in: they cannot be opened for another row."""
        return self.seal(f"{row}\n{words}")

    def open_in_row(self, sealed: bytes, row: str) -> str:
        """Decrypt the words of a row. Raises Altered when they were sealed for another row, or with another key."""
        try:
            bound, _, words = self._seal.decrypt(sealed).decode().partition("\n")
        except InvalidToken:
            raise Altered(f"{row}: it was not sealed with this key") from None
        if bound != row:
            raise Altered(f"{row}: it was sealed for another row")
        return words

    def seal_json(self, fields: dict[str, Any]) -> bytes:
        """Encrypt the fields of a provider's webhook."""
        return self.seal(json.dumps(fields))

    def unseal_json(self, sealed: bytes) -> dict[str, Any]:
        """Decrypt the fields of a provider's webhook."""
        fields: dict[str, Any] = json.loads(self.unseal(sealed))
        return fields

    def lookup(self, address: str) -> bytes:
        """The keyed hash (HMAC-SHA256) of an address, case folded; without the key nobody can compute it."""
        return hmac.digest(self._lookup_key, address.strip().casefold().encode(), "sha256")

    def token(self, id: UUID) -> str:
        """The link token of a message or a call: 128 bits derived from its id, so that it need not be stored."""
        number = int.from_bytes(hmac.digest(self._link_key, id.bytes, "sha256")[:16], "big")
        digits = []
        for _ in range(TOKEN_LENGTH):
            number, digit = divmod(number, 62)
            digits.append(BASE62[digit])
        return "".join(reversed(digits))

    def code(self, id: UUID, digits: int) -> str:
        """The code in a message, of so many digits; derived from its id like the token, and not stored."""
        number = int.from_bytes(hmac.digest(self._link_key, b"code" + id.bytes, "sha256")[:16], "big")
        return f"{number % 10**digits:0{digits}}"

    def sign(self, text: str) -> str:
        """The HMAC-SHA256 (hex) of a text that a browser keeps for us."""
        return hmac.digest(self._link_key, b"signed" + text.encode(), "sha256").hex()


def row_name(participant: UUID, reporter: str, channel: str) -> str:
    """The row of `vault.contact` that an address is sealed for, as text."""
    return f"{participant}/{reporter}/{channel}"


def token_hash(token: str) -> bytes:
    """The SHA-256 of a link token, which is stored instead of the token."""
    return hashlib.sha256(token.encode()).digest()


def _key(name: str, value: str) -> bytes:
    try:
        key = bytes.fromhex(value)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise Misconfigured(f'{name}: expected 32 bytes as 64 hex digits; make one with "pro-collector keys"')
    return key
