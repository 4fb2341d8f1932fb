"""The check of a language file: every mistake with its line, what is missing, and figures on a corpus."""

import pytest

from pro_collector.domain.document import parse_yaml
from pro_collector.domain.reply.examples import read_examples
from pro_collector.domain.reply.language_check import advice, checked, coverage
from pro_collector.errors import BadInput
from pro_collector.languages import available, language_with
from pro_collector.resources import SCHEMAS

GOOD = """language: xx
name: Test
numbers:
  0: nul
  1: wan
affirming: ja
denying: nej
classes:
  texts: |
    tekst, tekster
intents:
  opt_out:
    always: halt
    phrases: |
      no more <texts>,
      (end|quit) ... <texts>
"""


def problems(text: str) -> list[str]:
    with pytest.raises(BadInput) as refused:
        checked(parse_yaml(text, "xx.yaml"))
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize("code", available())
def test_what_ships_has_no_mistake_and_nothing_twice(code: str) -> None:
    file = SCHEMAS / "languages" / f"{code}.yaml"
    document = parse_yaml(file.read_text(encoding="utf-8"), file.name)
    assert advice(document, checked(document)) == []


@pytest.mark.parametrize(
    ("right", "wrong", "line", "said"),
    [
        ("no more <texts>", "no more <text>", 15, "did you mean <texts>?"),
        ("(end|quit) ...", "(end|quit ...", 16, "')' is missing"),
        ("(end|quit) ...", "[end|quit] )", 16, "a bracket or a bar stands alone"),
        ("always: halt", "alway: halt", 13, "this key is not known here"),
        ("affirming: ja", "affirming: yes", 6, "put a number, yes or no in quotes"),
        ("  0: nul", "  0: null", 4, 'write the word in quotes: "null"'),
        ("  opt_out:", "  optout:", 11, "'optout' is no intent"),
    ],
)
def test_a_mistake_has_its_line(right: str, wrong: str, line: int, said: str) -> None:
    found = problems(GOOD.replace(right, wrong))
    assert len(found) == 1
    assert found[0].startswith(f"xx.yaml:{line}: ")
    assert said in found[0]


def test_several_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = GOOD.replace("no more <texts>", "no more <text>").replace("affirming: ja", "affirming: yes")
    assert [line.split(":")[1] for line in problems(text)] == ["6", "15"]


def test_what_is_missing_and_what_is_twice_is_told() -> None:
    document = parse_yaml(GOOD + "      , no more <texts>\n", "xx.yaml")
    told = [str(each) for each in advice(document, checked(document))]
    assert "xx.yaml:11: intents: nothing for 'urgent' (needed before anybody is texted in this language)" in told
    assert "xx.yaml:11: intents: nothing for 'noise'" in told
    assert "xx.yaml:3: numbers: no word for 2, 3, 4, 5, 6, 7, 8, 9, 10" in told
    assert "xx.yaml:17: opt_out.phrases: 'no more <texts>' is in line 15 already" in told


CORPUS = """language: xx
questions:
  scale: {kind: integer, min: 0, max: 10}
replies:
  scale:
    clear:
      1: [wan, "WAN!", "wonn"]
      0: ["1"]
    unclear: ["or"]
    opt_out: [halt, "end these tekster",
      "go away"]
"""


def test_the_figures_count_and_list_what_was_read_otherwise() -> None:
    vocabulary = checked(parse_yaml(GOOD, "xx.yaml"))
    found = coverage(read_examples(parse_yaml(CORPUS, "corpus.yaml")), language_with(vocabulary))
    assert (found.clear, found.clear_accepted, found.others) == (4, 2, 4)
    assert [each.example.text for each in found.wrong] == ["1"]
    assert [(each.example.text, each.example.line) for each in found.missed] == [("wonn", 7)]


@pytest.mark.parametrize("text", ["replies: {scale: {clear: {1: [a]}}}", "[]", "replies: {x: []}\nquestions: {}"])
def test_a_file_that_is_no_corpus_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"corpus\.yaml:1: expected `questions`"):
        read_examples(parse_yaml(text, "corpus.yaml"))
