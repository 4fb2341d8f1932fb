"""The report of a study: one HTML page with flow, completion, trajectories, endpoints, quality and versions.

Each section names the table from which its numbers come, so that anybody can count again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pro_collector import __version__
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.research import consort, missingness, respondents
from pro_collector.domain.research.intervals import mean_interval
from pro_collector.domain.research.numbering import number_of_visit
from pro_collector.domain.research.tables import ItemAnswer, ParticipantOfStudy, PlannedVisit, ScaleValue
from pro_collector.figures.curves import Measured, completion_figure, mean_figure
from pro_collector.figures.flow import flow_figure
from pro_collector.resources import TEMPLATES


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table of the page: cells as they are shown."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: where its numbers come from, figures as SVG, tables."""

    id: str
    heading: str
    source: str
    figures: Sequence[str] = ()
    tables: Sequence[ReportTable] = ()


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report is made of: the rows of one study; `versions` of its file, each with the time it was applied."""

    study: str
    title: str
    versions: Sequence[tuple[str, datetime]]
    people: Sequence[ParticipantOfStudy]
    visits: Sequence[PlannedVisit]
    items: Sequence[ItemAnswer]
    scores: Sequence[ScaleValue]
    instruments: Sequence[Instrument]
    assessments: Sequence[str]
    endpoints: Sequence[Section] = field(default=())
    sites: Sequence[str] | None = None
    """Those whose participants the rows are of; None: all."""


def report(of: Reported, made: datetime, as_of: datetime | None) -> str:
    """The page."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    sections = [
        _participants(of), _completion(of), _respondents(of), *_trajectories(of), *of.endpoints, _quality(of),
        _versions(of), _checklist(of),
    ]  # fmt: skip
    return environment.get_template("research/report.html").render(
        title=of.title,
        study=of.study,
        made=_at(made),
        seen=_at(as_of or made),
        product=__version__,
        sections=sections,
        sites=of.sites,
    )


def percent(part: float | None) -> str:
    """A share as it is shown; `-` if there is none."""
    return "-" if part is None else f"{part:.1%}"


def _participants(of: Reported) -> Section:
    rows = list(consort.flow(of.people, of.visits))
    by_site = Counter(person.site or "no site" for person in of.people)
    sites = ReportTable("Participants by site", ["site", "enrolled"], sorted(by_site.items()))
    return Section(
        "participants", "Participants", "Table consort: pro-collector export consort. Sites: table participants.",
        [flow_figure(of.study, rows)], [sites],
    )  # fmt: skip


def _completion(of: Reported) -> Section:
    rows = list(missingness.completion(of.people, of.visits))
    heads = [
        "visit", "reporter", "arm", "population", "expected", "received", "completion rate", "available data rate",
        "missing", "died", "withdrew", "off study", "pending",
    ]  # fmt: skip
    cells = [
        (
            row.visit, row.reporter, row.arm or "no arm", row.population, row.expected, row.received,
            percent(row.completion_rate), percent(row.available_rate), row.missing, row.died, row.withdrew,
            row.off_study, row.pending,
        )
        for row in rows if row.by == "arm"
    ]  # fmt: skip
    reasons = [
        (row.visit, row.reporter, row.arm or "no arm", row.standing, row.reason or "-", row.participants)
        for row in missingness.reasons(of.people, of.visits)
    ]
    patterns = [
        (row.assessment, row.reporter, row.arm or "no arm", row.pattern, row.participants)
        for row in missingness.patterns(of.people, of.visits)
    ]
    return Section(
        "completion", "Completion", "Tables completion, reasons, patterns: pro-collector export completion.",
        [completion_figure(of.study, rows)],
        [
            ReportTable("Visits by arm: whoever died before a visit was due is not missing", heads, cells),
            ReportTable(
                "Why visits are missing or were not expected",
                ["visit", "reporter", "arm", "standing", "reason", "participants"], reasons,
            ),
            ReportTable(
                "Patterns of missing visits", ["assessment", "reporter", "arm", "pattern", "participants"], patterns
            ),
        ],
    )  # fmt: skip


def _respondents(of: Reported) -> Section:
    who = [
        (
            row.visit,
            row.arm or "no arm",
            row.received,
            row.self_only,
            row.proxy_only,
            row.both,
            percent(row.proxy_share),
        )
        for row in respondents.respondents(of.people, of.visits)
    ]
    came = [visit for visit in of.visits if visit.instruments_received]
    modes = Counter((visit.reporter, visit.mode or "-") for visit in came)
    total = Counter(visit.reporter for visit in came)
    shares = [(who, how, n, percent(n / total[who])) for (who, how), n in sorted(modes.items())]
    return Section(
        "respondents", "Who answered, and how", "Table respondents; modes: table visits, columns reporter and mode.",
        tables=[
            ReportTable(
                "Who answered", ["visit", "arm", "received", "self alone", "proxy alone", "both", "proxy share"], who
            ),
            ReportTable("How the last answer of a visit came", ["reporter", "mode", "visits", "share"], shares),
        ],
    )  # fmt: skip


def _trajectories(of: Reported) -> Iterator[Section]:
    """A section for each instrument with scores: means by visit and arm, scale by scale and reporter by reporter."""
    numbers = {visit.visit_id: number_of_visit(of.assessments, visit) for visit in of.visits}
    series: dict[tuple[str, str, str], list[Measured]] = {}
    for score in of.scores:
        number = numbers.get(score.visit_id)
        if score.value is not None and number is not None:
            found = series.setdefault((score.instrument, score.scale, score.reporter), [])
            found.append(Measured(score.arm or "no arm", score.visit, number, score.value))
    newest = {instrument.id: instrument for instrument in of.instruments}
    for name in sorted({instrument for instrument, _, _ in series}):
        figures, meant, means = [], [], list[tuple[object, ...]]()
        for (_, scale, reporter), values in sorted((key, own) for key, own in series.items() if key[0] == name):
            known = newest[name].scale(scale) if name in newest else None
            title = f"{known.title if known else scale} ({reporter})"
            limits = None if known is None or known.range is None else (float(known.range[0]), float(known.range[1]))
            figures.append(mean_figure(title, f"Mean of {title} by visit and arm", values, limits))
            means += [(scale, reporter, *row) for row in mean_rows(values)]
        for known in newest[name].scales if name in newest else ():
            changes = "; ".join(f"{change.points} points ({change.source})" for change in known.changes)
            meant.append((known.id, known.title, known.direction, changes or "none published here"))
        yield Section(
            f"scores-{name}", f"Scores: {newest[name].title if name in newest else name}",
            "Table scores, by the arm on the day of each visit; intervals are 1.96 standard errors around the mean of "
            "those who answered.", figures,
            [
                ReportTable("Scales", ["scale", "title", "direction", "difference that matters, and its source"],
                            meant),
                ReportTable("Means by visit and arm", ["scale", "reporter", *MEAN_HEADS], means),
            ],
        )  # fmt: skip


MEAN_HEADS = ("visit", "arm", "with a value", "mean", "from", "to")


def mean_rows(measured: Sequence[Measured]) -> Iterator[tuple[object, ...]]:
    """The numbers of a figure of means: how many values, their mean and its interval, in the units of the scale."""
    groups: dict[tuple[int, str, str], list[float]] = {}
    for each in measured:
        groups.setdefault((each.number, each.visit, each.arm), []).append(each.value)
    for (_, visit, arm), values in sorted(groups.items()):
        limits = [f"{number:.2f}" for number in mean_interval(values)]
        yield visit, arm, len(values), *(limits if len(values) > 1 else [limits[0], "-", "-"])


def _quality(of: Reported) -> Section:
    statuses = Counter((item.instrument, item.status) for item in of.items)
    asked = Counter(item.instrument for item in of.items)
    items = [(name, status, n, percent(n / asked[name])) for (name, status), n in sorted(statuses.items())]
    without = Counter((score.instrument, score.scale, score.status) for score in of.scores if score.value is None)
    came = [visit for visit in of.visits if visit.instruments_received]
    late, partial = sum(bool(visit.late) for visit in came), sum(visit.state == "partial" for visit in came)
    facts = [
        ("visits with an answer", len(came)), ("of these with an answer after the window", late),
        ("of these in part", partial),
        ("answers that the team corrected", sum(item.corrected_by is not None for item in of.items)),
    ]  # fmt: skip
    return Section(
        "quality", "Quality of the data", "Tables items, scores and visits.",
        tables=[
            ReportTable("Counts", ["what", "how many"], facts),
            ReportTable("Items by what became of them", ["questionnaire", "status", "items", "share"], items),
            ReportTable(
                "Scores without a value", ["questionnaire", "scale", "why", "scores"],
                [(*key, n) for key, n in sorted(without.items())],
            ),
        ],
    )  # fmt: skip


def _versions(of: Reported) -> Section:
    scorings = Counter((score.instrument, score.scoring_version) for score in of.scores)
    return Section(
        "versions", "Versions", "Views research.studies and research.instruments; column scoring_version of scores.",
        tables=[
            ReportTable("Study file", ["version", "applied"], [(name, _at(at)) for name, at in of.versions]),
            ReportTable(
                "Questionnaires", ["questionnaire", "version", "hash of items and scoring"],
                [(each.id, each.version, each.hash) for each in of.instruments],
            ),
            ReportTable(
                "Scoring", ["questionnaire", "scoring version", "scores"],
                [(*key, n) for key, n in sorted(scorings.items())],
            ),
        ],
    )  # fmt: skip


_ASKED: Mapping[str, str] = {
    "How many participants does each number rest on?": "below each figure; columns expected and received",
    "How much is missing, with which denominators, and why?": "Completion: both rates, reasons, patterns",
    "Are the dead counted as missing?": "no: they have a column of their own",
    "Who answered: the participant or a proxy?": "Who answered, and how; each figure names the reporter",
    "How sure is a mean?": "intervals of 1.96 standard errors in each figure, and in the table below it",
    "Which difference matters, and by whose publication?": "table Scales; for endpoints table Choices",
    "Which version was scored, and how?": "Versions",
}


def _checklist(of: Reported) -> Section:
    rows = [
        *_ASKED.items(),
        ("Were endpoints decided beforehand?", "the definition file" if of.endpoints else "none given"),
    ]
    return Section(
        "checklist", "What a reviewer asks", "Where this report answers it.",
        tables=[ReportTable("Questions", ["question", "answer"], rows)],
    )  # fmt: skip


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
