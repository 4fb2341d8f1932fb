"""The texts of a FHIR Questionnaire as text overlays, one for each of its languages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pro_collector.domain.exchange.fhir_terms import Json
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.text import InstrumentText

Words = dict[str, str]  # by language


@dataclass
class FhirTexts:
    """The texts in the FHIR elements of a Questionnaire: by item, by item and option code, and as a whole."""

    title: Words = field(default_factory=dict)
    introduction: list[Words] = field(default_factory=list)
    prompts: dict[str, Words] = field(default_factory=dict)
    labels: dict[str, dict[int | str, Words]] = field(default_factory=dict)

    def languages(self) -> list[str]:
        """Every language with a prompt, in order of appearance."""
        return list(dict.fromkeys(language for words in self.prompts.values() for language in words))


def texts_of(
    instrument: Instrument, gathered: FhirTexts, kept: Mapping[str, Json], copyright_: str
) -> list[InstrumentText]:
    """The overlays. `kept` has the texts from our extension; the FHIR elements take precedence over them.

    Raises pydantic's ValidationError if a language has no usable texts.
    """
    licence = {"holder": "see the terms", "terms": copyright_ or "unknown: ask the owner", "redistributable": False}
    overlays = []
    for language in gathered.languages():
        base = _with_number_keys(kept.get(language) or {})
        title = gathered.title.get(language) or next(iter(gathered.title.values()), instrument.title)
        data: Json = {"licence": licence, "title": title, **base, "instrument": instrument.id, "language": language}
        data["items"] = _items(instrument, gathered, language, base)
        data["title"] = _merged(base.get("title"), title)
        introduction = "\n".join(words[language] for words in gathered.introduction if language in words)
        if introduction:
            data["introduction"] = _merged(base.get("introduction"), introduction)
        overlays.append(InstrumentText.model_validate(data))
    return overlays


def _items(instrument: Instrument, gathered: FhirTexts, language: str, base: Json) -> dict[str, Json]:
    items: dict[str, Json] = {}
    for item in instrument.items:
        prompt = gathered.prompts.get(item.id, {}).get(language)
        known = (base.get("items") or {}).get(item.id)
        if prompt is None:
            continue
        words: Json = {**(known or {}), "prompt": _merged((known or {}).get("prompt"), prompt)}
        shared = (base.get("option_sets") or {}).get(item.option_set or "", {})
        options = dict(words.get("options") or {})
        for code, labels in gathered.labels.get(item.id, {}).items():
            label = labels.get(language)
            before = options.get(code, shared.get(code))
            if label is not None and _self(_label(before)) != label:
                replies = before.get("replies", []) if isinstance(before, dict) else []
                options[code] = {"label": _merged(_label(before), label), "replies": replies}
        items[item.id] = {**words, **({"options": options} if options else {})}
    return items


def _label(option: Any) -> Any:
    return option.get("label") if isinstance(option, dict) else option


def _self(text: Any) -> Any:
    return text.get("self") if isinstance(text, dict) else text


def _merged(before: Any, text: str) -> Any:
    """`text` as the wording for the patient; the wording for a proxy is kept."""
    if _self(before) == text:
        return before
    return {**before, "self": text} if isinstance(before, dict) else text


def _with_number_keys(base: Json) -> Json:
    """The data with numbers as option codes again, because JSON has only text keys."""

    def codes(options: Any) -> Any:
        return {_code(code): words for code, words in options.items()}

    sets = {name: codes(options) for name, options in (base.get("option_sets") or {}).items()}
    items = {
        name: {**words, "options": codes(words["options"])} if words.get("options") else words
        for name, words in (base.get("items") or {}).items()
    }
    return {**base, **({"option_sets": sets} if sets else {}), "items": items}


def _code(key: str) -> int | str:
    return int(key) if key.lstrip("-").isdecimal() else key
