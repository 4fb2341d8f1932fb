"""The vault: sealed is unreadable without the key, found again by a hash, and a link cannot be guessed."""

import hashlib
import hmac
import re
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import assume, given
from hypothesis import strategies as st

from pro_collector.errors import Altered, Misconfigured
from pro_collector.postgres.tables.inbound import row_name as inbound_row
from pro_collector.vault import (
    BASE62,
    SEALED_KEY_BYTES,
    TOKEN_LENGTH,
    Vault,
    nickname_row,
    owner_of,
    row_name,
    token_hash,
    written_row,
)

KEYS = ("a1" * 32, "b2" * 32)
VAULT = Vault(*KEYS)
ADDRESS = "+12025550101"


ROW = row_name(UUID(int=1), "self", "sms")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))  # no text of a phone or a mail has lone surrogates


def sealed_for(row: str, text: str, vault: Vault = VAULT) -> bytes:
    """A value as it is read from the database: a new key of its owner, and the value."""
    key = vault.new_key(owner_of(row))
    return key + vault.seal(text, row, key)


@given(TEXTS, TEXTS)
def test_what_is_sealed_comes_back(text: str, row: str) -> None:
    sealed = sealed_for(row, text)
    assert VAULT.unseal(sealed, row) == text
    assert len(text) < 4 or text.encode() not in sealed


@given(TEXTS, TEXTS, st.data())
def test_with_any_bit_turned_over_it_is_refused(text: str, row: str, data: st.DataObject) -> None:
    sealed = bytearray(sealed_for(row, text))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Altered):
        VAULT.unseal(bytes(sealed), row)


@given(TEXTS, TEXTS, TEXTS)
def test_in_another_row_it_is_refused(text: str, row: str, other: str) -> None:
    assume(row != other)
    with pytest.raises(Altered) as told:
        VAULT.unseal(sealed_for(row, text), other)
    assert len(text) < 4 or text in f"{other}{row}" or text not in str(told.value)


@given(TEXTS, st.sampled_from(["1/a", "1/b", "2/a"]))
def test_behind_the_key_of_somebody_else_it_is_refused(text: str, row: str) -> None:
    sealed, key = sealed_for(row, text), VAULT.new_key(owner_of(row))
    for other in (key, VAULT.new_key("3"), b"", Vault("c3" * 32, KEYS[1]).new_key(owner_of(row))):
        with pytest.raises(Altered):
            VAULT.unseal(other + sealed[SEALED_KEY_BYTES:], row)


@given(TEXTS, st.binary(min_size=32, max_size=32))
def test_with_another_key_it_is_refused(text: str, secret: bytes) -> None:
    assume(secret.hex() != KEYS[0])
    sealed, other = sealed_for(ROW, text), Vault(secret.hex(), KEYS[1])
    assert (VAULT.seals_key(sealed), other.seals_key(sealed)) == (True, False)
    with pytest.raises(Altered):
        other.unseal(sealed, ROW)
    with pytest.raises(Altered):  # with the key id of the other key
        other.unseal(other.new_key("x")[:5] + sealed[5:], ROW)


@given(st.binary(max_size=200))
def test_what_is_nothing_sealed_is_refused(value: bytes) -> None:
    for each in (value, sealed_for(ROW, "")[:70] + value, VAULT.before.seal("old"), VAULT.new_key(owner_of(ROW))):
        with pytest.raises(Altered):
            VAULT.unseal(each, ROW)


def test_each_table_has_rows_of_its_own() -> None:
    """A nickname cannot stand for words of the team, nor an address for either."""
    one = UUID(int=1)
    names = [row_name(one, "self", "sms"), nickname_row(one), written_row(one, one), inbound_row(one, "mail", b"\xab")]
    assert len(set(names)) == 4
    assert [owner_of(name) for name in names] == [str(one)] * 3 + ["ab"]


def test_a_sealed_value_is_format_key_id_nonce_and_ciphertext() -> None:
    """Read by hand, from the standards alone: RFC 5869 for the master key, RFC 5116 for the cipher."""
    prk = hmac.digest(b"\0" * 32, bytes.fromhex(KEYS[0]), "sha256")
    master = hmac.digest(prk, b"pro-collector data keys\x01", "sha256")
    sealed = sealed_for(ROW, ADDRESS)

    def opened(value: bytes, key: bytes, row: str) -> bytes:
        assert value[:5] == b"\x01" + hashlib.sha256(key).digest()[:4]
        return AESGCM(key).decrypt(value[5:17], value[17:], value[:5] + row.encode())

    key = opened(sealed[:65], master, str(UUID(int=1)))
    assert opened(sealed[65:], key, ROW) == ADDRESS.encode()


def test_the_same_address_is_sealed_differently_and_found_alike() -> None:
    key = VAULT.new_key(owner_of(ROW))
    assert VAULT.seal(ADDRESS, ROW, key) != VAULT.seal(ADDRESS, ROW, key)
    assert VAULT.lookup(ADDRESS) == VAULT.lookup(ADDRESS)
    assert VAULT.lookup(" Ann@Example.org ") == VAULT.lookup("ann@example.org")
    assert VAULT.lookup(ADDRESS) != VAULT.lookup("+12025550102")
    assert len(VAULT.lookup(ADDRESS)) == 32


def test_an_address_opens_for_its_row_alone_and_with_its_lookup() -> None:
    lookup = VAULT.lookup(ADDRESS)
    sealed = sealed_for(ROW, ADDRESS)
    assert VAULT.open_address(sealed, ROW, lookup) == ADDRESS
    for other in (row_name(UUID(int=2), "self", "sms"), row_name(UUID(int=1), "proxy", "sms"), ""):
        with pytest.raises(Altered):
            VAULT.open_address(sealed, other, lookup)
    with pytest.raises(Altered) as told:
        VAULT.open_address(sealed, ROW, VAULT.lookup("+12025550102"))
    assert ADDRESS not in str(told.value)


def test_another_key_does_not_find() -> None:
    assert Vault("c3" * 32, KEYS[1]).lookup(ADDRESS) != VAULT.lookup(ADDRESS)


def test_the_keyed_hash_stays_what_it_was() -> None:
    """Everybody is found by it: another derivation would make strangers of all."""
    key = hashlib.sha256(b"lookup" + bytes.fromhex(KEYS[0])).digest()
    assert VAULT.lookup(ADDRESS) == hmac.digest(key, ADDRESS.encode(), "sha256")


def test_while_a_key_is_replaced_the_new_one_seals_and_the_old_one_is_at_hand() -> None:
    new, owner = "c3" * 32, owner_of(ROW)
    both, sealed = Vault(f"{new}, {KEYS[0]}", KEYS[1]), sealed_for(ROW, ADDRESS)
    old_key, value = sealed[:SEALED_KEY_BYTES], sealed[SEALED_KEY_BYTES:]
    assert both.old is not None
    assert (both.seals_key(old_key), both.old.seals_key(old_key), VAULT.old) == (False, True, None)
    new_key = both.seal_key(owner, both.old.open_key(owner, old_key))
    assert Vault(new, KEYS[1]).unseal(new_key + value, ROW) == ADDRESS
    for bad in (f"{new},", f",{new}", f"{new},{new},{new},abc"):
        with pytest.raises(Misconfigured, match="PRO_VAULT_KEY: expected 32 bytes"):
            Vault(bad, KEYS[1])


def test_what_earlier_versions_sealed_opens_only_to_be_sealed_again() -> None:
    old = VAULT.before
    assert old.unseal(old.seal(f"{ROW}\n{ADDRESS}"), ROW, bound=True) == ADDRESS
    assert old.unseal(old.seal(ADDRESS), ROW, bound=False) == ADDRESS
    refused = ((f"other\n{ADDRESS}", False), (f"other\n{ADDRESS}", True), (ADDRESS, True))
    for text, bound in refused:
        with pytest.raises(Altered):
            old.unseal(old.seal(text), ROW, bound=bound)
    with pytest.raises(Altered):
        Vault("c3" * 32, KEYS[1]).before.unseal(old.seal(ADDRESS), ROW, bound=False)
    assert (old.sealed_any([b"rubbish", old.seal("")]), old.sealed_any([sealed_for(ROW, "")])) == (True, False)


def test_fields_of_a_provider_come_back() -> None:
    fields = {"Body": "siete ñ \N{GRINNING FACE} \x00", "From": ADDRESS}
    key = VAULT.new_key(owner_of(ROW))
    assert VAULT.unseal_json(key + VAULT.seal_json(fields, ROW, key), ROW) == fields


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


def test_a_part_without_keys_can_neither_open_nor_find_nor_link() -> None:
    vault = Vault(None, None)
    for act in (vault.backup_keys, lambda: vault.lookup(ADDRESS), lambda: vault.new_key("x")):
        with pytest.raises(Misconfigured, match="PRO_VAULT_KEY: is not set in this process"):
            act()
    with pytest.raises(Misconfigured, match="PRO_LINK_KEY: is not set in this process"):
        vault.sign("text")
