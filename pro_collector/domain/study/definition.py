"""The model of a study file: languages, contacts, timeline events, assessments with their schedules, and limits."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from pro_collector.domain.alert.rule import AlertSection
from pro_collector.domain.document import Document, parse_yaml, problems, text_like, with_clock_times
from pro_collector.domain.near import did_you_mean
from pro_collector.domain.study.advice import Advice
from pro_collector.domain.study.after_check import with_usual_delay
from pro_collector.domain.study.check import check
from pro_collector.domain.study.consent import ConsentText
from pro_collector.domain.study.emergency import Emergency, EmergencyText, both
from pro_collector.domain.study.event_kind import EventKind, Language, Text
from pro_collector.domain.study.instrument_facts import InstrumentFacts
from pro_collector.domain.study.own_page import OwnPage
from pro_collector.domain.study.public_holidays import days_off
from pro_collector.domain.study.teaching import taught
from pro_collector.domain.study.trigger import Trigger
from pro_collector.errors import BadInput, Problem
from scheduler.after_end import Ending
from scheduler.anchors import ENROLMENT, TRIGGER
from scheduler.bundles import ways_of
from scheduler.duration import Duration
from scheduler.event_choice import AnchorChoice
from scheduler.expectation import Expectation
from scheduler.rulebook import Rules
from scheduler.rules import PUBLIC_HOLIDAYS, Blackout, Burden, EventName, Frozen, Hours, Schedule, Window
from scheduler.values import AboutPatient
from scheduler.weekdays import DaysOff

Slug = Annotated[
    str, text_like(r"^[a-z0-9]+(-[a-z0-9]+)*$", "lower-case letters, digits and hyphens, such as lung-metastases")
]
Code = Annotated[
    str, text_like(r"^[A-Za-z0-9][A-Za-z0-9_-]*$", "letters, digits, `_` and `-`, beginning with a letter or digit")
]
Country = Annotated[str, text_like(r"^[A-Z]{2}$", "a country code of two capital letters, such as ES")]
Phone = Annotated[
    str, text_like(r"^\+[1-9]\d{6,14}$", 'a number with its country code, in quotes and without spaces: "+34600000100"')
]
Email = Annotated[str, text_like(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "an address such as name@example.org")]
DEATHS = frozenset({"death", "died"})
"""Events and states that say that somebody has died."""
UNPROMPTED = "unprompted"
"""The assessment of an occasion that a person opened by themselves: no schedule has it."""
REPORT_TIME = Duration(seconds=12 * 3600)
"""How long an unprompted report stays open."""
EmergencyTexts = dict[Language, EmergencyText]


def _quoted(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f'put it in quotes ("{value}"): without them it is a number, and 1.10 would become 1.1')
    return value


def _zone(value: object) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = did_you_mean(str(value), available_timezones())
        raise ValueError(f"expected an IANA time zone such as Europe/Madrid{near}") from None


def _listed(value: object) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


Version = Annotated[str, BeforeValidator(_quoted), Field(min_length=1)]
Zone = Annotated[str, BeforeValidator(_zone)]


class Contact(Frozen):
    """How a patient reaches the study team: shown in HELP, in the footer of every email, and on the form."""

    phone: Phone
    email: Email


class Arm(Frozen):
    """One treatment arm or group."""

    label: Text


class Site(Frozen):
    """One hospital: its country, its time zone, and its contact if that differs from the contact of the study.

    `region` is the part of the country whose public holidays it has (the second part of its ISO 3166-2 code).
    `emergency`: what to do in an emergency, if that differs from the text of its country.
    """

    label: Text
    country: Country
    zone: Zone
    region: Code | None = None
    contact: Contact | None = None
    emergency: EmergencyTexts | None = None


class Assessment(Schedule):
    """What is asked, on which schedule, and how: question by question in texts, or on a web form by link."""

    title: Text = Field(description="patients read it in the subjects of mails, and in texts if several are due a day")
    mode: Literal["conversation", "link"] = "link"
    link_only: tuple[Country, ...] = Field(default=(), description="countries where texts go one way only")
    bundle: bool = Field(default=True, description="if the study bundles: it may share an invitation with others")
    anchor: AnchorChoice = Field(
        default=TRIGGER, description="the event that it counts from, unless answers trigger it"
    )
    trigger: Trigger | None = Field(default=None, description="the answers that it follows, in place of an anchor")

    @property
    def way(self) -> str | None:
        """How it is asked, as a text: what is asked in the same way may share an invitation. None: always alone."""
        if not self.bundle or self.after is not None:  # what follows the end is asked alone, once it is released
            return None
        return f"{self.ladder[0].channel} {self.model_dump_json(include={'mode', 'link_only', 'quiet_hours'})}"

    @property
    def most_a_week(self) -> int | None:
        """How many occasions of it each reporter has at most in any seven days; None: no limit of its own."""
        return self.trigger.at_most if self.trigger else None

    @property
    def counts_last(self) -> bool:
        """Whether answers that trigger it again end what earlier ones have left."""
        return self.trigger is not None and self.trigger.counts == "last"

    @model_validator(mode="before")
    @classmethod
    def _usual_delay(cls, data: Any) -> Any:
        return with_usual_delay(data)

    @model_validator(mode="after")
    def _counts_from_something(self) -> "Assessment":
        if self.after is not None:
            if self.trigger is not None or self.anchor != TRIGGER:
                raise ValueError("`after` takes the place of `anchor` and of `trigger`: give only one of them")
            return self
        if self.trigger is not None and self.asks is not None:
            raise ValueError("what answers trigger is asked of whoever gave them: leave out `asks`, or say an `anchor`")
        if self.trigger is None and self.anchor == TRIGGER:
            raise ValueError(
                "say what it counts from: `anchor`, an event; `trigger`, answers; or `after`, the end of participation"
            )
        if self.trigger is not None and self.anchor != TRIGGER:
            raise ValueError(
                "`trigger` takes the place of `anchor`: it counts from the check-in whose answers trigger it"
            )
        return self


class Unprompted(Frozen):
    """What a person may report by themselves, without being asked: "How are you now?"."""

    title: Text
    instruments: tuple[Slug, ...] = Field(min_length=1)
    at_most: int = Field(default=3, ge=1, le=24, description="how many reports of one reporter a day")

    @cached_property
    def assessment(self) -> Assessment:
        """The report as an assessment: a form behind a link that no schedule asks for and nobody is reminded of."""
        window = Window(closes=REPORT_TIME)
        return Assessment(title=self.title, instruments=self.instruments, anchor=ENROLMENT, on_days=(1,), window=window)


class Study(Frozen):
    """One version of a study. `rules` makes the input of the planner."""

    id: Slug
    version: Version
    title: Text
    sender: str = Field(
        min_length=2, max_length=30, description="who every message is from; it must not hint at an illness"
    )
    languages: tuple[Language, ...] = Field(min_length=1)
    contact: Contact
    emergency: EmergencyTexts = Field(description="what to do in an emergency, for everybody without a text below")
    emergency_in: dict[Country, EmergencyTexts] = Field(
        default_factory=dict, description="by country: the same for the sites there, with the numbers that serve there"
    )
    timeline: dict[EventName, EventKind]
    arms: dict[Code, Arm] = Field(default_factory=dict)
    sites: dict[Code, Site] = Field(default_factory=dict)
    quiet_hours: Annotated[tuple[Hours, ...], BeforeValidator(_listed)] = ()
    blackout: tuple[Blackout, ...] = ()
    burden: Burden | None = None
    bundles: bool = Field(
        default=False, description="surveys of one day, of one reporter, share one invitation and one form"
    )
    imputation: dict[Slug, str] = Field(
        default_factory=dict, description="by instrument: the policy by which skipped items count in its scores"
    )
    page: OwnPage = Field(default_factory=OwnPage, description="what people see on their own page")
    assessments: dict[Slug, Assessment] = Field(min_length=1)
    consent: dict[Version, dict[Language, ConsentText]] = Field(
        default_factory=dict, description="by version, the newest last: what people agree to, for their own page"
    )
    needs_consent: Annotated[tuple[AboutPatient, ...], BeforeValidator(_listed)] = Field(
        default=(), description="the reporters who are asked only if their consent is recorded"
    )
    unprompted: Unprompted | None = None
    advice: tuple[Advice, ...] = Field(
        default=(), description="what a person is told after their last answer, by the severity of their answers"
    )
    alerts: AlertSection | None = Field(default=None, description="who watches the answers, and what raises an alert")

    def rules(self, questions: Mapping[str, int] | None = None) -> Rules:
        """The rules for the planner. `questions` has the number of questions of each instrument, for the budget."""
        return Rules.of(
            self.assessments,
            quiet=self.quiet_hours,
            blackout=self.blackout,
            burden=self.burden,
            ending=self.ending,
            questions=questions,
            days_off=self._days_off(),
            expected=self.expectations,
            needs_consent=self.needs_consent,
            endings=self.endings,
            ways=self.ways,
        )

    @cached_property
    def ways(self) -> dict[str, str]:
        """How each assessment is asked that may share an invitation with others; empty if the study bundles nothing."""
        return ways_of(self.assessments) if self.bundles else {}

    @property
    def expectations(self) -> dict[str, Expectation]:
        """The event kinds of which the next event is planned provisionally, with their pace."""
        kinds = self.timeline.items()
        return {name: Expectation(kind.every, kind.until_event) for name, kind in kinds if kind.expect and kind.every}

    @cached_property
    def triggers(self) -> dict[str, Trigger]:
        """What triggers an assessment, by the name of the assessment."""
        return {name: each.trigger for name, each in self.assessments.items() if each.trigger is not None}

    @cached_property
    def of_caregivers(self) -> tuple[str, ...]:
        """The assessments that a caregiver answers, about themselves."""
        return tuple(name for name, each in self.assessments.items() if each.asks_caregiver)

    def _days_off(self) -> dict[str, DaysOff]:
        """The days off of each site; empty if nothing depends on them."""
        working_days = any(each.asks_for_working_days for each in self.assessments.values())
        if not working_days and PUBLIC_HOLIDAYS not in self.blackout:
            return {}
        return {name: days_off(site.country, site.region) for name, site in self.sites.items()}

    @property
    def ending(self) -> frozenset[str]:
        """The event kinds that end participation."""
        return frozenset(name for name, kind in self.timeline.items() if kind.ends == "participation")

    @cached_property
    def endings(self) -> dict[str, Ending | None]:
        """The event kinds that end participation, and how; None where the file does not say it."""
        return {name: "deceased" if name in DEATHS else self.timeline[name].ends_as for name in sorted(self.ending)}

    @property
    def repeating(self) -> frozenset[str]:
        """The event kinds that may happen again."""
        return frozenset(name for name, kind in self.timeline.items() if kind.happens == "repeatedly")

    @property
    def cycle(self) -> str | None:
        """The event kind whose events are treatment cycles."""
        return next((name for name, kind in self.timeline.items() if kind.cycle), None)

    @property
    def instruments(self) -> tuple[str, ...]:
        """Every instrument that is asked, or that a person may answer unprompted, without duplicates."""
        asked = [*self.assessments.values(), *([self.unprompted.assessment] if self.unprompted else [])]
        return tuple(dict.fromkeys(name for each in asked for name in each.instruments))

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) of the content of the file; comments and the order of keys do not change it."""
        return hashlib.sha256(self.model_dump_json(by_alias=True, exclude_defaults=True).encode()).hexdigest()

    def team(self, site: str | None) -> Contact:
        """Whom a participant at `site` calls: the team of the hospital if it has a contact, else that of the study."""
        hospital = self.sites.get(site or "")
        return hospital.contact if hospital and hospital.contact else self.contact

    def emergency_of(self, site: str | None) -> dict[str, Emergency]:
        """The emergency texts for a participant at `site`, by language: of the hospital, else country, else study.

        The first language of the study comes first: its text is used where another is missing.
        """
        hospital = self.sites.get(site or "")
        own = hospital.emergency or self.emergency_in.get(hospital.country) if hospital else None
        texts = own or self.emergency
        order = sorted(texts, key=lambda language: language not in self.languages[:1])
        return {language: both(texts[language]) for language in order}

    @property
    def emergency_anywhere(self) -> dict[str, Emergency]:
        """The emergency texts that are the same at every site, for a person whose site is unknown; else empty."""
        first, *others = [self.emergency_of(site) for site in (*self.sites, *([] if self.sites else [None]))]
        return first if all(each == first for each in others) else {}

    def assessment(self, name: str) -> Assessment:
        """The assessment of an occasion, by its name; `UNPROMPTED` is a report that no schedule asked for."""
        return self.unprompted.assessment if name == UNPROMPTED and self.unprompted else self.assessments[name]

    def mode(self, assessment: str, country: str | None = None) -> Literal["conversation", "link"]:
        """How an assessment is asked of a participant whose site is in `country` (ISO 3166-1 alpha-2)."""
        asked = self.assessment(assessment)
        return "link" if country in asked.link_only else asked.mode


def load_study(text: str, file: str, instruments: Mapping[str, InstrumentFacts] | None = None) -> Study:
    """Read a study file. Raises BadInput with every mistake: the line, what was expected, a similar known name.

    With `instruments` (by id) it also checks names, languages, reporters and the budget of questions against them.
    """
    document = with_clock_times(parse_yaml(text, file), text)
    mistakes: list[Problem] = []
    study: Study | None = None
    try:
        study = Study.model_validate(document.data)
    except ValidationError as error:
        mistakes += [taught(problem, Study) for problem in problems(document, error)]
    mistakes += check(document, _readable(document), instruments)
    if mistakes or study is None:
        raise BadInput(sorted(set(mistakes), key=lambda problem: (problem.line or 0, problem.where, problem.message)))
    return study


def stored_study(text: str, file: str) -> Study:
    """Read a study file that is in force already, without the checks: a newer release may have stricter ones."""
    return Study.model_validate(with_clock_times(parse_yaml(text, file), text).data)


def _readable(document: Document) -> dict[str, Assessment]:
    """The assessments, each read alone, so that a mistake in one place does not hide mistakes in another."""
    assessments = {}
    section = document.data.get("assessments") if isinstance(document.data, dict) else None
    for name, raw in section.items() if isinstance(section, dict) else ():
        if isinstance(raw, dict) and (assessment := _without_mistakes(raw)) is not None:
            assessments[str(name)] = assessment
    return assessments


_WHEN = {"on_days", "offsets", "repeat"}
_DEFAULTS: dict[str, Any] = {"title": {}, "anchor": ENROLMENT, "window": {"closes": "100y"}}


def _without_mistakes(raw: dict[str, Any]) -> Assessment | None:
    """The readable part of an assessment, with harmless defaults for its required keys; None if that is not enough."""
    try:
        return Assessment.model_validate(raw)
    except ValidationError as error:
        wrong = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
    rest = {key: value for key, value in raw.items() if key not in wrong}
    if not rest.keys() & {*_WHEN, "after"}:
        rest["on_days"] = [1]
    try:
        unanchored = {"anchor": TRIGGER} if rest.keys() & {"trigger", "after"} else {}
        return Assessment.model_validate({**_DEFAULTS, **unanchored, **rest})
    except ValidationError:
        return None
