"""The gallery of published protocols: the files, and what each says about itself in the comment at its top."""

import re

from tests.shared.places import ROOT

GALLERY = ROOT / "schemas" / "studies" / "gallery"
PARTS = ("Source", "It says", "Shows", "Assumed", "Could not be said")
"""The parts of that comment, in this order; before them is what the protocol is about."""
_PART = re.compile(rf" (?=(?:{'|'.join(PARTS)}): )")


def names() -> list[str]:
    """The protocols by the names of their files."""
    return sorted(path.stem for path in GALLERY.glob("*.yaml"))


def comment(name: str) -> dict[str, str]:
    """What a file says about itself: `about`, and each of `PARTS`."""
    text = (GALLERY / f"{name}.yaml").read_text(encoding="utf-8")
    lines = "\n".join(line.removeprefix("#").strip() for line in text[: text.index("\nid:")].splitlines()[1:])
    about, parts, _ = (" ".join(paragraph.split()) for paragraph in lines.split("\n\n"))
    return {"about": about, **dict(part.split(": ", 1) for part in _PART.split(parts))}
