"""SDTM DM (demographics): one record for each participant. Pure.

Source: SDTM Implementation Guide 3.4, domain DM, for names, order and use of the variables. What is not in the record
stays empty: dates of treatment and consent, race, the actual arm. The reference date is the day of enrolment. Whoever
crossed over was treated as no arm had planned: ARMNRS says so, and ACTARMUD tells from which arm to which.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated

from pro_collector.domain.exchange.cdisc_qs import StudyData, subject
from pro_collector.domain.research.tables import ParticipantOfStudy, ResearchTable

SEXES: Mapping[str, str] = {"female": "F", "f": "F", "male": "M", "m": "M", "unknown": "U", "u": "U"}
"""Terms of codelist C66731 by what a study may write."""
LONGEST_ARM = 20


@dataclass(frozen=True, slots=True)
class DmRecord:
    """One record of the domain DM."""

    STUDYID: Annotated[str, "Study Identifier"]
    DOMAIN: Annotated[str, "Domain Abbreviation"]
    USUBJID: Annotated[str, "Unique Subject Identifier"]
    SUBJID: Annotated[str, "Subject Identifier for the Study"]
    RFSTDTC: Annotated[str, "Subject Reference Start Date/Time"]
    RFENDTC: Annotated[str | None, "Subject Reference End Date/Time"]
    RFXSTDTC: Annotated[str | None, "Date/Time of First Study Treatment"]
    RFXENDTC: Annotated[str | None, "Date/Time of Last Study Treatment"]
    RFICDTC: Annotated[str | None, "Date/Time of Informed Consent"]
    RFPENDTC: Annotated[str | None, "Date/Time of End of Participation"]
    DTHDTC: Annotated[str | None, "Date/Time of Death"]
    DTHFL: Annotated[str | None, "Subject Death Flag"]
    SITEID: Annotated[str | None, "Study Site Identifier"]
    AGE: Annotated[int | None, "Age"]
    AGEU: Annotated[str | None, "Age Units"]
    SEX: Annotated[str | None, "Sex"]
    RACE: Annotated[str | None, "Race"]
    ARMCD: Annotated[str | None, "Planned Arm Code"]
    ARM: Annotated[str | None, "Description of Planned Arm"]
    ACTARMCD: Annotated[str | None, "Actual Arm Code"]
    ACTARM: Annotated[str | None, "Description of Actual Arm"]
    ARMNRS: Annotated[str | None, "Reason Arm and/or Actual Arm is Null"]
    ACTARMUD: Annotated[str | None, "Description of Unplanned Actual Arm"]
    COUNTRY: Annotated[str | None, "Country"]


DM = ResearchTable("dm", DmRecord, label="Demographics")


def records(data: StudyData) -> Iterator[DmRecord]:
    """The domain, in the order of the participants."""
    return (_record(person) for person in data.people)


def arm_code(arm: str) -> str:
    """ARMCD: at most 20 letters and digits."""
    return "".join(letter for letter in arm.upper() if letter.isalnum())[:LONGEST_ARM]


@cache
def alpha_3(country: str) -> str | None:
    """The ISO 3166-1 alpha-3 code of an alpha-2 code, from the library `holidays`; None if it does not know it."""
    from holidays.registry import COUNTRIES  # here, because it takes a while

    return {codes[1]: codes[2] for codes in COUNTRIES.values()}.get(country)


def _record(person: ParticipantOfStudy) -> DmRecord:
    left = _day(person.off_study_on)
    return DmRecord(
        STUDYID=person.study,
        DOMAIN="DM",
        USUBJID=subject(person),
        SUBJID=person.participant_code,
        RFSTDTC=person.enrolled_on.isoformat(),
        RFENDTC=left,
        RFXSTDTC=None,
        RFXENDTC=None,
        RFICDTC=None,
        RFPENDTC=left,
        DTHDTC=_day(person.died_on),
        DTHFL="Y" if person.died_on else None,
        SITEID=person.site,
        AGE=person.age_at_enrolment,
        AGEU=None if person.age_at_enrolment is None else "YEARS",
        SEX=SEXES.get((person.sex or "unknown").casefold(), "U"),
        RACE=None,
        ARMCD=arm_code(person.arm) if person.arm else None,
        ARM=person.arm,
        ACTARMCD=None,
        ACTARM=None,
        ARMNRS="UNPLANNED TREATMENT" if person.crossed_over_on else None if person.arm else "NOT ASSIGNED",
        ACTARMUD=_crossover(person),
        COUNTRY=alpha_3(person.country) if person.country else None,
    )


def _crossover(person: ParticipantOfStudy) -> str | None:
    """From which arm to which they crossed over, and on which day of the study the first time."""
    if person.crossed_over_on is None:
        return None
    days = (person.crossed_over_on - person.enrolled_on).days
    return f"{person.arm or 'no arm'}, then {person.last_arm or 'no arm'} from day {days + 1 if days >= 0 else days}"


def _day(on: date | None) -> str | None:
    return None if on is None else on.isoformat()
