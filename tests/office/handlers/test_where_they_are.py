"""In an emergency everybody is told the numbers of where their hospital is: by text, by mail and on the form."""

import re
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from pro_collector.casework.inbound import texts
from pro_collector.domain.conversation.reaction import Reaction
from tests.shared.clock import START
from tests.shared.office import PHONE, Office


@pytest.mark.parametrize(
    ("site", "zone", "language", "words", "told", "never"),
    [
        ("madrid", "Europe/Madrid", "es", "no puedo respirar", ("112", "024"), ("911", "988")),
        ("madrid", "Europe/Madrid", "en", "I can't breathe", ("112", "024"), ("911", "988")),
        ("bethesda", "America/New_York", "es", "no puedo respirar", ("911", "988"), ("112", "024")),
        ("bethesda", "America/New_York", "en", "I can't breathe", ("911", "988"), ("112", "024")),
    ],
)
async def test_the_numbers_are_those_of_where_they_are(
    office: Office, site: str, zone: str, language: str, words: str, told: tuple[str, ...], never: tuple[str, ...]
) -> None:
    await office.enrol(site=site, zone=zone, language=language)
    await office.run(START + timedelta(days=2, hours=1))
    text = await _answer(office, words)
    assert text.startswith("The Story Team: "), "whom it is from stands first"
    await office.write(words)
    letters = office.world.mailbox.inboxes["rt-1@example.org"]
    form = await _page(next(found[0] for each in letters if (found := re.search(r"http\S+/r/\w+", each.text))))
    stop = await _page(next(found[0] for each in letters if (found := re.search(r"http\S+/u/\w+", each.text))))
    for place, said in {"text": text, "mail": letters[-1].text, "form": form, "stop": stop}.items():
        assert all(re.search(rf"\b{number}\b", said) for number in told), (place, said)
        assert not any(re.search(rf"\b{number}\b", said) for number in never), (place, said)
    assert PHONE not in text


async def test_where_nobody_knows_where_they_are_no_number_is_named(office: Office) -> None:
    page = await _page(f"{office.rt.settings.public_url}/r/ThisLinkWasGoodLongAgo1", status=404)
    assert '<p class="emergency">In danger or very unwell? Call your local emergency number.</p>' in page
    assert "911" not in page


async def _answer(office: Office, words: str) -> str:
    """What a text is answered with, once the carrier has brought it."""
    await office.reply(words)
    await office.run(office.clock.now() + timedelta(minutes=1))
    return office.texts()[-1]


async def _page(address: str, status: int = 200) -> str:
    async with aiohttp.ClientSession() as session, session.get(address, headers={"Accept": "text/html"}) as answer:
        assert answer.status == status
        return await answer.text()


@pytest.mark.parametrize("stopped", [False, True])
async def test_whoever_wants_to_die_is_told_the_crisis_number_first_also_after_stop(
    office: Office, monkeypatch: pytest.MonkeyPatch, stopped: bool
) -> None:
    await office.enrol(site="madrid", zone="Europe/Madrid", language="es")
    await office.run(START + timedelta(days=2, hours=1))
    if stopped:
        await _answer(office, "ya no me manden mensajes")  # of the word STOP the carrier itself lets nothing through
    despair: dict[str, Any] = {"outcome": "urgent", "reply": "crisis", "tasks": (("urgent", "said in words"),)}
    monkeypatch.setattr(texts, "react_to_text", lambda *_, **__: Reaction(**despair))
    text = await _answer(office, "quiero morir")
    assert text.startswith("The Story Team: Gracias por escribir. ")
    assert text.index("024") < text.index("112")
    latest = "SELECT purpose FROM message ORDER BY requested_at DESC LIMIT 1"
    assert await office.one(latest) == "emergency", "whatever lets an emergency text through lets it through"
