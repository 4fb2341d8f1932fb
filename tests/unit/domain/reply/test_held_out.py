"""The replies held out: frozen, no value taken wrongly, and the published figures are true."""

import pytest

from pro_collector.languages import language
from tests.held_out import FOLDER, Text, answers, first_measured, measured, published, sums, tables, texts


def test_the_texts_are_those_that_were_frozen() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"{digest}  {name}" in readme for name, digest in sums().items())


@pytest.mark.parametrize("code", sorted({text.language for text in texts()}))
def test_no_value_is_taken_that_nobody_gave(code: str) -> None:
    assert language(code).code == code
    assert answers([text for text in texts() if text.language == code]).wrong == 0


def test_the_first_three_languages_have_as_many_texts_of_each_kind() -> None:
    kinds = [_kinds([text for text in texts() if text.language == code]) for code in ("en", "es", "fr")]
    assert [len(found) for found in kinds] == [623, 623, 623]
    assert all(found == kinds[0] for found in kinds)


def test_every_language_held_out_was_measured_before_tuning() -> None:
    assert set(first_measured()) == {text.language for text in texts()}


def test_no_figure_fell_below_the_first_measurement() -> None:
    now = measured()
    for code, first in first_measured().items():
        for section in ("stops", "emergencies"):
            assert all(
                now[code][section][level]["reached"] >= found["reached"] for level, found in first[section].items()
            )


def test_the_published_figures_are_those_of_the_parser() -> None:
    assert published() == tables()


def _kinds(sample: list[Text]) -> list[tuple[str, str, str]]:
    return sorted((text.section, text.kind, text.level) for text in sample)
