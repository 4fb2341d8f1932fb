"""The choices of a FHIR item, listed or in a value set it contains, as options with stable codes and weights."""

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
class _Raw:
    code: int | str
    system: str | None
    prefix: str | None
    ordinal: float | None
    labels: dict[str, str]


def choices_of(raw: Json, beside: Mapping[str, Json]) -> list[FhirChoice] | str:
    """The choices of an item, or what is wrong; `beside` has the value sets and code systems at hand, by reference.

    The code that is stored is the whole number printed before a choice, else its ordinal value, if those are all there
    and differ; else the coding's own code. The published coding is kept beside it.
    """
    found = _listed(raw, beside)
    if isinstance(found, str):
        return found
    codes = _codes(found)
    return [FhirChoice(_option(each, code), each.labels) for each, code in zip(found, codes, strict=True)]


def _listed(raw: Json, beside: Mapping[str, Json]) -> list[_Raw] | str:
    # STU3 called both otherwise, and such files are still about.
    listed = raw.get("answerOption") or raw.get("option")
    if isinstance(listed, list) and listed:
        return [_from_option(option) for option in listed if isinstance(option, dict)]
    reference = raw.get("answerValueSet") or raw.get("options") or ""
    reference = reference.get("reference", "") if isinstance(reference, dict) else str(reference)
    if not reference:
        return "it has no choices"
    value_set = beside.get(reference.partition("|")[0])
    if value_set is None:
        if reference.startswith("#"):
            return f"its choices are in {reference!r}, which this file does not contain"
        return f"its choices are in the value set {reference!r}, outside this file; a Bundle can hold both"
    return _concepts(value_set, beside) or f"the value set {reference!r} lists no choices, or not all of them"


def _from_option(option: Json) -> _Raw:
    value = next((value for key, value in option.items() if key.startswith("value")), None)
    ordinal = _number(fhir.first_value(option, fhir.WEIGHT, fhir.ORDINAL))
    prefix = fhir.first_value(option, fhir.PREFIX)
    if isinstance(value, dict):
        if ordinal is None:
            ordinal = _number(fhir.first_value(value, fhir.WEIGHT, fhir.ORDINAL))
        labels = {"": plain(value["display"])} if value.get("display") else {}
        labels |= fhir.translations(value.get("_display"))
        return _Raw(_plain_code(value.get("code")) or labels.get("", ""), value.get("system"), prefix, ordinal, labels)
    if isinstance(value, int) and not isinstance(value, bool):
        return _Raw(value, None, prefix, ordinal, {"": str(value)})
    return _Raw(plain(value), None, prefix, ordinal, {"": plain(value)})


def _concepts(value_set: Json, beside: Mapping[str, Json]) -> list[_Raw]:
    """Every concept of a value set: as expanded, else as composed; none when a part of it is not listed here."""
    expansion = value_set.get("expansion") or {}
    if expansion.get("contains"):
        return [_from_concept(concept, concept.get("system")) for concept in expansion["contains"]]
    compose = value_set.get("compose") or {}
    if compose.get("exclude"):
        return []
    found: list[_Raw] = []
    for include in compose.get("include") or []:
        concepts = include.get("concept") or _whole_system(include, beside)
        if not concepts:
            return []
        found += [_from_concept(concept, include.get("system")) for concept in concepts]
    return found


def _whole_system(include: Json, beside: Mapping[str, Json]) -> list[Json]:
    """The concepts of a code system that is included without naming any, if it is at hand and has no levels."""
    if include.get("filter") or include.get("valueSet"):
        return []
    concepts: list[Json] = (beside.get(str(include.get("system"))) or {}).get("concept") or []
    return [] if any(concept.get("concept") for concept in concepts) else concepts


def _from_concept(concept: Json, system: str | None) -> _Raw:
    ordinal = _number(fhir.first_value(concept, fhir.WEIGHT, fhir.ORDINAL))
    labels = {"": plain(concept["display"])} if concept.get("display") else {}
    for said in concept.get("designation") or []:
        # A designation with a use is a synonym or an abbreviation rather than a translation.
        if said.get("language") and said.get("value") and not said.get("use"):
            labels.setdefault(str(said["language"]), plain(said["value"]))
    return _Raw(_plain_code(concept.get("code")), system, None, ordinal, labels)


def _plain_code(code: object) -> str:
    return str(code or "").strip()


def _codes(found: list[_Raw]) -> list[int | str]:
    printed = [_whole(each.prefix) for each in found]
    ordinals = [_whole(each.ordinal) for each in found]
    for numbers in (printed, ordinals):
        known = [number for number in numbers if number is not None]
        if known and len(set(known)) == len(found):
            return list(known)
    own = [_whole(each.code) for each in found]
    return [each.code if number is None else number for each, number in zip(found, own, strict=True)]


def _option(each: _Raw, code: int | str) -> Json:
    weight = each.ordinal if each.ordinal != code else None
    whole = weight is not None and weight == int(weight)
    coded = isinstance(each.code, str) and each.system is not None and each.system != fhir.OPTIONS
    return {
        "code": code,
        **({} if weight is None else {"weight": int(weight) if whole else weight}),
        **({"codes": [_coding(each)]} if coded else {}),
    }


def _coding(each: _Raw) -> Json:
    return {"system": each.system, "code": each.code}


def _whole(value: object) -> int | None:
    number = _number(str(value).strip().rstrip(".)") if isinstance(value, str) else value)
    return int(number) if number is not None and number == int(number) else None


def _number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None
