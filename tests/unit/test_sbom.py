"""The check of licences, on lists of parts as the tool writes them."""

import json
from pathlib import Path

import pytest

from tests.sbom import licences, main, refused


def listed(**components: object) -> str:
    return json.dumps({"components": [{"name": n, "version": "1", "licenses": of} for n, of in components.items()]})


@pytest.mark.parametrize(
    "licence",
    [
        {"license": {"id": "MIT"}},
        {"expression": "LGPL-3.0-only"},
        {"expression": "GPL-2.0-or-later OR Apache-2.0"},
        {"license": {"name": "License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)"}},
        {"license": {"name": "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)"}},
    ],
)
def test_a_licence_that_we_use(licence: dict[str, object]) -> None:
    assert refused(licences(listed(one=[licence]))) == {}


@pytest.mark.parametrize(
    "found",
    [
        [],
        [{"license": {"id": "GPL-3.0-only"}}],
        [{"expression": "MIT AND AGPL-3.0-or-later"}],
        [{"license": {"id": "MIT"}}, {"license": {"name": "OSI Approved :: GNU Affero General Public License v3"}}],
        [{"license": {"name": "GNU General Public License (GPL)"}}],
        [{"license": {"id": "SSPL-1.0"}}],
    ],
)  # fmt: skip
def test_a_licence_that_we_do_not_use_is_refused(found: list[object], tmp_path: Path) -> None:
    path = tmp_path / "sbom.cdx.json"
    path.write_text(listed(good=[{"license": {"id": "MIT"}}], bad=found))
    assert [line for line in main(path) if line.startswith("bad: this licence")] != []
    assert (tmp_path / "licences.txt").read_text().startswith("good: MIT\nbad:")
