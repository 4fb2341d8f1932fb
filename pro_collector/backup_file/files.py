"""Opens the files of backups: a new one appears whole or not at all, and one that is read says what it holds."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pro_collector.backup_file.frames import BackupReader, Holds
from pro_collector.errors import BadInput, Conflict, Problem

UNFINISHED = ".unfinished"
"""The end of the name of a file that is being written."""


@contextmanager
def writing(file: Path) -> Iterator[BinaryIO]:
    """Write a file that takes its name, and the place of an older one, when the block is done. Raises BadInput."""
    unfinished = file.with_name(file.name + UNFINISHED)
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise BadInput([Problem(str(file), None, "", f"cannot be written: {error.strerror}")]) from error
    with os.fdopen(descriptor, "wb") as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.rename(file)


@contextmanager
def reading(file: Path, keys: Sequence[bytes], holds: Holds | None = None) -> Iterator[BackupReader]:
    """Read a file with one of these keys. Raises as BackupReader does, BadInput when it cannot be read, and Conflict
    when it does not hold what is expected.
    """
    try:
        with file.open("rb") as stream:
            reader = BackupReader(stream, keys)
            if holds is not None and reader.head.holds != holds:
                raise Conflict(f"{file} holds the {reader.head.holds} of a database; expected the {holds}")
            yield reader
    except OSError as error:
        raise BadInput([Problem(str(file), None, "", f"cannot be read: {error.strerror}")]) from error
