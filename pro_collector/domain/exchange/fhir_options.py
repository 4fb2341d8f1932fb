"""The choices of a FHIR item, from its list or its value set, as options with stable codes and weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pro_collector.domain.exchange import fhir_terms as fhir
from pro_collector.domain.exchange.fhir_terms import Json
from pro_collector.domain.exchange.fhir_value_sets import NotListed, concepts_of, objects
from pro_collector.domain.exchange.imported import plain


@dataclass(frozen=True, slots=True)
class FhirChoice:
    """One choice: its data as an option, and its labels by language ("" is the language of the document)."""

    option: Json
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class _FhirOption:
    code: int | str
    system: str | None
    prefix: str | None
    ordinal: float | None
    labels: dict[str, str]


def choices_of(raw: Json, resources: Mapping[str, Json]) -> list[FhirChoice] | str:
    """The choices of an item, or an error message; `resources` has the value sets and code systems, by reference.

    The stored code is the whole number printed before each choice, else its ordinal value, if every choice has one and
    they differ; else the code of the coding. The published coding is stored too.
    """
    listed = _listed(raw, resources)
    if isinstance(listed, str):
        return listed
    codes = _codes(listed)
    return [FhirChoice(_option(each, code), each.labels) for each, code in zip(listed, codes, strict=True)]


def is_typed(raw: Json, resources: Mapping[str, Json]) -> bool:
    """Whether an open choice shows no list: FHIR allows any text as its answer, and nothing else can be offered.

    A value set that is not here counts as no list only if the form itself lets people type (`autocomplete`).
    """
    if _answer_options(raw):
        return False
    reference = _reference(raw)
    looked_up = any(each.get("code") == "autocomplete" for each in _controls(raw))
    return not reference or (looked_up and isinstance(_of_value_set(reference, resources), str))


def _controls(raw: Json) -> list[Json]:
    control = fhir.first_value(raw, fhir.CONTROL)
    return objects(control, "coding") if isinstance(control, dict) else []


def _answer_options(raw: Json) -> list[Json]:
    # STU3 has other names for this key and for `answerValueSet`, and such files are still in use.
    return objects(raw, "answerOption") or objects(raw, "option")


def _reference(raw: Json) -> str:
    reference = raw.get("answerValueSet") or raw.get("options") or ""
    return str(reference.get("reference", "") if isinstance(reference, dict) else reference)


def _listed(raw: Json, resources: Mapping[str, Json]) -> list[_FhirOption] | str:
    if listed := _answer_options(raw):
        return [_from_option(option) for option in listed]
    reference = _reference(raw)
    return _of_value_set(reference, resources) if reference else _why_no_list(raw)


def _why_no_list(raw: Json) -> str:
    mend = "; list them in answerOption"
    if any(fhir.extensions(raw, fhir.ANSWERS_COMPUTED)):
        return f"its choices are computed by an expression (answerExpression), which is not done here{mend}"
    if where := fhir.first_value(raw, fhir.ANSWERS_ELSEWHERE):
        return f"its choices are looked up at {where!r} (externallydefined), which is not done here{mend}"
    return "it has no choices: expected answerOption or answerValueSet"


def _of_value_set(reference: str, resources: Mapping[str, Json]) -> list[_FhirOption] | str:
    name = reference.partition("|")[0]
    value_set = resources.get(name)
    if value_set is None and reference.startswith("#"):
        return f"its choices are in {reference!r}, which this file does not contain"
    if value_set is None:
        return f"its choices are in the value set {reference!r}, outside this file; --value-sets FOLDER reads it too"
    try:
        return [_from_concept(concept, system) for system, concept in concepts_of(value_set, resources, (name,))]
    except NotListed as error:
        mend = "--value-sets FOLDER reads what is missing, and value sets that a terminology server has expanded"
        return f"its choices are in the value set {reference!r}, which {error}; {mend}"


def _from_option(option: Json) -> _FhirOption:
    value = next((value for key, value in option.items() if key.startswith("value")), None)
    ordinal = _number(fhir.first_value(option, fhir.WEIGHT, fhir.ORDINAL))
    prefix = fhir.first_value(option, fhir.PREFIX)
    if isinstance(value, dict):
        if ordinal is None:
            ordinal = _number(fhir.first_value(value, fhir.WEIGHT, fhir.ORDINAL))
        labels = {"": plain(value["display"])} if value.get("display") else {}
        labels |= fhir.translations(value.get("_display"))
        return _FhirOption(
            _plain_code(value.get("code")) or labels.get("", ""), value.get("system"), prefix, ordinal, labels
        )
    if isinstance(value, int) and not isinstance(value, bool):
        return _FhirOption(value, None, prefix, ordinal, {"": str(value)})
    return _FhirOption(plain(value), None, prefix, ordinal, {"": plain(value)})


def _from_concept(concept: Json, system: str | None) -> _FhirOption:
    ordinal = _number(fhir.first_value(concept, fhir.WEIGHT, fhir.ORDINAL))
    labels = {"": plain(concept["display"])} if concept.get("display") else {}
    for designation in concept.get("designation") or []:
        # A designation with a use is a synonym or an abbreviation, not a translation.
        if designation.get("language") and designation.get("value") and not designation.get("use"):
            labels.setdefault(str(designation["language"]), plain(designation["value"]))
    return _FhirOption(_plain_code(concept.get("code")), system, None, ordinal, labels)


def _plain_code(code: object) -> str:
    return str(code or "").strip()


def _codes(options: list[_FhirOption]) -> list[int | str]:
    printed = [_whole(each.prefix) for each in options]
    ordinals = [_whole(each.ordinal) for each in options]
    for numbers in (printed, ordinals):
        known = [number for number in numbers if number is not None]
        if known and len(set(known)) == len(options):
            return list(known)
    own = [_whole(each.code) for each in options]
    return [each.code if number is None else number for each, number in zip(options, own, strict=True)]


def _option(option: _FhirOption, code: int | str) -> Json:
    weight = option.ordinal if option.ordinal != code else None
    whole = weight is not None and weight == int(weight)
    coded = isinstance(option.code, str) and option.system is not None and option.system != fhir.OPTIONS
    return {
        "code": code,
        **({} if weight is None else {"weight": int(weight) if whole else weight}),
        **({"codes": [_coding(option)]} if coded else {}),
    }


def _coding(option: _FhirOption) -> Json:
    return {"system": option.system, "code": option.code}


def _whole(value: object) -> int | None:
    number = _number(str(value).strip().rstrip(".)") if isinstance(value, str) else value)
    return int(number) if number is not None and number == int(number) else None


def _number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None
