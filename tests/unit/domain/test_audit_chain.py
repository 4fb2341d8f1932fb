"""The chain: every change, removal and new order of rows, entries and checkpoints is found and named."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.audit_chain import (
    AuditCheckpoint,
    AuditEntry,
    AuditFault,
    ChainReader,
    KeptHead,
    append,
    digest,
    head_faults,
    row_fault,
    statement,
)

ROWS = st.lists(st.tuples(st.sampled_from(["answer", "score"]), st.text(max_size=5)), min_size=2, max_size=12)


def signature_of(text: str) -> str:
    return hashlib.sha256(b"secret" + text.encode()).hexdigest()


def chain(rows: list[tuple[str, str]]) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for n, (source, content) in enumerate(rows):
        entries.append(append(entries[-1] if entries else None, source, f"[{n}]", bytes([n]), content))
    return entries


def closed(entries: list[AuditEntry], *sizes: int) -> list[AuditCheckpoint]:
    made: list[AuditCheckpoint] = []
    for n, size in enumerate(sizes, 1):
        link = entries[size - 1].link if size else bytes(32)
        before = made[-1].signature if made else ""
        made.append(AuditCheckpoint(n, size, link, signature_of(statement(n, size, link, before))))
    return made


def verify(text: str, signature: str) -> bool | None:
    return None if signature.startswith("old:") else signature == signature_of(text)


def faults(entries: list[AuditEntry], checkpoints: list[AuditCheckpoint]) -> list[AuditFault]:
    reader = ChainReader(checkpoints, verify)
    half = len(entries) // 2
    return reader.read(entries[:half]) + reader.read(entries[half:]) + reader.end()


@given(ROWS, st.data())
def test_an_untouched_chain_has_no_fault(rows: list[tuple[str, str]], data: st.DataObject) -> None:
    entries = chain(rows)
    sizes = sorted(data.draw(st.lists(st.integers(0, len(entries)), max_size=4)))
    assert faults(entries, closed(entries, *sizes)) == []
    assert [row_fault(entry, content) for entry, (_, content) in zip(entries, rows, strict=True)] == [None] * len(rows)


@given(ROWS, st.data())
def test_a_changed_or_removed_row_is_named(rows: list[tuple[str, str]], data: st.DataObject) -> None:
    entry = chain(rows)[(n := data.draw(st.integers(0, len(rows) - 1)))]
    assert row_fault(entry, rows[n][1] + "x") == AuditFault(rows[n][0], f"[{n}]", "row changed")
    assert row_fault(entry, None) == AuditFault(rows[n][0], f"[{n}]", "row removed")
    assert row_fault(replace(entry, salt=None), "masked") is None
    assert row_fault(replace(entry, salt=None, key=None), None) is None


@given(ROWS, st.data())
def test_a_removed_changed_or_moved_entry_is_found(rows: list[tuple[str, str]], data: st.DataObject) -> None:
    entries = chain(rows)
    checkpoints = closed(entries, 0, len(entries))
    n = data.draw(st.integers(0, len(entries) - 1))
    assert faults(entries[:n] + entries[n + 1 :], checkpoints)[0] == AuditFault(
        "audit_entry", str(n + 1), "entry missing"
    )
    forged = replace(entries[n], digest=digest(b"", "", "forged"))
    assert faults([*entries[:n], forged, *entries[n + 1 :]], checkpoints) == [
        AuditFault(forged.source, f"[{n}]", "entry changed")
    ]
    other = data.draw(st.integers(0, len(entries) - 1).filter(lambda each: each != n))
    swapped = [*entries]
    swapped[n] = replace(entries[other], position=n + 1)
    swapped[other] = replace(entries[n], position=other + 1)
    assert faults(swapped, checkpoints) != []


@given(ROWS)
def test_a_chain_computed_anew_differs_from_its_checkpoint(rows: list[tuple[str, str]]) -> None:
    checkpoints = closed(chain(rows), len(rows))
    forged = chain([(rows[0][0], rows[0][1] + "x"), *rows[1:]])
    assert faults(forged, checkpoints) == [AuditFault("audit_entry", str(len(rows)), "entry changed")]
    signed_by_others = [replace(checkpoints[0], link=forged[-1].link)]
    assert faults(forged, signed_by_others) == [AuditFault("audit_checkpoint", "1", "checkpoint changed")]


@given(ROWS)
def test_a_removed_checkpoint_is_named(rows: list[tuple[str, str]]) -> None:
    entries = chain(rows)
    first, second, third = closed(entries, 0, 1, len(rows))
    assert faults(entries, [first, third])[0] == AuditFault("audit_checkpoint", "2", "checkpoint missing")
    assert faults(entries, [second, third])[0] == AuditFault("audit_checkpoint", "1", "checkpoint missing")


@given(ROWS, st.data())
def test_erasing_rows_breaks_no_link(rows: list[tuple[str, str]], data: st.DataObject) -> None:
    entries = chain(rows)
    gone = data.draw(st.sets(st.integers(0, len(rows) - 1)))
    left = [replace(each, key=None, salt=None) if n in gone else each for n, each in enumerate(entries)]
    assert faults(left, closed(entries, len(entries))) == []


@given(ROWS)
def test_a_later_checkpoint_confirms_those_of_a_key_that_is_gone(rows: list[tuple[str, str]]) -> None:
    entries = chain(rows)
    old = AuditCheckpoint(1, 1, entries[0].link, "old:1")
    assert faults(entries, [old]) == [AuditFault("audit_checkpoint", "1", "signed with a key that is not here")]
    link = entries[-1].link
    new = AuditCheckpoint(2, len(entries), link, signature_of(statement(2, len(entries), link, old.signature)))
    assert faults(entries, [old, new]) == []
    forged = replace(old, signature="old:2")
    assert faults(entries, [forged, new]) == [AuditFault("audit_checkpoint", "2", "checkpoint changed")]


def test_a_head_kept_outside_shows_an_end_that_was_cut_off() -> None:
    night = datetime(2026, 3, 1, 3, tzinfo=UTC)
    checkpoints = closed(chain([("answer", "1"), ("answer", "2")]), 1, 2)
    heads = [KeptHead(c.n, c.entries, c.link, c.signature, night + timedelta(days=c.n)) for c in checkpoints]
    missing = AuditFault("audit_checkpoint", "2", "not as it was kept outside")
    assert list(head_faults(heads, checkpoints, [])) == []
    assert list(head_faults(heads, checkpoints[:1], [])) == [missing]
    assert list(head_faults(heads, [checkpoints[0], replace(checkpoints[1], link=bytes(32))], [])) == [missing]
    day = timedelta(days=1)
    assert list(head_faults(heads, checkpoints[:1], [(night + day, night + 3 * day)])) == []  # restored from a backup
    assert list(head_faults(heads, checkpoints[:1], [(night + 2 * day, night + 3 * day)])) == [missing]
