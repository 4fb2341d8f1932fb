"""The one list of what can be exported: each name is made by something, and what cannot be had is said in words."""

from typing import get_args

import pytest

from pro_collector.commands.export_tables import CDISC, COMPUTED
from pro_collector.domain.exchange.offered import FORM_TITLES, HERE, OFFERED, OfferedForm, problems_of, usual_form
from pro_collector.domain.research.tables import TABLES


def test_every_table_and_dataset_is_offered() -> None:
    made_of_several = {"tables", "endpoints", "report", "cdisc", "odm", "fhir", "share", "codebook", "csv"}
    assert OFFERED.keys() == TABLES.keys() | COMPUTED.keys() | CDISC.keys() | made_of_several
    assert OFFERED.keys() - HERE.keys() == {"share", "codebook", "csv"}
    assert FORM_TITLES.keys() == set(get_args(OfferedForm)) == {form for each in HERE.values() for form in each.formats}


def test_what_is_asked_for_is_made() -> None:
    for name, each in HERE.items():
        for form in each.formats:
            asked = problems_of(name, form, of_the_past=each.as_of, with_file=each.endpoints != "none")
            assert list(asked) == [], (name, form)
    assert (usual_form("cdisc"), usual_form("visits"), usual_form("no")) == ("xpt", "csv", "")


@pytest.mark.parametrize(
    ("dataset", "form", "of_the_past", "with_file", "said"),
    [
        ("score", "csv", False, False, {"dataset": "no dataset 'score'; did you mean 'scores'?"}),
        ("share", "csv", False, False, {"dataset": "no dataset 'share'"}),
        ("scores", "xpt", False, False, {"format": "no format of scores 'xpt'; known: csv, dataset-json, parquet"}),
        ("fhir", "ndjson", True, False, {"as_of": "fhir can be had as the record is now alone"}),
        ("visits", "csv", False, True, {"definition": "no definition of endpoints goes with visits"}),
        ("endpoints", "csv", False, False, {"definition": "give the file that defines the endpoints"}),
        ("fhir", "csv", True, True, {"format": "no format", "as_of": "fhir can", "definition": "no definition"}),
    ],
)
def test_what_cannot_be_had_is_said(
    dataset: str, form: str, of_the_past: bool, with_file: bool, said: dict[str, str]
) -> None:
    found = {
        each.where: each.message for each in problems_of(dataset, form, of_the_past=of_the_past, with_file=with_file)
    }
    assert found.keys() == said.keys()
    for where, begins in said.items():
        assert found[where].startswith(begins)
