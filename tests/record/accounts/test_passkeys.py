"""Passkeys, on a real database and with a device in software: only the right site, visit, challenge and owner count."""

from dataclasses import replace

import pytest

from pro_collector.accounts.accepting import invited
from pro_collector.accounts.inviting import remove
from pro_collector.accounts.passkeys import (
    accept_with_passkey,
    add_passkey,
    new_passkey_options,
    offered,
    remove_passkeys,
    sign_in_options,
    sign_in_with_passkey,
)
from pro_collector.accounts.person import Actor
from pro_collector.accounts.sessions import Present, present
from pro_collector.domain.account.visiting import STEP_VALID
from tests.record.accounts.conftest import Desk
from tests.shared.passkey import PRESENT, Device
from tests.shared.team import BOSS, HOME, email_of, invitation_of, member, token_in

pytestmark = pytest.mark.usefixtures("quick_passwords")
NURSE = Actor("nurse", HOME)


async def signed_in(desk: Desk) -> Present:
    """Somebody with a password who is signed in."""
    who = await present(desk.rt, (await member(desk.rt)).session)
    assert who is not None
    return who


async def asked(desk: Desk, who: Present) -> str:
    """What a browser gets to make a passkey."""
    assert who.account is not None
    return await new_passkey_options(desk.rt, who.account, email_of("nurse"), who.session)


async def test_a_passkey_is_added_and_signs_in(desk: Desk) -> None:
    who, device = await signed_in(desk), Device()
    assert await add_passkey(desk.rt, who, device.make(await asked(desk, who)), NURSE)
    session, refusal = await sign_in_with_passkey(
        desk.rt, device.sign(sign_in_options(desk.rt, "visit")), "visit", HOME
    )
    assert refusal is None
    found = await present(desk.rt, session)
    assert found is not None
    assert (found.name, found.session != who.session) == ("nurse", True)
    assert not await add_passkey(desk.rt, who, device.make(await asked(desk, who)), NURSE), "it is there already"

    assert await remove_passkeys(desk.rt, who, NURSE)
    again = device.sign(sign_in_options(desk.rt, "visit"))
    assert await sign_in_with_passkey(desk.rt, again, "visit", HOME) == ("", "wrong")
    events = await desk.column("SELECT what FROM account_event WHERE what LIKE 'passkey%' ORDER BY id")
    assert events == ["passkey added", "passkey removed"]


async def test_what_is_not_just_right_signs_nobody_in(desk: Desk) -> None:
    who, device = await signed_in(desk), Device()
    assert await add_passkey(desk.rt, who, device.make(await asked(desk, who)), NURSE)

    async def tried(given: str, visit: str = "visit", client: str = HOME) -> str | None:
        return (await sign_in_with_passkey(desk.rt, given, visit, client))[1]

    options = sign_in_options(desk.rt, "visit")
    assert await tried(device.sign(options)) is None
    wrong = {
        "a challenge that was used": device.sign(options),
        "of another visit": device.sign(sign_in_options(desk.rt, "other")),
        "a challenge for a new passkey": device.sign(await asked(desk, who)),
        "a site that looks like ours": replace(device, origin="https://pro.example.org.evil.example").sign(
            sign_in_options(desk.rt, "visit")
        ),
        "a passkey of another site": replace(device, host="evil.example").sign(sign_in_options(desk.rt, "visit")),
        "nobody asked the owner": replace(device, flags=PRESENT).sign(sign_in_options(desk.rt, "visit")),
        "a copy that counts less": replace(device, count=0).sign(sign_in_options(desk.rt, "visit")),
        "another key": replace(Device(), id=device.id, count=9).sign(sign_in_options(desk.rt, "visit")),
        "nothing": "",
        "no passkey": "[]",
        "deep": "[" * 5000,
        "half of one": '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}',
    }
    for n, (what, given) in enumerate(wrong.items()):
        assert await tried(given, client=f"192.0.2.{n}") == "wrong", what
    device.count = 20
    late = device.sign(sign_in_options(desk.rt, "visit"))
    desk.later(seconds=STEP_VALID.total_seconds())
    assert await tried(late) == "wrong"
    assert await tried(device.sign(sign_in_options(desk.rt, "visit"))) is None
    await remove(desk.rt, "nurse", BOSS)
    assert await tried(device.sign(sign_in_options(desk.rt, "visit"))) == "wrong"


async def test_guesses_are_limited(desk: Desk) -> None:
    refusals = [(await sign_in_with_passkey(desk.rt, "", "visit", HOME))[1] for _ in range(7)]
    assert refusals == ["wrong"] * 5 + ["limited"] * 2


async def test_an_invitation_is_accepted_with_a_passkey_alone(desk: Desk) -> None:
    token, device = token_in(await invitation_of(desk.rt)), Device()
    shown = await invited(desk.rt, token)
    assert shown is not None

    async def accepted(made: str) -> str:
        return await accept_with_passkey(desk.rt, shown, token, made, "visit", HOME)

    async def options(visit: str = "visit") -> str:
        return await new_passkey_options(desk.rt, shown.account, shown.email, visit)

    assert await accepted(device.make(await options("other"))) == ""
    assert await accepted(replace(device, flags=PRESENT).make(await options())) == ""
    assert await accepted(replace(device, origin="https://evil.example").make(await options())) == ""
    session = await accepted(device.make(await options()))
    who = await present(desk.rt, session)
    assert who is not None
    assert await accepted(device.make(await options())) == "", "an invitation counts once"
    assert not await remove_passkeys(desk.rt, who, NURSE), "nobody could sign in any more"
    assert await desk.column("SELECT count(*) FROM vault.account_password") == [0]


@pytest.mark.parametrize(
    ("url", "there"), [("https://pro.example.org", True), ("http://localhost:8080", True), ("http://127.0.0.1", False)]
)
async def test_passkeys_need_a_name_of_the_site(desk: Desk, url: str, there: bool) -> None:
    settings = desk.rt.settings.model_copy(update={"public_url": url})
    assert offered(replace(desk.rt, settings=settings)) == there
