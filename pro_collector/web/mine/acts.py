"""What a person changes on their own page: the list of all of it, and the small choices about how they are asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands.choose_how_asked import choose_channels, choose_hour, choose_language, choose_quiet
from pro_collector.commands.pause_self import own_pause, paused
from pro_collector.domain.conversation.channel_order import ORDERS, ChannelOrder
from pro_collector.domain.conversation.own_choices import hours_to_choose
from pro_collector.domain.study import quiet_hours
from pro_collector.errors import BadInput
from pro_collector.postgres.tables.contacts import ContactRow, order_of
from pro_collector.web.mine.guard import OwnPageGuard, PageVisit
from pro_collector.web.request import fields_of
from pro_collector.words import day_as_said

CHANGES = "/change"
"""The path of the list, below the person's page."""
DONE = frozenset(
    {"hour", "quiet", "language", "channel", "paused", "resumed", "stopped_sms", "stopped_email", "corrected", "asked"}
)
"""What was just done, as the list confirms it."""


@dataclass(frozen=True, slots=True)
class PageOption:
    """One choice of a page: the value that the browser sends, its label, and whether it is chosen now."""

    sent: str
    label: str
    chosen: bool = False


def by(visit: PageVisit) -> str:
    """Who does what is done on this page, as the record names them."""
    return "participant" if visit.reporter == "self" else visit.reporter


class ChangePages:
    """The list of what can be changed, and the choices of hour, quiet hours, language and channel."""

    def __init__(self, guard: OwnPageGuard) -> None:
        self.guard, self.rt = guard, guard.rt

    async def changes(self, request: Request, visit: PageVisit) -> Response:
        """Show what is chosen now, and what was just done."""
        done = request.query_params.get("done", "")
        return self.guard.show(
            request,
            visit,
            "acts.html",
            note=self._note(visit, done) if done in DONE else "",
            rows=self._rows(visit),
            stops=[each.channel for each in reached(visit) if each.channel in ("sms", "email")],
            offers_report=visit.case.current_version.study.unprompted is not None and not visit.is_caregiver,
            has_consent=bool(visit.case.current_version.study.consent) and not visit.is_caregiver,
        )

    async def hour(self, request: Request, visit: PageVisit) -> Response:
        """Choose the hour at which the person is asked."""
        now = visit.case.person.preferred_time
        hours = hours_to_choose(visit.case.current_version.silence)
        options = [PageOption("", visit.words.say("mine.acts.hour.any"), now is None)]
        options += [PageOption(f"{each:%H:%M}", hour_in_words(visit, each), each == now) for each in hours]
        if (chosen := await self._chosen(request, options)) is None:
            return self._choose(request, visit, "hour", options)
        await choose_hour(self.rt, visit.case.person.id, _time(chosen), by=by(visit))
        return self._done(visit, "hour")

    async def quiet(self, request: Request, visit: PageVisit) -> Response:
        """Choose hours in which the person gets no message."""
        fields = await fields_of(request) if request.method == "POST" else {}
        if fields:
            start, end = (_time(fields.get(each, "")) for each in ("start", "end"))
            if "remove" not in fields and (start is None or end is None):
                return self._quiet(request, visit, visit.words.say("mine.acts.quiet.both"))
            try:
                await choose_quiet(self.rt, visit.case.person.id, start, end, by=by(visit))
            except BadInput:
                return self._quiet(request, visit, visit.words.say("mine.acts.quiet.mistake"))
            return self._done(visit, "quiet")
        return self._quiet(request, visit)

    async def language(self, request: Request, visit: PageVisit) -> Response:
        """Choose the language of all messages."""
        known, study = self.guard.pages.words, visit.case.current_version.study
        own = visit.case.person.language_of(visit.reporter)
        options = [PageOption(each, known[each].say("name"), each == own) for each in study.languages if each in known]
        if (chosen := await self._chosen(request, options)) is None:
            return self._choose(request, visit, "language", options)
        await choose_language(self.rt, visit.case.person.id, chosen, by=by(visit), reporter=visit.reporter)
        return self._done(visit, "language", chosen)

    async def channel(self, request: Request, visit: PageVisit) -> Response:
        """Choose on which channel the person is asked first, or only."""
        own = {each.channel for each in reached(visit)}
        now = order_of(visit.case.contacts, visit.reporter)
        orders = {_key(order): order for order in ORDERS if order.first in own}
        options = [PageOption(key, _order_in_words(visit, order), order == now) for key, order in orders.items()]
        chosen = await self._chosen(request, options)
        if chosen is None:
            return self._choose(request, visit, "channel", options)
        await choose_channels(self.rt, visit.case.person.id, visit.reporter, orders[chosen], by=by(visit))
        return self._done(visit, "channel")

    async def _chosen(self, request: Request, options: Sequence[PageOption]) -> str | None:
        """The value that was sent; None if the page is to be shown."""
        if request.method != "POST":
            return None
        sent = (await fields_of(request)).get("choice")
        return sent if sent in {option.sent for option in options} else None

    def _choose(self, request: Request, visit: PageVisit, what: str, options: Sequence[PageOption]) -> Response:
        mistake = request.method == "POST"
        return self.guard.show(
            request, visit, "act_choose.html", 422 if mistake else 200, what=what, options=options, mistake=mistake
        )

    def _quiet(self, request: Request, visit: PageVisit, mistake: str = "") -> Response:
        own = quiet_hours.parse(visit.case.person.quiet)[:1]
        start, end = own[0] if own else (None, None)
        hours = [("", "–"), *((f"{hour:02}:00", hour_in_words(visit, time(hour))) for hour in range(24))]
        parts = [
            (name, [PageOption(sent, label, now is not None and f"{now:%H:%M}" == sent) for sent, label in hours])
            for name, now in (("start", start), ("end", end))
        ]
        return self.guard.show(
            request, visit, "act_quiet.html", 422 if mistake else 200, parts=parts, mistake=mistake, has_own=bool(own)
        )

    def _done(self, visit: PageVisit, what: str, language: str = "") -> Response:
        return self.guard.pages.go(done_at(visit, what) + (f"&lang={language}" if language else ""))

    def _rows(self, visit: PageVisit) -> list[tuple[str, str, str, str]]:
        """Each choice: its path, its label, what is chosen now, and the code of its words."""
        say, person = visit.words.say, visit.case.person
        hour = hour_in_words(visit, person.preferred_time) if person.preferred_time else say("mine.acts.hour.any")
        own = quiet_hours.parse(person.quiet)
        spans = [
            say("mine.acts.quiet.between", start=hour_in_words(visit, start), end=hour_in_words(visit, end))
            for start, end in own
        ]
        own_language = person.language_of(visit.reporter)
        language = self.guard.pages.words.get(own_language)
        values = {
            "pause": _pause(visit),
            "hour": hour,
            "quiet": ", ".join(spans) or say("mine.acts.quiet.none"),
            "language": language.say("name") if language else own_language,
            "channel": _order_in_words(visit, order_of(visit.case.contacts, visit.reporter)),
        }
        if len(reached(visit)) < 2:  # without a choice there is nothing to choose
            del values["channel"]
        if visit.is_caregiver:  # the others are the patient's
            values = {what: value for what, value in values.items() if what in ("channel", "language")}
        return [(visit.at(f"/{what}"), say(f"mine.acts.{what}.label"), value, what) for what, value in values.items()]

    @staticmethod
    def _note(visit: PageVisit, done: str) -> str:
        pause = own_pause(visit.case.states, visit.case.today)
        if done != "paused":
            return visit.words.say(f"mine.acts.done.{done}")
        if pause is None or pause.ends_on is None:
            return ""
        return visit.words.say("mine.acts.done.paused", day=day_as_said(visit.words, pause.ends_on, visit.case.today))


def reached(visit: PageVisit) -> list[ContactRow]:
    """The addresses at which this reporter gets messages, the phone first."""
    own = [each for each in visit.case.contacts if each.reporter == visit.reporter and each.usable]
    return sorted(own, key=lambda each: each.channel != "sms")


def _key(order: ChannelOrder) -> str:
    """An order of channels as the browser sends it, and as its words are named."""
    if order.first is None:
        return "any"
    return f"{order.first}_only" if order.only else order.first


def _order_in_words(visit: PageVisit, order: ChannelOrder) -> str:
    return visit.words.say(f"mine.acts.channel.{_key(order)}")


def hour_in_words(visit: PageVisit, hour: time) -> str:
    """A time of day as people say it."""
    return f"{hour:%H:%M}" if hour.minute else visit.words.say(f"mine.acts.hours.{hour.hour}")


def done_at(visit: PageVisit, what: str) -> str:
    """The URL of the list that confirms what was just done."""
    return f"{visit.at(CHANGES)}?done={what}"


def _pause(visit: PageVisit) -> str:
    today, say = visit.case.today, visit.words.say
    own = own_pause(visit.case.states, today)
    if own is not None and own.ends_on is not None:
        return say("mine.acts.pause.until", day=day_as_said(visit.words, own.ends_on, today))
    return say("mine.acts.pause.by_team") if paused(visit.case.states, today) else say("mine.acts.pause.none")


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text) if text else None
    except ValueError:
        return None
