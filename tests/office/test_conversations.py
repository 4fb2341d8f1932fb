"""The stories of `tests/data/conversations`, each played from the first text to what the record holds in the end."""

from pathlib import Path

import pytest

from tests.shared.office import Office
from tests.shared.stories import STORIES, play


@pytest.mark.parametrize("path", STORIES, ids=[path.stem for path in STORIES])
async def test_story(path: Path, office: Office) -> None:
    await play(office, path)


def test_there_are_stories() -> None:
    assert len(STORIES) >= 25
