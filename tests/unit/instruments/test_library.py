"""What ships: every instrument reads, fits its JSON Schema, carries a licence; and a study's own folder over it."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from pro_collector.domain.instrument.schema import definition_schema, text_schema
from pro_collector.domain.scoring.score import score
from pro_collector.errors import BadInput, NotFound
from pro_collector.library import SHIPPED, load_library
from pro_collector.resources import SCHEMAS
from tests.shared.instruments import library, names, shipped
from tests.unit.domain.instrument.test_instrument import GOOD, TEXT

OWN = ("symptom-diary", "well-being-diary")
PROMISED = names(
    "qlq-c30 qlq-bn20 qlq-lmc21 pro-ctcae rand-36 fact-g fact-br facit-fatigue phq-9 gad-7 phq-2 phq-4 phq-8 who-5"
    " esas-r eq-5d-5l mdasi distress-thermometer sf-36"
    " qlq-c15-pal qlq-eld14 qlq-hcc18 qlq-hn35 qlq-my20 qlq-oes18 qlq-ov28"
)
DEFINITIONS = sorted(SHIPPED.glob("*/instrument.yaml"))
TEXTS = sorted(SHIPPED.glob("*/text.*.yaml"))


def test_everything_promised_ships() -> None:
    assert set(PROMISED) | set(OWN) <= set(library().ids())
    assert len(library().all()) == len(DEFINITIONS)


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.parent.name)
def test_definitions_fit_the_json_schema(path: Path) -> None:
    errors = Draft202012Validator(definition_schema()).iter_errors(_data(path))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_texts_fit_the_json_schema(path: Path) -> None:
    assert [error.message for error in Draft202012Validator(text_schema()).iter_errors(_data(path))] == []


def _data(path: Path) -> object:
    return json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8"))))


def test_the_json_schemas_refuse_what_the_reader_refuses() -> None:
    broken = json.loads(json.dumps(yaml.safe_load(GOOD.replace("kind: yesno", "kind: maybe"))))
    assert any("maybe" in error.message for error in Draft202012Validator(definition_schema()).iter_errors(broken))


def test_the_json_schemas_in_the_repository_are_fresh() -> None:
    for name, schema in (("instrument", definition_schema()), ("instrument-text", text_schema())):
        written = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
        assert written == schema, "stale; run: pro-collector instrument schemas"


@pytest.mark.parametrize("name", library().ids())
def test_only_our_own_words_ship(name: str) -> None:
    instrument = shipped(name)
    if name in OWN:
        assert instrument.licence.text == "included"
        assert all(text.licence.redistributable for text in instrument.texts.values())
    else:
        assert instrument.licence.text == "import"
        assert not instrument.texts
    assert instrument.licence.contact
    assert instrument.source


def test_near_names_are_suggested() -> None:
    with pytest.raises(NotFound, match="no instrument 'qlq-c3'; did you mean 'qlq-c30'"):
        library().get("qlq-c3")
    with pytest.raises(NotFound, match=r"no version of qlq-c30 '3.0.1'; did you mean '3.0.0'"):
        library().get("qlq-c30", "3.0.1")
    assert library().get("qlq-c30", "3.0.0") is library().get("qlq-c30")


def put(folder: Path, name: str, text: str) -> None:
    """Write a file of an own instrument folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_an_own_instrument_in_several_versions(tmp_path: Path) -> None:
    put(tmp_path, "tiny/instrument.yaml", GOOD.replace("1.2.3", "1.10.0"))
    put(tmp_path, "tiny/text.en.yaml", TEXT)
    put(tmp_path, "tiny@1.2.3/instrument.yaml", GOOD)
    put(tmp_path, "readme.txt", "not a folder")
    own = load_library(tmp_path)
    assert [instrument.version for instrument in own.versions("tiny")] == ["1.2.3", "1.10.0"]
    assert own.get("tiny").version == "1.10.0"
    assert own.get("tiny").can_ask_in("en")
    assert not own.get("tiny", "1.2.3").texts
    assert "qlq-c30" in own.ids()


def test_own_words_and_tables_for_a_shipped_instrument(tmp_path: Path) -> None:
    put(tmp_path, "eq-5d-5l/table.value-set.csv", "\ufeffprofile,Nowhere 2026\n11111,1\n21232, 0.75\n")
    words = {
        item: {"prompt": f"{item}?", "options": {n: str(n) for n in range(1, 6)}} for item in names("MO SC UA PD AD")
    }
    text = {
        "instrument": "eq-5d-5l",
        "language": "xx",
        "licence": {"holder": "nobody", "terms": "none"},
        "title": "Made up",
        "items": {**words, "VAS": {"prompt": "VAS?"}},
    }
    put(tmp_path, "eq-5d-5l@1.0.0/text.xx.yaml", yaml.safe_dump(text))
    instrument = load_library(tmp_path).get("eq-5d-5l")
    assert instrument.can_ask_in("xx")
    assert instrument.tables["value-set"].source == "Nowhere 2026"
    levels = dict(zip(names("MO SC UA PD AD"), (2, 1, 2, 3, 2), strict=True))
    assert score(instrument, dict(levels))["index"].value == 0.75
    assert not load_library().get("eq-5d-5l").texts


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"other/instrument.yaml": GOOD},
            "instrument.yaml:2: id: the folder is for 'other'; rename the folder",
        ),
        ({"other/text.en.yaml": TEXT}, "no instrument.yaml, and no known instrument to add to: other"),
        ({"qlq-c30@9.9.9/text.en.yaml": TEXT}, "no known instrument to add to: qlq-c30@9.9.9"),
        ({"qlq-c30/text.en.yaml": TEXT}, "text.en.yaml:2: instrument: this text is for 'tiny', not for 'qlq-c30'"),
        ({"eq-5d-5l/table.values.csv": "a,b\n1,2\n"}, "no table 'values'; did you mean 'value-set'?"),
        (
            {"eq-5d-5l/table.value-set.csv": "a,b\n11111,x\n"},
            "value-set.csv:2: expected a key and a number (0.5, not 0,5)",
        ),
        (
            {"eq-5d-5l/table.value-set.csv": "a,b\n11111\n"},
            "value-set.csv:2: expected a key and a number",
        ),
        ({"eq-5d-5l/table.value-set.csv": "a,b\n11111,nan\n"}, "value-set.csv:2: expected a key and a number"),
        ({"eq-5d-5l/table.value-set.csv": "a,b\n11111,1\n11111,0.7\n"}, "csv:3: 11111 has two values: 1.0 and 0.7"),
        ({"eq-5d-5l/table.value-set.csv": "a;b\n11111;1\n"}, "with a comma between, not ['a;b']"),
        ({"eq-5d-5l/table.value-set.csv": "a\n"}, "value-set.csv:1: expected two columns, a key and the source"),
        ({"tiny/instrument.yaml": "a: [1"}, "not readable as YAML"),
    ],
)
def test_mistakes_in_an_own_folder_are_told(tmp_path: Path, files: dict[str, str], message: str) -> None:
    for name, text in files.items():
        put(tmp_path, name, text)
    (folder,) = {name.split("/")[0].split("@")[0] for name in files}
    with pytest.raises(BadInput) as caught:
        load_library(tmp_path).versions(folder)
    assert message in str(caught.value)


def test_the_mistakes_of_all_folders_are_told_at_once(tmp_path: Path) -> None:
    put(tmp_path, "aa/instrument.yaml", GOOD)
    put(tmp_path, "zz/instrument.yaml", GOOD)
    with pytest.raises(BadInput) as caught:
        load_library(tmp_path).all()
    assert [problem.where for problem in caught.value.problems] == ["id", "id"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no folder .*gone with instruments"):
        load_library(tmp_path / "gone")


def test_an_instrument_of_the_record_counts_where_the_library_has_none_or_fewer_words() -> None:
    own = shipped("symptom-diary")
    less = own.model_copy(update={"texts": {"en": own.texts["en"]}})
    more = own.model_copy(update={"texts": {**own.texts, "xx": own.texts["en"]}})
    other = own.model_copy(update={"id": "of-the-record", "version": "7.0"})
    older = own.model_copy(update={"version": "0.1"})
    joined = library().having([less, other, older])
    assert joined.get("symptom-diary") is own
    assert joined.by_id()["of-the-record"] is other
    assert joined.get("symptom-diary", "0.1") is older
    assert library().having([more]).get("symptom-diary") is more
    assert not library().has("of-the-record"), "the library itself stays as it is"
