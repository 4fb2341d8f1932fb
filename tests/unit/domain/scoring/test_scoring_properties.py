"""What must hold of scores whatever is answered, over every instrument that ships."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item, coded_values
from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.scoring.score import score
from tests.shared.instruments import library
from tests.shared.properties import examples
from tests.unit.domain.scoring.made_up import answers_of

IDS = library().ids()


def complete(chosen: Instrument) -> st.SearchStrategy[dict[str, Answer]]:
    """Responses with every question answered or left out."""
    return st.fixed_dictionaries({item.id: answers_of(item) for item in chosen.items})


@pytest.mark.parametrize("name", IDS)
@given(st.data())
@examples(4)
def test_scores_stay_in_their_range_and_say_why_there_is_none(name: str, data: st.DataObject) -> None:
    chosen = library().get(name)
    for scale_id, found in score(chosen, data.draw(complete(chosen))).items():
        scale = chosen.scale(scale_id)
        assert scale is not None
        assert 0 <= found.answered <= found.of
        assert (found.value is None) == (found.reason is not None)
        if found.value is not None and scale.range is not None:
            low, high = scale.range
            assert low - 1e-9 <= found.value <= high + 1e-9


@pytest.mark.parametrize("name", IDS)
@given(st.data())
@examples(4)
def test_leaving_an_answer_out_never_raises_a_count(name: str, data: st.DataObject) -> None:
    chosen = library().get(name)
    answers = data.draw(complete(chosen))
    dropped = data.draw(st.sampled_from(sorted(answers)))
    before, after = score(chosen, answers), score(chosen, {**answers, dropped: None})
    for scale in chosen.scales:
        assert after[scale.id].answered <= before[scale.id].answered
        assert after[scale.id].of == before[scale.id].of


def _direction(chosen: Instrument, scale: Scale, item: str) -> int:
    """+1 when a higher answer to `item` raises the scale, -1 when it lowers it, 0 when the item is not in it."""
    fall = -1 if scale.rescale is not None and scale.rescale.target[0] > scale.rescale.target[1] else 1
    if scale.items:
        return 0 if item not in scale.items else fall * (-1 if item in scale.reverse else 1)
    turned = {part for part in scale.scales if part in scale.reverse or scale.coefficients.get(part, 1) < 0}
    parts = [(chosen.scale(part), -1 if part in turned else 1) for part in scale.scales]
    found = {sign * _direction(chosen, part, item) for part, sign in parts if part is not None} - {0}
    return fall * found.pop() if found else 0


def _ordered(item: Item) -> list[int | str]:
    codes = [option.code for option in item.options] or list(range(int(item.minimum or 0), int(item.maximum or 0) + 1))
    counts = coded_values(item, False) or {}
    return sorted(codes, key=lambda code: counts[code] or 0)


MONOTONE = [name for name in IDS if name not in ("eq-5d-5l", "promis-29")]  # theirs are profiles and imported tables


@pytest.mark.parametrize("name", MONOTONE)
@given(st.data())
@examples(4)
def test_each_score_is_monotone_in_each_answer(name: str, data: st.DataObject) -> None:
    chosen = library().get(name)
    item = data.draw(st.sampled_from([item for item in chosen.items if item.span is not None]))
    codes = _ordered(item)
    place = data.draw(st.integers(0, len(codes) - 2))
    full = {other.id: data.draw(st.sampled_from(_ordered(other))) for other in chosen.items if other.span is not None}
    lower = score(chosen, {**full, item.id: codes[place]})
    higher = score(chosen, {**full, item.id: codes[place + 1]})
    for scale in chosen.scales:
        if any(condition.item == item.id for case in scale.cases for condition in case.when):
            continue  # another answer, another rule
        before, after = lower[scale.id].value, higher[scale.id].value
        if before is None or after is None:
            assert scale.convert is not None or scale.table is not None
            continue
        step = after - before
        direction = _direction(chosen, scale, item.id)
        assert (step >= -1e-9) if direction > 0 else (step <= 1e-9) if direction < 0 else abs(step) <= 1e-9


@given(st.data())
@examples(60)
def test_reversing_twice_is_the_identity(data: st.DataObject) -> None:
    chosen = library().get(data.draw(st.sampled_from(IDS)))
    item = data.draw(st.sampled_from(chosen.items))
    forward, back = coded_values(item, False), coded_values(item, True)
    assume(forward is not None and item.span is not None)
    assert forward is not None
    assert back is not None
    low, high = item.span or (0, 0)
    for code, value in forward.items():
        turned = back[code]
        if value is None:
            assert turned is None
            continue
        assert turned is not None
        assert low <= turned <= high
        assert low + high - turned == value


@pytest.mark.parametrize("name", IDS)
def test_scores_come_in_the_order_of_the_scales(name: str) -> None:
    chosen = library().get(name)
    assert list(score(chosen, {})) == [scale.id for scale in chosen.scales]
    assert all(found.value is None and found.reason for found in score(chosen, {}).values())
