"""Images by digest: what is found, what is written, and that a release has them all."""

import pytest

from tests import images
from tests.images import FILES, pinned, without_digest
from tests.shared.places import ROOT
from tests.unit.test_docs import words_of

DIGEST, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
COMPOSE = f"""\
x-process: &process
  image: pro-collector:0.1.0
services:
  timescaledb:
    image: timescale/timescaledb:2.29.2-pg18
  kafka:
    image: apache/kafka:4.3.1@{OTHER}
  reader:
    image: timescale/timescaledb:2.29.2-pg18
"""
DOCKERFILE = """\
# syntax=docker/dockerfile:1
FROM python:3.11-slim-bookworm AS build
RUN echo FROM x
FROM python:3.11-slim-bookworm
"""


def test_a_tag_alone_is_found_and_our_own_image_has_none() -> None:
    assert without_digest(COMPOSE) == ["timescale/timescaledb:2.29.2-pg18"] * 2
    assert without_digest(DOCKERFILE) == ["docker/dockerfile:1", *["python:3.11-slim-bookworm"] * 2]


@pytest.mark.parametrize("text", [COMPOSE, DOCKERFILE])
def test_every_image_of_others_gets_its_present_digest_and_nothing_else_changes(text: str) -> None:
    asked = list[str]()
    written = pinned(text, lambda tag: asked.append(tag) or DIGEST)  # type: ignore[func-returns-value]
    assert without_digest(written) == []
    assert written.replace(f"@{DIGEST}", "") == text.replace(f"@{OTHER}", "")
    assert len(asked) == len(set(asked)), "each once"
    assert pinned(written, lambda _: DIGEST) == written


def test_every_image_of_our_files_is_found() -> None:
    for path in FILES:
        text = words_of(path)
        said = [line for line in text.splitlines() if line.strip().startswith(("# syntax=", "FROM ", "image: "))]
        assert len(images._IMAGE.findall(text)) == len(said) >= 3


def test_a_release_is_refused_while_a_tag_has_no_digest() -> None:
    lacking = [tag for path in FILES for tag in without_digest(words_of(path))]
    said = images.main(["--check"])
    assert (said == 0) == (lacking == [])
    assert all(tag in str(said) for tag in lacking)


def test_ci_checks_the_images_of_a_release() -> None:
    assert "make images ARGS=--check" in words_of(ROOT / ".ci" / "run")
