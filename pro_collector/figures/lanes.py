"""Draws a protocol: a lane for each assessment in each arm, with windows, invitations and reminders over time. Pure."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from pro_collector.domain.study.definition import Study
from pro_collector.domain.study.example import ExampleCourse
from pro_collector.figures.drawing import GREY, LETTER, LINE_HEIGHT, Drawing
from scheduler.occasion import Occasion

_LEFT, _WIDTH, _LANE, _LEAST = 230.0, 760.0, 26.0, 1.5
_STEPS = (7, 14, 28, 91, 182, 364)
"""Days between two ticks: weeks, months of four weeks, quarters."""
_MOST_TICKS = 16
_ONE_DAY = 86_400.0


class _Axis:
    """Days since enrolment, from left to right."""

    def __init__(self, enrolled: date, first: float, last: float) -> None:
        self._start = datetime.combine(enrolled, datetime.min.time(), UTC)
        self._enrolled, self.first, self.last = enrolled, min(first, 0.0), max(last, 7.0)

    def of_day(self, day: float) -> float:
        """The place of a day since enrolment."""
        inside = min(max(day, self.first), self.last)
        return _LEFT + (inside - self.first) / (self.last - self.first) * _WIDTH

    def of_date(self, on: date) -> float:
        """The place of a date."""
        return self.of_day((on - self._enrolled).days)

    def of_instant(self, at: datetime) -> float:
        """The place of an instant."""
        return self.of_day((at - self._start).total_seconds() / _ONE_DAY)

    @property
    def ticks(self) -> range:
        """The days that are marked."""
        step = next((each for each in _STEPS if (self.last - self.first) / each <= _MOST_TICKS), _STEPS[-1])
        return range(-(-int(self.first) // step) * step, int(self.last) + 1, step)


def draw_protocol(study: Study, courses: Sequence[ExampleCourse]) -> str:
    """The SVG of the courses of a study, one below the other, over one axis of weeks since enrolment."""
    title = f"{next(iter(study.title.values()))}, version {study.version}: what is asked, and when"
    drawing = Drawing(title, _description(study, courses))
    axis, y = _axis(courses), 20.0
    drawing.text(12, y, "Mark: the invitation. Bar: its window. Thin line: a reminder. Thick line: a treatment event.")
    for course in courses:
        y = _course(drawing, axis, study, course, y + 30)
    return drawing.svg()


def _axis(courses: Sequence[ExampleCourse]) -> _Axis:
    enrolled = courses[0].enrolled
    start = datetime.combine(enrolled, datetime.min.time(), UTC)
    every = [each for course in courses for each in course.occasions]
    days = [(at - start).total_seconds() / _ONE_DAY for each in every for at in (each.opens_at, each.closes_at)]
    days += [float((on - enrolled).days) for course in courses for _, on in course.events]
    return _Axis(enrolled, min(days, default=0.0), max(days, default=0.0))


def _course(drawing: Drawing, axis: _Axis, study: Study, course: ExampleCourse, top: float) -> float:
    arm = study.arms.get(course.arm) if course.arm else None
    heading = f"Arm: {_said(arm.label)}" if arm else "Everybody"
    drawing.text(12, top, heading, bold=True, size=14)
    y = top + 12
    for name, label in ((name, _said(kind.label)) for name, kind in study.timeline.items()):
        dates = [on for kind, on in course.events if kind == name]
        if dates:
            y = _lane(drawing, label, y)
            for on in dates:
                drawing.line(axis.of_date(on), y - _LANE + 5, axis.of_date(on), y - 5, width=3)
    for number, (name, assessment) in enumerate(study.assessments.items()):
        y = _lane(drawing, _said(assessment.title), y)
        asked = [each for each in course.occasions if each.assessment == name]
        for occasion in asked:
            _occasion(drawing, axis, occasion, number, y)
        if not asked:
            drawing.text(_LEFT + 6, y - 8, "follows answers" if assessment.trigger else "not asked in this course")
    return _scale(drawing, axis, top + 12, y)


def _lane(drawing: Drawing, label: str, y: float) -> float:
    """A row of the picture with its name; returns its lower edge."""
    most = int((_LEFT - 24) / LETTER)
    drawing.text(_LEFT - 10, y + _LANE / 2 + 4, label if len(label) <= most else f"{label[: most - 1]}…", "end")
    drawing.line(_LEFT, y + _LANE, _LEFT + _WIDTH, y + _LANE, GREY, 0.3)
    return y + _LANE


def _occasion(drawing: Drawing, axis: _Axis, each: Occasion, group: int, bottom: float) -> None:
    opens, closes = axis.of_instant(each.opens_at), axis.of_instant(each.closes_at)
    drawing.bar(opens, bottom - 9, max(closes - opens, _LEAST), 5, group)
    drawing.dot(axis.of_instant(each.due_at), bottom - 15, group)
    for at in each.reminders:
        drawing.line(axis.of_instant(at), bottom - 12, axis.of_instant(at), bottom - 2)


def _scale(drawing: Drawing, axis: _Axis, top: float, bottom: float) -> float:
    for day in axis.ticks:
        x = axis.of_day(day)
        drawing.line(x, top, x, bottom, GREY, 0.3)
        drawing.text(x, bottom + LINE_HEIGHT - 2, str(day // 7), "middle", size=11)
    drawing.text(_LEFT - 10, bottom + LINE_HEIGHT - 2, "weeks since enrolment", "end", size=11)
    return bottom + LINE_HEIGHT


def _description(study: Study, courses: Sequence[ExampleCourse]) -> str:
    """For those who cannot see the picture: how often each assessment is asked, and when first and last."""
    told = []
    for course in courses:
        for name, assessment in study.assessments.items():
            days = [
                (each.due_local.date() - course.enrolled).days for each in course.occasions if each.assessment == name
            ]
            times = f"{len(days)} times, from day {days[0]} to day {days[-1]}" if days else "not"
            told.append(f"{f'arm {course.arm}: ' if course.arm else ''}{_said(assessment.title)}: asked {times}.")
    return " ".join(told)


def _said(text: dict[str, str]) -> str:
    return text.get("en") or next(iter(text.values()))
