"""Mistakes in the unprompted report of a study file: unknown instruments, missing words, a name that is taken."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pro_collector.domain.document import Path
from pro_collector.domain.near import did_you_mean
from pro_collector.domain.study.instrument_facts import InstrumentFacts, no_words

Mistake = tuple[Path, str]
_NAME = "unprompted"


def reserved_name(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """An assessment with the name under which unprompted reports are stored."""
    assessments = data.get("assessments")
    if isinstance(assessments, dict) and _NAME in assessments:
        yield ("assessments", _NAME), "this name is for reports that nobody asked for: choose another"


def unprompted_mistakes(
    data: Mapping[str, Any],
    reporters: Sequence[Literal["self", "proxy"]],
    instruments: Mapping[str, InstrumentFacts],
) -> Iterator[Mistake]:
    """Instruments of the report that are unknown, or that one of the reporters cannot answer in a language."""
    section, languages = data.get(_NAME), data.get("languages")
    names = section.get("instruments") if isinstance(section, dict) else None
    for index, name in enumerate(names if isinstance(names, list) else ()):
        path: Path = (_NAME, "instruments", index)
        facts = instruments.get(str(name))
        if facts is None:
            yield path, f"unknown instrument `{name}`{did_you_mean(str(name), instruments)}"
            continue
        for reporter in reporters:
            if reporter not in facts.reporters:
                yield path, f"`{name}` cannot be answered by {reporter}, only by {', '.join(facts.reporters)}"
                continue
            for language in languages if isinstance(languages, list) else ():
                if isinstance(language, str) and not facts.can_ask_in(language, reporter):
                    yield path, no_words(str(name), language, reporter, facts.licence.contact)
