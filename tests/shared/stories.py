"""Plays the stories of `tests/data/conversations` in an office: phones, texts and the expected records.

A story mentions everything: it fails if a text, a mail or a task for the team occurs that it does not mention.
`tests/data/conversations/README.md` describes how to write a story.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from pro_collector.commands.apply_study import apply_study
from pro_collector.commands.enrol import Enrolment, enrol
from pro_collector.commands.finish_task import finish_task
from pro_collector.commands.reading_list import load_reading_list
from pro_collector.commands.record_treatment import record_event
from pro_collector.commands.show_task import show_task
from pro_collector.domain.task_kind import ALARMING
from pro_collector.library import Library, load_library
from pro_collector.postgres.tables import tasks
from pro_collector.reconciler import Reconciler
from pro_collector.rehearsal.hostility import CALM
from tests.shared.clock import START
from tests.shared.office import FIVE_SECONDS, NURSE, Office
from tests.shared.places import DATA
from tests.shared.web_form import WebForm

FOLDER = DATA / "conversations"
STORIES = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "study.yaml")
ZONE = ZoneInfo("America/New_York")
FIRST = START.astimezone(ZONE).date()
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_DAY = re.compile(r"day (\d+)(?:, (\d\d:\d\d))?")
_LATER = re.compile(r"(\d+) (second|minute|hour|day)s? later")


@cache
def _library() -> Library:
    return load_library(FOLDER / "instruments")


async def play(office: Office, path: Path) -> None:
    """Play one story to its end; raises AssertionError with the first step that fails."""
    story = yaml.safe_load(path.read_text(encoding="utf-8"))
    await apply_study(
        office.rt, (FOLDER / "study.yaml").read_text(encoding="utf-8"), "study.yaml", _library(), "tester"
    )
    player = StoryPlayer(office)
    for code, person in (story.get("people") or {"RT-1": {"self": "Ana"}}).items():
        await player.enrol(code, person)
    for number, step in enumerate(story["steps"], start=1):
        try:
            await player.step(step)
        except AssertionError as error:
            raise AssertionError(f"{path.name}, step {number}, {step!r}: {error}") from error
    player.check_nothing_unread()
    await player.check_no_other_tasks()


class StoryPlayer:
    """Carries out the steps of a story, and keeps what the story has mentioned."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.phones: dict[str, str] = {}
        self.read: dict[str, int] = {}
        self.opened: dict[str, int] = {}
        self.tasks: list[str] = []
        self.verbs: tuple[tuple[str, Callable[..., Awaitable[None]]], ...] = (
            (r"day \d+.*|\d+ \w+ later", self.wait),
            (r"(\w+) gets", self.gets),
            (r"(\w+) gets in any order", self.gets_in_any_order),
            (r"(\w+) gets nothing", self.gets_nothing),
            (r"(\w+) says", self.says),
            (r"(\w+) says at once", self.says_at_once),
            (r"(\w+) sends a picture", self.sends_a_picture),
            (r"(\w+) says quickly", self.says_quickly),
            (r"(\w+) is mailed", self.is_mailed),
            (r"(\w+) answers on the web", self.answers_on_the_web),
            (r"(\w+) taps twice on the web", self.taps_twice),
            (r"(\w+) confirms on the web", self.confirms_on_the_web),
            (r"(\w+) stops the mails", self.stops_the_mails),
            (r"(\S+) (\w+) is", self.is_in_state),
            (r"(\S+) (\w+) answered", self.answered),
            (r"(\S+) (\w+) has answers", self.has_answers),
            (r"(\S+) (\w+) scored", self.scored),
            (r"(\S+) had", self.had),
            (r"the team sees", self.team_sees),
            (r"the team waits for", self.team_waits_for),
            (r"the team waits for nothing", self.team_waits_for),
            (r"the team reads it as", self.team_reads),
            (r"the team has read (\S+)", self.team_has_read),
            (r"the reading list is", self.reading_list_is),
            (r"the team calls (\S+)", self.team_calls),
            (r"the carrier", self.carrier),
            (r"the provider's log is read", self.log_is_read),
        )

    async def enrol(self, code: str, person: dict[str, Any]) -> None:
        """Enrol a person of the story: names of who is asked; `events` are known treatment events by day."""
        age = person.get("age", 40)
        fields: dict[str, Any] = {
            "code": code, "zone": ZONE.key, "language": person.get("language", "en"), "enrolled_on": FIRST,
            "birth_date": date(FIRST.year - age, 1, 1), "site": person.get("site", "boston"),
        }  # fmt: skip
        fields |= {"nickname": person["nickname"]} if "nickname" in person else {}
        channels = person.get("by", "sms email").split()
        for reporter, prefix in (("self", ""), ("proxy", "proxy_"), ("caregiver", "caregiver_")):
            if name := person.get(reporter):
                fields |= {f"{prefix}phone": self.phone(name)} if "sms" in channels else {}
                fields |= {f"{prefix}email": self.inbox(name)} if "email" in channels else {}
        fields |= {"caregiver_consented_on": FIRST} if "caregiver" in person else {}
        await enrol(self.office.rt, "story-study", [Enrolment.model_validate(fields)])
        await self.office.settle()
        await self.had(person.get("events", {"treatment_start": "day 2"}), code)

    def phone(self, name: str) -> str:
        """The phone number of a person of the story."""
        return self.phones.setdefault(name, f"+120255501{len(self.phones) + 10}")

    def inbox(self, name: str) -> str:
        """The mail address of a person of the story."""
        return f"{name.lower()}@example.org"

    async def step(self, step: Any) -> None:
        """Carry out one step: a sentence, or a sentence with its content."""
        sentence, content = next(iter(step.items())) if isinstance(step, dict) else (step, None)
        for pattern, verb in self.verbs:
            if match := re.fullmatch(pattern, sentence):
                await verb(content, *(match.groups() or ([sentence] if verb == self.wait else [])))
                return
        raise AssertionError("no such kind of step")

    # Time

    async def wait(self, _: None, sentence: str) -> None:
        later, day = _LATER.fullmatch(sentence), _DAY.fullmatch(sentence)
        if later:
            seconds = int(later[1]) * _UNITS[later[2]]
            await self.office.run(self.office.clock.now() + timedelta(seconds=seconds))
        else:
            assert day, "no such time"
            await self.office.run(self._at(day).astimezone(UTC) + FIVE_SECONDS)

    @staticmethod
    def _at(day: re.Match[str]) -> datetime:
        return datetime.combine(FIRST + timedelta(int(day[1]) - 1), time.fromisoformat(day[2] or "00:00"), ZONE)

    # Phones and mail

    def _texts(self, name: str) -> Iterator[str]:
        for text in self.office.carrier.phones[self.phone(name)]:
            if text.direction == "in":
                yield f"(carrier) {text.body}" if text.automatic else text.body

    def _unread(self, name: str) -> list[str]:
        return list(self._texts(name))[self.read.get(name, 0) :]

    async def gets(self, content: str | list[str], name: str) -> None:
        for expected in _listed(content):
            unread = self._unread(name)
            assert unread, f"{name} got nothing, and not {expected!r}"
            assert expected in unread[0], f"{name} got {unread!r}"
            self.read[name] = self.read.get(name, 0) + 1

    async def gets_in_any_order(self, content: list[str], name: str) -> None:
        """Texts that we sent at the same instant and that the carrier delivers in any order."""
        unread = self._unread(name)
        in_order = sorted(content, key=lambda expected: [expected in text for text in unread], reverse=True)
        await self.gets(in_order, name)

    async def gets_nothing(self, _: None, name: str) -> None:
        assert not self._unread(name), f"{name} got {self._unread(name)!r}"

    async def says(self, content: object, name: str) -> None:
        self.check_nothing_unread()
        for words in _listed(content):
            await self.office.carrier.reply(self.phone(name), str(words))
            await self.office.run(self.office.clock.now() + FIVE_SECONDS)

    async def sends_a_picture(self, content: object, name: str) -> None:
        """A picture, with a text if `content` has one."""
        self.check_nothing_unread()
        await self.office.carrier.reply(self.phone(name), str(content or ""), pictures=1)
        await self.office.run(self.office.clock.now() + FIVE_SECONDS)

    async def says_at_once(self, content: list[object], name: str) -> None:
        self.check_nothing_unread()
        for words in content:
            _, calls = self.office.carrier.text_from(self.phone(name), str(words))
            await asyncio.wait(calls)  # both are in before anybody reads, in the order they were written
        await self.office.run(self.office.clock.now() + FIVE_SECONDS)

    async def says_quickly(self, content: object, name: str) -> None:
        """A text after which only one second passes."""
        await self.office.carrier.reply(self.phone(name), str(content))
        await self.office.run(self.office.clock.now() + timedelta(seconds=1))

    async def is_mailed(self, content: str | list[str], name: str) -> None:
        letters = self.office.world.mailbox.inboxes[self.inbox(name)]
        for expected in _listed(content):
            unread = letters[self.opened.get(name, 0) :]
            assert unread, f"{name} got no mail"
            assert expected in unread[0].subject, unread[0].subject
            self.opened[name] = self.opened.get(name, 0) + 1

    def check_nothing_unread(self) -> None:
        """Check that the story has mentioned every text and mail that arrived."""
        for name in self.phones:
            assert not self._unread(name), f"not in the story: {name} got {self._unread(name)!r}"
            letters = self.office.world.mailbox.inboxes[self.inbox(name)][self.opened.get(name, 0) :]
            assert not letters, f"not in the story: {name} was mailed {[letter.subject for letter in letters]!r}"

    # The web form

    def _form(self, name: str) -> WebForm:
        letters = self.office.world.mailbox.inboxes[self.inbox(name)]
        seen = [*self._texts(name), *(letter.text for letter in letters)]
        return WebForm(next(found[0] for words in reversed(seen) if (found := re.search(r"http\S+/r/\w+", words))))

    async def answers_on_the_web(self, content: dict[str, object], name: str) -> None:
        async with self._form(name) as form:
            for item, value in content.items():
                await form.answer(item, str(value))
        await self.office.run(self.office.clock.now() + FIVE_SECONDS)

    async def taps_twice(self, content: dict[str, object], name: str) -> None:
        async with self._form(name) as form:
            for item, value in content.items():
                await form.answer(item, str(value), taps=2)
        await self.office.run(self.office.clock.now() + FIVE_SECONDS)

    async def confirms_on_the_web(self, _: None, name: str) -> None:
        async with self._form(name) as form:
            await form.confirm()
        await self.office.run(self.office.clock.now() + FIVE_SECONDS)

    async def stops_the_mails(self, _: None, name: str) -> None:
        async with self._form(name) as form:
            await form.stop_mails()

    # The record

    async def is_in_state(self, content: str, code: str, assessment: str) -> None:
        rows = await self._rows("SELECT o.state FROM occasion o", code, assessment)
        assert [row["state"] for row in rows] == _listed(content)

    async def answered(self, content: dict[str, object], code: str, assessment: str) -> None:
        rows = await self._rows(
            "SELECT a.* FROM answer_current a JOIN occasion o ON o.id = a.occasion_id", code, assessment
        )
        answers = {row["item"]: _answer_text(row) for row in rows}
        assert answers == {item: str(answer) for item, answer in (content or {}).items()}, answers

    async def has_answers(self, content: int, code: str, assessment: str) -> None:
        rows = await self._rows("SELECT a.* FROM answer a JOIN occasion o ON o.id = a.occasion_id", code, assessment)
        assert len(rows) == content

    async def scored(self, content: dict[str, float], code: str, assessment: str) -> None:
        rows = await self._rows(
            "SELECT s.* FROM score_current s JOIN occasion o ON o.id = s.occasion_id", code, assessment
        )
        scores = {row["scale"]: round(row["value"], 1) for row in rows}
        assert scores == content, scores

    async def _rows(self, query: str, code: str, assessment: str) -> list[dict[str, Any]]:
        return await self.office.rows(
            f"{query} JOIN participant p ON p.id = o.participant_id WHERE p.code = %s AND o.assessment = %s"
            " ORDER BY o.reporter DESC",
            code, assessment,
        )  # fmt: skip

    async def had(self, content: dict[str, str], code: str) -> None:
        for kind, when in content.items():
            day = _DAY.fullmatch(when)
            assert day
            await record_event(self.office.rt, code, kind, self._at(day).date(), by="tester", study="story-study")
        await self.office.settle()

    async def team_sees(self, content: object) -> None:
        self.tasks += _listed(content)
        await self.check_no_other_tasks()

    async def team_waits_for(self, content: object) -> None:
        """The kinds of the tasks that are not done yet."""
        assert [task.kind for task in await self._waiting()] == _listed(content or [])

    async def team_reads(self, content: object) -> None:
        """A person of the team enters the meaning of the reply of the only open task."""
        (task,) = await self._waiting()
        await finish_task(self.office.rt, str(task.id), by="tester", code=str(content))
        await self.office.run(self.office.clock.now() + FIVE_SECONDS)

    async def team_has_read(self, content: object, code: str) -> None:
        """A person of the team marks every open task of this participant as done, with a note and nothing else."""
        for task in await self._waiting():
            if task.code == code:
                await finish_task(self.office.rt, str(task.id), by="tester", note=str(content or "read"))
        await self.office.run(self.office.clock.now() + FIVE_SECONDS)

    async def reading_list_is(self, content: object) -> None:
        """What the entries of the reading list may be, each with its code, in order."""
        entries = await load_reading_list(self.office.rt)
        shown = [f"{entry.code} {entry.importance.name.lower().replace('_', ' ')}" for entry in entries]
        assert shown == _listed(content or []), shown

    async def team_calls(self, content: dict[str, object], code: str) -> None:
        """A person of the team asks the open questions on the telephone, and confirms the answers."""
        task = next(task for task in await self._waiting() if (task.kind, task.code) == ("call", code))
        visit = (await show_task(self.office.rt, str(task.id), NURSE)).visit
        assert visit is not None
        assert visit.link is not None
        async with WebForm(visit.link) as form:
            for item, value in content.items():
                await form.answer(item, str(value))
            await form.confirm()
        await self.office.run(self.office.clock.now() + FIVE_SECONDS)

    async def _waiting(self) -> list[tasks.OpenTask]:
        async with self.office.rt.database.transaction() as tx:
            return await tasks.load_open(tx)

    async def check_no_other_tasks(self) -> None:
        """Check that the story has mentioned every task that was raised."""
        rows = await self.office.rows("SELECT kind FROM task ORDER BY raised_at")
        assert sorted(row["kind"] for row in rows) == sorted(self.tasks), [row["kind"] for row in rows]
        alerts = self.office.world.mailbox.inboxes["study-team@story.example.org"]
        assert len(alerts) == sum(kind in ALARMING for kind in self.tasks)

    async def carrier(self, content: dict[str, Any]) -> None:
        self.office.carrier.hostility = replace(CALM, **content)

    async def log_is_read(self, _: None) -> None:
        await Reconciler(self.office.rt).fetch_inbound()
        await self.office.run(self.office.clock.now() + FIVE_SECONDS)


def _listed(content: Any) -> list[Any]:
    return content if isinstance(content, list) else [content]


def _answer_text(row: dict[str, Any]) -> str:
    """An answer as a story writes it: with the mode, `proxy` and `late` where they are not the default."""
    parts = [row["code"] or row["absent"]]
    parts += [row["mode"]] * (row["mode"] != "sms") + ["proxy"] * (row["reporter"] == "proxy") + ["late"] * row["late"]
    return ", ".join(parts)
