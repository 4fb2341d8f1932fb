"""The encryption of a backup: what was written comes back, and nothing that was changed does."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.backup_file.encryption import CHUNK, MAGIC, EncryptedWriter, decrypted
from pro_collector.errors import Damaged, Misconfigured

KEY, OTHER = b"k" * 32, b"o" * 32
SEALED_CHUNK = CHUNK + 16
HEADER = len(MAGIC) + 48


def written(content: bytes, *, piece: int = 10_000) -> bytes:
    file = io.BytesIO()
    writer = EncryptedWriter(file, KEY)
    for start in range(0, len(content), piece):
        writer.write(content[start : start + piece])
    writer.close()
    return file.getvalue()


def read(file: bytes, *keys: bytes) -> bytes:
    return b"".join(decrypted(io.BytesIO(file), list(keys or (KEY,))))


@given(st.sampled_from([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7]), st.integers(1, 2 * CHUNK))
def test_what_was_written_comes_back(size: int, piece: int) -> None:
    content = bytes(n % 251 for n in range(size))
    assert read(written(content, piece=piece)) == content


@given(st.data())
def test_a_changed_byte_is_found(data: st.DataObject) -> None:
    file = bytearray(written(b"x" * (CHUNK + 100)))
    place = data.draw(st.integers(0, len(file) - 1))
    file[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises((Damaged, Misconfigured)):
        read(bytes(file))


@given(st.data())
def test_a_file_that_was_cut_off_is_found(data: st.DataObject) -> None:
    file = written(b"x" * (2 * CHUNK + 100))
    with pytest.raises(Damaged):
        read(file[: data.draw(st.integers(0, len(file) - 1))])


@pytest.mark.parametrize("whole_chunks", [0, 1, 2])
def test_a_file_that_was_cut_off_between_two_chunks_is_found(whole_chunks: int) -> None:
    file = written(b"x" * (2 * CHUNK + 100))
    with pytest.raises(Damaged):
        read(file[: HEADER + whole_chunks * SEALED_CHUNK])


def test_chunks_in_another_order_are_found() -> None:
    file = written(b"x" * (3 * CHUNK))
    first, second = file[HEADER : HEADER + SEALED_CHUNK], file[HEADER + SEALED_CHUNK : HEADER + 2 * SEALED_CHUNK]
    with pytest.raises(Damaged):
        read(file[:HEADER] + second + first + file[HEADER + 2 * SEALED_CHUNK :])


def test_what_follows_the_end_is_found() -> None:
    with pytest.raises(Damaged):
        read(written(b"content") + b"more")


def test_a_wrong_key_says_so_and_an_old_key_opens() -> None:
    file = written(b"content")
    with pytest.raises(Misconfigured, match="PRO_VAULT_KEY"):
        read(file, OTHER)
    assert read(file, OTHER, KEY) == b"content"


def test_two_files_of_the_same_content_have_nothing_in_common() -> None:
    one, other = written(b"content"), written(b"content")
    assert one[HEADER:] != other[HEADER:]
    assert b"content" not in one
