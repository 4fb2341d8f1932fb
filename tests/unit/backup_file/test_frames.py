"""The content of a backup: head, tables, rows and digests, as they were written."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.backup_file.encryption import EncryptedWriter
from pro_collector.backup_file.frames import BackupReader, BackupWriter, Head, TableHead
from pro_collector.errors import Damaged

KEY = b"k" * 32
HEAD = Head(datetime(2026, 3, 2, 12, tzinfo=UTC), "0.1.0", ("0001.first",), "18.6", {"public.answer_seq": 7})
LINES = st.lists(st.binary(max_size=50).map(lambda line: line.replace(b"\n", b"") + b"\n"), max_size=20)


def written(tables: dict[str, list[bytes]]) -> io.BytesIO:
    file = io.BytesIO()
    writer = BackupWriter(file, KEY)
    writer.head(HEAD)
    for name, lines in tables.items():
        writer.table(TableHead(name, ("id", "value")))
        for line in lines:
            writer.rows(line)
    writer.end()
    file.seek(0)
    return file


@given(st.dictionaries(st.sampled_from(["public.answer", "public.score", "vault.contact"]), LINES))
def test_what_was_written_comes_back(tables: dict[str, list[bytes]]) -> None:
    reader = BackupReader(written(tables), [KEY])
    assert reader.head == HEAD
    read: dict[str, list[bytes]] = {}
    for part in reader.contents():
        if isinstance(part, TableHead):
            assert part.columns == ("id", "value")
            table = read.setdefault(part.name, [])
        else:
            table.append(part)
    assert read == tables
    assert {name: digest.rows for name, digest in reader.digests.items()} == {
        name: len(lines) for name, lines in tables.items()
    }


def test_a_backup_without_its_end_is_cut_off() -> None:
    file = io.BytesIO()
    writer = EncryptedWriter(file, KEY)  # well encrypted, but nothing is in it
    writer.close()
    file.seek(0)
    with pytest.raises(Damaged, match="its end is missing"):
        BackupReader(file, [KEY])
