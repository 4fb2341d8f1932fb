"""Challenges that a browser takes elsewhere and brings back: signed, bound to its visit, valid once and for minutes."""

import hmac
import secrets
from datetime import UTC, datetime

from pro_collector.domain.account.visiting import STEP_VALID
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import sign_ins
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash


def new_challenge(rt: Runtime, purpose: str, visit: str) -> str:
    """A challenge for one purpose, which only the browser with this visit or session can use."""
    nonce, expires = secrets.token_hex(16), int((rt.clock.now() + STEP_VALID).timestamp())
    return f"{nonce}.{expires}.{_signature(rt, purpose, visit, nonce, str(expires))}"


async def take_challenge(tx: Tx, rt: Runtime, challenge: str, purpose: str, visit: str) -> bool:
    """Whether a challenge is ours, for this purpose and visit, and still valid; it counts once."""
    nonce, _, rest = challenge.partition(".")
    expires, _, signature = rest.partition(".")
    expected = _signature(rt, purpose, visit, nonce, expires)
    if not visit or not hmac.compare_digest(signature.encode(), expected.encode()):
        return False
    until = datetime.fromtimestamp(int(expires), UTC)  # we wrote it
    return rt.clock.now() < until and await sign_ins.use_step(tx, token_hash(challenge), until)


def _signature(rt: Runtime, purpose: str, visit: str, nonce: str, expires: str) -> str:
    return rt.vault.sign(f"challenge {purpose} {visit} {nonce} {expires}")
