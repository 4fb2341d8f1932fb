"""People at phones that a bad carrier serves: they read, wait, answer, answer twice, take back, say stop, open links.

Everything they write is remembered with what they meant by it, so that the record can be held against it.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from random import Random
from typing import Literal

from pro_collector.clock import Clock
from pro_collector.rehearsal.activity import Activity
from pro_collector.rehearsal.carrier import Carrier
from pro_collector.rehearsal.mailbox import Letter, Mailbox
from pro_collector.rehearsal.reading import topic
from pro_collector.rehearsal.texts import Text
from tests.shared.web_form import NoQuestion, WebForm

MINUTE = 60.0
HOUR = 3600.0
SOONEST = timedelta(seconds=5)

Meaning = Literal["answer", "correction", "nonsense", "stop", "start", "aside"]

_WHOSE = re.compile(r"(?:[Aa]bout|[Ff]or) (RT-\d+)")
_ITEMS = {"tablets": "medicine", "get about": "steps"}
HIGHEST: Mapping[str, int] = {"pain": 10, "tiredness": 10, "worry": 10, "steps": 10, "medicine": 1}


@dataclass(frozen=True, slots=True)
class Question:
    """A question as its reader understands it: about whom, and which."""

    code: str
    item: str


@dataclass(frozen=True, slots=True)
class Meant:
    """What somebody meant by a text: for an answer, which question and which value."""

    kind: Meaning
    question: Question | None = None
    value: int = 0


@dataclass
class Phone:
    """One phone: the participants it is for, and what came last."""

    number: str
    codes: Sequence[str]
    stopped: bool = False
    last: Text | None = None
    pending: set[str] = field(default_factory=set)


class Crowd:
    """Everybody. `meant` says what each text was meant as, by its sid; `on_the_web` what was given there."""

    def __init__(
        self, phones: Sequence[Phone], emails: Mapping[str, Sequence[str]], carrier: Carrier, mailbox: Mailbox,
        clock: Clock, *, seed: int,
    ) -> None:  # fmt: skip
        self.activity = Activity(clock)
        self.meant: dict[str, Meant] = {}
        self.on_the_web: set[tuple[Question, int]] = set()
        self._phones = {phone.number: phone for phone in phones}
        self._emails = emails
        self._carrier, self._clock, self._seed = carrier, clock, seed
        carrier.subscribe(self._hear)
        mailbox.subscribe(self._open)

    async def stop(self) -> None:
        """Everybody puts the phone away."""
        await self.activity.stop()

    def _hear(self, text: Text) -> None:
        phone = self._phones[text.phone]
        if not text.automatic:
            phone.last = text
            self.activity.spawn(self._read(phone, text))

    async def _read(self, phone: Phone, text: Text) -> None:
        question = understood(text.body, phone.codes)
        if question is None:
            return
        dice = Random(f"{self._seed} {text.sid}")
        if dice.random() < 0.08 and "again" not in text.body:  # forgets
            return
        await self._wait(dice)
        if phone.last is text:  # nobody answers a question that another has followed
            await self._answer(phone, question, dice)

    async def _answer(self, phone: Phone, question: Question, dice: Random) -> None:
        if phone.stopped:
            return
        value = dice.randint(0, HIGHEST.get(question.item, 4))
        meant, words = Meant("answer", question, value), dice.choice((f"{value}", f"{value}.", f"it's a {value}"))
        if question.item == "medicine":
            words = ("no", "yes")[value]
        luck = dice.random()
        if luck < 0.002:
            return await self._stop(phone, dice)
        if luck < 0.03:
            self._say(phone, dice.choice(("not great today", "ask my husband", "3 and then 4")), Meant("nonsense"))
            return None
        self._say(phone, words, meant)
        if luck < 0.09:  # a phone that sends twice
            await self.activity.pause(1.0)
            self._say(phone, words, meant)
        elif luck < 0.08:
            await self.activity.pause(dice.choice((2.0, 30.0)))
            self._say(phone, f"oops {value}", Meant("correction"))
        elif luck < 0.1:
            await self.activity.pause(2.0)
            self._say(phone, "thanks", Meant("aside"))
        return None

    async def _stop(self, phone: Phone, dice: Random) -> None:
        """No more; and some think again after a day or two."""
        phone.stopped = True
        self._say(phone, dice.choice(("STOP", "please stop texting me")), Meant("stop"))
        if dice.random() < 0.5:
            await self.activity.pause(dice.uniform(12, 48) * HOUR)
            phone.stopped = False
            self._say(phone, "START", Meant("start"))

    def _open(self, letter: Letter) -> None:
        codes = self._emails.get(letter.recipient, ())
        link = re.search(r"http\S+/r/\w+", letter.text)
        if codes and link:
            self.activity.spawn(self._visit(codes, letter, link[0]))

    async def _visit(self, codes: Sequence[str], letter: Letter, link: str) -> None:
        """Answer some of what is open on the web, and sometimes all of it."""
        dice = Random(f"{self._seed} {link}")
        if dice.random() < 0.5:
            return
        await self._wait(dice)
        code = next((found for found in codes if f"({found})" in letter.subject), codes[0])
        many = dice.choice((1, 2, 9))
        async with WebForm(link) as form:
            for _ in range(many):
                item = await form.next_item()
                if item is None:
                    break
                value = dice.randint(0, HIGHEST.get(item, 4))
                self.on_the_web.add((Question(code, item), value))
                try:
                    await form.answer(item, str(value))
                except NoQuestion:  # answered by text meanwhile
                    continue
            if many == 9 and await form.next_item() is None:
                with suppress(NoQuestion):  # finished by text meanwhile
                    await form.confirm()

    def _say(self, phone: Phone, words: str, meant: Meant) -> None:
        sid, _ = self._carrier.text_from(phone.number, words)
        self.meant[sid] = meant

    async def _wait(self, dice: Random) -> None:
        """Until they turn to it: minutes or hours later, at a full minute, so that many act at once."""
        seconds = dice.choice((1, 1, 2, 3, 5, 10)) * MINUTE if dice.random() < 0.9 else dice.uniform(1, 20) * HOUR
        at = self._clock.now().timestamp() + seconds
        await self.activity.pause(ceil(at / MINUTE) * MINUTE - self._clock.now().timestamp())


def understood(text: str, codes: Sequence[str]) -> Question | None:
    """The question in a text, and about whom of those at this phone; None when it asks nothing."""
    if "?" not in text:
        return None
    item = next((item for words, item in _ITEMS.items() if words in text), "") or topic(text)
    whose = _WHOSE.search(text)
    return Question(whose[1] if whose else codes[0], item) if item else None
