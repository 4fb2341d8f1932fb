"""Writes an instrument as a FHIR Questionnaire, R4 or R5; an import of it gives the same instrument."""

import json
from typing import Any, Literal

from pro_collector.domain.exchange import fhir_terms as fhir
from pro_collector.domain.exchange.dump import definition_data, text_data
from pro_collector.domain.exchange.fhir_terms import Json
from pro_collector.domain.instrument.branching import enabled
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import AnyCondition, Condition, Item, Option
from pro_collector.errors import BadInput, Problem

Release = Literal["R4", "R5"]
_TYPES = {"yesno": "boolean", "integer": "integer", "decimal": "decimal", "text": "text", "date": "date"}
_COMPARISONS = (">", "<", ">=", "<=")


def questionnaire(instrument: Instrument, release: Release = "R4") -> Json:
    """The Questionnaire in every language of the instrument: the first is the main one, the others are translations.

    Each option has its value twice, as `itemWeight` and as `ordinalValue`, because tools read one or the other. The
    prompts are those for the patient; proxy wording and everything else that FHIR cannot express is in one extension of
    our own. Raises BadInput for skip logic that no answer meets.
    """
    languages = list(instrument.texts)
    main = languages[0] if languages else "en"
    titles = {language: text.title["self"] for language, text in instrument.texts.items()} or {main: instrument.title}
    return {
        "resourceType": "Questionnaire",
        **({"language": main} if languages else {}),
        "extension": [{"url": fhir.REST, "valueString": _rest(instrument)}],
        "url": instrument.canonical,
        "version": instrument.version,
        "name": "".join(part.capitalize() for part in instrument.id.split("-")),
        **_words("title", titles, main),
        "status": "active",
        "subjectType": ["Patient"],
        "copyright": f"{instrument.licence.holder}. {instrument.licence.terms}",
        **_codes(instrument),
        "item": [
            *_introduction(instrument, main),
            *(_item(instrument, item, main, release) for item in instrument.items),
        ],
    }


def _rest(instrument: Instrument) -> str:
    """What FHIR has no element for, as JSON; of an item only what its FHIR elements do not express."""
    data = definition_data(instrument)
    data.pop("items")
    data.pop("option_sets", None)
    for name, table in data.get("tables", {}).items():
        if instrument.tables[name].imported:
            table["rows"] = instrument.tables[name].rows
    items = {item.id: _item_rest(item) for item in instrument.items}
    texts = {language: text_data(text) for language, text in instrument.texts.items()}
    return json.dumps({"definition": data, "items": items, "texts": texts}, ensure_ascii=False, default=str)


def _item_rest(item: Item) -> Json:
    data = item.model_dump(mode="json", exclude_defaults=True, include={"option_set", "opt_outs"})
    if any(condition.operator in _COMPARISONS for condition in item.conditions) or _has_either(item):
        data["enable_when"] = [part.model_dump() for part in item.enable_when]
        data["enable_behavior"] = item.enable_behavior
    return data


def _has_either(item: Item) -> bool:
    return any(isinstance(part, AnyCondition) for part in item.enable_when)


def _codes(known: Instrument | Item) -> Json:
    return {"code": [fhir.coding(code) for code in known.codes]} if known.codes else {}


def _words(key: str, words: dict[str, str], main: str) -> Json:
    text, others = fhir.translated(words, main)
    data: Json = {} if text is None else {key: text}
    return data if others is None else {**data, f"_{key}": others}


def _introduction(instrument: Instrument, main: str) -> list[Json]:
    words = {
        language: text.introduction["self"]
        for language, text in instrument.texts.items()
        if text.introduction is not None and "self" in text.introduction
    }
    # One display item for each line, because some programs join the lines of one item.
    lines = {language: text.split("\n") for language, text in words.items()}
    items: list[Json] = []
    for place in range(max((len(each) for each in lines.values()), default=0)):
        line = {language: each[place] for language, each in lines.items() if place < len(each)}
        name = fhir.INTRODUCTION if place == 0 else f"{fhir.INTRODUCTION}_{place + 1}"
        items.append({"linkId": name, **_words("text", line, main), "type": "display"})
    return items


def _item(instrument: Instrument, item: Item, main: str, release: Release) -> Json:
    prompts = {
        language: words.prompt["self"]
        for language, text in instrument.texts.items()
        if (words := text.items.get(item.id)) is not None and "self" in words.prompt
    }
    data: Json = {"linkId": item.id, **_codes(item), **_words("text", prompts, main)}
    data["type"] = _TYPES.get(item.kind, "choice" if release == "R4" else "coding")
    limits = [(fhir.MINIMUM, item.minimum), (fhir.MAXIMUM, item.maximum)]
    bounds = [{"url": url, _number_key(bound): bound} for url, bound in limits if bound is not None]
    if bounds:
        data["extension"] = bounds
    if item.kind == "choice":
        data["answerOption"] = [_option(instrument, item, option, main) for option in item.options]
    *around, own = gates(instrument, item) or [{}]
    data |= own
    for name, gate in reversed([*zip(groups_around(instrument, item), around, strict=True)]):
        data = {"linkId": name, "type": "group", **gate, "item": [data]}
    return data


def _number_key(value: object) -> str:
    return "valueInteger" if isinstance(value, int) else "valueDecimal"


def _option(instrument: Instrument, item: Item, option: Option, main: str) -> Json:
    labels = {
        language: label
        for language, text in instrument.texts.items()
        if (wording := text.wording(item)) is not None
        for label in [found.label for found in wording.options if found.code == option.code]
    }
    marks = [{"url": fhir.PREFIX, "valueString": str(option.code)}] if isinstance(option.code, int) else []
    extension = [*marks, *fhir.weights(option)]
    known = fhir.option_coding(option)
    display = known.pop("display", None)
    words = _words("display", labels, main) or ({"display": display} if display else {})
    return {**({"extension": extension} if extension else {}), "valueCoding": {**known, **words}}


def gates(instrument: Instrument, item: Item) -> list[Json]:
    """The skip logic of an item as elements with `enableWhen`, which must all be enabled; without any it is empty.

    The last is the item's own. The others are those of groups around it, because one element has either `any` or `all`.
    Raises BadInput for a condition that no answer meets.
    """
    clauses = [[part for each in clause for part in _condition(instrument, item, each)] for clause in item.clauses]
    needed = [part for clause in clauses if len(clause) == 1 for part in clause]
    either = [{"enableWhen": clause, "enableBehavior": "any"} for clause in clauses if len(clause) > 1]
    behavior = {"enableBehavior": "all"} if len(needed) > 1 else {}
    return [*either, *([{"enableWhen": needed, **behavior}] if needed else [])]


def groups_around(instrument: Instrument, item: Item) -> list[str]:
    """The linkIds of the groups around an item, the outermost first; most items have none."""
    several = len(item.clauses) > 1
    return [f"_when_{item.id}_{number}" for number in range(1, len(gates(instrument, item)))] if several else []


def _condition(instrument: Instrument, item: Item, condition: Condition) -> list[Json]:
    """One condition as alternatives: FHIR does not order codings, so `> 0` is written as every code above 0."""
    asked = instrument.item(condition.item)
    head: Json = {"question": condition.item, "operator": condition.operator}
    if asked is None or condition.operator == "exists":
        return [{**head, "answerBoolean": condition.answer}]
    if not asked.options:
        return [{**head, _answer_key(asked, condition.answer): condition.answer}]
    if condition.operator in _COMPARISONS:
        met = [option for option in asked.options if met_by(condition, option)]
        if not met:
            message = f"no answer to {asked.id} is {condition.operator} {condition.answer}"
            raise BadInput([Problem(instrument.id, None, f"items.{item.id}.enable_when", message)])
        return [{**head, "operator": "=", **_answer(asked, option)} for option in met]
    option = asked.option(condition.answer)
    return [{**head, **_answer(asked, option)}] if option is not None else []


def met_by(condition: Condition, option: Option) -> bool:
    """Whether the answer `option` meets a comparison."""
    item = Item(id="asked", kind="text", enable_when=(condition,))
    return enabled(item, {condition.item: option.code})


def _answer(asked: Item, option: Option) -> Json:
    if asked.kind == "yesno":
        return {"answerBoolean": option.code == 1}
    known = fhir.option_coding(option)
    return {"answerCoding": {key: known[key] for key in ("system", "code")}}


def _answer_key(asked: Item, answer: Any) -> str:
    if asked.kind == "date":
        return "answerDate"
    if isinstance(answer, str):
        return "answerString"
    return "answerInteger" if isinstance(answer, int) and asked.kind == "integer" else "answerDecimal"
