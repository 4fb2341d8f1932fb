"""The findings of the lint of instruments; a clean instrument has none."""

from itertools import product

import pytest

from pro_collector.domain.document import parse_yaml
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.lint import Finding, carrier_word, lint
from pro_collector.domain.instrument.parse import parse_instrument
from tests.shared.instruments import shipped
from tests.unit.domain.instrument.test_instrument import GOOD, TEXT

CLEAN = TEXT.replace('1: "Yes"', '1: "It is"').replace('{label: no way, replies: ["no"]}', "no way")


def made(definition: str = GOOD, **texts: str) -> Instrument:
    """An instrument with texts."""
    return parse_instrument(
        parse_yaml(definition, "tiny.yaml"), {name: parse_yaml(text, f"{name}.yaml") for name, text in texts.items()}
    )


def told(instrument: Instrument) -> list[str]:
    """The findings as printed."""
    return [str(finding) for finding in lint(instrument)]


def test_a_clean_instrument_has_no_findings() -> None:
    assert told(made(en=CLEAN)) == []


def test_an_instrument_without_texts_has_a_finding_with_their_source() -> None:
    assert list(lint(made())) == [Finding("texts", "no language has its words; they come from nobody: none")]


@pytest.mark.parametrize("word", ["Stop", " YES ", "help", "cancel"])
def test_replies_a_carrier_acts_on(word: str) -> None:
    assert carrier_word(word, "en") == word.strip().lower()
    found = told(made(en=CLEAN.replace("1: by all means", f"1: {{label: fine, replies: ['{word}']}}")))
    expected = f"the reply {word!r} is taken as {word.strip().upper()}, never as an answer"
    assert found == [f"! a (en, self): {expected}", f"! a (en, proxy): {expected}"]


def test_the_given_function_decides_what_is_a_keyword() -> None:
    found = lint(made(en=CLEAN), lambda text, language: "pause" if (text, language) == ("rather not", "en") else None)
    assert "the reply 'rather not' is taken as PAUSE" in str(next(found))


def test_one_reply_for_two_choices() -> None:
    found = told(made(en=CLEAN.replace("1: by all means", "1: {label: fine, replies: [No Way]}")))
    assert found[0] == "! a (en, self): the reply 'No Way' means both 0 and 1"


def test_numbers_in_labels_that_are_also_codes() -> None:
    found = told(made(en=CLEAN.replace("1: by all means", "1: 0 to 2 times").replace("no way", "never")))
    assert found[0] == "- a (en, self): the reply '0' may mean 0 or, by its label, 1"


def test_long_texts_and_characters_outside_gsm7() -> None:
    long = made(en=CLEAN.replace("How are you?", "How are you " + "these days " * 30 + "?"))
    assert told(long)[0] == "- a (en, self): 3 SMS segments (367 units in GSM-7)"
    dear = made(en=CLEAN.replace("How are you?", "Cómo está usted " + "hoy " * 12))
    assert told(dear) == ["- a (en, self): 2 SMS segments for want of GSM-7, else 1: because of óá"]
    assert not told(made(en=CLEAN.replace("How are you?", "¿Cómo está?")))


def test_missing_words_and_translations() -> None:
    spanish = "\n".join(line for line in CLEAN.splitlines() if not line.startswith("  c:"))
    spanish = spanish.replace("language: en", "language: es")
    found = told(made(en=CLEAN.replace("title: Tiny", "title: Tiny\nintroduction: Hello."), es=spanish))
    assert found == [
        "! es, self: 1 of 3 items have no complete words: c",
        "! es, proxy: 1 of 3 items have no complete words: c",
        "! es: not translated, though en has it: c",
        "- es: no introduction, though en has one",
    ]


def test_items_and_choices_out_of_order() -> None:
    jumping = GOOD.replace("how: [{code: 0}, {code: 1}]", "how: [{code: 0}, {code: 2}, {code: 1}]")
    jumping = jumping.replace("grid: [0, 1]", "grid: [0, 1, 2]").replace("range: [0, 4]", "range: [0, 5]")
    assert "- a: its choices go neither up nor down: 0, 2, 1" in told(made(jumping))
    down = GOOD.replace("how: [{code: 0}, {code: 1}]", "how: [{code: 1}, {code: 0}]")
    assert len(told(made(down))) == 1
    head, _, items = CLEAN.partition("items:\n")
    swapped = head + "items:\n" + "\n".join(reversed(items.strip("\n").splitlines()))
    assert told(made(en=swapped)) == ["- en: its items stand in another order than the instrument asks them"]


@pytest.mark.parametrize(
    ("conditions", "behavior", "reachable"),
    [
        ('[{item: a, operator: "=", answer: 1}, {item: a, operator: "=", answer: 0}]', "all", False),
        ('[{item: a, operator: "=", answer: 1}, {item: a, operator: "=", answer: 0}]', "any", True),
        ('[{item: a, operator: ">", answer: 1}]', "all", False),
        ("[{item: a, operator: exists, answer: false}]", "all", True),
        ('[{item: b, operator: ">", answer: 2.5}]', "all", True),
        ('[{item: b, operator: ">", answer: 3}]', "all", False),
        ('[{item: b, operator: ">", answer: 1}, {item: b, operator: "<", answer: 3}]', "all", True),
        ('[{item: b, operator: ">", answer: 2}, {item: a, operator: "<", answer: 0}]', "all", False),
        ('[{item: b, operator: ">", answer: 2}, {item: a, operator: "<", answer: 0}]', "any", True),
        ('[{any_of: [{item: b, operator: ">", answer: 3}, {item: a, operator: "=", answer: 1}]}]', "all", True),
        ('[{any_of: [{item: b, operator: ">", answer: 3}, {item: a, operator: "<", answer: 0}]}]', "all", False),
        ('[{any_of: [{item: b, operator: ">", answer: 3}]}, {item: a, operator: "=", answer: 1}]', "any", True),
        ('[{item: d, operator: ">", answer: "2026-01-01"}]', "all", True),
        ('[{item: w, operator: "=", answer: "blue"}]', "all", True),
        ('[{item: x, operator: "<", answer: -5}]', "all", True),
        ('[{item: x, operator: "!=", answer: 0}, {item: x, operator: exists, answer: true}]', "all", True),
    ],
)
def test_items_that_are_never_asked(conditions: str, behavior: str, reachable: bool) -> None:
    items = f"""
  - {{id: d, kind: date}}
  - {{id: w, kind: text}}
  - {{id: x, kind: decimal}}
  - {{id: y, kind: text, enable_when: {conditions}, enable_behavior: {behavior}}}
tables:"""
    found = told(made(GOOD.replace("\ntables:", items)))
    assert ("! y: no answer to the items before it ever leads here" in found) is not reachable


def test_imported_tables_are_checked_against_the_possible_answers() -> None:
    # EQ-5D-5L: 5 ** 5 profiles; a PROMIS 4a form of four items from 1 to 5: sums 4 to 20.
    def said(name: str, table: str, rows: dict[str, float]) -> list[str]:
        instrument = shipped(name).with_table(table, rows, "made up")
        return [str(each) for each in lint(instrument) if f"{table!r}" in each.message]

    levels = ["".join(profile) for profile in product("12345", repeat=5)]
    values = dict.fromkeys(levels, 0.5)
    assert said("eq-5d-5l", "value-set", values) == []
    assert said("eq-5d-5l", "value-set", {"11111": 1, "21111": 0.9}) == [
        "! index: the table 'value-set' lacks 3123 of 3125 rows"
    ]
    assert said("eq-5d-5l", "value-set", {**values, "11116": 0}) == [
        "- index: the table 'value-set' has rows no answers lead to, such as 11116"
    ]
    scores = {str(raw): 40.0 + raw for raw in range(4, 21)}
    assert said("promis-29", "anxiety", scores) == []
    assert said("promis-29", "anxiety", {**scores, "3": 1}) == [
        "- anxiety: the table 'anxiety' has rows no answers lead to, such as 3"
    ]


def test_a_missing_table_is_reported_with_the_name_of_its_file() -> None:
    found = [str(each) for each in lint(shipped("promis-global-10"))]
    assert found[0] == ("- physical: no score until its table is imported: promis-global-10/table.physical-health.csv")
