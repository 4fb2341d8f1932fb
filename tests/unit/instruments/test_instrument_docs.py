"""`docs/instruments.md` says what is so: every instrument with its numbers, and examples that read."""

import re

import pytest

from pro_collector.display.explain import explain
from pro_collector.domain.document import parse_yaml
from pro_collector.domain.instrument.parse import parse_instrument
from pro_collector.resources import SCHEMAS
from tests.shared.instruments import library, shipped

PAGE = SCHEMAS.parent / "docs" / "instruments.md"
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="the documentation is not beside an installed wheel")


def page() -> str:
    """The page."""
    return PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", library().ids())
def test_every_instrument_has_its_row(name: str) -> None:
    instrument = shipped(name)
    rows = [line for line in page().splitlines() if line.startswith("|") and f"`{name}`" in line.split("|")[1]]
    assert len(rows) == 1
    _, heading, items, scores, *_ = rows[0].split("|")
    assert instrument.version in heading
    assert str(len(instrument.items)) in re.findall(r"\d+", items)
    if len(instrument.scales) < 20 and name != "esas-r":
        said = set(re.findall(r"[A-Za-z_]\w+", scores)) | set(re.findall(r"\w+", heading))
        told = [scale.id for scale in instrument.scales if scale.id not in said]
        assert told == [] or "subscale" in rows[0] or "seven T scores" in scores


def test_the_examples_read() -> None:
    definition, text = re.findall(r"```yaml\n(.*?)```", page(), flags=re.DOTALL)
    read = parse_instrument(parse_yaml(definition, "page"), {"en": parse_yaml(text, "page")})
    assert read.can_ask_in("en")
    assert read.can_ask_in("en", "proxy")


def test_the_example_of_an_explanation_is_real() -> None:
    told = explain(shipped("qlq-c30"), {"q1": 2, "q2": 1, "q5": 4}, "PF")
    assert "\n".join(f"    {line}" for line in told) in page()
