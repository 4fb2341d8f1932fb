"""The record behind the form, in memory over the pure survey, so that the pages can be tried without a database."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from pro_collector.domain.conversation.survey import Mode, Place, RecordAnswer, Survey, answer, confirm, expire
from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.study.emergency import Emergency, both
from pro_collector.web.form.store import Afterwards, OpenForm, Stopping, TeamContact

NOON = datetime(2026, 3, 27, 12, tzinfo=UTC)
TOKEN = "k3Jd82mQpXv71LsTbN0aWz"
CLINIC = TeamContact(
    sender="City Clinic",
    phone="+1 555 010 0199",
    email="study@clinic.example",
    emergency={
        "en": both("In an emergency call 911. If you think of harming yourself, call or text 988."),
        "es": Emergency(medical="En una emergencia llame al 911.", crisis="Si piensa en hacerse daño, llame al 988."),
    },
)


@dataclass
class MemoryFormStore:
    """One link, `TOKEN`, to one survey; `records` is all that was ever stored, in order.

    `failing` is what saving raises; `ending` is a link that ends between being opened and being used.
    """

    survey: Survey
    language: str = "en"
    now: datetime = NOON
    contact: TeamContact = CLINIC
    mode: Mode = "web"
    failing: Exception | None = None
    ending: bool = False
    records: list[RecordAnswer] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    afterwards: Afterwards | None = None
    channel: Literal["sms", "email"] = "email"
    calls: list[str] = field(default_factory=list)
    _given: set[tuple[Place, str, Answer]] = field(default_factory=set)

    async def open(self, token: str) -> OpenForm | None:
        self.calls.append("open")
        return self._form(token)

    async def answer(self, token: str, place: Place, value: Answer, nonce: str, language: str) -> OpenForm | None:
        self.calls.append("answer")
        if self.failing:
            raise self.failing
        if token == TOKEN and (place, nonce, value) not in self._given:
            self._given.add((place, nonce, value))
            self.languages.append(language)
            self._take(place, value, self.mode)
        return None if self.ending else self._form(token)

    async def finish(self, token: str) -> OpenForm | None:
        self.calls.append("finish")
        if token == TOKEN:
            self.survey = confirm(self.survey).survey
        return None if self.ending else self._form(token)

    async def stopping(self, token: str) -> Stopping | None:
        self.calls.append("open")
        return Stopping(self.channel, self.language, self.contact) if token == TOKEN else None

    async def stop(self, token: str, way: Literal["page", "one-click"]) -> Stopping | None:
        self.calls.append("stop")
        if self.failing:
            raise self.failing
        found = await self.stopping(token)
        self.stopped += [way] if found else []
        return found

    def text(self, instrument: str, item: str, value: Answer) -> None:
        """The same person answers by text message."""
        self._take(Place(instrument, item), value, "sms")

    def later(self, **passed: float) -> None:
        """Time goes by; the window closes when its end has come."""
        self.now += timedelta(**passed)
        if self.now >= self.survey.closes_at:
            self.survey = expire(self.survey).survey

    def value(self, item: str) -> Answer:
        """The answer that counts now."""
        return next((found[item] for found in self.survey.answers.values() if item in found), None)

    def cancel(self) -> None:
        """The study team ends it."""
        self.survey = replace(self.survey, state="cancelled")

    def _take(self, place: Place, value: Answer, mode: Mode) -> None:
        step = answer(self.survey, place, value, mode, self.now)
        self.survey = step.survey
        self.records += [effect for effect in step.effects if isinstance(effect, RecordAnswer)]

    def _form(self, token: str) -> OpenForm | None:
        if token != TOKEN:
            return None
        after = self.afterwards if self.survey.state == "completed" else None
        return OpenForm(self.survey, self.language, self.contact, self.now, self.mode, afterwards=after)


def desk(*instruments: Instrument, **given: object) -> MemoryFormStore:
    """A desk with a survey of these instruments that closes in a day, with a week more for late answers."""
    survey = Survey(
        occasion_id=UUID(int=1),
        participant_id=UUID(int=2),
        reporter="self",
        instruments=instruments,
        closes_at=NOON + timedelta(days=1),
        late_until=NOON + timedelta(days=8),
    )
    return MemoryFormStore(survey, **given)  # type: ignore[arg-type]  # the test says which
