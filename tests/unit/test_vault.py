"""The vault: sealed is unreadable without the key, found again by a hash, and a link cannot be guessed."""

import re
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.errors import Altered, Misconfigured
from pro_collector.vault import BASE62, TOKEN_LENGTH, Vault, row_name, token_hash

KEYS = ("a1" * 32, "b2" * 32)
VAULT = Vault(*KEYS)
ADDRESS = "+12025550101"


@given(st.text())
def test_what_is_sealed_comes_back(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return  # no text of a phone or a mail has lone surrogates
    sealed = VAULT.seal(text)
    assert VAULT.unseal(sealed) == text
    assert len(text) < 4 or text.encode() not in sealed


def test_the_same_address_is_sealed_differently_and_found_alike() -> None:
    assert VAULT.seal(ADDRESS) != VAULT.seal(ADDRESS)
    assert VAULT.lookup(ADDRESS) == VAULT.lookup(ADDRESS)
    assert VAULT.lookup(" Ann@Example.org ") == VAULT.lookup("ann@example.org")
    assert VAULT.lookup(ADDRESS) != VAULT.lookup("+12025550102")
    assert len(VAULT.lookup(ADDRESS)) == 32


def test_an_address_opens_for_its_row_alone_and_with_its_lookup() -> None:
    row, lookup = row_name(UUID(int=1), "self", "sms"), VAULT.lookup(ADDRESS)
    sealed = VAULT.seal_address(ADDRESS, row)
    assert VAULT.open_address(sealed, row, lookup) == ADDRESS
    assert (VAULT.is_bound(sealed), VAULT.is_bound(VAULT.seal(ADDRESS))) == (True, False)
    assert VAULT.open_address(VAULT.seal(ADDRESS), row, lookup) == ADDRESS, "sealed by a version before this"
    for other in (row_name(UUID(int=2), "self", "sms"), row_name(UUID(int=1), "proxy", "sms"), ""):
        with pytest.raises(Altered):
            VAULT.open_address(sealed, other, lookup)
    for changed in (sealed, VAULT.seal(ADDRESS)):
        with pytest.raises(Altered):
            VAULT.open_address(changed, row, VAULT.lookup("+12025550102"))
    with pytest.raises(Altered) as told:
        VAULT.open_address(b"rubbish", row, lookup)
    assert ADDRESS not in str(told.value)


def test_another_key_neither_opens_nor_finds() -> None:
    other = Vault("c3" * 32, KEYS[1])
    with pytest.raises(Misconfigured, match="PRO_VAULT_KEY is not the key"):
        other.unseal(VAULT.seal(ADDRESS))
    assert other.lookup(ADDRESS) != VAULT.lookup(ADDRESS)


def test_while_a_key_is_replaced_the_new_one_seals_and_the_old_one_is_at_hand() -> None:
    new = "c3" * 32
    both = Vault(f"{new}, {KEYS[0]}", KEYS[1])
    assert Vault(new, KEYS[1]).opens(both.seal(ADDRESS))
    assert not both.opens(VAULT.seal(ADDRESS))
    assert both.old is not None
    assert both.old.unseal(VAULT.seal(ADDRESS)) == ADDRESS
    assert VAULT.old is None
    for bad in (f"{new},", f",{new}", f"{new},{new},{new},abc"):
        with pytest.raises(Misconfigured, match="PRO_VAULT_KEY: expected 32 bytes"):
            Vault(bad, KEYS[1])


def test_what_was_tampered_with_is_refused() -> None:
    sealed = bytearray(VAULT.seal(ADDRESS))
    sealed[20] ^= 1
    with pytest.raises(Misconfigured):
        VAULT.unseal(bytes(sealed))


def test_fields_of_a_provider_come_back() -> None:
    fields = {"Body": "siete ñ \N{GRINNING FACE} \x00", "From": ADDRESS}
    assert VAULT.unseal_json(VAULT.seal_json(fields)) == fields


def test_a_link_is_the_same_for_a_message_and_another_for_every_other() -> None:
    ids = [uuid4() for _ in range(500)]
    tokens = [VAULT.token(id) for id in ids]
    assert tokens == [VAULT.token(id) for id in ids]
    assert len(set(tokens)) == 500
    assert all(re.fullmatch(rf"[{BASE62}]{{{TOKEN_LENGTH}}}", token) for token in tokens)
    assert Vault(KEYS[0], "d4" * 32).token(ids[0]) != tokens[0]
    assert 62**TOKEN_LENGTH > 2**128, "no bit is lost"


def test_a_code_is_six_digits_that_only_the_link_key_gives() -> None:
    ids = [UUID(int=number) for number in range(2000)]
    codes = [VAULT.code(id, 6) for id in ids]
    assert all(re.fullmatch(r"[0-9]{6}", code) for code in codes)
    assert len(set(codes)) > 1980, "two of 2,000 are equal now and then"
    assert codes == [Vault("c3" * 32, KEYS[1]).code(id, 6) for id in ids]
    others = [Vault(KEYS[0], "d4" * 32).code(id, 6) for id in ids]
    assert sum(one == other for one, other in zip(codes, others, strict=True)) < 5


def test_what_is_stored_of_a_link_does_not_open_it() -> None:
    token = VAULT.token(UUID(int=1))
    assert len(token_hash(token)) == 32
    assert token.encode() not in token_hash(token)


@pytest.mark.parametrize("bad", ["", "abc", "zz" * 32, "a1" * 31, "a1" * 33])
def test_a_key_that_is_none_is_named(bad: str) -> None:
    with pytest.raises(Misconfigured, match="PRO_VAULT_KEY: expected 32 bytes as 64 hex digits"):
        Vault(bad, KEYS[1])
    with pytest.raises(Misconfigured, match="PRO_LINK_KEY"):
        Vault(KEYS[0], bad)
