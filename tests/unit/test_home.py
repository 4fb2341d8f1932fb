"""The folder of a small installation: who may pass through it."""

import os
from pathlib import Path

import pytest

from pro_collector import home


@pytest.mark.parametrize("umask", [0o022, 0o077])
@pytest.mark.parametrize(("user", "mode"), [(0, 0o755), (1000, 0o700)], ids=["root", "somebody"])
def test_what_is_made_is_as_open_as_its_server_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int, user: int, mode: int
) -> None:
    """Run by root, PostgreSQL is another user, and must get there also where root makes everything for itself alone."""
    monkeypatch.setattr(os, "geteuid", lambda: user)
    tmp_path.chmod(0o711)
    before = os.umask(umask)
    try:
        home.make(tmp_path / "srv" / "study")
        home.make(tmp_path / "srv" / "study")
    finally:
        os.umask(before)
    made = (tmp_path, tmp_path / "srv", tmp_path / "srv" / "study")
    assert [folder.stat().st_mode & 0o777 for folder in made] == [0o711, mode, mode]
