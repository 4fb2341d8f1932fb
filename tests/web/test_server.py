"""Every route of the web process, in one application."""

import aiohttp

from tests.handlers.scenes import in_conversation
from tests.office import STUDY, Office


async def test_the_dashboard_is_served_and_asks_for_the_token(office: Office) -> None:
    await in_conversation(office)
    url = f"{office.rt.settings.public_url}/dashboard/{STUDY}"
    login = aiohttp.encode_basic_auth("anybody", office.rt.settings.api_token.get_secret_value())
    token = {"Authorization": login}
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as refused:
            assert refused.status == 401
        async with session.get(url, headers=token) as answer:
            assert answer.status == 200
            assert "symptom-diary" in await answer.text()
        async with session.get(f"{url}/rows", headers=token) as rows:
            assert {"scores", "cycles", "outcomes"} == (await rows.json()).keys()


async def test_it_says_that_it_is_well(office: Office) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{office.rt.settings.public_url}/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ok"})
