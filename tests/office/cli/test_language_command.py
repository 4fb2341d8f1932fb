"""`pro-collector language`: explain how a text is read, and check a language file."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pro_collector.cli import app
from pro_collector.errors import BadInput, NotFound, ProCollectorError
from pro_collector.resources import SCHEMAS
from tests.shared.places import DATA

RUN = CliRunner()
NEW = """language: de
name: Deutsch
numbers:
  7: sieben
affirming: ja
denying: nein
intents:
  opt_out: {phrases: keine nachrichten mehr}
"""


def run(*arguments: str, code: int = 0) -> str:
    """What a command prints."""
    found = RUN.invoke(app, ["language", *arguments], catch_exceptions=False)
    assert found.exit_code == code, found.output
    return found.stdout


def fails(*arguments: str) -> ProCollectorError:
    """How a command fails."""
    with pytest.raises(ProCollectorError) as caught:
        RUN.invoke(app, ["language", *arguments], catch_exceptions=False)
    return caught.value


@pytest.fixture
def german(tmp_path: Path) -> Path:
    file = tmp_path / "de.yaml"
    file.write_text(NEW, encoding="utf-8")
    return file


def test_explain_names_the_line_that_heard_a_stop_and_the_answer_beside_it() -> None:
    said = run("explain", "3 STOP")
    assert "read as: opt_out 3 (keyword)" in said
    assert "'3': a number" in said
    assert "heard: opt_out: en.yaml:" in said


def test_explain_names_what_cancelled_a_request_and_what_ended_an_answer() -> None:
    said = run("explain", "me di de baja en el trabajo", "--language", "es")
    assert "read as: unclear (words not known)" in said
    assert "cancelled: opt_out: es.yaml:" in said
    assert "  cancelled by es.yaml:" in said
    assert "'di': not known, or not possible here" in said


def test_explain_names_what_nearly_matched() -> None:
    assert "  missing: " in run("explain", "the pressure on my neck")


@pytest.mark.parametrize(
    ("question", "text", "read"),
    [
        ("scale", "7", "answer 7"),
        ("yes-no", "yes", "answer 'yes'"),
        ("none", "7", "unclear"),
        ("Not at all|A little|A lot", "a lil", "answer 1"),
        ("symptom-diary/pain", "7", "answer 7"),
    ],
)
def test_explain_takes_the_question_that_was_asked(question: str, text: str, read: str) -> None:
    assert f"read as: {read} " in run("explain", text, "--question", question)


def test_explain_says_when_only_the_second_reader_raised_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pro_collector.cli.language.mark_of", lambda _text: "stop")
    said = run("explain", "xylophones are over")
    assert "a person must see: stop" in said
    assert "the phrases alone say: words; the second reader raised it" in said


def test_explain_reads_a_file_that_is_not_installed(german: Path) -> None:
    said = run("explain", "sieben, keine Nachrichten mehr!", "--file", str(german))
    assert f"heard: opt_out: {german}:8 phrases: keine nachrichten mehr" in said


def test_explain_refuses_what_it_does_not_know(german: Path) -> None:
    assert isinstance(fails("explain", "7", "--language", "xx"), NotFound)
    assert "no question 'nausea-of-mind'" in str(fails("explain", "7", "--question", "symptom-diary/nausea-of-mind"))
    german.write_text(NEW.replace("keine", "(keine"), encoding="utf-8")
    assert f"{german}:8: " in str(fails("explain", "7", "--file", str(german)))


def test_check_measures_what_ships_on_its_corpus() -> None:
    said = run("check", str(SCHEMAS / "languages" / "fr.yaml"), "--corpus", str(DATA / "corpus" / "fr"), "--show", "1")
    assert "Français (fr), no mistakes" in said
    assert "scale.yaml: 0 accepted wrongly; " in said
    assert "more; --show" in said


def test_check_says_what_is_missing_and_fails_on_a_wrong_value(german: Path, tmp_path: Path) -> None:
    assert "nothing for 'urgent' (needed before anybody is texted in this language)" in run("check", str(german))
    corpus = tmp_path / "scale.yaml"
    corpus.write_text(
        "language: de\nquestions: {s: {kind: integer, min: 0, max: 10}}\nreplies:\n  s:\n    unclear:\n      - sieben\n"
    )
    assert "! line 6: 'sieben': expected unclear, read as answer 7" in run(
        "check", str(german), "--corpus", str(corpus), code=1
    )


def test_check_tells_every_mistake_with_its_line(german: Path, tmp_path: Path) -> None:
    german.write_text(NEW.replace("keine", "<kein>").replace("ja", "yes"), encoding="utf-8")
    error = fails("check", str(german))
    assert isinstance(error, BadInput)
    assert [problem.line for problem in error.problems] == [5, 8]
    assert "cannot be read" in str(fails("check", str(tmp_path / "nowhere.yaml")))
