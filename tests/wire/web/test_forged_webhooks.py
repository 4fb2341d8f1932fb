"""Whoever has no token of the carrier is refused, also with the signature of a text that was seen on its way."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import UUID

import aiohttp
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from pro_collector.channels.twilio import INBOUND_PATH, REPORTS_PATH
from tests.shared.office import PHONE, Office
from tests.shared.scenes import in_conversation

TEXT = {"MessageSid": "SM" + "1" * 32, "From": PHONE, "To": "+12025550100", "Body": "7", "NumMedia": "0"}
BODY = urlencode(TEXT).encode()
SIGNATURE, ALGORITHM = "X-Twilio-Signature", "X-Twilio-Webhooks-Signature-Settings"


def sign(token: str, url: str, fields: dict[str, str], algorithm: str = "HMAC_SHA1") -> str:
    return str(RequestValidator(token).compute_signature(url, fields, algorithm))


def stolen(url: str, token: str) -> str:
    """The signature of the real text."""
    return sign(token, url, TEXT)


@dataclass(frozen=True)
class Forgery:
    """A forged request. `signature` makes it from our URL of inbound texts and our token, which a forger has not."""

    body: bytes = BODY
    path: str = INBOUND_PATH
    headers: dict[str, str] = field(default_factory=dict)
    signature: Callable[[str, str], str] = stolen


def changed(**fields: str) -> bytes:
    return urlencode({**TEXT, **fields}).encode()


FORGERIES = {
    "an empty signature": Forgery(signature=lambda *_: ""),
    "an empty signature by no algorithm": Forgery(signature=lambda *_: "", headers={ALGORITHM: "algorithm=none"}),
    "nonsense": Forgery(signature=lambda *_: "nonsense"),
    "with another token": Forgery(signature=lambda url, _: sign("f" * 32, url, TEXT)),
    "with an empty token": Forgery(signature=lambda url, _: sign("", url, TEXT)),
    "another answer": Forgery(changed(Body="10")),
    "another sender": Forgery(changed(From="+12025550177")),
    "another id": Forgery(changed(MessageSid="SM" + "9" * 32)),
    "a field more": Forgery(changed(Note="x")),
    "a field less": Forgery(BODY.removesuffix(b"&NumMedia=0")),
    "no body": Forgery(b""),
    "the answer twice": Forgery(BODY + b"&Body=10"),
    "another answer before": Forgery(b"Body=10&" + BODY),
    "a query": Forgery(path=f"{INBOUND_PATH}?x=1"),
    "the path of a report": Forgery(path=f"{REPORTS_PATH}/{UUID(int=1)}"),
    "signed for another server": Forgery(
        signature=lambda _, token: sign(token, f"https://evil.example{INBOUND_PATH}", TEXT),
        headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
    ),
    "signed for another host": Forgery(
        signature=lambda _, token: sign(token, f"http://evil.example{INBOUND_PATH}", TEXT),
        headers={"Host": "evil.example"},
    ),
    "signed for another scheme": Forgery(
        signature=lambda url, token: sign(token, url.replace("http:", "https:"), TEXT),
        headers={"X-Forwarded-Proto": "https"},
    ),
    "json": Forgery(b'{"MessageSid": "SM1", "Body": "10"}', headers={"Content-Type": "application/json"}),
    "the hash of another body": Forgery(path=f"{INBOUND_PATH}?bodySHA256={'0' * 64}"),
    "by another algorithm than it says": Forgery(headers={ALGORITHM: "algorithm=HMAC_SHA256"}),
    "by an algorithm of its own": Forgery(headers={ALGORITHM: "algorithm=none"}),
}


async def status(office: Office, session: aiohttp.ClientSession, forgery: Forgery) -> int:
    origin = office.rt.settings.public_url
    token = office.rt.settings.twilio_auth_token.get_secret_value()
    headers = {"Content-Type": "application/x-www-form-urlencoded", **forgery.headers}
    headers[SIGNATURE] = forgery.signature(f"{origin}{INBOUND_PATH}", token)
    async with session.post(f"{origin}{forgery.path}", data=forgery.body, headers=headers) as answer:
        return answer.status


async def test_a_forged_text_is_refused_and_leaves_nothing(office: Office) -> None:
    await in_conversation(office)
    async with aiohttp.ClientSession() as session:
        refused = {name: await status(office, session, forgery) for name, forgery in FORGERIES.items()}
        assert refused == dict.fromkeys(FORGERIES, 403)
        assert await office.one("SELECT count(*) FROM vault.inbound") == 0
        # Twilio signs names and values without what separates them: `Body=7` as `Bod=y7` is signed too.
        moved = Forgery(BODY.replace(b"Body=7", b"Bod=y7"))
        assert await status(office, session, moved) == 200
        await office.settle()
        assert await office.one("SELECT count(*) FROM answer") == 0, "but no other answer can be made of it"
