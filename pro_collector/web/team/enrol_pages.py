"""The pages to enrol one person by a form, or many by a file, and the sheet of paper that they take home."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, available_timezones

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands.enrol import Enrolment, enrol, enrolment_mistakes, read_csv, read_row
from pro_collector.commands.preview_enrolment import PREVIEW_SPAN, EnrolmentPreview, preview_enrolment
from pro_collector.commands.show_task import spoken
from pro_collector.display.enrolment import warned
from pro_collector.domain.account.acts import Act
from pro_collector.domain.study.definition import Study
from pro_collector.errors import Problem
from pro_collector.postgres.tables import participants
from pro_collector.views.people import study_in_force, titles_of
from pro_collector.views.sheet import information_sheet
from pro_collector.web.request import MAX_BODY, fields_of
from pro_collector.web.team.days import DAYS
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team.people_pages import PEOPLE
from pro_collector.words import date_in_words, load, own_name

COLUMNS = tuple(Enrolment.model_fields)
FIRST_WEEKS = timedelta(days=35)
"""For so long ahead the invitations of one person are shown before they are enrolled."""
LISTED = 40
"""So many invitations, or mistakes of a file, are listed at most; the rest is counted."""
LONGEST_FILE = MAX_BODY * 3 // 4


@dataclass(frozen=True, slots=True)
class _Foreseen:
    """An invitation as the page shows it: a local moment, what it is, by what, and whom it goes to."""

    when: str
    title: str
    channel: str
    code: str


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the page shows before anybody is enrolled. `more`: how many invitations it does not list."""

    invitations: Sequence[_Foreseen]
    more: int
    warnings: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Choices:
    """What can be chosen in the forms, as titles by value."""

    sites: Mapping[str, str]
    arms: Mapping[str, str]
    languages: Mapping[str, str]
    consents: Mapping[str, str]


class EnrolPages:
    """Enrolling, and the sheet."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, pages

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """A form and a file for those who enrol; the sheet for everybody who sees people."""
        of_study = self._guard.of_study
        return (
            (f"{PEOPLE}/new", "GET", of_study(Act.enrol, self.ask)),
            (f"{PEOPLE}/new", "POST", of_study(Act.enrol, self.enrol_one)),
            (f"{PEOPLE}/import", "GET", of_study(Act.enrol, self.ask_file)),
            (f"{PEOPLE}/import", "POST", of_study(Act.enrol, self.enrol_many)),
            (f"{PEOPLE}/{{code}}/sheet", "GET", of_study(Act.see_people, self.sheet)),
        )

    async def ask(self, _request: Request, visit: StudyVisit) -> Response:
        """Show the empty form; what there is only one of is chosen."""
        study = await self._study(visit)
        zones = [site.zone for code, site in study.sites.items() if code in visit.sites] or ["UTC"]
        today = visit.rt.clock.now().astimezone(ZoneInfo(zones[0])).date()
        return self._form(visit, study, {"enrolled_on": today.isoformat()})

    async def enrol_one(self, request: Request, visit: StudyVisit) -> Response:
        """Check the form; show what would be sent; enrol them once that was seen and confirmed."""
        study, fields = await self._study(visit), await fields_of(request)
        given = {name: fields.get(name, "").strip() for name in COLUMNS}
        if not given["zone"] and given["site"] in study.sites:
            given["zone"] = study.sites[given["site"]].zone
        person, problems = await self._read(visit, study, given)
        if person is None or problems:
            return self._form(visit, study, given, {each.where or "phone": each.message for each in problems})
        step = fields.get("step")
        if step == "enrol":
            await enrol(visit.acts, visit.study, [person], by=visit.who.name)
            listed = urlencode({"text": person.code, "done": "enrolled"})
            return self._guard.go(f"{PEOPLE.format(study=visit.study)}?{listed}")
        if step == "change":
            return self._form(visit, study, given)
        foreseen = await preview_enrolment(visit.acts, visit.study, [person], FIRST_WEEKS)
        return self._pages.of_study(
            "enrol_preview.html", visit, "people", given=given, people=[person], weeks=FIRST_WEEKS.days // 7,
            shown=_shown(study, [person], foreseen),
        )  # fmt: skip

    async def ask_file(self, _request: Request, visit: StudyVisit) -> Response:
        """Show the form for a file."""
        return self._file_form(visit, await self._study(visit))

    async def enrol_many(self, request: Request, visit: StudyVisit) -> Response:
        """Check a file; show who would be enrolled and what would be sent; enrol all of them once that is confirmed.

        The file is kept nowhere: the page that asks for the confirmation holds it, and sends it back.
        """
        study, fields = await self._study(visit), await fields_of(request)
        text, confirmed = fields.get("file", "") or fields.get("pasted", ""), fields.get("step") == "enrol"
        if confirmed and fields.get("whole") != "yes":
            return self._file_form(visit, study, mistakes={"file": "It was not sent whole. Choose the file again."})
        if mistake := _unreadable(text):
            return self._file_form(visit, study, mistakes={"file": mistake})
        people, problems = await self._read_file(visit, study, text)
        if problems or not people:
            words = "Nobody was enrolled: correct the file, and choose it again." if problems else "It has no people."
            return self._file_form(visit, study, problems=problems, mistakes={"file": words})
        if confirmed:
            await enrol(visit.acts, visit.study, people, by=visit.who.name)
            return self._guard.go(f"{PEOPLE.format(study=visit.study)}?done=imported")
        foreseen = await preview_enrolment(visit.acts, visit.study, people)
        return self._pages.of_study(
            "import_preview.html", visit, "people", file=text, people=people, at_once=foreseen.at_once,
            hours=PREVIEW_SPAN.days * 24, shown=_shown(study, people, foreseen),
        )  # fmt: skip

    async def sheet(self, request: Request, visit: StudyVisit) -> Response:
        """Show the sheet of paper, in the language of whoever takes it home, to be printed."""
        for_caregiver = request.query_params.get("for") == "caregiver"
        sheet = await information_sheet(
            visit.rt, visit.study, request.path_params["code"], visit.sites, for_caregiver=for_caregiver
        )
        words = load()[sheet.language]
        days = [date_in_words(words.section("form"), each.at.date()) for each in sheet.visits]
        return self._pages.of_study(
            "sheet.html", visit, "people", sheet=sheet, words=words.section("sheet"),
            visits=list(zip(days, sheet.visits, strict=True)),
            printed=date_in_words(words.section("form"), sheet.printed_on),
        )  # fmt: skip

    async def _study(self, visit: StudyVisit) -> Study:
        async with visit.rt.database.transaction() as tx:
            return await study_in_force(tx, visit.rt, visit.study)

    async def _read(
        self, visit: StudyVisit, study: Study, given: Mapping[str, str]
    ) -> tuple[Enrolment | None, list[Problem]]:
        async with visit.acts.database.transaction() as tx:  # a code of another site is taken, too
            enrolled = await participants.enrolled(tx, visit.study, [given["code"]])
            person, problems = read_row(dict(given), "", None, study, enrolled, visit.sites)
            shared = [] if problems or person is None else await enrolment_mistakes(tx, visit.acts, [person], "")
        return person, problems + shared

    async def _read_file(self, visit: StudyVisit, study: Study, text: str) -> tuple[list[Enrolment], list[Problem]]:
        people, problems = read_csv(text, "", study, may_enrol_at=visit.sites)
        async with visit.acts.database.transaction() as tx:  # a code of another site is taken, too
            enrolled = await participants.enrolled(tx, visit.study, [person.code for person in people])
            if enrolled:
                people, problems = read_csv(text, "", study, enrolled, visit.sites)
            return people, problems or await enrolment_mistakes(tx, visit.acts, people, "")

    def _form(
        self, visit: StudyVisit, study: Study, given: Mapping[str, str], mistakes: Mapping[str, str] = NO_MISTAKES
    ) -> Response:
        return self._pages.of_study(
            "enrol.html", visit, "people", status=422 if mistakes else 200, mistakes=mistakes,
            given={name: given.get(name, "") for name in COLUMNS}, zones=sorted(available_timezones()),
            choices=_choices(study, visit), days=DAYS, by_age=_by_age(study),
            asks_caregivers=bool(study.of_caregivers),
        )  # fmt: skip

    def _file_form(
        self, visit: StudyVisit, study: Study, *, problems: Sequence[Problem] = (),
        mistakes: Mapping[str, str] = NO_MISTAKES,
    ) -> Response:  # fmt: skip
        return self._pages.of_study(
            "import.html", visit, "people", status=422 if mistakes else 200, mistakes=mistakes, columns=COLUMNS,
            problems=problems[:LISTED], more=max(0, len(problems) - LISTED), choices=_choices(study, visit),
        )  # fmt: skip


def _unreadable(text: str) -> str | None:
    """What is wrong with a file before its columns are read; None if nothing is."""
    if not text.strip():
        return "Choose a file, or paste its rows."
    if "\ufffd" in text:
        return "It is not UTF-8: save the sheet as CSV UTF-8."
    if len(text.encode()) > LONGEST_FILE:
        return f"It is longer than {LONGEST_FILE // 1024} kB: divide it, or use the command line."
    return None


def _choices(study: Study, visit: StudyVisit) -> _Choices:
    languages = {code: own_name(code) for code in study.languages}
    return _Choices(
        {code: spoken(site.label) for code, site in study.sites.items() if code in visit.sites},
        {code: spoken(arm.label) for code, arm in study.arms.items()},
        languages,
        {version: version for version in study.consent},
    )


def _by_age(study: Study) -> list[str]:
    """The titles of what somebody is asked by their age."""
    return [titles_of(study)[entry.assessment] for entry in study.rules().entries if entry.by_age]


def _shown(study: Study, people: Sequence[Enrolment], foreseen: EnrolmentPreview) -> _Shown:
    """The first invitations on the clock of whoever gets them, how many more there are, and the warnings."""
    zones = {person.code: person.zone for person in people}
    titles = titles_of(study)
    shown = [
        _Foreseen(
            f"{each.at.astimezone(ZoneInfo(zones[each.code])):%a %d %b %Y, %H:%M} ({zones[each.code]})",
            titles[each.assessment], "text" if each.channel == "sms" else "mail", each.code,
        )
        for each in foreseen.moments[:LISTED]
    ]  # fmt: skip
    warnings = [warned(each.code, each.column, each.why) for each in foreseen.warnings]
    return _Shown(shown, max(0, len(foreseen.moments) - LISTED), warnings)
