"""How a person pauses, stops a channel, or leaves the study, on their own page."""

from collections.abc import Iterator
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands.leave_study import leave_study, stop_channel
from pro_collector.commands.pause_self import end_own_pause, own_pause, pause_self, paused
from pro_collector.domain.conversation.own_choices import last_pause
from pro_collector.web.mine.acts import CHANGES, PageOption, by, done_at, reached
from pro_collector.web.mine.guard import OwnPageGuard, PageVisit
from pro_collector.web.mine.session import end_session
from pro_collector.web.request import fields_of
from pro_collector.words import day_as_said

WEEKS = (1, 2, 4, 8)
"""The lengths of a pause that are offered."""


class StoppingPages:
    """The pages of a pause, of stopping a channel, and of leaving."""

    def __init__(self, guard: OwnPageGuard) -> None:
        self.guard, self.rt = guard, guard.rt

    async def pause(self, request: Request, visit: PageVisit) -> Response:
        """Choose until when nothing is sent, or end the pause."""
        if request.method != "POST":
            return self._pause(request, visit)
        fields = await fields_of(request)
        person = visit.case.person.id
        if "end" in fields:
            await end_own_pause(self.rt, person, by=by(visit))
            return self.guard.pages.go(done_at(visit, "resumed"))
        until = _day(fields.get("choice", ""), [fields.get(each, "").strip() for each in ("year", "month", "day")])
        if until is None:
            return self._pause(request, visit, "date")
        problem = await pause_self(self.rt, person, until, by=by(visit))
        return self._pause(request, visit, problem) if problem else self.guard.pages.go(done_at(visit, "paused"))

    async def stop(self, request: Request, visit: PageVisit) -> Response:
        """Ask whether to stop a channel, and stop it."""
        name = str(request.path_params["channel"])
        channel = next((each.channel for each in reached(visit) if each.channel == name), None)
        if channel is None or channel == "call":
            return self.guard.pages.go(visit.at(CHANGES))
        if request.method != "POST":
            return self.guard.show(request, visit, "act_stop.html", channel=channel)
        last = len(reached(visit)) == 1
        await stop_channel(self.rt, visit.case.person.id, visit.reporter, channel, by=by(visit))
        if last:  # nothing can be sent any more, so the session has ended: answered with a page
            return self._closed(request, visit, f"mine.acts.done.stopped_{channel}")
        return self.guard.pages.go(done_at(visit, f"stopped_{channel}"))

    async def leave(self, request: Request, visit: PageVisit) -> Response:
        """Say what follows from leaving."""
        return self.guard.show(request, visit, "act_leave.html")

    async def leave_sure(self, request: Request, visit: PageVisit) -> Response:
        """Ask once more, and let the person leave."""
        if request.method != "POST":
            return self.guard.show(request, visit, "act_leave_sure.html")
        await leave_study(self.rt, visit.case.person.id, visit.reporter, by=by(visit))
        return self._closed(request, visit, "mine.acts.leave.done")

    def _closed(self, request: Request, visit: PageVisit, done: str) -> Response:
        left = done == "mine.acts.leave.done"
        page = self.guard.page(request, visit.case, "act_closed.html", 200, visit.reporter, done=done, left=left)
        if not visit.several:
            end_session(page, self.guard.pages)
        return page

    def _pause(self, request: Request, visit: PageVisit, problem: str = "") -> Response:
        case, words = visit.case, visit.words
        last = last_pause(case.today, case.current_version.study.page.pause_at_most)
        by_team = paused(case.states, case.today) and own_pause(case.states, case.today) is None
        key = "mine.acts.pause." + (problem or "past")
        return self.guard.show(
            request,
            visit,
            "act_pause.html",
            422 if problem else 200,
            options=list(_options(visit, last)),
            own=own_pause(case.states, case.today) is not None,
            by_team=by_team,
            mistake=words.say(key, **({"day": day_as_said(words, last, case.today)} if problem == "too_long" else {}))
            if problem
            else "",
        )


def _options(visit: PageVisit, last: date) -> Iterator[PageOption]:
    today, say = visit.case.today, visit.words.say
    for weeks in WEEKS:
        until = today + timedelta(weeks=weeks)
        if until <= last:
            long = say("mine.acts.pause.week") if weeks == 1 else say("mine.acts.pause.weeks", count=weeks)
            day = day_as_said(visit.words, until, today)
            yield PageOption(until.isoformat(), say("mine.acts.pause.option", day=day, long=long))


def _day(chosen: str, typed: list[str]) -> date | None:
    """The day that was chosen, or typed as year, month and day; what was typed counts first."""
    try:
        return date(*(int(each) for each in typed)) if any(typed) else date.fromisoformat(chosen)
    except (ValueError, OverflowError):
        return None
