"""The people of a life: they read what is on their phone, wait, and answer the question that they saw."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from pro_collector.rehearsal.texts import Text
from tests.hostile.people import HIGHEST, Meaning, Question, understood
from tests.lives.carrier import Carrier, Place

MINUTE, HOUR = 60.0, 3600.0


@dataclass(frozen=True, slots=True)
class Meant:
    """What somebody meant by a text; for an answer, also which text of ours they answer (the carrier's id) and how."""

    kind: Meaning
    question: Question | None = None
    value: int = 0
    asked_by: str = ""


@dataclass
class Phone:
    """One phone: the participants it is for, what came last, and whether its owner wants no more."""

    number: str
    codes: Sequence[str]
    last: Text | None = None
    stopped: bool = False


class People:
    """Everybody with a phone. `meant` says by the carrier's id what each text was meant as.

    `stops`: the probability that somebody wants no more instead of answering.
    """

    def __init__(self, place: Place, carrier: Carrier, phones: Sequence[Phone], dice: Random) -> None:
        self._place, self._carrier, self._dice = place, carrier, dice
        self.phones = {phone.number: phone for phone in phones}
        self.meant: dict[str, Meant] = {}
        self.arrived: list[Text] = []
        self.stops = 0.0

    def hear(self, text: Text) -> None:
        """A text arrives on a phone."""
        phone, dice = self.phones[text.phone], self._dice
        self.arrived.append(text)
        phone.last = text
        question = understood(text.body, phone.codes)
        if question is None or (dice.random() < 0.08 and "again" not in text.body):
            return
        seconds = dice.choice((1, 1, 2, 3, 5, 10)) * MINUTE if dice.random() < 0.9 else dice.uniform(1, 30) * HOUR
        at = (self._place.true_now() + timedelta(seconds=seconds)).replace(second=0)
        seconds = max(1.0, (at - self._place.true_now()).total_seconds())

        async def turn_to_it() -> None:
            if phone.last is text and not phone.stopped:
                self._answer(phone, text, question)

        self._place.later(seconds, turn_to_it)

    def _answer(self, phone: Phone, text: Text, question: Question) -> None:
        dice = self._dice
        value = dice.randint(0, HIGHEST.get(question.item, 4))
        meant = Meant("answer", question, value, text.sid)
        words = dice.choice((f"{value}", f"{value}.", f"it's a {value}"))
        if question.item == "medicine":
            words = ("no", "yes")[value]
        luck = dice.random()
        if luck < self.stops:
            self._stop(phone)
        elif luck < self.stops + 0.03:
            self._say(phone, dice.choice(("not great today", "ask my husband", "3 and then 4")), Meant("nonsense"))
        else:
            self._say(phone, words, meant)
            if luck < self.stops + 0.09:  # a phone that sends twice
                self._say_later(phone, 1.0, words, meant)
            elif luck < self.stops + 0.12:
                self._say_later(phone, 2.0, "thanks", Meant("aside"))

    def _stop(self, phone: Phone) -> None:
        phone.stopped = True
        self._say(phone, self._dice.choice(("STOP", "please stop texting me")), Meant("stop"))
        if self._dice.random() < 0.5:

            async def think_again() -> None:
                phone.stopped = False
                self._say(phone, "START", Meant("start"))

            self._place.later(self._dice.uniform(12, 48) * HOUR, think_again)

    def _say_later(self, phone: Phone, seconds: float, words: str, meant: Meant) -> None:
        async def say() -> None:
            self._say(phone, words, meant)

        self._place.later(seconds, say)

    def _say(self, phone: Phone, words: str, meant: Meant) -> None:
        self.meant[self._carrier.text_from(phone.number, words)] = meant
