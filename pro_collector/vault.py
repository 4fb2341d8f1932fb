"""Encrypts ("seals") what identifies a person, and finds it by a keyed hash, which cannot be reversed."""

import base64
import hashlib
import hmac
import json
import os
import string
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken

from pro_collector.errors import Altered, Misconfigured
from pro_collector.sealing import HEAD_BYTES, KEY_BYTES, NONCE_BYTES, TAG_BYTES, SealingKey, derived_key

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
TOKEN_LENGTH = 22
"""Characters of a link token: 128 bits in base 62; no `-` or `_`: phones drop them from a link at the end of a text."""

SEALED_KEY_BYTES = HEAD_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES
"""The length of a sealed data key."""


class Vault:
    """One master key for what identifies people, one key for links; each has 32 bytes, given as 64 hex digits.

    The master key seals data keys: one for each participant and each address, and one to hash addresses with. A data
    key seals the values of its owner. `vault_key` may be two keys with a comma, the new key first; then `old` is the
    vault with the old key. Without a key (None), what needs it raises Misconfigured: some parts have none.
    """

    def __init__(self, vault_key: str | None, link_key: str | None) -> None:
        if link_key is not None:
            self._link_key = read_key("PRO_LINK_KEY", link_key)
        self.old: Vault | None = None
        if vault_key is not None:
            self._take(vault_key, link_key)

    def _take(self, vault_key: str, link_key: str | None) -> None:
        new, comma, old = vault_key.partition(",")
        secret = read_key("PRO_VAULT_KEY", new.strip())
        self.old = Vault(old.strip(), link_key) if comma else None
        self.before = FernetVault(secret)
        """Opens what earlier versions sealed with this key; only `pro-collector migrate` may use it."""
        self._master = SealingKey(derived_key(secret, "data keys"))
        self.lookup_key = hashlib.sha256(b"lookup" + secret).digest()
        """Hashes addresses. It is stored when a database is set up, and outlives the master key."""
        self._backup_key = hashlib.sha256(b"backup" + secret).digest()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            key = "PRO_LINK_KEY" if name == "_link_key" else "PRO_VAULT_KEY"
            raise Misconfigured(f"{key}: is not set in this process, which needs it")

    def backup_keys(self) -> list[bytes]:
        """The keys (32 bytes each) of backups that this vault can read; with the first it encrypts new ones."""
        return [self._backup_key, *(self.old.backup_keys() if self.old else ())]

    def new_key(self, owner: str) -> bytes:
        """A new data key, sealed for its owner."""
        return self._master.seal(os.urandom(KEY_BYTES), owner)

    def open_key(self, owner: str, sealed: bytes) -> bytes:
        """The data key of an owner. Raises Altered for the key of another owner, or with another master key."""
        return self._master.open(sealed, owner)

    def seal_key(self, owner: str, key: bytes) -> bytes:
        """Seal a data key, which another master key sealed before."""
        return self._master.seal(key, owner)

    def seals_key(self, sealed: bytes) -> bool:
        """Whether a data key was sealed with this master key, by the key id in it."""
        return self._master.sealed(sealed)

    def seal(self, text: str, row: str, key: bytes) -> bytes:
        """Encrypt for a row (AES-256-GCM): it cannot be opened for another one. `key`: the sealed key of its owner.

        The name of a row begins with its owner and a slash.
        """
        return self._data_key(row, key).seal(text.encode(), row)

    def unseal(self, sealed: bytes, row: str) -> str:
        """Decrypt the value of a row, given as the sealed key of its owner and the value (`vault.with_key`).

        Raises Altered when either was sealed for another one or with another key, and when the key was destroyed.
        """
        key, value = sealed[:SEALED_KEY_BYTES], sealed[SEALED_KEY_BYTES:]
        return self._data_key(row, key).open(value, row).decode()

    def _data_key(self, row: str, sealed: bytes) -> SealingKey:
        return SealingKey(self.open_key(owner_of(row), sealed))

    def open_address(self, sealed: bytes, row: str, lookup: bytes) -> str:
        """Decrypt the address of a row. Raises Altered as `unseal` does, and when `lookup` is not its keyed hash."""
        address = self.unseal(sealed, row)
        if not hmac.compare_digest(self.lookup(address), lookup):
            raise Altered(f"{row}: its lookup does not match")
        return address

    def seal_json(self, fields: Mapping[str, Any], row: str, key: bytes) -> bytes:
        """Encrypt the fields of a provider's webhook for their row."""
        return self.seal(json.dumps(dict(fields)), row, key)

    def unseal_json(self, sealed: bytes, row: str) -> dict[str, Any]:
        """Decrypt the fields of a provider's webhook. Raises Altered as `unseal` does."""
        fields: dict[str, Any] = json.loads(self.unseal(sealed, row))
        return fields

    def lookup(self, address: str) -> bytes:
        """The keyed hash (HMAC-SHA256) of an address, case folded; without the key nobody can compute it."""
        return hmac.digest(self.lookup_key, address.strip().casefold().encode(), "sha256")

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


class FernetVault:
    """Opens what earlier versions sealed: Fernet, with the row before the text, or without a row."""

    def __init__(self, secret: bytes) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"seal" + secret).digest()))

    def seal(self, text: str) -> bytes:
        """Encrypt as those versions did; only tests need it."""
        return self._fernet.encrypt(text.encode())

    def sealed_any(self, values: Iterable[bytes]) -> bool:
        """Whether one of these values was sealed with this key."""
        return any(self._open(value) is not None for value in values)

    def unseal(self, sealed: bytes, row: str, *, bound: bool) -> str:
        """Decrypt the value of a row. Raises Altered for another row or key, or if it must be `bound` and is not."""
        opened = self._open(sealed)
        if opened is not None and opened.startswith(f"{row}\n"):
            return opened.removeprefix(f"{row}\n")
        if opened is None or bound or "\n" in opened:
            raise Altered(f"{row}: it was not sealed for this row with this key")
        return opened

    def _open(self, sealed: bytes) -> str | None:
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            return None


def owner_of(row: str) -> str:
    """The owner of the data key of a row: a participant's id, or the keyed hash of an address in hex."""
    return row.partition("/")[0]


def row_name(participant: UUID, reporter: str, channel: str) -> str:
    """The row of `vault.contact` that an address is sealed for, as text."""
    return f"{participant}/{reporter}/{channel}"


def nickname_row(participant: UUID) -> str:
    """The row of `vault.nickname` that a nickname is sealed for, as text."""
    return f"{participant}/nickname"


def written_row(participant: UUID, message: UUID) -> str:
    """The row of `vault.written` that the words of a message are sealed for, as text."""
    return f"{participant}/written/{message}"


def token_hash(token: str) -> bytes:
    """The SHA-256 of a link token, which is stored instead of the token."""
    return hashlib.sha256(token.encode()).digest()


def read_key(name: str, value: str) -> bytes:
    """The 32 bytes of a key that is given as 64 hex digits. Raises Misconfigured."""
    try:
        key = bytes.fromhex(value)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise Misconfigured(f'{name}: expected 32 bytes as 64 hex digits; make one with "pro-collector keys"')
    return key
