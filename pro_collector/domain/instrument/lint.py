"""Warnings about an instrument that is valid: long texts, replies that mean STOP, items that are never asked."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.instrument.asking import inconsistent_wordings
from pro_collector.domain.instrument.branching import enabled
from pro_collector.domain.instrument.check import parameter_mistakes
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Clause, Item, coded_values
from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.instrument.sms_text import outside_gsm7, segments, sms_question
from pro_collector.domain.instrument.text import InstrumentText, ItemWording, Reporter, readings
from pro_collector.domain.reply.labels import codes_with_number, number_spans
from pro_collector.domain.reply.language import AskingWords
from pro_collector.domain.reply.question import Choice, Question

# The words that carriers act on themselves (Twilio's default opt-out, opt-in and help words), in every study.
_STOP = ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt-out")
CARRIER_WORDS = frozenset([*_STOP, "start", "yes", "unstop", "help", "info"])
KeywordOf = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One warning; `serious` if a reply would be misunderstood or an item could not be asked."""

    where: str
    message: str
    serious: bool = False

    def __str__(self) -> str:
        return f"{'!' if self.serious else '-'} {self.where}: {self.message}"


def carrier_word(text: str, _language: str) -> str | None:
    """The carrier keyword in `text`, or None. Carriers take their keywords in every language."""
    word = text.strip().lower()
    return word if word in CARRIER_WORDS else None


def lint(
    instrument: Instrument,
    keyword_of: KeywordOf = carrier_word,
    most_segments: int = 2,
    asking: Mapping[str, AskingWords] | None = None,
) -> Iterator[Finding]:
    """Every warning, by item in order.

    `keyword_of` (text, language) returns the keyword that a reply is taken for before it is read as an answer.
    `asking` has the asking words of each language.
    """
    yield from _unreachable(instrument)
    yield from _order(instrument)
    yield from _tables(instrument)
    if not instrument.texts:
        licence = instrument.licence
        yield Finding("texts", f"no language has its words; they come from {licence.holder}: {licence.contact}")
    for language, text in instrument.texts.items():
        for reporter in instrument.reporters:
            yield from _wordings(instrument, text, language, reporter, keyword_of, most_segments)
    for where, message in inconsistent_wordings(instrument, asking or {}):
        yield Finding(where, message, True)
    yield from _languages_alike(instrument)


def _unreachable(instrument: Instrument) -> Iterator[Finding]:
    for item in instrument.items:
        if item.enable_when and not _can_be_met(instrument, item):
            yield Finding(item.id, "no answer to the items before it ever leads here", True)


def _order(instrument: Instrument) -> Iterator[Finding]:
    """Choices whose values neither rise nor fall, and texts whose items are in another order."""
    for item in instrument.items:
        values = [option.value for option in item.options if option.value is not None]
        if values not in (sorted(values), sorted(values, reverse=True)):
            yield Finding(item.id, f"its choices go neither up nor down: {', '.join(f'{value:g}' for value in values)}")
    ids = [item.id for item in instrument.items]
    for language, text in instrument.texts.items():
        if list(text.items) != [name for name in ids if name in text.items]:
            yield Finding(language, "its items stand in another order than the instrument asks them")


def _tables(instrument: Instrument) -> Iterator[Finding]:
    """Imported tables without rows, without a row for a possible answer, or with a row for an impossible one."""
    for scale in instrument.scales:
        name = scale.table or scale.convert
        table = instrument.tables.get(name or "")
        if table is None or not table.imported or name is None:
            continue
        if not table.rows and not table.parameters:
            yield Finding(scale.id, f"no score until its table is imported: {instrument.id}/table.{name}.csv")
            continue
        if scale.method == "pattern":
            yield from (Finding(scale.id, message, True) for _, message in parameter_mistakes(instrument, scale))
            continue
        possible = _keys(instrument, scale)
        if possible is None:
            continue
        rows = set(table.entries(len(scale.parts) if scale.table else 1))
        if missing := possible - rows:
            yield Finding(scale.id, f"the table {name!r} lacks {len(missing)} of {len(possible)} rows", True)
        if impossible := rows - possible:
            example = "".join(str(part) for part in min(impossible))
            yield Finding(scale.id, f"the table {name!r} has rows no answers lead to, such as {example}")


def _keys(instrument: Instrument, scale: Scale) -> set[tuple[int, ...]] | None:
    """The keys of every row that this scale can look up: tuples of answers, or their sums; None if not known."""
    counts = [coded_values(item, item.id in scale.reverse) for item in map(instrument.item, scale.items) if item]
    if not counts or None in counts or scale.method not in ("table", "sum"):
        return None
    values = [{int(value) for value in each.values() if value is not None} for each in counts if each]
    if scale.table:
        return set(product(*values))
    sums = {0}
    for item_values in values:
        sums = {total + value for total in sums for value in item_values}
    return {(total,) for total in sums}


def _can_be_met(instrument: Instrument, item: Item) -> bool:
    """Whether answers meet each clause, and one answer all the conditions on its item that must hold."""
    needed = [clause[0] for clause in item.clauses if len(clause) == 1]
    names = dict.fromkeys(condition.item for condition in needed)
    together = (tuple(each for each in needed if each.item == name) for name in names)
    open_clauses = (clause for clause in item.clauses if len(clause) > 1)
    return all(_meets(instrument, each) for each in together) and all(
        any(_meets(instrument, (condition,)) for condition in clause) for clause in open_clauses
    )


def _meets(instrument: Instrument, conditions: Clause) -> bool:
    """Whether one answer meets all of these conditions on one item."""
    name = conditions[0].item
    target = instrument.item(name)
    asked = Item(id="asked", kind="text", enable_when=conditions)
    return target is None or any(enabled(asked, {name: answer}) for answer in _answers(target, conditions))


def _answers(target: Item, conditions: Clause) -> list[Answer]:
    """Enough answers to try: every choice, or each compared value and the values just below and above it."""
    if target.options:
        return [None, *(option.code for option in target.options)]
    low, high = target.span or (float("-inf"), float("inf"))
    tried: list[Answer] = [None, "", "0000-01-01", "9999-12-31"] if target.kind in ("text", "date") else [None]
    for condition in conditions:
        if isinstance(condition.answer, int | float):
            near = (condition.answer + step for step in (-1, -0.5, 0, 0.5, 1))
            tried += [value for value in near if low <= value <= high]
        else:
            tried.append(condition.answer)
    return [*tried, *(bound for bound in (target.minimum, target.maximum) if bound is not None)]


def _wordings(
    instrument: Instrument,
    text: InstrumentText,
    language: str,
    reporter: Reporter,
    keyword_of: KeywordOf,
    most_segments: int,
) -> Iterator[Finding]:
    who = f"{language}, {reporter}"
    missing = instrument.items_without_text(language, reporter)
    if missing:
        shown = " ".join(missing[:8]) + (" ..." if len(missing) > 8 else "")
        yield Finding(who, f"{len(missing)} of {len(instrument.items)} items have no complete words: {shown}", True)
    for item in instrument.items:
        for reader, wording in readings(text, item, [reporter]):
            where = f"({language}, {reader})"
            yield from _length(sms_question(wording), f"{item.id} {where}", most_segments)
            if wording.explain is not None:
                yield from _length(wording.explain, f"{item.id}.explain {where}", 1)
            yield from _replies(wording, f"{item.id} {where}", language, keyword_of)


def _length(message: str, where: str, most_segments: int) -> Iterator[Finding]:
    size = segments(message)
    if size.count > most_segments:
        yield Finding(where, f"{size.count} SMS segments ({size.units} units in {size.encoding})")
    odd = outside_gsm7(message)
    gsm7 = segments(message.translate(dict.fromkeys(map(ord, odd), "e")))
    if odd and gsm7.count < size.count:
        yield Finding(where, f"{size.count} SMS segments for want of GSM-7, else {gsm7.count}: because of {odd}")


def _replies(wording: ItemWording, where: str, language: str, keyword_of: KeywordOf) -> Iterator[Finding]:
    codes: dict[str, object] = {}
    for option in (*wording.options, *wording.opt_outs):
        for reply in dict.fromkeys([option.label, *option.replies]):
            keyword = keyword_of(reply, language)
            if keyword is not None:
                yield Finding(where, f"the reply {reply!r} is taken as {keyword.upper()}, never as an answer", True)
            before = codes.setdefault(reply.strip().lower(), option.code)
            if before != option.code:
                yield Finding(where, f"the reply {reply!r} means both {before} and {option.code}", True)
    yield from _figures(wording, where)


def _figures(wording: ItemWording, where: str) -> Iterator[Finding]:
    """Labels with numbers: the code of one option is a number in the label of another ("1 0, 2 1-2 times")."""
    question = Question("choice", options=tuple(Choice(each.code, each.label) for each in wording.options))
    for code in (each.code for each in wording.options if isinstance(each.code, int)):
        for other in sorted(codes_with_number(number_spans(question), code) - {code}, key=str):
            yield Finding(where, f"the reply '{code}' may mean {code} or, by its label, {other}")


def _languages_alike(instrument: Instrument) -> Iterator[Finding]:
    """Texts that one language has and another does not."""
    for language, text in instrument.texts.items():
        for other, compared in instrument.texts.items():
            lacking = sorted(set(compared.items) - set(text.items))
            if lacking:
                yield Finding(language, f"not translated, though {other} has it: {' '.join(lacking)}", True)
            if compared.introduction is not None and text.introduction is None:
                yield Finding(language, f"no introduction, though {other} has one")
