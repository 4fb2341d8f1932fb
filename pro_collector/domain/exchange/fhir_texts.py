"""The words of a FHIR Questionnaire as text overlays, one for each language it holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pro_collector.domain.exchange.fhir_terms import Json
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.text import InstrumentText

Words = dict[str, str]  # by language


@dataclass
class Gathered:
    """What a Questionnaire's own elements say: by item, by item and option code, and as a whole."""

    title: Words = field(default_factory=dict)
    introduction: list[Words] = field(default_factory=list)
    prompts: dict[str, Words] = field(default_factory=dict)
    labels: dict[str, dict[int | str, Words]] = field(default_factory=dict)

    def languages(self) -> list[str]:
        """Every language with a prompt, in the order they appear."""
        return list(dict.fromkeys(language for words in self.prompts.values() for language in words))


def texts_of(
    instrument: Instrument, gathered: Gathered, kept: Mapping[str, Json], copyright_: str
) -> list[InstrumentText]:
    """The overlays: what travelled with an export of ours (`kept`), over which the Questionnaire's elements win.

    Raises pydantic's ValidationError when a language has no usable words.
    """
    licence = {"holder": "see the terms", "terms": copyright_ or "unknown: ask the owner", "redistributable": False}
    found = []
    for language in gathered.languages():
        base = _with_number_keys(kept.get(language) or {})
        title = gathered.title.get(language) or next(iter(gathered.title.values()), instrument.title)
        data: Json = {"licence": licence, "title": title, **base, "instrument": instrument.id, "language": language}
        data["items"] = _items(instrument, gathered, language, base)
        data["title"] = _said(base.get("title"), title)
        introduction = "\n".join(words[language] for words in gathered.introduction if language in words)
        if introduction:
            data["introduction"] = _said(base.get("introduction"), introduction)
        found.append(InstrumentText.model_validate(data))
    return found


def _items(instrument: Instrument, gathered: Gathered, language: str, base: Json) -> dict[str, Json]:
    items: dict[str, Json] = {}
    for item in instrument.items:
        prompt = gathered.prompts.get(item.id, {}).get(language)
        known = (base.get("items") or {}).get(item.id)
        if prompt is None:
            continue
        words: Json = {**(known or {}), "prompt": _said((known or {}).get("prompt"), prompt)}
        shared = (base.get("option_sets") or {}).get(item.option_set or "", {})
        options = dict(words.get("options") or {})
        for code, labels in gathered.labels.get(item.id, {}).items():
            label = labels.get(language)
            before = options.get(code, shared.get(code))
            if label is not None and _self(_label(before)) != label:
                replies = before.get("replies", []) if isinstance(before, dict) else []
                options[code] = {"label": _said(_label(before), label), "replies": replies}
        items[item.id] = {**words, **({"options": options} if options else {})}
    return items


def _label(option: Any) -> Any:
    return option.get("label") if isinstance(option, dict) else option


def _self(said: Any) -> Any:
    return said.get("self") if isinstance(said, dict) else said


def _said(before: Any, text: str) -> Any:
    """`text` as what a person is told; a proxy's wording stays when the person's has not changed."""
    if _self(before) == text:
        return before
    return {**before, "self": text} if isinstance(before, dict) else text


def _with_number_keys(base: Json) -> Json:
    """JSON has only text keys: the codes of options become numbers again."""

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
