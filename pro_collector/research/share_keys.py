"""The key of an installation for bundles: it signs them (Ed25519), and gives the keys of their pseudonyms and dates."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pro_collector.domain.research.deidentify import SecretIds
from pro_collector.sealing import derived_key

_SIGNED = b"pro-collector bundle\n"
"""Stands before what is signed, so that a signature is good for nothing else."""


class ShareKeys:
    """All keys are derived from one secret of 32 bytes; those of pseudonyms and dates also from the project's name."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._signer = Ed25519PrivateKey.from_private_bytes(derived_key(secret, "share signature"))

    @property
    def public(self) -> str:
        """The public key, as 64 hex digits: with it others verify what this installation signed."""
        return self._signer.public_key().public_bytes_raw().hex()

    def ids(self, project: str) -> SecretIds:
        """The keys of one project."""
        names, dates = f"share pseudonyms {project}", f"share dates {project}"
        return SecretIds(derived_key(self._secret, names), derived_key(self._secret, dates))

    def sign(self, data: bytes) -> str:
        """The signature of the bytes, as 128 hex digits."""
        return self._signer.sign(_SIGNED + data).hex()


def verifies(public: str, data: bytes, signature: str) -> bool:
    """Whether the owner of this public key signed these bytes. Raises ValueError for what is no public key."""
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
    try:
        key.verify(bytes.fromhex(signature), _SIGNED + data)
    except (InvalidSignature, ValueError):
        return False
    return True
