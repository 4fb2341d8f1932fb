"""Mistakes in a study file that show only when its parts are compared: names, texts, instruments."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pro_collector.domain.document import Document, Path
from pro_collector.domain.near import did_you_mean
from pro_collector.domain.study.advice_check import advice_mistakes
from pro_collector.domain.study.after_check import after_mistakes
from pro_collector.domain.study.alert_check import KnownNames, alert_mistakes
from pro_collector.domain.study.budget_check import over_budget
from pro_collector.domain.study.consent import consent_mistakes
from pro_collector.domain.study.event_check import expectation_mistakes, named_events
from pro_collector.domain.study.holiday_check import holiday_mistakes
from pro_collector.domain.study.instrument_facts import InstrumentFacts, no_words
from pro_collector.domain.study.schedule_check import calendar_mistakes, schedule_mistakes
from pro_collector.domain.study.trigger_check import answering, trigger_mistakes, triggers_of
from pro_collector.domain.study.unprompted_check import reserved_name, unprompted_mistakes
from pro_collector.errors import Problem
from scheduler.anchors import ENROLMENT, TRIGGER
from scheduler.rules import Reporter, Schedule
from scheduler.values import ABOUT_PATIENT, reads_as

Mistake = tuple[Path, str]


def check(
    document: Document, schedules: Mapping[str, Schedule], instruments: Mapping[str, InstrumentFacts] | None
) -> list[Problem]:
    """Every contradiction in the file. `schedules` has its assessments, as far as they could be read."""
    data = document.data if isinstance(document.data, dict) else {}
    mistakes = [
        *_names(data),
        *_words(data),
        *_emergency(data),
        *_cycles(data),
        *expectation_mistakes(_section(data, "timeline")),
        *_enrolment(data),
        *calendar_mistakes(data),
        *holiday_mistakes(data, schedules),
    ]
    questions = _question_counts(schedules, instruments)
    mistakes += over_budget(data, schedules, questions)
    for name, schedule in schedules.items():
        mistakes += [(("assessments", name, *path), message) for path, message in schedule_mistakes(schedule, data)]
        mistakes += after_mistakes(name, schedule, data)
    mistakes += [*reserved_name(data), *consent_mistakes(data)]
    asked = _asked(data, schedules)
    mistakes += [*advice_mistakes(data, asked, instruments), *alert_mistakes(data, asked, instruments)]
    known = KnownNames(asked, _keys(data.get("assessments")), {ENROLMENT, *_keys(data.get("timeline"))}, instruments)
    mistakes += trigger_mistakes(data, schedules, known, questions)
    if instruments is not None:
        usual = {name: _reporters(schedule) for name, schedule in schedules.items()}
        triggers = {name: each for name, each in triggers_of(data).items() if name in schedules}
        who = answering(schedules, triggers, usual)
        mistakes += [*_instruments(data, schedules, instruments, who), *_imputation(data, asked, instruments)]
        told = {each for reporters in who.values() for each in reporters}
        reporters = [each for each in ABOUT_PATIENT if each in told]  # a report is about the patient
        mistakes += unprompted_mistakes(data, reporters or ["self"], instruments)
    return [document.problem(path, message) for path, message in mistakes]


def _names(data: dict[str, Any]) -> Iterator[Mistake]:
    """Anchors, events, arms, sites and languages that the file uses but does not define."""
    events = {ENROLMENT, *_keys(data.get("timeline"))}
    for name in _section(data, "timeline"):
        after = _at(data, ("timeline", name, "expected", "after"))
        yield from _unknown(("timeline", name, "expected", "after"), "event", after, events)
    marked = _at(data, ("page", "events"))
    for index, name in enumerate(marked if isinstance(marked, list) else []):
        yield from _unknown(("page", "events", index), "event", name, events)
    for name, raw in _section(data, "assessments").items():
        if not isinstance(raw, dict):
            continue
        where: Path = ("assessments", name)
        for path, what, name in named_events(raw):
            if name != TRIGGER or path != ("anchor",):  # what that lacks is said elsewhere
                yield from _unknown((*where, *path), what, name, events)
        yield from _conditions((*where, "only"), raw.get("only"), data)


def _conditions(where: Path, only: object, data: dict[str, Any]) -> Iterator[Mistake]:
    if not isinstance(only, dict):
        return
    for key in ("arms", "sites", "languages", "sexes"):
        if only.get(key) == []:
            yield (*where, key), "nobody is named here: leave it out to ask everybody"
    languages = data.get("languages")
    known = {
        "arms": ("arm", _keys(data.get("arms"))),
        "sites": ("site", _keys(data.get("sites"))),
        "languages": ("language", set(languages) if isinstance(languages, list) else set()),
    }
    for key, (what, names) in known.items():
        asked = only.get(key)
        for index, name in enumerate(asked if isinstance(asked, list) else []):
            yield from _unknown((*where, key, index), what, name, names)


def _unknown(path: Path, what: str, name: object, known: Collection[str]) -> Iterator[Mistake]:
    if isinstance(name, str) and name not in known:
        yield path, f"unknown {what} `{name}`{did_you_mean(name, known)}"


def _words(data: dict[str, Any]) -> Iterator[Mistake]:
    """Texts that are missing in a language of the study."""
    languages = data.get("languages")
    wanted = [each for each in languages if isinstance(each, str)] if isinstance(languages, list) else []
    places: list[Path] = [("title",), ("emergency",), ("unprompted", "title")]
    for section, key in (("timeline", "label"), ("arms", "label"), ("sites", "label"), ("assessments", "title")):
        places += [(section, name, key) for name in _section(data, section)]
    for path in places:
        text = _at(data, path)
        if isinstance(text, dict):
            for language in wanted:
                if language not in text:
                    yield path, f"no text in `{language}`, which is a language of this study"
            for language in (name for name in text if " " not in str(name)):  # a text without quotes, cut by its comma
                yield from _unknown((*path, language), "language", language, wanted)


def _emergency(data: dict[str, Any]) -> Iterator[Mistake]:
    """Empty emergency texts; emergency texts of a country or site in a language that the study does not have."""
    languages = data.get("languages")
    elsewhere: list[Path] = [("emergency_in", name) for name in _section(data, "emergency_in")]
    elsewhere += [("sites", name, "emergency") for name in _section(data, "sites")]
    for path in (("emergency",), *elsewhere):
        texts = _at(data, path)
        for language, words in texts.items() if isinstance(texts, dict) else ():
            if path in elsewhere and isinstance(languages, list):
                yield from _unknown((*path, language), "language", language, languages)
            for key, text in words.items() if isinstance(words, dict) else (("", words),):
                if isinstance(text, str) and not text.strip():
                    yield (*path, language, *([key] if key else [])), "there are no words here"


def _cycles(data: dict[str, Any]) -> Iterator[Mistake]:
    cycles = [
        name
        for name, kind in _section(data, "timeline").items()
        if isinstance(kind, dict) and kind.get("cycle") is True
    ]
    for name in cycles[1:]:
        yield ("timeline", name, "cycle"), f"only one event can be the cycle, and `{cycles[0]}` is"
    for name in cycles:
        if _at(data, ("timeline", name, "happens")) != "repeatedly":
            yield ("timeline", name), "a cycle happens repeatedly: add `happens: repeatedly`"


def _enrolment(data: dict[str, Any]) -> Iterator[Mistake]:
    if _at(data, ("timeline", ENROLMENT, "ends")) is not None:
        yield ("timeline", ENROLMENT, "ends"), "participation begins with the enrolment: it cannot end there"
    if _at(data, ("timeline", ENROLMENT, "happens")) == "repeatedly":
        yield ("timeline", ENROLMENT, "happens"), "the enrolment happens once"


def _instruments(
    data: dict[str, Any],
    schedules: Mapping[str, Schedule],
    instruments: Mapping[str, InstrumentFacts],
    who: Mapping[str, Collection[Reporter]],
) -> Iterator[Mistake]:
    languages = [str(each) for each in data.get("languages") or []] if isinstance(data.get("languages"), list) else []
    for name, schedule in schedules.items():
        asked = schedule.only.languages or languages
        for index, instrument in enumerate(schedule.instruments):
            path: Path = ("assessments", name, "instruments", index)
            facts = instruments.get(instrument)
            if facts is None:
                yield path, f"unknown instrument `{instrument}`{did_you_mean(instrument, instruments)}"
                continue
            for reporter in dict.fromkeys(map(reads_as, who[name])):
                if reporter not in facts.reporters:
                    yield path, f"`{instrument}` cannot be answered by {reporter}, only by {', '.join(facts.reporters)}"
                    continue
                for language in asked:
                    if not facts.can_ask_in(language, reporter):
                        yield path, no_words(instrument, language, reporter, facts.licence.contact)


def _imputation(
    data: dict[str, Any], asked: Collection[str], instruments: Mapping[str, InstrumentFacts]
) -> Iterator[Mistake]:
    """Imputation policies that do not exist, or that are for an instrument that no assessment asks."""
    for name, policy in _section(data, "imputation").items():
        path: Path = ("imputation", name)
        if name not in asked:
            yield path, f"no assessment asks `{name}`{did_you_mean(name, asked)}"
        elif name in instruments:
            yield from _unknown(path, "policy", policy, {"none", *instruments[name].imputations})


def _reporters(schedule: Schedule) -> list[Reporter]:
    if schedule.after is not None:
        return [schedule.after.asks]
    if schedule.asks is not None:
        return [schedule.asks]
    answering = {band.by for band in schedule.reporter} or {"self"}
    reporters: list[Reporter] = []
    if answering & {"self", "both"}:
        reporters.append("self")
    if answering & {"proxy", "both"}:
        reporters.append("proxy")
    return reporters


def _question_counts(
    schedules: Mapping[str, Schedule], instruments: Mapping[str, InstrumentFacts] | None
) -> dict[str, int]:
    asked = {each for schedule in schedules.values() for each in schedule.instruments}
    return {name: len(instruments[name].items) for name in asked if name in instruments} if instruments else {}


def _asked(data: dict[str, Any], schedules: Mapping[str, Schedule]) -> set[str]:
    """Every instrument that an assessment asks or that a person may answer unprompted."""
    own = _at(data, ("unprompted", "instruments"))
    unprompted = {each for each in own if isinstance(each, str)} if isinstance(own, list) else set[str]()
    return unprompted | {each for schedule in schedules.values() for each in schedule.instruments}


def _section(data: dict[str, Any], name: str) -> dict[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _keys(section: object) -> set[str]:
    return {str(key) for key in section} if isinstance(section, dict) else set()


def _at(data: Any, path: Path) -> Any:
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return data
