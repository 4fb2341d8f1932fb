"""Pins the images of others by digest: `python -m tests.images` writes them, `--check` refuses a tag without one.

A tag can be moved to another image after we have tried it, a digest cannot. `--check` is part of `.ci/run` for a commit
that is tagged as a release. The digests are asked of each image's registry by Docker's `buildx`, which needs no daemon.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator

from tests.shared.places import ROOT

FILES = (ROOT / "Dockerfile", ROOT / "docker-compose.yml")
OURS = "pro-collector:"
_IMAGE = re.compile(
    r"^(?P<before># syntax=|FROM |\s+image: )(?P<tag>[^\s@]+)(?P<digest>@sha256:[0-9a-f]{64})?(?=\s|$)", re.MULTILINE
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def without_digest(text: str) -> list[str]:
    """The images of others in a Dockerfile or compose file that have a tag alone."""
    return [found["tag"] for found in _of_others(text) if not found["digest"]]


def pinned(text: str, digest_of: Callable[[str], str]) -> str:
    """The same file with the present digest of every tag of others."""
    digests = {tag: digest_of(tag) for tag in sorted({found["tag"] for found in _of_others(text)})}

    def with_digest(found: re.Match[str]) -> str:
        tag = found["tag"]
        return f"{found['before']}{tag}@{digests[tag]}" if tag in digests else found[0]

    return _IMAGE.sub(with_digest, text)


def _of_others(text: str) -> Iterator[re.Match[str]]:
    return (found for found in _IMAGE.finditer(text) if not found["tag"].startswith(OURS))


def asked_of_registry(tag: str) -> str:
    """The digest that the tag has now, for all platforms. Raises CalledProcessError."""
    command = ["docker", "buildx", "imagetools", "inspect", tag, "--format", "{{.Manifest.Digest}}"]
    digest = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout.strip()
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"{tag}: expected a digest, not {digest!r}")
    return digest


def main(arguments: list[str]) -> int | str:
    """The exit code, or what is wrong."""
    texts = {path: path.read_text(encoding="utf-8") for path in FILES}
    if arguments == ["--check"]:
        lacking = [f"{path.name}: {tag} has no digest" for path, text in texts.items() for tag in without_digest(text)]
        return "\n".join([*lacking, "make images writes them"]) if lacking else 0
    new = {path: pinned(text, asked_of_registry) for path, text in texts.items()}
    for path, text in new.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
