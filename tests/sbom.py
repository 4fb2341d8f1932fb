"""Compares the list of parts (SBOM) with the lock it is made from: `python -m tests.sbom build/sbom.cdx.json`."""

import json
import re
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REQUIREMENTS = Path(__file__).parent.parent / "requirements"


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


if __name__ == "__main__":
    found = differences(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.exit(f"not in both the list of parts and requirements/runtime.txt: {sorted(found)}" if found else 0)
