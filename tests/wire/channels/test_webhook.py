"""Posting to webhooks: a name that leads to a private address leads nowhere, whatever it led to before."""

import base64
import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from pro_collector.channels.webhook import WebhookAnswer, WebhookClient
from pro_collector.domain.webhook import networks_of
from tests.shared.webhook_receiver import receiver

SECRET = "whsec_" + base64.b64encode(b"x" * 32).decode()


class Names(AbstractResolver):
    """Says which addresses every name has."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0)
            for each in self._addresses
        ]

    async def close(self) -> None: ...


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("10.0.0.1", "169.254.169.254"), ("::ffff:127.0.0.1",), ()])
async def test_a_name_that_leads_to_a_private_address_gets_nothing(addresses: tuple[str, ...]) -> None:
    async with receiver() as there, WebhookClient((), Names(*addresses)) as client:
        answer = await client.post(there.url.replace("http://127.0.0.1", "https://example.org"), {}, b"{}")
        assert answer.status is None
        assert "PRO_WEBHOOK_NETWORKS" in str(answer.problem)
        assert (await client.post(there.url, {}, b"{}")).problem is not None, "not by its number either"
        assert (there.got, there.forged) == ([], [])


async def test_of_several_addresses_only_those_that_are_allowed_are_tried() -> None:
    async with receiver() as there, WebhookClient(networks_of("127.0.0.1"), Names("127.0.0.2", "127.0.0.1")) as client:
        there.secret = SECRET
        url = there.url.replace("127.0.0.1", "localhost")
        headers = {"webhook-id": "1", "webhook-timestamp": "2", "webhook-signature": "v1,x"}
        assert await client.post(url, headers, b"{}") == WebhookAnswer(401, "it answered with an error")
        assert there.forged == [b"{}"]
        nobody = await client.post("http://localhost:1/", headers, b"{}")
        assert str(nobody.problem).startswith("no connection")
