"""Who waits for which channel, as it is told to whoever starts the product."""

from dataclasses import replace
from datetime import timedelta

import structlog

from pro_collector.commands.channel_status import channel_status
from pro_collector.display.channel_status import line
from tests.office.handlers.test_channel_held import expired_token, unset
from tests.shared.office import Office
from tests.shared.scenes import ASKED, SOON, treated


async def told(office: Office) -> list[str | None]:
    """What the start says of texts and of mails."""
    return [
        line(each.channel, each.people, configured=each.configured, held_for=each.held_for)
        for each in await channel_status(office.rt)
    ]


async def test_people_enrolled_before_a_channel_is_configured_are_counted(office: Office) -> None:
    ready = office.rt
    unset(office)
    with structlog.testing.capture_logs() as logged:
        await office.crowd(20)
        await treated(office)
        await office.run(ASKED + SOON)
    assert [each["event"] for each in logged if each["log_level"] == "error"] == [
        "a channel is held: nothing leaves on it until this is mended"
    ], "one line, not one for each of them"
    texts, mails = await told(office)
    settings = "PRO_TWILIO_ACCOUNT_SID, _AUTH_TOKEN and _SENDER"
    assert texts == f"note: no text can be sent until {settings} are set; 21 people wait for one"
    assert mails == "note: no mail can be sent until PRO_SMTP_URL and PRO_EMAIL_FROM are set; nobody waits for one"
    office.world = replace(office.world, rt=ready)
    assert await told(office) == ["texts to 21 people waited, and leave now", None]


async def test_a_channel_on_hold_is_told_with_its_reason(office: Office) -> None:
    await treated(office)
    await office.run(ASKED - SOON)
    assert await told(office) == [None, None]
    with expired_token(office):
        await office.run(ASKED + timedelta(hours=1))
        refused = "the provider refuses our account or our settings (code 20003)"
        assert await told(office) == [f"note: every text is held: {refused}; 1 person waits for one", None]
