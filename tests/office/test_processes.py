"""Running the parts: what is told when they cannot start."""

import threading
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from pro_collector import words
from pro_collector.casework.inbound import ahead
from pro_collector.errors import BadInput, Misconfigured
from pro_collector.languages import available
from pro_collector.parts import worker
from pro_collector.processes import run_part, run_parts
from pro_collector.resources import TEMPLATES
from tests.shared.office import Office


async def test_a_port_that_is_taken_is_named_before_anything_starts(office: Office) -> None:
    port = office.rt.settings.web_port
    with pytest.raises(Misconfigured, match=f"PRO_WEB_PORT: .*:{port} "):
        async with run_parts(office.rt, ["web"]):
            pytest.fail("two servers on one port")


async def test_the_port_of_the_health_is_one_of_its_own(office: Office) -> None:
    taken = office.rt.settings.web_port
    for web_port, message in (
        (taken + 1, f"PRO_HEALTH_PORT: .*:{taken} "),
        (taken, "PRO_HEALTH_PORT: is PRO_WEB_PORT"),
    ):
        settings = office.rt.settings.model_copy(update={"web_port": web_port, "health_port": taken})
        parts = ["web"] if web_port == taken else ["relay"]
        with pytest.raises(Misconfigured, match=message):
            async with run_parts(replace(office.rt, settings=settings), parts):
                pytest.fail("two servers on one port")


async def test_a_worker_compiles_the_phrases_in_a_thread_before_any_reply_comes(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first reply took two seconds, in which nobody else was answered, and locks were held."""
    compiled = dict[str, bool]()

    def compile_phrases(codes: Iterable[str]) -> None:
        compiled.update(dict.fromkeys(codes, threading.current_thread() is threading.main_thread()))

    def connect(*_: object) -> None:
        assert compiled == dict.fromkeys({"en", "es", available()[0]}, False)
        raise NotImplementedError

    monkeypatch.setattr(ahead, "compile_phrases", compile_phrases)
    monkeypatch.setattr(worker, "consumers", connect)
    with pytest.raises(NotImplementedError):
        await run_part("worker", office.rt, lambda: None)


@pytest.mark.parametrize("part", ["worker", "sender", "web"])
async def test_a_fault_in_the_words_is_told_before_a_part_starts(
    part: str, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = (TEMPLATES / "words" / "en.yaml").read_text("utf-8")
    (tmp_path / "en.yaml").write_text(english, "utf-8")
    (tmp_path / "xx.yaml").write_text(english.replace("  skip: Skip", "  skpi: Skip"), "utf-8")
    monkeypatch.setattr(words, "load", partial(words.load, tmp_path))
    with pytest.raises(BadInput, match=r"xx.yaml:\d+: form.skip: this phrase is missing"):
        await run_part(part, office.rt, lambda: pytest.fail("it started"))
