"""DM, SV, SE and SUPPQS of a made-up study: who they are, which visits took place, and what hangs on records of QS."""

from dataclasses import fields, replace
from datetime import timedelta

from pro_collector.domain.exchange import (
    cdisc_adqrs,
    cdisc_adsl,
    cdisc_be,
    cdisc_dm,
    cdisc_qs,
    cdisc_suppqs,
    cdisc_visits,
    fhir_specimen,
)
from pro_collector.domain.exchange.cdisc_datasets import CDISC
from pro_collector.domain.exchange.cdisc_terms import own_code
from tests.unit.domain.exchange.cdisc_study import ANN, DATA, DONE, EVENTS, ITEMS, SCORES, event
from tests.unit.domain.research.made_up import DAY_ONE, person


def test_demographics_say_what_is_known_and_leave_the_rest_empty() -> None:
    ann, cat = cdisc_dm.records(DATA)
    assert (ann.USUBJID, ann.SUBJID, ann.RFSTDTC, ann.RFENDTC) == ("s-ann", "ann", "2026-03-02", None)
    assert (ann.SEX, ann.AGE, ann.AGEU, ann.COUNTRY) == ("F", 50, "YEARS", "USA")
    assert (ann.ARMCD, ann.ARM, ann.ARMNRS, ann.ACTARM) == ("X", "x", None, None)
    assert (cat.SEX, cat.DTHDTC, cat.DTHFL, cat.RFPENDTC) == ("U", "2026-03-11", "Y", "2026-03-11")
    alone = next(cdisc_dm.records(replace(DATA, people=[person("eve", arm=None, country="ES", age_at_enrolment=None)])))
    assert (alone.ARM, alone.ARMCD, alone.ARMNRS, alone.COUNTRY, alone.AGEU) == (
        None,
        None,
        "NOT ASSIGNED",
        "ESP",
        None,
    )
    assert cdisc_dm.arm_code("long-term follow-up 2026") == "LONGTERMFOLLOWUP2026"
    assert cdisc_dm.alpha_3("XX") is None


def test_a_visit_has_one_record_whether_it_took_place_or_not() -> None:
    told = [
        (r.USUBJID, r.VISITNUM, r.SVOCCUR, r.SVREASOC, r.SVSTDTC, r.SVSTDY) for r in cdisc_visits.visit_records(DATA)
    ]
    assert told == [
        ("s-ann", 2001001, "Y", None, "2026-03-02", 1),
        ("s-ann", 2001002, "Y", None, "2026-03-09", 8),
        ("s-ann", 2001003, "Y", None, "2026-03-16", 15),
        ("s-ann", 2001004, "N", "NO ANSWER", None, None),
        ("s-cat", 2001003, "N", "DIED", None, None),
    ]


def test_a_visit_of_two_reporters_is_one_visit() -> None:
    proxy = replace(DONE[0], reporter="proxy", answered_on=DONE[1].due_on, visit_id=DONE[1].visit_id)
    (both,) = cdisc_visits.visit_records(replace(DATA, people=[ANN], visits=[DONE[0], proxy]))
    assert (both.SVSTDTC, both.SVENDTC, both.SVENDY) == ("2026-03-02", "2026-03-09", 8)
    unprompted = replace(DONE[0], planned=False)
    assert list(cdisc_visits.visit_records(replace(DATA, visits=[unprompted]))) == []


def test_elements_follow_each_other_without_a_gap() -> None:
    told = [(r.USUBJID, r.SESEQ, r.ETCD, r.SESTDTC, r.SEENDTC, r.SESTDY) for r in cdisc_visits.element_records(DATA)]
    start = own_code("s", "element", "treatment_start")
    assert told == [
        ("s-ann", 1, "ENROLLED", "2026-03-02", "2026-03-04", 1),
        ("s-ann", 2, "CYCLE", "2026-03-04", "2026-03-04", 3),
        ("s-ann", 3, start, "2026-03-04", "2026-03-21", 3),
        ("s-ann", 4, "SURGERY", "2026-03-21", None, 20),
        ("s-cat", 1, "ENROLLED", "2026-03-02", "2026-03-11", 1),
    ]


def test_a_crossover_is_in_every_dataset_that_names_an_arm() -> None:
    ann = replace(ANN, crossed_over_on=DAY_ONE + timedelta(days=5), last_arm="y")
    over = event("crossed_over", 6, source="state", to_arm="y")
    scores = [SCORES[0], replace(SCORES[1], arm="y")]
    data = replace(DATA, people=[ann], events=[*EVENTS, over], scores=scores)
    (demographics,) = cdisc_dm.records(data)
    assert (demographics.ARM, demographics.ACTARM, demographics.ARMNRS) == ("x", None, "UNPLANNED TREATMENT")
    assert demographics.ACTARMUD == "x, then y from day 6"
    elements = [(r.ELEMENT, r.SESTDY, r.SEENDY) for r in cdisc_visits.element_records(data)]
    assert elements[2:] == [
        ("TREATMENT START", 3, 6), ("CROSSED OVER TO Y", 6, 20), ("SURGERY", 20, None),
    ]  # fmt: skip
    (subject,) = cdisc_adsl.records(data)
    assert ("x", "y", ann.crossed_over_on) == (subject.TRT01P, subject.XOVARM, subject.XOVDT)
    assert [(r.TRTP, r.TRTA) for r in cdisc_adqrs.records(data)] == [("x", "x"), ("x", "y")]


def test_a_specimen_keeps_its_id() -> None:
    (taken,) = cdisc_be.records(DATA)
    assert (taken.BEREFID, taken.BETERM, taken.BESCAT, taken.BESTDTC) == ("T-77", "SURGERY", "TUMOUR", "2026-03-21")
    told = fhir_specimen.specimen(EVENTS[-1])
    assert told["identifier"] == [{"value": "T-77", "assigner": {"display": "biobank"}}]
    assert (told["type"], told["collection"]) == ({"text": "tumour"}, {"collectedDateTime": "2026-03-21"})
    bare = fhir_specimen.specimen(replace(EVENTS[-1], specimen_kind=None, specimen_system="urn:oid:1.2"))
    assert (bare["identifier"], "type" in bare) == ([{"value": "T-77", "system": "urn:oid:1.2"}], False)
    alone = fhir_specimen.specimen(replace(EVENTS[-1], specimen_system=None))
    assert alone["identifier"] == [{"value": "T-77"}], "nobody says who knows it by this id"
    gone = [replace(each, believed=False) for each in EVENTS]
    assert list(cdisc_be.records(replace(DATA, events=gone))) == []


def test_qualifiers_point_at_their_records() -> None:
    late = replace(ITEMS[0], late=True, corrected_by="somebody of the team")
    data = replace(DATA, items=[late, *ITEMS[1:]])
    records = {(r.USUBJID, str(r.QSSEQ)): r for r in cdisc_qs.records(data)}
    rows = list(cdisc_suppqs.records(data))
    assert {(row.USUBJID, row.IDVARVAL) for row in rows} <= records.keys()
    first = {row.QNAM: row.QVAL for row in rows if (row.USUBJID, row.IDVARVAL) == ("s-ann", "1")}
    assert first == {"QSVERS": "1.0.0", "QSLANG": "en", "QSLATE": "Y", "QSCORR": "Y"}
    assert "somebody" not in str(rows), "nobody of the team is named"
    scored = {row.QNAM for row in rows if records[row.USUBJID, row.IDVARVAL].QSDRVFL == "Y"}
    assert scored == {"QSVERS", "QSSCORE"}
    keys = [(row.USUBJID, row.IDVARVAL, row.QNAM) for row in rows]
    assert len(set(keys)) == len(keys)


def test_a_study_participant_by_participant_has_the_same_records() -> None:
    for dataset in CDISC.values():
        pieces = [record for one in DATA.people for record in dataset.records(replace(DATA, people=[one]))]
        assert pieces == list(dataset.records(DATA)), dataset.name


def test_names_and_labels_are_as_long_as_a_transport_file_allows() -> None:
    for dataset in CDISC.values():
        records = list(dataset.records(DATA))
        assert records, dataset.name
        assert len(dataset.table.title) <= 40
        names = [field.name for field in fields(dataset.table.row)]
        assert set(dataset.keys) <= set(names)
        keys = [tuple(getattr(record, key) for key in dataset.keys) for record in records]
        assert len(set(keys)) == len(keys), dataset.name
        for column in dataset.table.columns:
            assert len(column.name) <= 8
            assert len(column.meaning.encode()) <= 40, column.name
