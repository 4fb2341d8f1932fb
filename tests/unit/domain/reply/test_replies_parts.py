"""The parts of reading a reply: folding, spelling mistakes, patterns, language files, the command line."""

import json

import pytest
from typer.testing import CliRunner

from pro_collector.cli import app
from pro_collector.domain.document import parse_yaml
from pro_collector.domain.reply.language import Language, parse_language, select_language
from pro_collector.domain.reply.lexicon import Lexicon, Phrase
from pro_collector.domain.reply.phrases import compile_phrase
from pro_collector.domain.reply.question import Choice, Question
from pro_collector.domain.reply.spelling import PrefixIndex, Spelling
from pro_collector.domain.reply.tokens import Token, fold, forms, tokens, words
from pro_collector.domain.reply.understanding import understand
from pro_collector.errors import BadInput, NotFound
from pro_collector.languages import available, language
from tests.replies_corpus import PAGE

MINIMAL = """
language: xx
name: Test
numbers:
  3: tri
affirming: da
denying: ne
"""


def test_folded_text() -> None:
    assert fold("SÍ, l’Été — N’ARRIVE… Peut-être “3”") == 'si, l ete - n arrive... peut etre "3"'
    assert fold("can't") == "cant"
    assert words("ok :) xD 3!") == ("ok", "3")
    assert forms("c'est un") == (("c", "est", "un"), ("cest", "un"))
    assert forms("un") == (("un",),)


def test_kinds_of_tokens() -> None:
    assert tokens("level7 7pm 7/10 -3 3 / #4 ? दर्द.") == [
        Token("glued", "level7"),
        Token("glued", "7pm"),
        Token("compound", "7/10"),
        Token("signed", "-3"),
        Token("number", "3"),
        Token("slash", "/"),
        Token("mark", "#"),
        Token("number", "4"),
        Token("strange", "?"),
        Token("word", "दर्द"),
        Token("break", "."),
    ]


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("severe", None),  # known words are no slips
        ("sevre", "severe"),
        ("sevree", "severe"),
        ("svree", None),
        ("seveere", "severe"),
        ("sevare", "severe"),
        ("xevere", None),
        ("mildx", "mild"),
        ("milld", "mild"),
        ("mlid", "mild"),
        ("mild", None),
        ("wild", None),
        ("mil", None),
        ("nien", "nine"),
        ("nnine", "nine"),
        ("fine", None),
        ("eigt", "eight"),
        ("eightx", None),
        ("weight", None),
        ("sooo", "so"),
        ("seer", None),
        ("soo", None),
        ("noooo", "no"),
        ("seeee", "see"),
        ("zzzz", None),
        ("night", None),
    ],
)
def test_spelling_mistakes(slip: str, meant: str | None) -> None:
    spelling = Spelling(["severe", "mild", "so", "no", "see"], ["nine", "eight"], ["night"])
    assert spelling.correct(slip) == meant


def test_a_mistake_similar_to_two_words_is_not_corrected() -> None:
    assert Spelling(["worse", "worst"]).correct("wors") is None


def test_a_phrase_without_words_is_left_out() -> None:
    assert Lexicon([Phrase(words("..."), "f"), Phrase(("so",), "i")]).vocabulary() == {"so"}


def test_unambiguous_beginnings_of_words() -> None:
    known = PrefixIndex(["moderate", "severe", "several"])
    assert known.complete("mod") == known.complete("moderate") == "moderate"
    for start in ("sev", "mo", "moderately", "mild", ""):
        assert known.complete(start) is None, start


def test_patterns() -> None:
    pattern = compile_phrase("stop (texting|sending [any] more) [me] ... now")
    assert pattern.anchors == frozenset({"texting", "sending"})
    assert pattern.also == frozenset({"stop"})
    assert compile_phrase("fever ... (38|39)").also == frozenset()
    assert "any" in pattern.literals
    assert compile_phrase("[please] n'arrive").anchors == frozenset({"arrive", "narrive"})


@pytest.mark.parametrize("broken", ["stop (texting", "stop) it", "[please]", "a | b", "(|a) [b]"])
def test_patterns_that_mean_nothing(broken: str) -> None:
    with pytest.raises(ValueError, match=r"stands alone|is missing|must be said"):
        compile_phrase(broken)


def test_a_new_language_needs_a_file_only() -> None:
    vocabulary = parse_language(parse_yaml(MINIMAL, "xx.yaml"))
    language = select_language("xx", [vocabulary])
    assert isinstance(language, Language)
    assert repr(language) == "Language('xx')"
    assert understand("tri", Question("integer", 0, 10), language).value == 3
    assert understand("da", Question("yesno"), language).value == "yes"
    assert understand("B", Question("choice", options=(Choice("b", "Ba"),)), language).value == "b"
    assert understand("stop", Question("yesno"), language).outcome == "unclear"
    assert select_language("yy", [vocabulary]) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("affirming: da", "affirming: [da]"),
        ("name: Test", "name: Test\nintents: {shout: {alone: hey}}"),
        ("name: Test", "name: Test\nnonsense: 1"),
    ],
)
def test_mistakes_in_a_language_file_are_named(change: str, message: str) -> None:
    with pytest.raises(BadInput, match=r"xx\.yaml:\d+: (affirming|intents|nonsense)"):
        parse_language(parse_yaml(MINIMAL.replace(change, message), "xx.yaml"))


CLASSES = """
classes:
  notes: |
    notes, small notes
intents:
  opt_out:
    alone: |
      [i am|im] (out|off) [now], spare me <notes>
    phrases: |
      end ... <notes>
    unless_before: |
      of music
"""


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("im off now", "opt_out"),
        ("I am out", "opt_out"),
        ("out", "opt_out"),
        ("spare me small notes", "opt_out"),
        ("please do end all of these small notes", "opt_out"),
        ("end notes of music", "unclear"),
        ("end of the long and winding notes", "unclear"),
        ("i am in", "unclear"),
    ],
)
def test_alternatives_classes_and_phrases_that_cancel(text: str, outcome: str) -> None:
    language = select_language("xx", [parse_language(parse_yaml(MINIMAL + CLASSES, "xx.yaml"))])
    assert isinstance(language, Language)
    assert understand(text, Question("yesno"), language).outcome == outcome


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (CLASSES.replace("<notes>", "<memos>"), "<memos> is no class; expected one of notes"),
        ("intents: {opt_out: hey}", "intents"),
        ("intents: hey", "intents"),
        ("intents: {opt_out: {alone: 3}}", "expected phrases"),
    ],
)
def test_mistakes_in_classes_are_named(classes: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        parse_language(parse_yaml(MINIMAL + classes, "xx.yaml"))


def test_languages_by_tag() -> None:
    assert {"en", "es", "fr"} <= set(available())
    assert language("es-MX") is language("es")
    assert language("ES_419").code == "es"
    with pytest.raises(NotFound, match=f"'tlh' is not one of {', '.join(available())}"):
        language("tlh")
    with pytest.raises(NotFound, match="Did you mean 'en'"):
        language("eng")


def parsed(*rows: object) -> tuple[int, list[object], str]:
    lines = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    result = CliRunner().invoke(app, ["parse"], input=lines.encode())
    said = str(result.exception) if isinstance(result.exception, BadInput) else ""
    return (
        getattr(result.exception, "exit_code", result.exit_code),
        [json.loads(line) for line in result.stdout.splitlines()],
        said,
    )


def test_the_command_keeps_its_contract() -> None:
    scale = {"kind": "integer", "min": 0, "max": 10, "language": "en"}
    choice = {
        "kind": "choice",
        "options": [{"code": 0, "label": "Not at all"}, {"code": "b", "label": "A little", "synonyms": ["wee"]}],
        "language": "en",
    }
    code, lines, _ = parsed(
        {"id": 1, "text": "7ish", **scale, "note": "kept out of it"},
        "",
        {"id": "two", "text": "wee", **choice},
        {"id": None, "kind": "yesno", "language": "es-MX", "text": "sí"},
        {"id": 4, "text": "leave the study", **scale},
        {"id": 5, "text": "go back", **scale},
        {"id": 6, "text": "stop texting me, I can't breathe", **scale},
        {"text": "11", **scale},
    )
    assert code == 0
    assert lines == [
        {"id": 1, "outcome": "answer", "value": 7, "flag": None, "reason": "number"},
        {"id": "two", "outcome": "answer", "value": "b", "flag": None, "reason": "label"},
        {"id": None, "outcome": "answer", "value": "yes", "flag": None, "reason": "label"},
        {"id": 4, "outcome": "opt_out", "value": None, "flag": None, "reason": "leave: said in words"},
        {"id": 5, "outcome": "unclear", "value": None, "flag": None, "reason": "back: keyword"},
        {"id": 6, "outcome": "urgent", "value": None, "flag": None, "reason": "said in words; also opt_out"},
        {"id": None, "outcome": "unclear", "value": None, "flag": None, "reason": "out of range: 0 to 10"},
    ]


def test_bad_rows_are_named_and_nothing_is_written() -> None:
    code, lines, said = parsed(
        {"id": 1, "kind": "yesno", "language": "en", "text": "yes"},
        "not json",
        "[1]",
        {"kind": "intger", "langage": "en", "text": "1"},
        {"kind": "yesno", "language": "tlh", "text": "sim"},
        {"kind": "choice", "language": "en", "text": "1"},
        {"kind": "integer", "min": 5, "max": 1, "language": "en", "text": "1"},
        {"kind": "choice", "options": [{"code": 1.5, "label": "x"}], "language": "en", "text": "1"},
        {"kind": "yesno", "language": "en"},
    )
    assert (code, lines) == (2, [])
    known = ", ".join(available())
    for expected in (
        "row:2: not readable as JSON",
        "row:3: expected an object",
        "row:4: langage: this key is not known here; did you mean 'language'?",
        "row:4: kind: Input should be 'integer'",
        f"row:4: language: this is required and is not here; expected one of {known}",
        f"row:5: language: language 'tlh' is not one of {known}.",
        "row:6: a choice needs",
        'row:7: "min" must not be above "max"',
        "row:8: options.0.code",
        "row:9: text: this is required and is not here",
    ):
        assert expected in said


def test_the_page_shows_what_the_command_does() -> None:
    shown = [line.strip() for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith('    {"id"')]
    asked, answered = shown[: len(shown) // 2], shown[len(shown) // 2 :]
    code, lines, _ = parsed(*asked)
    assert code == 0
    assert lines == [json.loads(line) for line in answered]
    assert len(asked) == 3


def test_the_page_is_right_about_its_examples() -> None:
    scale = Question("integer", 0, 10)
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    checked = 0
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if cells[1] in {"7", "asked again"}:
            for reply in cells[0].split("`")[1::2]:
                reading = understand(reply, scale, language("en"))
                assert reading.value == (7 if cells[1] == "7" else None), reply
                assert reading.outcome == ("answer" if cells[1] == "7" else "unclear"), reply
                checked += 1
    assert checked >= 20
