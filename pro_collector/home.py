"""The folder of a small installation (`PRO_HOME`, by default `.pro-collector`): its keys, its data, its settings."""

import os
import secrets
from pathlib import Path

SETTINGS_FILE = "settings.env"
_KEYS = ("PRO_VAULT_KEY", "PRO_LINK_KEY", "PRO_AUDIT_KEY")


def home() -> Path:
    """The folder of this installation."""
    return Path(os.environ.get("PRO_HOME", ".pro-collector")).absolute()


def keys() -> dict[str, str]:
    """New random keys, as settings. Without them, the addresses sealed with them are lost."""
    return {name: secrets.token_hex(32) for name in _KEYS}


def make(folder: Path) -> None:
    """Make a folder that only its owner can open. Root's is open to others, since PostgreSQL runs as another user."""
    mode = 0o755 if os.geteuid() == 0 else 0o700
    for path in reversed([folder, *folder.parents]):
        if not path.exists():
            path.mkdir(mode, exist_ok=True)
            path.chmod(mode)  # a separate call: a strict umask would lock the other user out


def read_settings(folder: Path) -> dict[str, str]:
    """Read the settings that `write_settings` stored; empty when there are none."""
    file = folder / SETTINGS_FILE
    if not file.is_file():
        return {}
    lines = (line.partition("=") for line in file.read_text().splitlines() if "=" in line and line[0] != "#")
    return {name.strip(): value.strip() for name, _, value in lines}


def write_settings(folder: Path, settings: dict[str, str]) -> None:
    """Write settings to a file that only the owner can read."""
    make(folder)
    file = folder / SETTINGS_FILE
    content = "# Written by `pro-collector up`. Without its keys nobody can be reached: keep a copy in a safe place.\n"
    content += "".join(f"{name}={value}\n" for name, value in settings.items())
    descriptor = os.open(file.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(content)
    file.with_suffix(".new").replace(file)
