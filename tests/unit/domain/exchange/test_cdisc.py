"""QS and ADQRS from made-up visits, item by item; what was not answered keeps its reason."""

import re
from dataclasses import fields, replace
from datetime import timedelta
from statistics import mean
from uuid import uuid5

from pro_collector.domain.exchange import cdisc_adqrs, cdisc_qs, cdisc_visits
from pro_collector.domain.exchange.cdisc_adqrs import AdqrsRecord
from pro_collector.domain.exchange.cdisc_qs import QsRecord, visit_number
from pro_collector.domain.exchange.cdisc_terms import (
    LONGEST_LABEL,
    category,
    item_code,
    own_code,
    scale_code,
    scale_label,
)
from pro_collector.research.cdisc_terms import load_terms
from tests.shared.instruments import library, shipped
from tests.unit.domain.exchange.cdisc_study import ANN, DATA, DONE, ITEMS, SCORES, score


def records() -> list[QsRecord]:
    return list(cdisc_qs.records(DATA))


def test_each_item_has_a_record_and_each_absence_its_reason() -> None:
    own = {name: own_code("diary", "item", name) for name in ("sleep", "vomiting", "worry")}
    first = [each for each in records() if each.VISIT == "WEEKLY 0D"]
    told = [(each.QSTESTCD, each.QSORRES, each.QSSTRESN, each.QSSTAT, each.QSREASND, each.QSDRVFL) for each in first]
    assert told == [
        ("DIA0101", "7", 7, None, None, None),
        (own["sleep"], None, None, "NOT DONE", "SUBJECT REFUSED", None),
        (own["vomiting"], None, None, "NOT DONE", "NOT ASKED (SKIP LOGIC)", None),
        (own["worry"], None, None, "NOT DONE", "NOT ANSWERED", None),
        ("DIA0109", None, 40.0, None, None, "Y"),
    ]
    (pain, *_) = first
    assert (pain.STUDYID, pain.DOMAIN, pain.USUBJID, pain.QSTEST, pain.QSCAT) == (
        "s",
        "QS",
        "s-ann",
        "diary pain",
        "diary",
    )
    assert (pain.VISITNUM, pain.VISITDY, pain.QSDTC, pain.QSDY, pain.QSEVAL) == (
        2001001,
        1,
        "2026-03-02",
        1,
        "STUDY SUBJECT",
    )


def test_a_record_has_the_mode_of_its_own_answer_and_a_score_its_own_day() -> None:
    """The last answer of the visit came on the web, days later: a correction, or an answer to another question."""
    visits = [replace(visit, mode="web", answered_day=9) for visit in DATA.visits]
    items = [replace(ITEMS[0], mode="sms"), replace(ITEMS[1], mode=None)]
    found = cdisc_qs.records(replace(DATA, visits=visits, items=items, scores=SCORES[:1]))
    told = [(each.QSMETHOD, each.QSDY, each.QSDRVFL) for each in found if each.QSTESTCD != "QSALL"]
    assert told == [("SMS", 9, None), (None, 9, None), ("SMS", 1, "Y")]


def test_a_name_in_qs_has_one_code_also_where_an_item_and_a_scale_share_it() -> None:
    both = replace(DATA, scores=[*SCORES, score(DONE[0], 70.0, scale="pain")])
    codes = {(each.QSTEST, each.QSTESTCD) for each in cdisc_qs.records(both)}
    assert {"diary pain", "diary pain score"} < {name for name, _ in codes}
    assert len({name for name, _ in codes}) == len(codes)
    assert len(scale_label("diary", "a" * 60)) == LONGEST_LABEL


def test_a_questionnaire_that_did_not_come_is_one_record_unless_nobody_was_to_be_asked() -> None:
    absent = [(each.USUBJID, each.VISIT, each.QSCAT, each.QSREASND) for each in records() if each.QSTESTCD == "QSALL"]
    assert absent == [("s-ann", "WEEKLY 21D", "diary", "NO ANSWER"), ("s-cat", "WEEKLY 14D", "diary", "DIED")]


def test_the_rules_of_the_domain_hold_in_every_record() -> None:
    rows = records()
    for subject in {each.USUBJID for each in rows}:
        own = [each.QSSEQ for each in rows if subject == each.USUBJID]
        assert own == list(range(1, len(own) + 1))
    for each in rows:
        assert re.fullmatch(r"[A-Z_][A-Z0-9_]{0,7}", each.QSTESTCD)
        assert len(each.QSTEST) <= 40
        assert (each.QSSTAT is None) == (each.QSSTRESC is not None)
        assert each.QSREASND is None or each.QSSTAT == "NOT DONE"
    assert all(len(each.name) <= 8 for kind in (QsRecord, AdqrsRecord) for each in fields(kind))
    for table in (cdisc_qs.QS, cdisc_adqrs.ADQRS):
        assert all(len(column.meaning.encode()) <= 40 for column in table.columns)


def test_change_counts_from_the_baseline() -> None:
    rows = list(cdisc_adqrs.records(DATA))
    assert [(r.AVAL, r.ABLFL, r.BASE, r.CHG, r.PCHG, r.ADY, r.AVISITN) for r in rows] == [
        (40.0, "Y", 40.0, None, None, 1, 2001001), (50.0, None, 40.0, 10.0, 25.0, 8, 2001002),
    ]  # fmt: skip
    day = ANN.enrolled_on
    by_event = list(cdisc_adqrs.records(DATA, {ANN.participant_id: day + timedelta(days=7)}))
    assert [(r.ABLFL, r.BASE, r.CHG) for r in by_event] == [(None, 50.0, None), ("Y", 50.0, None)]
    assert [r.BASE for r in cdisc_adqrs.records(DATA, {})] == [None, None], "without the event there is no baseline"


def test_a_proxy_has_a_baseline_of_their_own() -> None:
    both = replace(DATA, scores=[*SCORES, score(DONE[1], 90.0, reporter="proxy")])
    rows = {(r.PARQUAL, r.AVAL): (r.ABLFL, r.BASE) for r in cdisc_adqrs.records(both)}
    assert rows["PROXY", 90.0] == ("Y", 90.0)
    assert rows["STUDY SUBJECT", 50.0] == (None, 40.0)


def test_a_caregiver_is_another_person_and_in_none_of_the_domains_of_the_subject() -> None:
    theirs = {visit.visit_id: uuid5(visit.visit_id, "caregiver") for visit in DATA.visits}
    both = replace(
        DATA,
        visits=[*DATA.visits, *(replace(v, visit_id=theirs[v.visit_id], reporter="caregiver") for v in DATA.visits)],
        items=[*ITEMS, *(replace(each, visit_id=theirs[each.visit_id], reporter="caregiver") for each in ITEMS)],
        scores=[*SCORES, *(replace(each, visit_id=theirs[each.visit_id], reporter="caregiver") for each in SCORES)],
    )
    for made in (cdisc_qs.records, cdisc_adqrs.records, cdisc_visits.visit_records):
        assert list(made(both)) == list(made(DATA))


def test_criteria_and_windows_are_those_of_the_questionnaire_and_the_visit() -> None:
    fatigue = shipped("facit-fatigue")  # higher is better, 3 points
    named = {"instrument": fatigue.id, "scale": "FACIT_F"}
    scores = [
        score(DONE[0], 40.0, "scored", **named),
        score(DONE[1], 37.0, "scored", **named),
        score(DONE[2], 43.0, "scored", **named),
    ]
    first, second, third = cdisc_adqrs.records(replace(DATA, scores=scores, instruments=[fatigue]))
    assert (first.CRIT1, first.CRIT1FL, first.CRIT2FL) == ("Worse by >= 3", None, None)
    assert (second.CRIT1FL, second.CRIT2FL, third.CRIT1FL, third.CRIT2FL) == ("Y", "N", "N", "Y")
    assert (second.AWTARGET, second.AWTDIFF, second.AWLO, second.AWHI, second.AWU) == (8, 0, 8, 12, "DAYS")
    (plain, _) = cdisc_adqrs.records(DATA)
    assert (plain.CRIT1, plain.CRIT1FL) == (None, None)


def test_the_same_mean_from_scores_from_qs_and_from_adqrs() -> None:
    scores = [each.value for each in SCORES if each.value is not None]
    qs = [each.QSSTRESN for each in records() if each.QSDRVFL == "Y" and each.QSSTRESN is not None]
    assert mean(scores) == mean(qs) == mean(each.AVAL for each in cdisc_adqrs.records(DATA)) == 45.0


def test_no_code_is_given_twice_and_published_ones_are_for_what_is_there() -> None:
    terms, codes = load_terms(), set[str]()
    everything = library().all()
    newest = {instrument.id: instrument for instrument in everything}
    for instrument in newest.values():
        own = [item_code(terms, instrument.id, each.id) for each in instrument.items]
        own += [scale_code(terms, instrument.id, each.id) for each in instrument.scales]
        assert len(set(own)) == len(own)
        assert not codes & set(own)
        codes |= set(own)
    for name, known in terms.items():
        assert known.items.keys() <= {each.id for each in newest[name].items}
        assert known.scales.keys() <= {each.id for each in newest[name].scales}
        assert not [code for code in (*known.items.values(), *known.scales.values()) if code.startswith("X")]
    assert own_code("diary", "item", "pain") == own_code("diary", "item", "pain") != own_code("diary", "scale", "pain")


def test_a_category_is_a_published_one_where_we_have_read_it() -> None:
    terms = load_terms()
    assert category(terms, "rand-36") == "RAND-36 V1.0"
    assert item_code(terms, "rand-36", "q7") == "R360107"
    assert category(terms, "diary") == "diary"


def test_a_report_that_nobody_asked_for_has_no_number() -> None:
    assert visit_number(DATA, replace(DONE[0], planned=False)) is None
    assert visit_number(DATA, replace(DONE[2], anchor_n=2)) == 2002003
