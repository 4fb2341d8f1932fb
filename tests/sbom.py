"""Checks the list of parts (SBOM) against its lock and its licences: `python -m tests.sbom build/sbom.cdx.json`."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REQUIREMENTS = Path(__file__).parent.parent / "requirements"
_COPYLEFT = re.compile(r"\bA?GPL|Affero|\bSSPL|Server Side Public|(?<!Lesser )General Public License", re.IGNORECASE)
"""Licences under which a hospital could not combine the product with its own software. The LGPL is none of these."""


def pins(lock: str) -> dict[str, str]:
    """Name and version of every package of `requirements/<lock>.txt` that is installed on this Python and system."""
    text = (REQUIREMENTS / f"{lock}.txt").read_text(encoding="utf-8")
    lines = re.findall(r"^[A-Za-z0-9].*?(?= \\$)", text, re.MULTILINE)
    wanted = [one for one in map(Requirement, lines) if one.marker is None or one.marker.evaluate()]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in wanted}


def parts(sbom: str) -> dict[str, str]:
    """Name and version of every component."""
    return {canonicalize_name(one["name"]): one["version"] for one in json.loads(sbom)["components"]}


def differences(sbom: str) -> set[tuple[str, str]]:
    """What stands on one side only."""
    return set(parts(sbom).items()) ^ set(pins("runtime").items())


def licences(sbom: str) -> dict[str, list[str]]:
    """The licences of every component, as it declares them."""
    return {one["name"]: list(_declared(one)) for one in json.loads(sbom)["components"]}


def refused(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """The components with no licence, or with one that we do not use. Of licences joined by OR, one suffices."""
    return {name: texts for name, texts in found.items() if not texts or any(map(_is_copyleft, texts))}


def _declared(component: dict[str, Any]) -> Iterator[str]:
    for entry in component.get("licenses", []):
        licence = entry.get("license", {})
        yield entry.get("expression") or licence.get("id") or licence["name"]


def _is_copyleft(licence: str) -> bool:
    return all(_COPYLEFT.search(choice) for choice in licence.split(" OR "))


def main(path: Path) -> list[str]:
    """Write the licences beside the list of parts; return what is wrong."""
    sbom = path.read_text(encoding="utf-8")
    found = licences(sbom)
    lines = [f"{name}: {'; '.join(texts)}\n" for name, texts in found.items()]
    (path.parent / "licences.txt").write_text("".join(lines), encoding="utf-8")
    wrong = [f"{name}: this licence is not used here: {texts or 'none'}" for name, texts in refused(found).items()]
    if unlike := differences(sbom):
        wrong.append(f"not in both the list of parts and requirements/runtime.txt: {sorted(unlike)}")
    return wrong


if __name__ == "__main__":
    sys.exit("\n".join(main(Path(sys.argv[1]))) or 0)
