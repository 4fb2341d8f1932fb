"""The rows of the table (CSV) in which a person keeps a copy of their data."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pro_collector.commands.own_answers import AnsweredItem, OwnSurvey
from pro_collector.commands.own_data import OwnData
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.web.mine.answers import shown_answer, text_of, wording_of
from pro_collector.web.mine.guard import PageVisit
from pro_collector.web.mine.overview import title_of
from pro_collector.web.mine.trends import event_label, scale_title, value_in_words

COLUMNS = ("when", "kind", "what", "question", "value", "coded", "how")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class DataRow:
    """One row, as text. `when`: local time (ISO 8601); `coded`: the code of an answer."""

    when: str
    kind: str
    what: str
    question: str
    value: str
    coded: str
    how: str


def as_csv(visit: PageVisit, data: OwnData) -> bytes:
    """The table as CSV in UTF-8 with a byte order mark, so that spreadsheets read every letter."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([visit.words.say(f"mine.data.{column}") for column in COLUMNS])
    writer.writerows([harmless(cell) for cell in astuple(row)] for row in table_rows(visit, data))
    return file.getvalue().encode("utf-8-sig")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: words may begin with any sign. Numbers stay."""
    try:
        float(cell)
    except ValueError:
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    return cell


def table_rows(visit: PageVisit, data: OwnData) -> Iterator[DataRow]:
    """Answers with the earlier ones, scores, treatment events and messages, each kind oldest first."""
    for survey in data.surveys:
        for item in survey.items:
            yield from _answers(visit, survey, item)
    known = instruments_of(visit)
    for score in data.scores or ():
        title, _ = scale_title(known[score.instrument, score.instrument_version], score.scale, visit.language)
        value = value_in_words(visit, score.value)
        yield _row(visit, score.completed_at, "score", score.instrument, title, value, score.scale, score.mode)
    for kind, day in data.events:
        yield DataRow(day.isoformat(), _kind(visit, "event"), event_label(visit, kind), "", "", kind, "")
    for message in data.messages:
        whose = visit.words.say("mine.data.from_you" if message.theirs else "mine.data.from_us")
        yield _row(visit, message.at, "message", whose, "", message.words, "", "")


def instruments_of(visit: PageVisit) -> Mapping[tuple[str, str], Instrument]:
    """The instruments of every study version that is loaded with the person, by (id, version)."""
    versions = visit.case.versions.values()
    return {(one.id, one.version): one for version in versions for one in version.instruments.values()}


def _answers(visit: PageVisit, survey: OwnSurvey, item: AnsweredItem) -> Iterator[DataRow]:
    title = title_of(visit.case, survey.row, visit.language)
    prompt = shown_answer(visit, survey, item).prompt
    wording, _ = wording_of(visit, survey, item)
    for given in (*reversed(item.before), item.now):
        kind = "answer" if given is item.now else "earlier"
        code = given.row.code or given.row.absent or ""
        text = text_of(visit, wording, given)
        yield _row(visit, given.row.answered_at, kind, title, prompt, text, code, given.row.mode)


def _row(
    visit: PageVisit, at: datetime, kind: str, what: str, question: str, value: str, coded: str, mode: str
) -> DataRow:
    when = at.astimezone(ZoneInfo(visit.case.person.zone)).isoformat(timespec="minutes")
    how = visit.words.say(f"mine.answers.{mode}") if mode else ""
    return DataRow(when, _kind(visit, kind), what, question, value, coded, how)


def _kind(visit: PageVisit, kind: str) -> str:
    return visit.words.say(f"mine.data.kind_{kind}")
