"""Simulates the people of a cohort: they read messages, wait, answer, misunderstand, forget, and open links."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import aiohttp

from pro_collector.clock import Clock
from pro_collector.rehearsal.activity import Activity
from pro_collector.rehearsal.carrier import Carrier
from pro_collector.rehearsal.cohort import Persona
from pro_collector.rehearsal.form_visit import fill_in
from pro_collector.rehearsal.mailbox import Letter, Mailbox
from pro_collector.rehearsal.reading import ReadQuestion, answer_words, read_link, read_question, unreadable_words
from pro_collector.rehearsal.texts import Text

MINUTE = 60.0
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Reporter:
    """A person with a phone or an inbox: a participant, or a parent who answers for them."""

    character: Persona
    kind: str

    def dice(self, seed: int, *of: object) -> Random:
        """A random generator for this person and situation, so that no result depends on the order of tasks."""
        return Random("/".join(str(part) for part in (seed, self.character.code, self.kind, *of)))  # noqa: S311


class People:
    """All people of a cohort. With `look_every` (seconds) they look at their phones only at multiples of that time.

    So with a leaping clock many of them act at the same instant, and a run takes far fewer leaps.
    """

    def __init__(
        self,
        characters: Sequence[Persona],
        carrier: Carrier,
        mailbox: Mailbox,
        clock: Clock,
        *,
        seed: int = 1,
        look_every: float = 0.0,
    ) -> None:
        self.activity = Activity(clock)
        self.replies = self.visits = 0
        self._carrier, self._clock, self._seed, self._look_every = carrier, clock, seed, look_every
        self._by_phone: Mapping[str, Reporter] = dict(_reporters(characters, "phone", "proxy_phone"))
        self._by_email: Mapping[str, Reporter] = dict(_reporters(characters, "email", "proxy_email"))
        self._stopped: set[str] = set()
        self._last_answer: dict[str, datetime] = {}
        self._browser: aiohttp.ClientSession | None = None
        self._stopping = False
        carrier.subscribe(self._on_text)
        mailbox.subscribe(self._on_letter)

    async def stop(self) -> None:
        """Cancel their tasks and close their browser; they ignore later messages."""
        self._stopping = True
        await self.activity.stop()
        if self._browser is not None:
            await self._browser.close()

    def _on_text(self, text: Text) -> None:
        reporter = self._by_phone.get(text.phone)
        if reporter is not None and not text.automatic and not self._stopping:
            self.activity.spawn(self._answer_text(reporter, text))

    def _on_letter(self, letter: Letter) -> None:
        reporter, link = self._by_email.get(letter.recipient), read_link(letter.text)
        if reporter is not None and link is not None and not self._stopping:
            self.activity.spawn(self._follow(reporter, link, "mail"))

    async def _answer_text(self, who: Reporter, text: Text) -> None:
        question, link = read_question(text.body), read_link(text.body)
        if text.phone in self._stopped or (question is None and link is None):
            return
        dice = who.dice(self._seed, self._clock.now(), text.body)
        if self._wants_to_stop(who):
            self._stopped.add(text.phone)
            await self._wait(5 * MINUTE)
            self._send(text.phone, "STOP")
        elif link is not None:
            await self._follow(who, link, "text")
        elif question is not None:
            await self._answer_question(who, text, question, dice)

    async def _answer_question(self, who: Reporter, text: Text, question: ReadQuestion, dice: Random) -> None:
        """Answer soon in the middle of a conversation, else some time later, or not at all."""
        habits, now = who.character.habits, self._clock.now()
        last_answer = self._last_answer.get(text.phone, datetime.min.replace(tzinfo=now.tzinfo))
        in_conversation = now - last_answer < timedelta(minutes=30)
        if dice.random() < (habits.wanders_off if in_conversation else habits.silent):
            return
        await self._wait(dice.randint(1, 4) * MINUTE if in_conversation else _first_delay(dice, habits.late))
        self._last_answer[text.phone] = self._clock.now()
        language = who.character.language
        if dice.random() < habits.unclear:
            self._send(text.phone, unreadable_words(language, dice))
        else:
            self._send(text.phone, answer_words(question, self._position(who, question, dice), language, dice))

    async def _follow(self, who: Reporter, link: str, kind: str) -> None:
        """Open a link some time later and fill in the form."""
        dice = who.dice(self._seed, kind, self._clock.now())
        if dice.random() < who.character.habits.silent:
            return
        await self._wait(_first_delay(dice, 0.5 if kind == "mail" else who.character.habits.late))
        leaves_at = dice.randint(1, 10) if dice.random() < 3 * who.character.habits.wanders_off else None
        questions = 0

        async def choose(question: ReadQuestion) -> int | None:
            nonlocal questions
            questions += 1
            return None if questions == leaves_at else self._position(who, question, dice)

        if self._browser is None:
            self._browser = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        self.visits += 1
        await fill_in(self._browser, link, choose)

    def _position(self, who: Reporter, question: ReadQuestion, dice: Random) -> int:
        """The index of the choice that is true for this person today."""
        today = self._clock.now().astimezone(ZoneInfo(who.character.zone)).date()
        noise = dice.gauss(0.05 if who.kind == "proxy" else 0.0, 0.07)  # parents report a little more
        return question.position(who.character.illness.felt(question.topic, today, noise))

    def _wants_to_stop(self, who: Reporter) -> bool:
        stops_on = who.character.habits.stops_on
        return stops_on is not None and self._clock.now().date() >= stops_on

    def _send(self, phone: str, words: str) -> None:
        self.replies += 1
        self._carrier.text_from(phone, words)

    async def _wait(self, seconds: float) -> None:
        """Wait so many seconds, then until the person looks at the phone."""
        if self._look_every:
            at = self._clock.now().timestamp() + seconds
            seconds += math.ceil(at / self._look_every) * self._look_every - at
        await self.activity.pause(seconds)


def _first_delay(dice: Random, late: float) -> float:
    """Seconds until a person answers a message: some minutes, sometimes hours."""
    return dice.randint(1, 7) * HOUR if dice.random() < late else dice.choice((2, 3, 5, 10, 15, 20, 30)) * MINUTE


def _reporters(characters: Sequence[Persona], own: str, proxy: str) -> list[tuple[str, Reporter]]:
    return [
        (address, Reporter(character, kind))
        for character in characters
        for column, kind in ((own, "self"), (proxy, "proxy"))
        if (address := getattr(character, column))
    ]
