"""Encrypts a file in chunks with AES-256-GCM, so that a chunk that is altered, moved or missing is found.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption, CRYPTO 2015), as `age`
uses it: the nonce of a chunk is its number and whether it is the last one. The key is derived for this file alone.
"""

import hmac
import secrets
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pro_collector.errors import Damaged, Misconfigured

MAGIC = b"pro-collector backup 1\n"
CHUNK = 2**16
"""Bytes of a chunk before encryption."""
_TAG, _SALT, _CHECK = 16, 32, 16
_HEADER = len(MAGIC) + _SALT + _CHECK


class EncryptedWriter:
    """Encrypts what is written to it; `close` writes the last chunk. `key` has 32 bytes."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        salt = secrets.token_bytes(_SALT)
        file_key, check = _derive(key, salt)
        self._file, self._header = file, MAGIC + salt + check
        self._cipher = AESGCM(file_key)
        self._buffer, self._number = bytearray(), 0
        file.write(self._header)

    def write(self, content: bytes) -> None:
        """Add bytes."""
        self._buffer += content
        while len(self._buffer) > CHUNK:  # a full chunk may be the last one
            self._put(bytes(self._buffer[:CHUNK]), last=False)
            del self._buffer[:CHUNK]

    def close(self) -> None:
        """Write the last chunk. The file itself stays open."""
        self._put(bytes(self._buffer), last=True)

    def _put(self, chunk: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last=last), chunk, self._header))
        self._number += 1


def decrypted(file: BinaryIO, keys: list[bytes]) -> Iterator[bytes]:
    """The chunks of an encrypted file, decrypted with that one of `keys` with which it was written.

    Raises Damaged when something in the file was altered, moved or cut off, Misconfigured when no key fits.
    """
    header = file.read(_HEADER)
    if not header.startswith(MAGIC) or len(header) < _HEADER:
        raise Damaged("this is not a backup of this product, or its beginning is missing")
    cipher = AESGCM(_key_of(header, keys))
    number, chunk = 0, file.read(CHUNK + _TAG)
    while True:
        following = file.read(CHUNK + _TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), chunk, header)
        except InvalidTag:
            raise Damaged(f"the backup is damaged or cut off: its chunk {number} was changed") from None
        if not following:
            return
        number, chunk = number + 1, following


def _key_of(header: bytes, keys: list[bytes]) -> bytes:
    salt, check = header[len(MAGIC) : len(MAGIC) + _SALT], header[-_CHECK:]
    for key in keys:
        file_key, expected = _derive(key, salt)
        if hmac.compare_digest(check, expected):
            return file_key
    raise Misconfigured("PRO_VAULT_KEY is not the key that this backup was encrypted with: set that key")


def _derive(key: bytes, salt: bytes) -> tuple[bytes, bytes]:
    """The key of a file, and what tells whether it is the right one."""
    derived = HKDF(SHA256(), 32 + _CHECK, salt, MAGIC).derive(key)
    return derived[:32], derived[32:]


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
