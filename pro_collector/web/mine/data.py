"""The copy of one's data: a page to read and print, a table (CSV), and FHIR."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands.own_data import OwnData, own_data, own_fhir
from pro_collector.web.mine.answers import ShownAnswer, given_in_words, shown_answer
from pro_collector.web.mine.dates import local_day
from pro_collector.web.mine.guard import OwnPageGuard, PageVisit
from pro_collector.web.mine.overview import title_of
from pro_collector.web.mine.session import session_of
from pro_collector.web.mine.table_rows import as_csv, instruments_of
from pro_collector.web.mine.trends import event_label, scale_title, value_in_words
from pro_collector.words import date_in_words

DATA = "/data"
_GAP = re.compile(r"\{(?:link|unsubscribe|own_page|code)\}")


@dataclass(frozen=True, slots=True)
class ShownSurvey:
    """One check-in of the copy. `given`: when and how it was answered, as text."""

    title: str
    given: str
    answers: list[ShownAnswer]


class DataPages:
    """The page with the copy, and its files."""

    def __init__(self, guard: OwnPageGuard) -> None:
        self.guard, self.rt = guard, guard.rt

    async def read(self, request: Request, visit: PageVisit) -> Response:
        """Show everything, to read or print."""
        data = await own_data(self.rt, visit.case, visit.reporter, "read", session_of(request))
        surveys = [
            ShownSurvey(
                title_of(visit.case, survey.row, visit.language),
                given_in_words(visit, survey),
                [shown_answer(visit, survey, item) for item in survey.items],
            )
            for survey in reversed(data.surveys)
        ]
        return self.guard.show(
            request,
            visit,
            "data.html",
            csv=visit.at(f"{DATA}/my-data.csv"),
            fhir=visit.at(f"{DATA}/my-data.json"),
            about=_about(visit),
            surveys=surveys,
            scores=_scores(visit, data),
            events=[(event_label(visit, kind), date_in_words(visit.words, day)) for kind, day in data.events],
            messages=[
                (
                    _moment(visit, message.at),
                    visit.words.say("mine.data.from_you" if message.theirs else "mine.data.from_us"),
                    _GAP.sub("[…]", message.words),
                )
                for message in reversed(data.messages)
            ],
        )

    async def csv(self, request: Request, visit: PageVisit) -> Response:
        """The copy as a table."""
        data = await own_data(self.rt, visit.case, visit.reporter, "csv", session_of(request))
        return self.guard.pages.file(as_csv(visit, data), "text/csv; charset=utf-8", "my-data.csv")

    async def fhir(self, _request: Request, visit: PageVisit) -> Response:
        """The answers and scores as a FHIR Bundle."""
        bundle = await own_fhir(self.rt, visit.case, visit.reporter)
        content = json.dumps(bundle, ensure_ascii=False, indent=1).encode()
        return self.guard.pages.file(content, "application/fhir+json", "my-data.json")


def _about(visit: PageVisit) -> list[tuple[str, str]]:
    """What is stored of the person themselves, as (label, value); the arm is left out: a study may be blinded."""
    person, words = visit.case.person, visit.words
    site = visit.case.current_version.study.sites.get(person.site or "")
    label = next(iter(site.label.values()), "") if site else ""
    fields = {"code": person.code, "language": visit.case.language_of(visit.reporter), "zone": person.zone}
    if not visit.is_caregiver:  # of whom nothing else is stored
        fields |= {
            "enrolled": date_in_words(words, person.enrolled_on),
            "birth": date_in_words(words, person.birth_date) if person.birth_date else "",
            "preferred": person.preferred_time.strftime("%H:%M") if person.preferred_time else "",
            "quiet": person.quiet or "",
        }
    named = [(words.say(f"mine.data.{key}"), value) for key, value in fields.items() if value]
    return [*named, (words.say("mine.data.hospital"), label)] if label else named


def _scores(visit: PageVisit, data: OwnData) -> list[tuple[str, str, str]] | None:
    """The scores as (day, scale, value), newest first; None where the study shows none."""
    if data.scores is None:
        return None
    known, zone = instruments_of(visit), visit.case.person.zone
    return [
        (
            date_in_words(visit.words, local_day(score.completed_at, zone)),
            scale_title(known[score.instrument, score.instrument_version], score.scale, visit.language)[0],
            value_in_words(visit, score.value),
        )
        for score in reversed(data.scores)
    ]


def _moment(visit: PageVisit, at: datetime) -> str:
    """A day and time where the person lives."""
    local = at.astimezone(ZoneInfo(visit.case.person.zone))
    return f"{date_in_words(visit.words, local.date())}, {local:%H:%M}"
