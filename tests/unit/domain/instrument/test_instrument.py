"""Reading an instrument: its definition and texts, and how each mistake is reported."""

from typing import Any

import pytest

from pro_collector.domain.document import Document, parse_yaml
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.parse import parse_instrument, parse_text
from pro_collector.errors import BadInput

GOOD = """
id: tiny
version: 1.2.3
canonical: urn:test:tiny
title: Tiny
recall: P7D
reporters: [self, proxy]
source: this test
licence: {holder: nobody, terms: none, text: import, contact: none}
option_sets:
  how: [{code: 0}, {code: 1}]
items:
  - {id: a, kind: choice, options: how, opt_outs: [asked-declined]}
  - {id: b, kind: integer, minimum: 0, maximum: 3, enable_when: [{item: a, operator: "=", answer: 1}]}
  - {id: c, kind: yesno}
tables:
  t: {source: this test, grid: [0, 1]}
scales:
  - {id: s, title: S, items: [a, b], method: sum, range: [0, 4]}
  - {id: u, title: U, items: [a], method: table, table: t}
flags:
  - {item: b, minimum: 2, meaning: look}
"""
TEXT = """
instrument: tiny
language: en
licence: {holder: nobody, terms: none}
reporters: [self, proxy]
title: Tiny
opt_outs: {asked-declined: {label: rather not, replies: [skip]}}
option_sets:
  how:
    0: {label: no way, replies: ["no"]}
    1: by all means
items:
  a: {prompt: {self: "How are you?", proxy: "How is your child?"}}
  b: {prompt: "How many?", sms: {self: "Many?"}, minimum: none, maximum: all, options: {0: {replies: [zero]}}}
  c: {prompt: "Really?", options: {0: "No", 1: "Yes"}}
"""


def read(definition: str = GOOD, **texts: str) -> Instrument:
    """An instrument from YAML text."""
    return parse_instrument(
        parse_yaml(definition, "tiny.yaml"), {name: parse_yaml(text, f"{name}.yaml") for name, text in texts.items()}
    )


def problems(definition: str, **texts: str) -> list[str]:
    """The mistakes in a faulty definition."""
    with pytest.raises(BadInput) as caught:
        read(definition, **texts)
    return [str(problem) for problem in caught.value.problems]


def test_a_definition_is_read_whole() -> None:
    tiny = read(en=TEXT)
    assert [item.id for item in tiny.items] == ["a", "b", "c"]
    a, c = tiny.item("a"), tiny.item("c")
    assert a is not None
    assert c is not None
    assert a.option_set == "how"
    assert [option.code for option in c.options] == [0, 1]
    assert tiny.item("z") is None
    assert tiny.scale("s") is tiny.scales[0]
    assert tiny.scale("z") is None


def test_words_by_reporter() -> None:
    tiny = read(en=TEXT)
    a, b, _ = tiny.items
    text = tiny.texts["en"]
    own, proxy = text.wording(a), text.wording(a, "proxy")
    assert own is not None
    assert proxy is not None
    assert (own.prompt, proxy.prompt) == ("How are you?", "How is your child?")
    assert [(option.code, option.label, option.replies) for option in own.options] == [
        (0, "no way", ("no",)),
        (1, "by all means", ()),
    ]
    assert [option.label for option in own.opt_outs] == ["rather not"]
    many = text.wording(b)
    assert many is not None
    assert (many.sms, many.minimum, many.maximum) == ("Many?", "none", "all")
    assert [(option.code, option.label, option.replies) for option in many.options] == [(0, "0", ("zero",))]
    by_proxy = text.wording(b, "proxy")
    assert by_proxy is not None
    assert by_proxy.sms == "How many?"


def test_items_without_text_are_reported() -> None:
    tiny = read(en=TEXT)
    assert tiny.can_ask_in("en")
    assert tiny.can_ask_in("en", "proxy")
    assert tiny.items_without_text("fr") == ("a", "b", "c")
    assert not tiny.can_ask_in("fr")
    only_self = read(en=TEXT.replace("reporters: [self, proxy]", "reporters: [self]"))
    assert only_self.items_without_text("en", "proxy") == ("a", "b", "c")
    without_a_label = read(en=TEXT.replace("1: by all means", "1: {replies: [sure]}"))
    assert without_a_label.items_without_text("en") == ("a",)
    without_opt_out = read(en=TEXT.replace("asked-declined: {label: rather not, replies: [skip]}", ""))
    assert without_opt_out.items_without_text("en") == ("a",)
    not_for_proxies = read(GOOD.replace("[self, proxy]", "[self]"), en=TEXT.replace("[self, proxy]", "[self]"))
    assert not not_for_proxies.can_ask_in("en", "proxy")


def test_the_hash_is_of_the_content_alone() -> None:
    tiny = read()
    assert tiny.hash == read(GOOD.replace("title: Tiny", "title:   Tiny")).hash
    assert tiny.hash == read(en=TEXT).hash
    assert hash(tiny) == hash(read())
    assert len({tiny.hash, read(GOOD.replace("maximum: 3", "maximum: 4")).hash}) == 2
    assert len(tiny.hash) == 64
    words = read(en=TEXT)
    assert words.text_hash("en") != read(en=TEXT.replace("Really?", "Truly?")).text_hash("en")


def test_added_tables_and_texts_leave_the_original_alone() -> None:
    bought = read(GOOD.replace("{source: this test, grid: [0, 1]}", "{source: shop, imported: true}"))
    before = bought.hash
    filled = bought.with_table("t", {"0": 1, "1": 2.5}, "shop, 2026")
    assert (bought.hash, bought.tables["t"].rows) == (before, {})
    assert (filled.tables["t"].rows["1"], filled.tables["t"].source) == (2.5, "shop, 2026")
    assert filled.hash != before
    assert read().texts == {}
    assert list(read().with_texts(read(en=TEXT).texts["en"]).texts) == ["en"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("version: 1.2.3", "version: 1.2"), "tiny.yaml:3: version: Input should be a valid string, not 1.2"),
        (("recall: P7D", "recall: a week"), "tiny.yaml:6: recall: String should match pattern"),
        (("kind: yesno", "kind: yes-no"), "tiny.yaml:15: items.2.kind: expected 'choice', 'integer'"),
        (("id: c,", "id: a,"), "tiny.yaml:15: items.2.id: the id 'a' is used twice"),
        (("options: how", "options: hou"), "no option set 'hou'; did you mean 'how'?"),
        (("options: how", "options: [{code: 0}, {code: 0}]"), "two options have the same code"),
        (("options: how", "options: []"), "a choice item needs options"),
        (("options: how", 'options: [{code: "1"}]'), "write the code 1 as a number, without quotes"),
        (("kind: yesno", "kind: text, options: how"), "an item of kind text has no options"),
        (("minimum: 0, ", ""), "an integer item needs `minimum` and `maximum`"),
        (("minimum: 0", "minimum: 3"), "`minimum` must be below `maximum`"),
        (("item: a, operator", "item: c, operator"), "no earlier item 'c'; known: a (only earlier items count)"),
        (("answer: 1}", "answer: 2}"), "items.1.enable_when.0.answer: item a takes one of 0, 1 or asked-declined"),
        (
            ('[{item: a, operator: "=", answer: 1}]', '[{any_of: [{item: a, operator: "=", answer: 2}]}]'),
            "items.1.enable_when.0.any_of.0.answer: item a takes one of 0, 1 or asked-declined",
        ),
        (
            ('[{item: a, operator: "=", answer: 1}]', '[{any_of: [{item: a, operator: "~", answer: 1}]}]'),
            "tiny.yaml:14: items.1.enable_when.0.any_of.0.operator: expected",
        ),
        (('[{item: a, operator: "=", answer: 1}]', "[{any_of: []}]"), "items.1.enable_when.0.any_of: "),
        (('operator: "="', "operator: exists"), "`exists` is compared with true or false"),
        (("items: [a, b]", "items: [a, bb]"), "tiny.yaml:19: scales.0.items.1: no item 'bb'; did you mean 'b'?"),
        (("items: [a, b]", "items: [a, a]"), "the same part is listed twice"),
        (("items: [a, b]", "items: [a, b], scales: [u]"), "made of `items` or of `scales`, one of the two"),
        (("items: [a, b]", "scales: [u]"), "no earlier scale 'u'; known: none"),
        (("id: u", "id: s"), "scales.1.id: the id 's' is used twice"),
        (("method: sum", "method: table"), "`table` goes with `method: table`"),
        (("method: sum", "method: linear"), "`coefficients` go with `method: linear`"),
        (("method: sum", "method: linear, coefficients: {a: 1}"), "look at 'b'"),
        (("method: sum", "method: digits"), "b does not have one digit for each answer"),
        (("method: sum", "method: sum, reverse: [c]"), "scales.0.reverse.0: no part of s 'c'; known: a, b"),
        (("method: sum", "method: sum, convert: tt"), "scales.0.convert: no table 'tt'; did you mean 't'?"),
        (("method: sum", "method: sum, missing: {minimum: 3}"), "s has only 2 parts"),
        (("method: sum", "method: sum, missing: {minimum: 1, fraction: 0.5}"), "not both"),
        (("method: sum", "method: sum, missing: {strict: true}"), "`strict` goes with `fraction`"),
        (("method: sum", "method: sum, items_missing: {minimum: 1}"), "this is for a scale of scales"),
        (("method: sum", "method: sum, bands: [{code: x, minimum: 3}, {code: y, minimum: 1}]"), "from the lowest"),
        (("method: sum", "method: sum, cases: [{when: [{item: a, operator: '=', answer: 1}], items: [a]}]"), "go with"),
        (
            ("method: sum", "method: mean, cases: [{when: [{item: a, operator: '=', answer: 1}], items: [c]}]"),
            "no item of s",
        ),
        (
            ("method: sum", "method: mean, cases: [{when: [{item: x, operator: '=', answer: 1}], items: [a]}]"),
            "no item 'x'",
        ),
        (("grid: [0, 1]", "grid: [0]"), "table 't' has no entry for (1,)"),
        (("grid: [0, 1]", "imported: false"), "needs `rows`, a `grid` or `parameters`"),
        (("item: b, minimum: 2", "item: x, minimum: 2"), "flags.0.item: no item 'x'; known: a, b, c"),
        (("source: this test\nlicence", "sauce: this test\nlicence"), "sauce: this key is not known here"),
    ],
)
def test_each_mistake_is_reported_with_its_place(change: tuple[str, str], expected: str) -> None:
    assert change[0] in GOOD
    found = problems(GOOD.replace(*change, 1))
    assert any(expected in problem for problem in found), found
    assert all(problem.startswith("tiny.yaml:") for problem in found)


def test_a_reversed_scale_needs_a_range() -> None:
    scales = "  - {id: v, title: V, scales: [s, u], method: mean, reverse: [u]}\nflags:"
    assert problems(GOOD.replace("flags:", scales)) == [
        "tiny.yaml:21: scales.2.reverse.0: scale u has no `range` to reverse within"
    ]


def test_an_item_without_numbers_is_not_scored() -> None:
    words = GOOD.replace("options: how", "options: [{code: little}, {code: lots}]").replace("answer: 1", "answer: lots")
    assert "scales.0.items.0: item a has no numbers to score" in "\n".join(problems(words))


def test_all_mistakes_of_all_files_are_reported_together() -> None:
    found = problems(GOOD.replace("id: c,", "id: a,").replace("[a, b]", "[a, x]"), en=TEXT.replace("c:", "d:"))
    assert [problem.split(":")[0] for problem in found] == ["tiny.yaml", "tiny.yaml", "en.yaml"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("instrument: tiny", "instrument: tini"), "en.yaml:2: instrument: this text is for 'tini', not for 'tiny'"),
        (("language: en", "language: english"), "en.yaml:3: language: String should match pattern"),
        (("  c: {", "  cc: {"), "items.cc: no item 'cc'; did you mean 'c'?"),
        (("1: by all means", "7: by all means"), "option_sets.how.7: item a takes one of 0, 1"),
        (("  how:", "  who:"), "option_sets.who: no option set 'who'; did you mean 'how'?"),
        (
            ("options: {0: {replies", "options: {4: {replies"),
            "items.b.options.4: item b takes a whole number from 0 to 3",
        ),
        (('1: "Yes"', '2: "Yes"'), "items.c.options.2: item c takes one of 0, 1"),
        (('"How many?"', "[How, many]"), "items.b.prompt: expected keys with their values here"),
    ],
)
def test_each_mistake_in_a_text_is_reported(change: tuple[str, str], expected: str) -> None:
    assert change[0] in TEXT
    found = problems(GOOD, en=TEXT.replace(*change, 1))
    assert any(expected in problem for problem in found), found


def test_a_text_for_a_reporter_the_instrument_is_not_for() -> None:
    found = problems(GOOD.replace("reporters: [self, proxy]\nsource", "source"), en=TEXT)
    assert found == ["en.yaml:5: reporters.1: tiny is not for the reporter 'proxy'"]


def test_a_text_alone_is_read_without_its_instrument() -> None:
    assert parse_text(parse_yaml(TEXT, "en.yaml")).language == "en"


@pytest.mark.parametrize("data", [None, 3, [], {"items": 3}, {"items": [3]}])
def test_data_that_is_no_instrument_is_refused(data: Any) -> None:
    with pytest.raises(BadInput):
        parse_instrument(Document("odd.yaml", data, {(): 1}))


def test_the_allowed_answers_as_text() -> None:
    kinds = """
  - {id: d, kind: decimal}
  - {id: e, kind: decimal, minimum: 0, maximum: 1.5, opt_outs: [not-applicable]}
  - {id: f, kind: date}
  - {id: g, kind: text}
tables:"""
    found = [item.allowed for item in read(GOOD.replace("\ntables:", kinds)).items]
    assert found == [
        "one of 0, 1 or asked-declined",
        "a whole number from 0 to 3",
        "one of 0, 1",
        "a number",
        "a number from 0 to 1.5 or not-applicable",
        "a date as YYYY-MM-DD",
        "text",
    ]


def test_another_version_is_scored_where_the_items_of_both_have_the_same_answers() -> None:
    asked = read()
    renamed = read(GOOD.replace("title: Tiny", "title: Tinier").replace("1.2.3", "1.3.0"))
    assert renamed.can_score(asked)
    fewer = asked.with_items(item for item in asked.items if item.id != "c")
    assert asked.can_score(fewer), "an item that was not asked has no other answers"
    assert fewer.can_score(asked)
    for before, after in (
        ("maximum: 3", "maximum: 4"),
        ("kind: yesno", "kind: text"),
        ("{code: 1}]", "{code: 1}, {code: 2}]"),
    ):
        other = GOOD.replace(before, after, 1).replace("grid: [0, 1]", "grid: [0, 1, 2]").replace("[0, 4]", "[0, 9]")
        assert not asked.can_score(read(other)), after


@pytest.mark.parametrize(
    ("item", "answer", "meaning"),
    [("b", 2, "look"), ("b", 3, "look"), ("b", 1, None), ("b", None, None), ("c", 1, None)],
)
def test_an_answer_that_a_person_must_see(item: str, answer: int | None, meaning: str | None) -> None:
    assert read().flagged(item, answer) == meaning


def test_what_a_version_fixes_is_neither_its_words_nor_a_table_that_a_study_imports() -> None:
    tiny = read()
    with_table = read(GOOD.replace("tables:", "tables:\n  v: {source: its owner, imported: true}"))
    assert tiny.version_hash == read(en=TEXT).version_hash
    assert with_table.with_table("v", {"1": 2.0}, "a").version_hash == with_table.version_hash
    assert with_table.with_table("v", {"1": 2.0}, "a").hash != with_table.hash
    assert read(GOOD.replace("grid: [0, 1]", "grid: [0, 2]")).version_hash != tiny.version_hash
