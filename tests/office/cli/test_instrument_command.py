"""`pro-collector instrument`: list, show, check, import, export, schemas."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pro_collector.cli import app
from pro_collector.errors import BadInput, Conflict, ProCollectorError
from pro_collector.library import load_library
from tests.shared.instruments import shipped
from tests.unit.domain.exchange.test_instrument_fhir_import import coded, form
from tests.unit.domain.exchange.test_instrument_redcap import MOOD, dictionary
from tests.unit.domain.instrument.test_instrument import GOOD, TEXT

RUN = CliRunner()


def run(*arguments: str, code: int = 0) -> str:
    """What a command prints."""
    found = RUN.invoke(app, ["instrument", *arguments], catch_exceptions=False)
    assert found.exit_code == code, found.output
    return found.stdout


def fails(*arguments: str) -> ProCollectorError:
    """How a command fails."""
    with pytest.raises(ProCollectorError) as caught:
        RUN.invoke(app, ["instrument", *arguments], catch_exceptions=False)
    return caught.value


def test_list_says_what_has_words() -> None:
    found = {line.split()[0]: line for line in run("list").splitlines()}
    assert "124 items" in found["pro-ctcae"]
    assert "  en de es fr" in found["symptom-diary"]
    assert "no words: https://qol.eortc.org/" in found["qlq-c30"]


def test_show() -> None:
    assert "1. In the last 7 days, how bad was the worst pain" in run("show", "symptom-diary", "--reporter", "proxy")
    assert "   | Últimos 7 días: ¿cuánto dolor" in run("show", "symptom-diary", "--language", "es", "--sms")


def test_check_passes_what_ships_and_fails_what_is_serious(tmp_path: Path) -> None:
    assert "phq-2 1.0.0\n  - texts: no language has its words" in run("check")
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "instrument.yaml").write_text(GOOD)
    (folder / "text.en.yaml").write_text(TEXT)
    printed = run("check", "tiny", "--instruments", str(tmp_path), code=1)
    assert "! c (en, self): the reply 'Yes' is taken as YES, never as an answer" in printed
    (folder / "text.pt.yaml").write_text(TEXT.replace("language: en", "language: pt"))
    assert "! c (pt, self): the reply 'Yes' is taken as YES" in run(
        "check", "tiny", "--instruments", str(tmp_path), code=1
    )
    (folder / "text.pt.yaml").unlink()
    (folder / "text.en.yaml").write_text(TEXT.replace("by all means", "stop please"))
    assert "'stop please' is taken as OPT_OUT" in run("check", "tiny", "--instruments", str(tmp_path), code=1)
    (folder / "text.en.yaml").write_text(TEXT.replace('"Yes"', '"It is"'))
    assert run("check", "tiny", "--instruments", str(tmp_path)) == "tiny 1.2.3: nothing to report\n"
    assert "segments" in run("check", "symptom-diary", "--segments", "1")


@pytest.fixture
def questionnaire(tmp_path: Path) -> Path:
    """A FHIR file of two questions with made-up words."""
    options = [coded(code, f"word {code}") for code in ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")]
    items = [{"linkId": f"q{n}", "type": "choice", "text": f"Question {n}?", "answerOption": options} for n in (1, 2)]
    file = tmp_path / "form.json"
    file.write_text(json.dumps(form(*items, {"linkId": "f", "type": "attachment"}, id="My form")))
    return file


def test_importing_a_questionnaire_nobody_knows(tmp_path: Path, questionnaire: Path) -> None:
    own = tmp_path / "own"
    printed = run("import", str(questionnaire), "--to", str(own))
    assert "note: f: items of type 'attachment' cannot be asked here; left out" in printed
    instrument = load_library(own).get("my-form")
    assert [item.id for item in instrument.items] == ["q1", "q2"]
    assert instrument.can_ask_in("en")
    assert instrument.source == "form.json"
    assert isinstance(fails("import", str(questionnaire), "--to", str(own)), Conflict)
    assert "wrote" in run("import", str(questionnaire), "--to", str(own), "--force")


def test_choices_in_a_folder_of_value_sets(tmp_path: Path) -> None:
    file, folder = tmp_path / "form.json", tmp_path / "sets" / "inner"
    asked = {"linkId": "q", "type": "choice", "text": "Question?", "answerValueSet": "http://a/vs"}
    file.write_text(json.dumps(form(asked, id="My form")))
    folder.mkdir(parents=True)
    concepts = [{"code": "a", "display": "one"}, {"code": "b", "display": "two"}]
    values = {"url": "http://a/vs", "compose": {"include": [{"system": "http://a/cs", "concept": concepts}]}}
    (folder / "values.json").write_text(json.dumps({"resourceType": "ValueSet", **values}))
    to = ("--to", str(tmp_path / "own"))
    assert "--value-sets FOLDER" in str(fails("import", str(file), *to))
    assert "expected a folder" in str(fails("import", str(file), *to, "--value-sets", str(file)))
    run("import", str(file), *to, "--value-sets", str(tmp_path / "sets"))
    item = load_library(tmp_path / "own").get("my-form").items[0]
    assert [option.code for option in item.options] == ["a", "b"]


def test_files_that_are_not_json_are_passed_over_in_a_folder_of_value_sets(tmp_path: Path) -> None:
    form = {
        "linkId": "x",
        "type": "choice",
        "text": "?",
        "answerValueSet": "http://hl7.org/fhir/ValueSet/yesnodontknow",
    }
    file = tmp_path / "form.json"
    file.write_text(json.dumps({"resourceType": "Questionnaire", "id": "form", "item": [form]}))
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "broken.json").write_bytes(b"\xff{")
    (tmp_path / "sets" / "half.json").write_text("{")
    out = run("import", str(file), "--to", str(tmp_path / "out"), "--value-sets", str(tmp_path / "sets"))
    assert out.count("not readable as JSON, so no value sets are taken from it") == 2
    assert "asked-unknown" in (tmp_path / "out" / "form" / "instrument.yaml").read_text()


def test_bringing_the_words_of_a_known_instrument(tmp_path: Path, questionnaire: Path) -> None:
    own = tmp_path / "own"
    printed = run("import", str(questionnaire), "--to", str(own), "--as", "phq-2")
    assert printed.splitlines()[-1] == f"wrote {own / 'phq-2' / 'text.en.yaml'}"
    assert not (own / "phq-2" / "instrument.yaml").exists()
    instrument = load_library(own).get("phq-2")
    assert instrument.can_ask_in("en")
    assert instrument.hash == shipped("phq-2").hash
    wording = instrument.texts["en"].wording(instrument.items[0])
    assert wording is not None
    assert [option.label for option in wording.options][3] == "word LA6571-9"


def test_importing_what_was_exported_changes_nothing(tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    assert run("export", "symptom-diary", str(one)) == f"wrote {one}\n"
    run("import", str(one), "--as", "my-diary", "--to", str(tmp_path / "own"))
    run("export", "my-diary", str(two), "--instruments", str(tmp_path / "own"))
    before, after = json.loads(one.read_text()), json.loads(two.read_text())
    assert after["item"] == before["item"]
    assert load_library(tmp_path / "own").get("my-diary").scales == shipped("symptom-diary").scales


def test_export_to_standard_output() -> None:
    data = json.loads(run("export", "qlq-c30", "--release", "R5"))
    assert (data["resourceType"], data["item"][0]["type"]) == ("Questionnaire", "coding")
    assert run("export", "qlq-c30", "--format", "yaml").startswith("id: qlq-c30\n")


def test_importing_a_dictionary(tmp_path: Path) -> None:
    file = tmp_path / "dictionary.CSV"
    file.write_text(dictionary(MOOD, {"name": "x", "form": "other"}))
    run("import", str(file), "--form", "daily", "--language", "es", "--to", str(tmp_path / "own"))
    assert load_library(tmp_path / "own").get("daily").can_ask_in("es")


def test_importing_yaml(tmp_path: Path) -> None:
    own = tmp_path / "own"
    definition, text = tmp_path / "tiny.yaml", tmp_path / "tiny.en.yml"
    definition.write_text(GOOD)
    text.write_text(TEXT)
    run("import", str(definition), "--to", str(own))
    run("import", str(text), "--to", str(own))
    assert load_library(own).get("tiny").can_ask_in("en", "proxy")
    stray = tmp_path / "stray.yaml"
    stray.write_text(TEXT.replace("instrument: tiny", "instrument: phq-2"))
    assert "no item 'a'" in str(fails("import", str(stray), "--to", str(own)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{oops", "form.json: not readable as JSON"),
        ("[]", "expected a FHIR Questionnaire"),
        ('{"resourceType": "Bundle", "entry": []}', "expected one Questionnaire in the Bundle, not 0"),
    ],
)
def test_files_that_cannot_be_imported(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "form.json"
    file.write_text(text)
    error = fails("import", str(file), "--to", str(tmp_path / "own"))
    assert isinstance(error, BadInput)
    assert message in str(error)
    assert "cannot be read" in str(fails("import", str(tmp_path / "gone.json")))
    other = tmp_path / "form.xml"
    other.write_text(text)
    assert "expected a .json, .csv or .yaml file, not .xml" in str(fails("import", str(other)))


def test_a_questionnaire_in_a_bundle(tmp_path: Path, questionnaire: Path) -> None:
    entry = [{"resource": {"resourceType": "ValueSet"}}, {"resource": json.loads(questionnaire.read_text())}]
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps({"resourceType": "Bundle", "entry": entry}))
    run("import", str(file), "--to", str(tmp_path / "own"))
    assert "my-form" in load_library(tmp_path / "own").ids()


def test_schemas_are_written_and_checked(tmp_path: Path) -> None:
    assert "stale; run: pro-collector instrument schemas" in run(
        "schemas", "--check", "--folder", str(tmp_path), code=1
    )
    assert run("schemas", "--folder", str(tmp_path)) == "5 schemas; 5 written\n"
    assert run("schemas", "--check", "--folder", str(tmp_path)) == "5 schemas; 0 written\n"
