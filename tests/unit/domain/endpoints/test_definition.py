"""The endpoint file: the example of the documentation, the mistakes that it tells, and what is computed from it."""

import json
import re
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from pro_collector.domain.document import parse_yaml
from pro_collector.domain.endpoints.compute import compute
from pro_collector.domain.endpoints.definition import (
    EndpointFile,
    ResponderEndpoint,
    choices,
    judge_of,
    parse_endpoints,
    scale_of,
    with_numbers,
)
from pro_collector.domain.endpoints.difference import Judge
from pro_collector.domain.endpoints.schema import endpoint_schema
from pro_collector.errors import BadInput, NotFound
from pro_collector.resources import SCHEMAS
from tests.shared.instruments import library, shipped
from tests.unit.domain.endpoints.cohorts import weekly

TIME = """
endpoints:
  - id: pain
    kind: time-to-deterioration
    instrument: qlq-c30
    scale: PA
    difference: {points: 10, level: group, source: a paper}
    rule: {kind: definitive, at_last: counts, death: event}
"""


def read(text: str) -> EndpointFile:
    """An endpoint file from its text."""
    return parse_endpoints(parse_yaml(text, "endpoints.yaml"), library().get)


def test_the_rows_are_computed_from_the_file() -> None:
    (endpoint,) = read(TIME).endpoints
    scale = scale_of(endpoint, shipped("qlq-c30"))
    rows = list(compute(endpoint, scale, [weekly("20 25 40"), weekly("20 20")]))
    assert [getattr(row, "time", None) for row in rows] == [14, 7]
    assert judge_of(endpoint, scale) == Judge(1, 10, 10, True, (0, 100))


@pytest.mark.parametrize(
    ("kind", "more", "columns"),
    [
        ("change", {}, 2),
        ("responder", {"rule": {"change": "improvement", "at": "any", "missing": "missing"}}, 1),
        ("area-under-curve", {"rule": {"until_day": 7, "beyond": "stop"}, "difference": None}, 1),
        ("worst-grade", {"difference": None}, 1),
    ],
)
def test_each_kind_has_its_rows(kind: str, more: dict[str, Any], columns: int) -> None:
    data = yaml.safe_load(TIME)["endpoints"][0]
    data.pop("rule")
    (endpoint,) = read(yaml.safe_dump({"endpoints": [{**data, "kind": kind, **more}]})).endpoints
    assert len(list(compute(endpoint, scale_of(endpoint, shipped("qlq-c30")), [weekly("20 25")]))) == columns


def test_a_published_difference_is_taken_from_the_instrument() -> None:
    (endpoint,) = read(TIME.replace("{points: 10, level: group, source: a paper}", "published")).endpoints
    scale = scale_of(endpoint, shipped("qlq-c30"))
    judge = judge_of(endpoint, scale)
    assert judge is not None
    assert judge.worse == scale.changes[0].points


def test_every_choice_can_be_printed_with_its_default() -> None:
    told = dict(choices(read(TIME).endpoints[0]))
    assert told["rule.at_last"] == "counts"
    assert told["rule.undone_by"] == "not-worse"
    assert told["baseline.until_day"] == "0"
    assert told["difference.source"] == "a paper"


RULE = """kind: time-to-deterioration
    instrument: qlq-c30
    scale: PA
    difference: {points: 10, level: group, source: a paper}
    rule: {kind: definitive, at_last: counts, death: event}"""
OPEN = "instrument: qlq-oes18\n    scale: OESDYS"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            ("kind: time-to-deterioration", "kind: time-to-deteriorate"),
            "3: endpoints.0: no kind of endpoint 'time-to-det",
        ),
        (("    kind: time-to-deterioration\n", ""), "endpoints.0: `kind` is required here: one of change, responder"),
        (
            ("instrument: qlq-c30", "instrument: qlq-c3"),
            "5: endpoints.0.instrument: no instrument 'qlq-c3'; did you mean",
        ),
        (("scale: PA", "scale: PAIN"), "6: endpoints.0.scale: no scale of qlq-c30 'PAIN'; did you mean 'PA'?"),
        (
            ("scale: PA", "scale: PA\n    reporter: proxy"),
            "endpoints.0.reporter: qlq-c30 is not for the reporter 'proxy'",
        ),
        (("scale: PA", "scale: PA\n    direction: higher-is-better"), "of the instrument PA is higher-is-worse"),
        (("instrument: qlq-c30\n    scale: PA", OPEN), "the direction of OESDYS is not known: write higher-is-better"),
        (("points: 10", "percent: 30"), None),
        (("qlq-c30\n    scale: PA", "qlq-bn20\n    scale: BNMD"), None),
        (("points: 10, ", ""), "7: endpoints.0.difference: give `points` for both ways"),
        (("points: 10", "points: 0"), "difference.points: Input should be greater than 0"),
        ((", source: a paper", ""), "difference.source: this is required and is not here"),
        (("at_last: counts, ", ""), "8: endpoints.0.rule.at_last: this is required and is not here"),
        (
            ("death: event", "death: events"),
            "expected 'event', 'censor' or 'competing', not 'events'; did you mean `event`?",
        ),
        (("kind: definitive", "knd: definitive"), "rule.knd: this key is not known here"),
        (("  - id: pain", "  - id: pain\n    baseline: {choose: visit}"), "baseline: `choose: visit` needs the number"),
        (
            ("  - id: pain", "  - id: pain\n    baseline: {from_day: 1}"),
            "baseline: `from_day` must not be after `until_day`",
        ),
        (
            (
                RULE,
                RULE.partition("    rule")[0].replace("time-to-deterioration", "responder")
                + "    rule: {change: improvement, at: visit, missing: missing}",
            ),
            "rule: `at: visit` needs the number or name of the `visit`",
        ),
        (
            (
                RULE,
                "kind: area-under-curve\n    instrument: qlq-c30\n    scale: PA\n"
                "    rule: {until_day: 0, beyond: stop}",
            ),
            "rule: `until_day` is a day after the reference date, such as 84",
        ),
    ],
)
def test_each_mistake_is_told_with_its_line(change: tuple[str, str], expected: str | None) -> None:
    assert change[0] in TIME
    text = TIME.replace(*change, 1)
    if expected is None:
        assert read(text).endpoints
        return
    with pytest.raises(BadInput) as caught:
        read(text)
    assert expected in "\n".join(str(problem) for problem in caught.value.problems)


WORST = "kind: worst-grade\n    instrument: qlq-c30\n    scale: "


def test_the_worst_grade_is_the_highest() -> None:
    assert read(f"endpoints:\n  - id: a\n    {WORST}PA").endpoints
    with pytest.raises(BadInput, match="the worst grade is the highest one, but PF is higher-is-better"):
        read(f"endpoints:\n  - id: a\n    {WORST}PF")


def test_an_area_needs_no_direction() -> None:
    area = "kind: area-under-curve\n    rule: {until_day: 84, beyond: stop}"
    assert read(f"endpoints:\n  - id: a\n    {OPEN}\n    {area}").endpoints


def test_a_scale_without_a_published_difference_needs_one() -> None:
    text = TIME.replace("qlq-c30\n    scale: PA", "qlq-bn20\n    scale: BNMD")
    with pytest.raises(BadInput, match="BNMD names no difference that matters: write the points and a source"):
        read(text.replace("{points: 10, level: group, source: a paper}", "published"))


def test_an_id_is_used_once() -> None:
    with pytest.raises(BadInput, match="the id 'pain' is used twice"):
        read(TIME + TIME.partition("endpoints:\n")[2])


def test_the_json_schema_in_the_repository_is_fresh_and_reads_what_we_read() -> None:
    committed = json.loads((SCHEMAS / "endpoints.schema.json").read_text(encoding="utf-8"))
    assert committed == endpoint_schema(), "stale; run: pro-collector instrument schemas"
    Draft202012Validator.check_schema(committed)
    good = yaml.safe_load(TIME)
    assert list(Draft202012Validator(committed).iter_errors(good)) == []
    good["endpoints"][0]["rule"]["death"] = "events"
    assert list(Draft202012Validator(committed).iter_errors(good)) != []


def test_the_example_of_the_documentation_reads() -> None:
    page = SCHEMAS.parent / "docs" / "endpoints.md"
    if not page.is_file():
        pytest.skip("the documentation is not beside an installed wheel")
    (example,) = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert {endpoint.kind for endpoint in read(example).endpoints} >= {"change", "time-to-deterioration", "worst-grade"}


def test_a_scale_with_several_published_differences_needs_one_of_them() -> None:
    (endpoint,) = read(TIME.replace("{points: 10, level: group, source: a paper}", "published")).endpoints
    scale = scale_of(endpoint, shipped("qlq-c30"))
    (known, *_) = scale.changes
    other = known.model_copy(update={"points": 7, "source": "another paper"})
    with pytest.raises(
        ValueError, match=r"of PA names several differences, write one of them: .*7.* \(another paper\)"
    ):
        judge_of(endpoint, scale.model_copy(update={"changes": (known, other)}))


def test_a_visit_that_is_named_has_its_number_or_is_not_found() -> None:
    change = TIME.replace("kind: time-to-deterioration", "kind: responder\n    baseline: {choose: visit, visit: start}")
    rule = "rule: {change: improvement, at: visit, visit: week 12, missing: missing}"
    (named,) = read(change.partition("    rule")[0] + f"    {rule}\n").endpoints
    numbered = with_numbers(named, {"start": 1001001, "week 12": 1001013})
    assert isinstance(numbered, ResponderEndpoint)
    assert (numbered.baseline.visit, numbered.rule.visit) == (1001001, 1001013)
    assert with_numbers(numbered, {}) is numbered, "numbers are left as they are"
    with pytest.raises(NotFound, match="no visit that asks this 'week 12'; did you mean 'week 1'"):
        with_numbers(named, {"start": 1, "week 1": 2})
