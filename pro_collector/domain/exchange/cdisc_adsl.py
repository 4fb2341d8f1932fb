"""ADSL, the subject-level dataset of ADaM, as far as the record knows: one record for each participant. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pro_collector.domain.exchange.cdisc_dm import SEXES
from pro_collector.domain.exchange.cdisc_qs import StudyData, reason_text, subject
from pro_collector.domain.research.tables import ResearchTable


@dataclass(frozen=True, slots=True)
class AdslRecord:
    """One record of the dataset ADSL."""

    STUDYID: Annotated[str, "Study Identifier"]
    USUBJID: Annotated[str, "Unique Subject Identifier"]
    SUBJID: Annotated[str, "Subject Identifier for the Study"]
    SITEID: Annotated[str | None, "Study Site Identifier"]
    AGE: Annotated[int | None, "Age"]
    AGEU: Annotated[str | None, "Age Units"]
    SEX: Annotated[str, "Sex"]
    ARM: Annotated[str | None, "Description of Planned Arm"]
    TRT01P: Annotated[str | None, "Planned Treatment for Period 01"]
    XOVDT: Annotated[date | None, "Date of First Crossover"]
    XOVARM: Annotated[str | None, "Arm After the Last Crossover"]
    ENRLDT: Annotated[date, "Date of Enrollment"]
    EOSDT: Annotated[date | None, "End of Study Date"]
    DCSREAS: Annotated[str | None, "Reason for Discontinuation from Study"]
    DTHDT: Annotated[date | None, "Date of Death"]


ADSL = ResearchTable("adsl", AdslRecord, label="Subject-Level Analysis Dataset")


def records(data: StudyData) -> Iterator[AdslRecord]:
    """The dataset, in the order of the participants."""
    for person in data.people:
        yield AdslRecord(
            STUDYID=person.study, USUBJID=subject(person), SUBJID=person.participant_code, SITEID=person.site,
            AGE=person.age_at_enrolment, AGEU=None if person.age_at_enrolment is None else "YEARS",
            SEX=SEXES.get((person.sex or "unknown").casefold(), "U"), ARM=person.arm, TRT01P=person.arm,
            XOVDT=person.crossed_over_on, XOVARM=person.last_arm if person.crossed_over_on else None,
            ENRLDT=person.enrolled_on, EOSDT=person.off_study_on, DCSREAS=reason_text(person.off_study_reason),
            DTHDT=person.died_on,
        )  # fmt: skip
