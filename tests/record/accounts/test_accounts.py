"""Accounts, on a real database: invited, signed in, limited, signed out, removed; and tokens of programs."""

import asyncio
import json

import psycopg
import pytest

from pro_collector.accounts.accepting import Refused, accept, invited
from pro_collector.accounts.granting import grant, revoke
from pro_collector.accounts.inviting import list_accounts, remove, reset
from pro_collector.accounts.person import Owner
from pro_collector.accounts.sessions import present, sign_out, sign_out_everywhere
from pro_collector.accounts.signing_in import Entered, Refusal, sign_in
from pro_collector.accounts.tokens import make_token, program, revoke_token
from pro_collector.commands.apply_study import apply_study
from pro_collector.commands.forget_old import forget_old
from pro_collector.domain.account.acts import Act, Role
from pro_collector.domain.account.permission import RoleAt, may
from pro_collector.domain.account.throttling import OF_ACCOUNT, OF_ACCOUNT_FROM_ADDRESS, WITHIN
from pro_collector.domain.account.visiting import IDLE, INVITATION_VALID, LONGEST
from pro_collector.errors import BadInput, Conflict, NotFound
from pro_collector.library import load_library
from pro_collector.resources import SCHEMAS
from tests.record.accounts.conftest import Desk
from tests.shared.team import BOSS, HOME, PASSWORD, Member, email_of, invitation_of, member, token_in

pytestmark = pytest.mark.usefixtures("quick_passwords")

ELSEWHERE = "198.51.100.1"
DEMO_STUDY = (SCHEMAS / "studies" / "demo.yaml").read_text(encoding="utf-8")


async def signs_in(desk: Desk, who: Member, code: str | None = None, **changed: str) -> tuple[str, Refusal | None]:
    """An attempt to sign in, with the code of the app unless another is given."""
    entered = {"email": who.email, "password": PASSWORD, "client": HOME, **changed}
    return await sign_in(desk.rt, Entered(code=who.code(desk.rt) if code is None else code, **entered))


async def test_an_invitation_is_accepted_once_with_a_good_password_and_the_code(desk: Desk) -> None:
    invitation = await invitation_of(desk.rt)
    token = token_in(invitation)
    assert invitation.link.startswith("https://pro.example.org/team/accept/")
    assert len(token) > 40
    assert isinstance(short := await accept(desk.rt, token, "short", "", HOME), Refused)
    assert short.field == "password"
    assert isinstance(wrong := await accept(desk.rt, token, PASSWORD, "000000", HOME), Refused)
    assert wrong.field == "code"
    assert await invited(desk.rt, "of nobody") is None

    who = await member(desk.rt, "second")
    assert (await invited(desk.rt, token)) is not None, "an invitation is for one account"
    assert await present(desk.rt, who.session) is not None
    assert await desk.column("SELECT count(*) FROM vault.account_password") == [1]
    desk.later(seconds=INVITATION_VALID.total_seconds())
    assert await invited(desk.rt, token) is None
    assert await accept(desk.rt, token, PASSWORD, "000000", HOME) is None


async def test_of_two_who_accept_at_the_same_moment_one_gets_in(desk: Desk) -> None:
    token = token_in(await invitation_of(desk.rt))
    shown = await invited(desk.rt, token)
    assert shown is not None
    code = Member("nurse", shown.email, shown.secret, "").code(desk.rt)
    results = await asyncio.gather(*(accept(desk.rt, token, PASSWORD, code, HOME) for _ in range(3)))
    assert sorted(isinstance(each, str) for each in results) == [False, False, True]


async def test_signing_in_needs_address_password_and_a_code_that_was_not_used(desk: Desk) -> None:
    who = await member(desk.rt)
    used = who.code(desk.rt)
    assert await signs_in(desk, who, used) == ("", "wrong"), "the code that accepted the invitation"
    desk.later(seconds=60)
    for wrong in ({"password": "seven grey horses walk "}, {"email": "nobody@clinic.example"}, {"code": "12345"}):
        assert await signs_in(desk, who, **wrong) == ("", "wrong")
    code = who.code(desk.rt)
    session, refusal = await signs_in(desk, who, f"{code[:3]} {code[3:]}", email=who.email.upper())
    assert refusal is None
    assert session not in ("", who.session)
    found = await present(desk.rt, session)
    assert found is not None
    assert (found.name, may(found.grants, Act.manage_accounts)) == ("nurse", True)
    assert await signs_in(desk, who, code) == ("", "wrong"), "a code counts once"


async def test_of_the_same_code_twice_at_once_one_signs_in(desk: Desk) -> None:
    who = await member(desk.rt)
    desk.later(seconds=60)
    got = await asyncio.gather(*(signs_in(desk, who) for _ in range(2)))
    assert sorted(refusal is None for _, refusal in got) == [False, True]


async def test_guessing_is_limited_for_a_while_and_never_shuts_out_the_owner(desk: Desk) -> None:
    who = await member(desk.rt)
    desk.later(seconds=60)
    assert (await signs_in(desk, who))[1] is None
    desk.later(seconds=60)
    for n in range(OF_ACCOUNT):
        refusal = (await signs_in(desk, who, "000000", client=f"203.0.113.{n // OF_ACCOUNT_FROM_ADDRESS}"))[1]
        assert refusal == "wrong"
    assert await signs_in(desk, who, client="203.0.113.0") == ("", "limited"), "even with the right code"
    assert await signs_in(desk, who, client=ELSEWHERE) == ("", "limited")
    assert (await signs_in(desk, who))[1] is None, "from where they signed in before"
    desk.later(seconds=WITHIN.total_seconds() + 60)
    assert (await signs_in(desk, who, client="203.0.113.0"))[1] is None


async def test_attempts_at_the_same_moment_do_not_pass_the_limit_together(desk: Desk) -> None:
    who = await member(desk.rt)
    got = await asyncio.gather(*(signs_in(desk, who, "000000") for _ in range(OF_ACCOUNT_FROM_ADDRESS + 3)))
    assert sorted(refusal or "" for _, refusal in got).count("limited") == 3


async def test_a_session_ends_when_nothing_is_done_and_at_the_latest_after_half_a_day(desk: Desk) -> None:
    who = await member(desk.rt)
    desk.later(seconds=IDLE.total_seconds() - 1)
    assert await present(desk.rt, who.session, counts=False) is not None
    assert await present(desk.rt, who.session) is not None
    desk.later(seconds=IDLE.total_seconds() - 1)
    assert await present(desk.rt, who.session, counts=False) is not None
    desk.later(seconds=1)
    assert await present(desk.rt, who.session) is None

    desk.later(seconds=60)
    session, _ = await signs_in(desk, who)
    for _ in range(int(LONGEST / IDLE) * 2 - 1):
        desk.later(seconds=IDLE.total_seconds() / 2)
        assert await present(desk.rt, session) is not None
    desk.later(seconds=IDLE.total_seconds() / 2)
    assert await present(desk.rt, session) is None
    assert (await forget_old(desk.rt))["sessions and attempts to sign in"] > 0
    assert await desk.column("SELECT count(*) FROM account_session") == [0]


async def test_signing_out_ends_one_session_or_all(desk: Desk) -> None:
    who = await member(desk.rt)
    desk.later(seconds=60)
    second, _ = await signs_in(desk, who)
    await sign_out(desk.rt, who.session, HOME)
    assert await present(desk.rt, who.session) is None
    found = await present(desk.rt, second)
    assert found is not None
    assert found.account is not None
    assert await sign_out_everywhere(desk.rt, found.account, "nurse", BOSS) == 1
    assert await present(desk.rt, second) is None


async def test_who_was_removed_or_reset_is_out_at_once(desk: Desk) -> None:
    nurse, other = await member(desk.rt), await member(desk.rt, "other")
    await remove(desk.rt, "nurse", BOSS)
    link = token_in(await reset(desk.rt, "other", BOSS))
    assert [await present(desk.rt, each.session) for each in (nurse, other)] == [None, None]
    desk.later(seconds=60)
    assert [await signs_in(desk, each) for each in (nurse, other)] == [("", "wrong")] * 2
    shown = await invited(desk.rt, link)
    assert shown is not None
    assert shown.secret != other.secret
    with pytest.raises(NotFound, match="no account 'nurse'"):
        await reset(desk.rt, "nurse", BOSS)
    with pytest.raises(Conflict, match="has an account"):
        await invitation_of(desk.rt, "nurse")
    listed = {each.handle: each for each in await list_accounts(desk.rt)}
    assert (listed["nurse"].owner, listed["nurse"].grants, listed["nurse"].ways) == (None, [], [])
    assert listed["other"].owner == Owner(email_of("other"), "other Example")
    keys = "SELECT count(*) FROM vault.data_key WHERE owner IN (SELECT id::text FROM account)"
    assert await desk.column(keys) == [1], "nobody can read whose account it was, backups included"


async def test_what_was_done_stays_on_record_without_a_secret(desk: Desk) -> None:
    who = await member(desk.rt)
    desk.later(seconds=60)
    await signs_in(desk, who, "000000", client=ELSEWHERE)
    await remove(desk.rt, "nurse", BOSS)
    events = await desk.column("SELECT concat_ws('|', what, about, by_whom, client) FROM account_event ORDER BY id")
    assert events == [
        "invited|nurse|boss|",
        "granted|nurse|boss|",
        f"accepted|nurse|nurse|{HOME}",
        f"signed in|nurse|nurse|{HOME}",
        f"refused|nurse|unknown|{ELSEWHERE}",
        "removed|nurse|boss|",
    ]
    for change in ("UPDATE account_event SET by_whom = 'x'", "DELETE FROM account_event", "TRUNCATE account_event"):
        with pytest.raises(psycopg.errors.RaiseException, match="only grows"):
            await desk.column(change)


async def test_no_secret_is_in_the_database_as_it_is(desk: Desk) -> None:
    who = await member(desk.rt)
    token = token_in(await invitation_of(desk.rt, "second"))
    tables = await desk.column(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE tablename ~ 'account|sign_in|api_token'"
    )
    program_token = await make_token(desk.rt, "prometheus", RoleAt(Role.metrics), BOSS)
    assert len(tables) == 12
    everything = json.dumps([await desk.column(f"SELECT t::text FROM {table} t") for table in tables])
    for secret in (PASSWORD, who.secret, who.session, token, program_token, who.email, "nurse Example"):
        assert secret not in everything


async def test_roles_are_given_for_a_place_that_exists_and_hold_from_the_next_page(desk: Desk) -> None:
    await apply_study(desk.rt, DEMO_STUDY, "study.yaml", load_library(), "tester")
    who = await member(desk.rt)
    given = RoleAt(Role.coordinator, "rare-tumour-story", "bethesda")
    await grant(desk.rt, "nurse", given, BOSS, "covers for a colleague")
    found = await present(desk.rt, who.session)
    assert found is not None
    assert may(found.grants, Act.enrol, "rare-tumour-story", "bethesda")
    assert not may(found.grants, Act.enrol, "rare-tumour-story", "madrid")
    with pytest.raises(Conflict, match="nurse is coordinator of rare-tumour-story at bethesda already"):
        await grant(desk.rt, "nurse", given, BOSS)
    for wrong, said in (
        (RoleAt(Role.coordinator, "other"), "no study 'other' is applied here"),
        (RoleAt(Role.coordinator, "rare-tumour-story", "paris"), "has no site 'paris', but: bethesda, phoenix, madrid"),
        (RoleAt(Role.read, "rare-tumour-story"), "read is for programs"),
    ):
        with pytest.raises(BadInput, match=said):
            await grant(desk.rt, "nurse", wrong, BOSS)
    await revoke(desk.rt, "nurse", given, BOSS)
    found = await present(desk.rt, who.session)
    assert found is not None
    assert not may(found.grants, Act.enrol, "rare-tumour-story", "bethesda")
    with pytest.raises(NotFound, match="but has: administrator"):
        await revoke(desk.rt, "nurse", given, BOSS)


async def test_a_token_allows_its_role_until_it_is_revoked_or_expires(desk: Desk) -> None:
    secret = await make_token(desk.rt, "prometheus", RoleAt(Role.metrics), BOSS)
    found = await program(desk.rt, secret)
    assert found is not None
    assert (found.name, may(found.grants, Act.see_health), may(found.grants, Act.manage_accounts)) == (
        "prometheus", True, False,
    )  # fmt: skip
    with pytest.raises(Conflict, match="in force"):
        await make_token(desk.rt, "prometheus", RoleAt(Role.metrics), BOSS)
    with pytest.raises(BadInput, match="administrator is for people"):
        await make_token(desk.rt, "boss", RoleAt(Role.administrator), BOSS)
    await revoke_token(desk.rt, "prometheus", BOSS)
    assert await program(desk.rt, secret) is None
    with pytest.raises(NotFound, match="no token 'prometheus' is in force"):
        await revoke_token(desk.rt, "prometheus", BOSS)
    again = await make_token(desk.rt, "prometheus", RoleAt(Role.metrics), BOSS, days=1)
    assert await program(desk.rt, again) is not None
    desk.later(days=1)
    assert await program(desk.rt, again) is None
    assert await program(desk.rt, "proc_nothing") is None
