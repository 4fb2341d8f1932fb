"""Reads a FHIR Questionnaire (R4, R4B, R5; also files that a strict validator refuses) as an instrument."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from pro_collector.domain.exchange import fhir_terms as fhir
from pro_collector.domain.exchange.fhir_export import gates
from pro_collector.domain.exchange.fhir_options import choices_of, is_typed
from pro_collector.domain.exchange.fhir_terms import Json
from pro_collector.domain.exchange.fhir_texts import FhirTexts, texts_of
from pro_collector.domain.exchange.fhir_value_sets import by_reference, objects
from pro_collector.domain.exchange.imported import Imported, item_id, plain, semantic_version, skip_logic, slug
from pro_collector.domain.instrument import check as instrument_check
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item
from pro_collector.errors import BadInput, Problem

_KINDS = {
    "choice": "choice",
    "coding": "choice",
    "open-choice": "choice",
    "boolean": "yesno",
    "integer": "integer",
    "decimal": "decimal",
    "quantity": "decimal",
    "date": "date",
    **dict.fromkeys(("string", "text", "url", "dateTime", "time"), "text"),
}
_LOOSE = {
    "open-choice": "only the listed choices can be answered",
    "quantity": "read as a number without its unit",
    **dict.fromkeys(("dateTime", "time", "url"), "read as text"),
}
_LISTABLE = ("string", "text", "integer", "decimal", "date")  # R5 and STU3 have lists of choices for these, too
_TYPED = "an open choice whose list is not in the file; read as text, which it allows"
Gate = tuple[list[Json], str]  # the conditions of a group or an item, and whether all or any must hold


@dataclass
class _Reading:
    """What is collected while the items are read."""

    file: str
    language: str
    resources: Mapping[str, Json]  # value sets and code systems in the file, by reference
    rest: Json
    words: FhirTexts = field(default_factory=FhirTexts)
    items: dict[str, Json] = field(default_factory=dict)  # by linkId
    gates: dict[str, list[Gate]] = field(default_factory=dict)  # by linkId
    left_out: dict[str, str] = field(default_factory=dict)  # why, by linkId
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add_problem(self, where: object, message: str) -> None:
        """Add a mistake because of which the file cannot be read."""
        self.problems.append(Problem(self.file, None, f"item {where}", message))

    def raise_problems(self) -> None:
        """Raise BadInput with every mistake so far, if any."""
        if self.problems:
            raise BadInput(self.problems)


def read_questionnaire(data: Any, file: str, as_id: str | None = None, known: Sequence[Json] = ()) -> Imported:
    """The instrument in a Questionnaire, with its texts, and notes on what was left out.

    `data` may be a Bundle of one Questionnaire and the ValueSets and CodeSystems of its choices. `known`: other such
    resources; those in the file come first.

    Groups are flattened: their enableWhen applies to the items in them, their text becomes part of the introduction.
    Calculated, read-only and hidden items are left out, and an open choice without a list is asked as text. Raises
    BadInput if it is no Questionnaire, or if a part that cannot be read would change its meaning: choices that are not
    all known, skip logic on a missing item.
    """
    data, others = _opened(data, file)
    reading = _Reading(
        file,
        str(data.get("language") or "en"),
        by_reference([*known, *others], objects(data, "contained")),
        _rest(data),
    )
    _walk(reading, objects(data, "item"), [])
    if not reading.items and not reading.problems:
        reading.add_problem("", "there is no question to ask in this Questionnaire")
    reading.raise_problems()
    _add_conditions(reading)
    reading.raise_problems()
    instrument = _instrument(reading, data, as_id)
    return Imported(instrument, tuple(reading.notes))


def _opened(data: Any, file: str) -> tuple[Json, list[Json]]:
    """The Questionnaire, and the other resources of the Bundle, if it is in one."""
    if not isinstance(data, dict) or data.get("resourceType") not in ("Questionnaire", "Bundle"):
        raise BadInput([Problem(file, None, "resourceType", "expected a FHIR Questionnaire, or a Bundle with one")])
    if data["resourceType"] == "Questionnaire":
        return data, []
    inside = [entry["resource"] for entry in objects(data, "entry") if isinstance(entry.get("resource"), dict)]
    questionnaires = [resource for resource in inside if resource.get("resourceType") == "Questionnaire"]
    if len(questionnaires) != 1:
        raise BadInput(
            [Problem(file, None, "entry", f"expected one Questionnaire in the Bundle, not {len(questionnaires)}")]
        )
    return questionnaires[0], [resource for resource in inside if resource is not questionnaires[0]]


def _rest(data: Mapping[str, Any]) -> Json:
    try:
        rest = json.loads(str(fhir.first_value(data, fhir.REST) or "{}"))
    except ValueError:
        return {}
    return rest if isinstance(rest, dict) else {}


def _walk(reading: _Reading, items: list[Json], gates: list[Gate]) -> None:
    for raw in items:
        kind = _type(raw)
        if fhir.first_value(raw, fhir.HIDDEN) is True:
            _leave_out(reading, raw, "hidden", and_below=True)
            continue
        own = (objects(raw, "enableWhen"), str(raw.get("enableBehavior") or "all"))
        here = [*gates, own] if own[0] else gates
        if kind in ("group", "display"):
            words = _texts(reading, raw, "text")
            if words:
                reading.words.introduction.append(words)
        elif why := _unasked(raw):
            _leave_out(reading, raw, why)
        else:
            _question(reading, raw, kind, here)
        # What is not enabled disables everything below it, in a group and below a question.
        _walk(reading, objects(raw, "item"), here)


def _leave_out(reading: _Reading, raw: Json, reason: str, and_below: bool = False) -> None:
    """Note that an item is not asked; with `and_below`, the items below it are not asked either."""
    link = str(raw.get("linkId") or "")
    reading.left_out[link] = reason
    reading.notes.append(f"{link}: {reason}, so not asked")
    if and_below:
        reading.left_out |= {str(each.get("linkId") or ""): reason for each in _below(raw)}


def _below(raw: Json) -> Iterator[Json]:
    for each in objects(raw, "item"):
        yield each
        yield from _below(each)


def _type(raw: Json) -> str:
    given = raw.get("type")
    listed = any(raw.get(key) for key in ("answerOption", "option", "answerValueSet"))
    if listed and raw.get("answerConstraint") in ("optionsOrString", "optionsOrType"):
        return "open-choice"  # R5's way of saying so
    if listed and given in _LISTABLE:
        return "choice"
    if isinstance(given, str):
        return given
    return "choice" if listed else "group" if raw.get("item") else "text"


def _unasked(raw: Json) -> str | None:
    """Why a question is not for people; None if it is."""
    if raw.get("readOnly") is True:
        return "read-only"
    return None if fhir.first_value(raw, fhir.CALCULATED) is None else "calculated"


def _texts(reading: _Reading, element: Json, key: str) -> dict[str, str]:
    """The text of `element` at `key`, by language."""
    text = plain(element.get(key))
    return {**({reading.language: text} if text else {}), **fhir.translations(element.get(f"_{key}"))}


def _question(reading: _Reading, raw: Json, given: str, gates: list[Gate]) -> None:
    link = str(raw.get("linkId") or "")
    if given not in _KINDS:
        reading.notes.append(f"{link}: items of type {given!r} cannot be asked here; left out")
        reading.left_out[link] = f"of type {given!r}"
        return
    if link in reading.items:
        reading.add_problem(link, "this linkId is used twice; each question needs its own")
    kind = "text" if given == "open-choice" and is_typed(raw, reading.resources) else _KINDS[given]
    name = item_id(link, [item["id"] for item in reading.items.values()])
    for applies, note in (
        (name != link, f"called {name!r} here"),
        (given in _LOOSE, _TYPED if kind == "text" and given == "open-choice" else _LOOSE.get(given, "")),
        (raw.get("repeats") is True, "several answers were possible; here it is one"),
    ):
        if applies:
            reading.notes.append(f"{link}: {note}")
    data: Json = {"id": name, "kind": kind, **_kept(reading, name)}
    data |= _limits(reading, raw, link, data["kind"])
    if codes := [_coding(code) for code in objects(raw, "code") if code.get("system") and code.get("code")]:
        data["codes"] = codes
    if data["kind"] == "choice":
        data |= _options(reading, raw, link, name)
    reading.items[link] = data
    reading.gates[link] = gates
    reading.words.prompts[name] = _texts(reading, raw, "text")


def _kept(reading: _Reading, name: str) -> Json:
    kept = (reading.rest.get("items") or {}).get(name) or {}
    return {key: kept[key] for key in ("option_set", "opt_outs") if key in kept}


def _coding(code: Json) -> Json:
    return {key: str(code[key]).strip() for key in ("system", "code", "display") if code.get(key)}


def _limits(reading: _Reading, raw: Json, link: str, kind: str) -> Json:
    limits = {"minimum": fhir.first_value(raw, fhir.MINIMUM), "maximum": fhir.first_value(raw, fhir.MAXIMUM)}
    given = {key: value for key, value in limits.items() if isinstance(value, int | float)}
    if kind == "integer" and len(given) < 2:
        reading.notes.append(f"{link}: whole numbers without both limits are read as any number")
        return {"kind": "decimal", **given}
    return given if kind in ("integer", "decimal") else {}


def _options(reading: _Reading, raw: Json, link: str, name: str) -> Json:
    choices = choices_of(raw, reading.resources)
    if isinstance(choices, str):
        reading.add_problem(link, choices)
        return {}
    reading.words.labels[name] = {
        choice.option["code"]: {language or reading.language: label for language, label in choice.labels.items()}
        for choice in choices
    }
    return {"options": [choice.option for choice in choices]}


def _add_conditions(reading: _Reading) -> None:
    asked = {}
    for link, data in reading.items.items():
        try:
            asked[link] = Item.model_validate(data)
        except ValidationError as error:
            reading.add_problem(
                link, "; ".join(str(each["msg"]).removeprefix("Value error, ") for each in error.errors())
            )
    for link, around in reading.gates.items():
        clauses: list[list[Json]] = []
        for found, behavior in around:
            conditions = [condition for raw in found if (condition := _condition(reading, link, asked, raw))]
            clauses += [conditions] if behavior == "any" else [[condition] for condition in conditions]
        reading.items[link] |= skip_logic(clauses)


def _condition(reading: _Reading, link: str, asked: Mapping[str, Item], raw: Json) -> Json | None:
    target = _target(reading, link, asked, str(raw.get("question") or ""))
    if target is None:
        return None
    answer = next((value for key, value in raw.items() if key.startswith("answer")), None)
    operator = raw.get("operator") or ("exists" if "hasAnswer" in raw else "=")
    if operator == "exists":
        answer = raw.get("hasAnswer", answer)
    elif isinstance(answer, dict) and target.options:
        option = fhir.option_of(target, answer)
        answer = None if option is None else option.code
    elif isinstance(answer, bool):
        answer = int(answer)
    listed = operator in ("=", "!=") and target.options
    if answer is None or isinstance(answer, dict) or (listed and target.option(answer) is None):
        message = f"its skip logic compares {target.id} with something it cannot be answered with"
        reading.add_problem(link, f"{message}; it takes {target.allowed}")
        return None
    return {"item": target.id, "operator": operator, "answer": answer}


def _target(reading: _Reading, link: str, asked: Mapping[str, Item], question: str) -> Item | None:
    """The question that a condition is about; None with a problem if there is none before the item."""
    order = list(reading.items)
    if question not in order:
        why = reading.left_out.get(question)
        here = "which is not a question here" if why is None else f"which is {why}, so that nobody is asked it here"
    elif order.index(question) >= order.index(link):
        here = "which does not come before it; only the answers before count"
    else:
        return asked.get(question)  # if it has a mistake of its own, that has been reported
    reading.add_problem(link, f"its skip logic is about {question!r}, {here}")
    return None


def _instrument(reading: _Reading, data: Mapping[str, Any], as_id: str | None) -> Instrument:
    kept = reading.rest.get("definition") or {}
    name = as_id or kept.get("id") or slug(data.get("id"), data.get("name"), data.get("title"))
    version = semantic_version(data.get("version"))
    if data.get("version") not in (None, version):
        reading.notes.append(f"version {data['version']!r} is written {version} here")
    reading.words.title = _texts(reading, dict(data), "title") or {reading.language: name}
    terms = plain(data.get("copyright"))
    definition: Json = {
        "title": reading.words.title.get(reading.language, name),
        "recall": None,
        "source": str(data.get("url") or reading.file),
        "licence": {
            "holder": plain(data.get("publisher")) or "see the terms",
            "terms": terms or "unknown: ask the owner",
            "text": "import",
            "contact": str(data.get("url") or "unknown"),
        },
        **kept,
        "id": name,
        "version": version,
        "canonical": str(data.get("url") or f"urn:pro-collector:instrument:{name}"),
        "items": list(reading.items.values()),
    }
    if codes := [_coding(code) for code in objects(data, "code") if code.get("system") and code.get("code")]:
        definition["codes"] = codes
    try:
        instrument = Instrument.model_validate(definition)
        instrument = _with_comparisons(reading, instrument)
        instrument = instrument.with_texts(*texts_of(instrument, reading.words, reading.rest.get("texts") or {}, terms))
    except ValidationError as error:
        raise BadInput(
            [
                Problem(
                    reading.file, None, ".".join(map(str, each["loc"])), str(each["msg"]).removeprefix("Value error, ")
                )
                for each in error.errors()
            ]
        ) from error
    wrong = [*instrument_check.mistakes(instrument)]
    if wrong:
        raise BadInput([Problem(reading.file, None, ".".join(map(str, path)), message) for path, message in wrong])
    return instrument


def _with_comparisons(reading: _Reading, instrument: Instrument) -> Instrument:
    """The instrument with the comparisons that our export wrote as single codes, unless the conditions were changed."""
    items = []
    for item in instrument.items:
        kept = (reading.rest.get("items") or {}).get(item.id) or {}
        if "enable_when" in kept:
            before = Item.model_validate(
                {**item.model_dump(), **{key: kept[key] for key in ("enable_when", "enable_behavior")}}
            )
            if gates(instrument, before) == gates(instrument, item):
                items.append(before)
                continue
        items.append(item)
    return instrument.with_items(items)
