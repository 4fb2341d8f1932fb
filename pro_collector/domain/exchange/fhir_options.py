"""The choices of a FHIR item, from its list or its value set, as options with stable codes and weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pro_collector.domain.exchange import fhir_terms as fhir
from pro_collector.domain.exchange.fhir_terms import Json
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


def _listed(raw: Json, resources: Mapping[str, Json]) -> list[_FhirOption] | str:
    # STU3 has other names for both keys, and such files are still in use.
    listed = raw.get("answerOption") or raw.get("option")
    if isinstance(listed, list) and listed:
        return [_from_option(option) for option in listed if isinstance(option, dict)]
    reference = raw.get("answerValueSet") or raw.get("options") or ""
    reference = reference.get("reference", "") if isinstance(reference, dict) else str(reference)
    if not reference:
        return "it has no choices"
    value_set = resources.get(reference.partition("|")[0])
    if value_set is None:
        if reference.startswith("#"):
            return f"its choices are in {reference!r}, which this file does not contain"
        return f"its choices are in the value set {reference!r}, outside this file; --value-sets FOLDER reads it too"
    return _concepts(value_set, resources) or f"the value set {reference!r} lists no choices, or not all of them"


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


def _concepts(value_set: Json, resources: Mapping[str, Json]) -> list[_FhirOption]:
    """Every concept of a value set, from its expansion or its composition; empty if a part of it is not listed."""
    expansion = value_set.get("expansion") or {}
    if expansion.get("contains"):
        return [_from_concept(concept, concept.get("system")) for concept in expansion["contains"]]
    compose = value_set.get("compose") or {}
    if compose.get("exclude"):
        return []
    options: list[_FhirOption] = []
    for include in compose.get("include") or []:
        concepts = include.get("concept") or _whole_system(include, resources)
        if not concepts:
            return []
        options += [_from_concept(concept, include.get("system")) for concept in concepts]
    return options


def _whole_system(include: Json, resources: Mapping[str, Json]) -> list[Json]:
    """The concepts of a code system that is included as a whole; empty if it is missing or has levels."""
    if include.get("filter") or include.get("valueSet"):
        return []
    concepts: list[Json] = (resources.get(str(include.get("system"))) or {}).get("concept") or []
    return [] if any(concept.get("concept") for concept in concepts) else concepts


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
