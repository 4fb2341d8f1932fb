"""Reads the files that users name on the command line."""

from pathlib import Path

from pro_collector.errors import BadInput, NotFound, Problem


def read_text(file: Path) -> str:
    """The text of a file. Raises NotFound when it cannot be read, BadInput when it is not UTF-8."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise NotFound(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadInput([Problem(str(file), None, "", "expected UTF-8 text; save the sheet as CSV UTF-8")]) from None
