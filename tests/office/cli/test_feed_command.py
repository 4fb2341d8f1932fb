"""`feed run` and `feed list` at a terminal: what ends participation, or is gone in numbers, waits for a person."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.office.cli.terminal import Terminal
from tests.office.cli.test_person_commands import people
from tests.shared.redcap import TOKEN, StandInRedcap, serving

__all__ = ["people"]

MAPPING = """
feed: lisbon
study: rare-tumour-story
redcap: {url: "URL", token: REDCAP_TOKEN_LISBON, time_zone: Europe/Lisbon, code: code}
events:
  ENDS: {date: surgery_date}
  cycle: {date: given_on, near_days: 0}
"""


@pytest.fixture
def redcap(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[StandInRedcap, str]]:
    """A project that answers from a thread of its own, and its URL."""
    monkeypatch.setenv("REDCAP_TOKEN_LISBON", TOKEN)
    project, urls, done = StandInRedcap(lambda: datetime.now(UTC).replace(microsecond=0)), [], asyncio.Event()
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def serve() -> None:
        async with serving(project) as url:
            urls.append(url)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(30)
    yield project, urls[0]
    loop.call_soon_threadsafe(done.set)
    thread.join()
    loop.close()


def test_a_feed_at_a_terminal(people: Terminal, redcap: tuple[StandInRedcap, str], tmp_path: Path) -> None:
    project, url = redcap
    file = tmp_path / "lisbon.yaml"
    file.write_text(MAPPING.replace("URL", url).replace("ENDS", "off_treatment"), encoding="utf-8")
    assert "the study has no event `off_treatment`" in people.run("feed", "run", str(file), code=2).err
    file.write_text(MAPPING.replace("URL", url).replace("ENDS", "death"), encoding="utf-8")
    today = datetime.now(UTC).date()
    project.put("1", code="RT-1", surgery_date=str(today))
    for n in range(6):
        project.put("2", str(n + 1), code="RT-2", given_on=str(today + timedelta(days=21 * n)))
    looked = people.run("feed", "run", str(file), "--dry-run")
    assert "RT-1\n  add      death" in looked.out
    assert looked.out.endswith("7 added\nnothing was changed (--dry-run)\n")
    told = people.run("feed", "run", str(file))
    assert told.out.endswith("recorded: 6 added\n")
    assert "because participation ends: RT-1" in told.err
    assert people.run("feed", "run", str(file)).out.endswith("recorded: 6 unchanged\n")
    assert "feed lisbon: death on " in (waiting := people.run("tasks", "list").out)
    assert waiting.count("paused until somebody confirms it") == 1
    assert "paused" in people.run("why", "RT-1").out
    assert people.run("feed", "run", str(file), "--yes").out.endswith("recorded: 1 added, 6 unchanged\n")
    assert "rare-tumour-story  lisbon  read 2" in people.run("feed", "list").out
    project.delete("2")
    assert "many records are gone" in people.run("feed", "run", str(file), "--whole", code=2).err
    assert people.run("feed", "run", str(file), "--whole", "--yes").out.endswith("recorded: 6 retracted, 1 unchanged\n")


def test_a_feed_that_the_worker_reads(people: Terminal, redcap: tuple[StandInRedcap, str], tmp_path: Path) -> None:
    _, url = redcap
    file = tmp_path / "lisbon.yaml"
    text = MAPPING.replace("URL", url).replace("ENDS", "death")
    file.write_text(text, encoding="utf-8")
    assert "say how often the feed is read" in people.run("feed", "apply", str(file), code=2).err
    file.write_text(f"schedule: {{every_minutes: 45, silent_after_hours: 1}}\n{text}", encoding="utf-8")
    assert "the worker reads lisbon of rare-tumour-story every 45 minutes" in people.run("feed", "apply", str(file)).out
    assert "rare-tumour-story  lisbon  not read yet; next 2" in people.run("feed", "list").out
    assert people.run("health", "feeds").out == "feeds: 1 read in time\n"
    assert people.run("feed", "stop", "lisbon").out.startswith("stopped: lisbon of rare-tumour-story")
    assert "not read yet; stopped" in people.run("feed", "list").out
    assert people.run("health", "feeds").out == "feeds: 0 read in time\n"
    assert "no feed 'lisbo' is applied; did you mean `lisbon`?" in people.run("feed", "stop", "lisbo", code=2).err
