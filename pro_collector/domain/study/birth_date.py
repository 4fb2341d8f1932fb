"""Says which assessments need somebody's birth date: their age decides who answers, or whether it is asked at all."""

from datetime import date
from uuid import UUID

from pro_collector.domain.study.definition import Study
from scheduler.person import Person


def by_age(study: Study, *, arm: str | None, site: str | None, language: str | None, sex: str | None) -> list[str]:
    """The names of the assessments for these people of which nobody can say who answers without a birth date.

    `docs/schedules.md`: `reporter` and `only.ages`. An assessment for another arm, site, language or sex needs none.
    """
    somebody = Person(UUID(int=0), "UTC", date.min, arm=arm, site=site, language=language, sex=sex)
    return [entry.assessment for entry in study.rules().entries if entry.by_age and entry.meets(somebody)]
