"""Finds the data files of the product (`schemas/`, `templates/`), in a checkout and in an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    installed = _PACKAGE / "_data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


SCHEMAS = _folder("schemas")
VALUE_SETS = SCHEMAS / "value-sets"
TEMPLATES = _folder("templates")
