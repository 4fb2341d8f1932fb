"""What the FHIR questionnaires, responses and observations have in common: extension URLs, codings, translations."""

from collections.abc import Iterable, Mapping
from typing import Any

from pro_collector.domain.instrument.item import Coding, Item, Option

Json = dict[str, Any]

CORE = "http://hl7.org/fhir/StructureDefinition/"
ORDINAL = f"{CORE}ordinalValue"
WEIGHT = f"{CORE}itemWeight"
PREFIX = f"{CORE}questionnaire-optionPrefix"
TRANSLATION = f"{CORE}translation"
MINIMUM = f"{CORE}minValue"
MAXIMUM = f"{CORE}maxValue"
HIDDEN = f"{CORE}questionnaire-hidden"
ABSENT = f"{CORE}data-absent-reason"
CONTROL = f"{CORE}questionnaire-itemControl"
ANSWERS_ELSEWHERE = f"{CORE}questionnaire-externallydefined"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/"
ANSWERS_COMPUTED = f"{_SDC}sdc-questionnaire-answerExpression"
CALCULATED = f"{_SDC}sdc-questionnaire-calculatedExpression"
# What FHIR has no element for (scales, missing rules, reporters, reply words) is JSON in an extension of our own.
REST = "urn:pro-collector:fhir:rest"
# The system of an option without a published code; an import of such an option adds no code.
OPTIONS = "urn:pro-collector:fhir:options"
INTRODUCTION = "_introduction"


def extensions(element: Any, *urls: str) -> Iterable[Json]:
    """The extensions of an element with one of these URLs; empty if the element is absent or malformed."""
    found = element.get("extension") if isinstance(element, Mapping) else None
    for extension in found if isinstance(found, list) else ():
        if isinstance(extension, dict) and extension.get("url") in urls:
            yield extension


def value_of(extension: Json) -> Any:
    """The value of an extension, whatever its type."""
    return next((value for key, value in extension.items() if key.startswith("value")), None)


def first_value(element: Any, *urls: str) -> Any:
    """The value of the first extension with one of these URLs, or None."""
    return next((value_of(extension) for extension in extensions(element, *urls)), None)


def coding(known: Coding) -> Json:
    """The FHIR Coding of a published code."""
    return known.model_dump(exclude_none=True)


def option_coding(option: Option) -> Json:
    """The Coding of an option: its published code, else its own code."""
    if option.codes:
        return coding(option.codes[0])
    return {"system": OPTIONS, "code": str(option.code)}


def weights(option: Option) -> list[Json]:
    """The value of an option in a score, twice, because programs read one extension or the other; empty without one."""
    if option.value is None:
        return []
    value = int(option.value) if option.value.is_integer() else option.value
    return [{"url": url, "valueDecimal": value} for url in (WEIGHT, ORDINAL)]


def option_of(item: Item, given: Json) -> Option | None:
    """The option that a Coding means, by published code or by its own code; None if there is none."""
    code, system = given.get("code"), given.get("system")
    for option in item.options:
        if any(known.code == code and system in (None, known.system) for known in option.codes):
            return option
    return next((option for option in item.options if str(option.code) == str(code)), None)


def translated(words: Mapping[str, str], language: str) -> tuple[str | None, Json | None]:
    """The text in the main language, and its translations as an underscore element; None for either if missing."""
    others = [
        {
            "url": TRANSLATION,
            "extension": [{"url": "lang", "valueCode": other}, {"url": "content", "valueString": text}],
        }
        for other, text in words.items()
        if other != language
    ]
    return words.get(language), {"extension": others} if others else None


def translations(element: Any) -> dict[str, str]:
    """The translations in an underscore element, by language."""
    found = {}
    for extension in extensions(element, TRANSLATION):
        language, content = first_value(extension, "lang"), first_value(extension, "content")
        if isinstance(language, str) and isinstance(content, str):
            found[language] = content
    return found
