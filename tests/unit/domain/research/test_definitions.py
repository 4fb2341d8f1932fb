"""What the research views know of questionnaires and studies."""

import json

from pro_collector.domain.research import definitions
from pro_collector.domain.research.tables import TABLES
from pro_collector.domain.study.definition import stored_study
from pro_collector.resources import SCHEMAS
from tests.shared.instruments import library


def test_every_questionnaire_comes_back_as_it_was_without_its_wording() -> None:
    for instrument in library().all():
        definition = json.loads(json.dumps(definitions.of_instrument(instrument)))
        assert "texts" not in definition
        back = definitions.read_instrument(definition)
        assert (back.id, back.hash, back.texts) == (instrument.id, instrument.hash, {})


def test_a_study_has_sites_and_events_and_nobody_s_number() -> None:
    study = stored_study((SCHEMAS / "studies" / "demo.yaml").read_text(encoding="utf-8"), "demo.yaml")
    definition = definitions.of_study(study)
    assert definition["sites"]["madrid"]["country"] == "ES"
    assert definition["timeline"]["death"]["ends"] == "participation"
    text = json.dumps(definition)
    assert study.contact.phone not in text
    assert study.contact.email not in text


def test_every_column_has_a_meaning() -> None:
    for table in TABLES.values():
        assert len(table.columns) >= 15
        assert all(column.meaning for column in table.columns)
        assert table.row.__doc__
