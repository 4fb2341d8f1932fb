"""Warnings about a study file: possible mistakes that a person should check, but that may be right in some studies."""

from collections.abc import Iterable, Iterator

from pro_collector.domain.study.definition import EmergencyTexts, Study
from pro_collector.domain.study.emergency import Emergency
from pro_collector.domain.study.schedule_warnings import schedule_warnings


def warnings_of(study: Study) -> list[str]:
    """The warnings, each with its place in the file."""
    return [
        *_foreign_numbers(study),
        *_countries_without_site(study),
        *_missing_languages(study),
        *_without_crisis_text(study),
        *schedule_warnings(study),
    ]


def _foreign_numbers(study: Study) -> Iterator[str]:
    """Sites in several countries that share one emergency text: its phone number can be right in one country only."""
    sharing: dict[str, list[str]] = {}
    for name, site in study.sites.items():
        if not site.emergency and not study.emergency_in.get(site.country):
            sharing.setdefault(site.country, []).append(name)
    if len(sharing) > 1:
        countries = "; ".join(f"{country} ({', '.join(sites)})" for country, sites in sharing.items())
        yield (
            f"emergency: people in several countries are sharing the same text, with the same number: {countries}; "
            "give each country its own below `emergency_in`"
        )


def _countries_without_site(study: Study) -> Iterator[str]:
    countries = {site.country for site in study.sites.values()}
    for country in study.emergency_in:
        if country not in countries:
            yield f"emergency_in.{country}: no site is in this country"


def _missing_languages(study: Study) -> Iterator[str]:
    for where, texts in _emergency_texts(study):
        for language in study.languages:
            if language not in texts:
                first = study.languages[0] if study.languages[0] in texts else next(iter(texts), "")
                yield f"{where}: no text in `{language}`: whoever reads that is told the one in `{first}`"


def _without_crisis_text(study: Study) -> Iterator[str]:
    for where, texts in _emergency_texts(study):
        plain = [language for language, text in texts.items() if not isinstance(text, Emergency)]
        if plain:
            yield (
                f"{where}: no crisis text in {_listed(plain)}: whoever thinks of ending their life is told the same as "
                "whoever is unwell; write {medical: ..., crisis: ...}"
            )


def _emergency_texts(study: Study) -> Iterator[tuple[str, EmergencyTexts]]:
    """Each place in the file with emergency texts, and the texts."""
    yield "emergency", study.emergency
    for country, texts in study.emergency_in.items():
        yield f"emergency_in.{country}", texts
    for name, site in study.sites.items():
        if site.emergency:
            yield f"sites.{name}.emergency", site.emergency


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
