"""Switches the language of the people who are written to at an address, because they asked for it or chose it."""

from dataclasses import replace

from pro_collector import rendering
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.domain.conversation.survey import BEGUN
from pro_collector.domain.events import TimelineChanged, derived_id
from pro_collector.postgres.tables import participants
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.participants import ChangeRow
from scheduler.values import Reporter, reads_as

ASKED_BY = "participant"
BY_TEXT = "asked for it by text"
ON_THE_FORM = "chose it on the form"


def offered_languages(case: Case, row: OccasionRow | None, contact: ContactRow) -> tuple[str, ...]:
    """The languages of the study that we have words in and, of an open survey, all questions for this reporter."""
    version = case.version_of(row) if row else case.current_version
    asked = [version.instruments[name] for name in (row.instruments if row else [])]
    return tuple(
        language
        for language in version.study.languages
        if language in rendering.languages()
        and all(each.can_ask_in(language, reads_as(contact.reporter)) for each in asked)
    )


async def switch_language(desk: Desk, contact: ContactRow, language: str, reason: str = BY_TEXT) -> None:
    """Record the language of everybody for whom this reporter answers at this address, and of their begun surveys.

    Whoever is in a study that does not offer the language keeps theirs. A caregiver changes their own language only.
    """
    for case in desk.cases.values():
        here = any(each.lookup == contact.lookup and each.reporter == contact.reporter for each in case.contacts)
        spoken = case.person.language_of(contact.reporter)
        if here and spoken != language and language in offered_languages(case, None, contact):
            await _switch_person(desk, case, contact.reporter, language, reason)
        for row in list(case.occasions.values()) if here else []:
            begun = row.state in BEGUN and row.reporter == contact.reporter
            if begun and row.language != language and language in offered_languages(case, row, contact):
                desk.change(case, replace(row, language=language))


async def _switch_person(desk: Desk, case: Case, reporter: Reporter, language: str, reason: str) -> None:
    person = case.person
    field, by = ("caregiver_language", "caregiver") if reporter == "caregiver" else ("language", ASKED_BY)
    was: str | None = getattr(person, field)
    id = derived_id("change", person.id, field, was, language, desk.now)
    is_caregiver = reporter == "caregiver"
    case.person = replace(person, caregiver_language=language) if is_caregiver else replace(person, language=language)
    await participants.update(desk.tx, case.person)
    await participants.add_change(desk.tx, ChangeRow(id, person.id, field, was, language, desk.now, by, reason))
    desk.emit(TimelineChanged.of(person.id, desk.now, field, id))
