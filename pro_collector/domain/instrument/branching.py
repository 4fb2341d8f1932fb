"""Skip logic: which items are asked, given the answers so far, by the rules of FHIR's enableWhen."""

import operator
from collections.abc import Callable

from pro_collector.domain.instrument.answers import Absent, Answer, Answers, is_answered, is_settled
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Condition, Item

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


def enabled(item: Item, answers: Answers) -> bool:
    """Whether `item` is to be asked, given the answers so far.

    If an item has no answer, only `exists: false` and `!=` are true for it, as FHIR defines them ("true if no answer
    has a value that is equal", hl7.org/fhir/valueset-questionnaire-enable-operator). A reason for absence is not an
    answer.
    """
    return all(any(holds(condition, answers.get(condition.item)) for condition in clause) for clause in item.clauses)


def holds(condition: Condition, answer: Answer) -> bool:
    """Whether `condition` holds for an answer to its item."""
    if condition.operator == "exists":
        return is_answered(answer) is condition.answer
    if condition.operator == "!=":
        return not is_answered(answer) or answer != condition.answer
    if not is_answered(answer):
        return False
    if condition.operator == "=":
        return answer == condition.answer
    if isinstance(answer, int | float) and isinstance(condition.answer, int | float):
        return _COMPARE[condition.operator](answer, condition.answer)
    return isinstance(answer, str) and isinstance(condition.answer, str) and _text(condition, answer)


def _text(condition: Condition, answer: str) -> bool:
    """Whether the condition holds for a text; dates as YYYY-MM-DD have the same order as texts."""
    left = (answer > str(condition.answer)) - (answer < str(condition.answer))
    return _COMPARE[condition.operator](left, 0)


def remaining(instrument: Instrument, answers: Answers) -> tuple[Item, ...]:
    """The items still to be asked, given the answers so far, in order. An answer to one of them may enable more."""
    kept = prune(instrument, answers)
    return tuple(item for item in instrument.items if not is_settled(kept.get(item.id)) and enabled(item, kept))


def prune(instrument: Instrument, answers: Answers) -> dict[str, Answer]:
    """The answers without those to items that are no longer enabled, for example after an earlier answer was corrected.

    Conditions refer only to earlier items, so one pass in order is enough: once an answer is dropped, the items that
    depend on it are disabled too.
    """
    kept: dict[str, Answer] = {}
    for item in instrument.items:
        if item.id in answers and enabled(item, kept):
            kept[item.id] = answers[item.id]
    return kept


def with_not_asked(instrument: Instrument, answers: Answers) -> dict[str, Answer]:
    """The pruned answers, with `not-asked` for every skipped item, as a finished response stores them.

    An item whose condition waits for a question that was never answered is not skipped: it is unanswered, too.
    """
    kept = prune(instrument, answers)
    whole = dict(kept)
    for item in instrument.items:
        if not enabled(item, kept) and _skipped(item, whole):
            whole[item.id] = Absent.NOT_ASKED
    return whole


def _skipped(item: Item, whole: Answers) -> bool:
    """Whether no further answer can enable a disabled item."""
    given = {condition.item: whole.get(condition.item) for condition in item.conditions}
    return any(
        all(is_settled(given[each.item]) and not holds(each, given[each.item]) for each in clause)
        for clause in item.clauses
    )


def came_up(instrument: Instrument, answers: Answers) -> tuple[Item, ...]:
    """The items that were skipped when the response was finished, and that a later correction makes to be asked."""
    kept = prune(instrument, answers)
    return tuple(item for item in instrument.items if kept.get(item.id) is Absent.NOT_ASKED)
