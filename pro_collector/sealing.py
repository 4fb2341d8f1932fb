"""Seals bytes for one row with one key: AES-256-GCM. A value that is moved to another row cannot be opened there."""

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pro_collector.errors import Altered

FORMAT = 1
"""The first byte of a sealed value: format | key id | nonce | ciphertext with its tag."""
KEY_BYTES, NONCE_BYTES, TAG_BYTES = 32, 12, 16
HEAD_BYTES = 1 + 4


class SealingKey:
    """One AES-256-GCM key. The name of the row and the head of the value are authenticated with it (RFC 5116)."""

    def __init__(self, secret: bytes) -> None:
        self.head = bytes([FORMAT]) + hashlib.sha256(secret).digest()[:4]
        """The format and the key id: the first 4 bytes of the SHA-256 of the key."""
        self._cipher = AESGCM(secret)

    def seal(self, plain: bytes, row: str) -> bytes:
        """Encrypt for a row, with a random nonce of 96 bits."""
        nonce = os.urandom(NONCE_BYTES)
        return self.head + nonce + self._cipher.encrypt(nonce, plain, self.head + row.encode())

    def open(self, sealed: bytes, row: str) -> bytes:
        """Decrypt what was sealed for this row with this key. Raises Altered for anything else."""
        if not self.sealed(sealed):
            raise Altered(f"{row}: it was not sealed with this key")
        nonce, rest = sealed[HEAD_BYTES : HEAD_BYTES + NONCE_BYTES], sealed[HEAD_BYTES + NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, rest, self.head + row.encode())
        except InvalidTag:
            raise Altered(f"{row}: it was changed, or sealed for another row") from None

    def sealed(self, value: bytes) -> bool:
        """Whether a value names this key as its own, and is long enough to be a sealed one."""
        return value[:HEAD_BYTES] == self.head and len(value) >= HEAD_BYTES + NONCE_BYTES + TAG_BYTES


def derived_key(secret: bytes, label: str) -> bytes:
    """A key of 32 bytes for one purpose, derived from a secret by HKDF-SHA256 (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"pro-collector {label}".encode()).derive(secret)
