"""Answers in their columns: whatever somebody may answer is read back as the same."""

from hypothesis import example, given
from hypothesis import strategies as st

from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.postgres.tables.answers import columns, read

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)


@given(NUMBERS.filter(lambda number: abs(number) < 1e300) | st.text(min_size=1) | st.sampled_from(Absent) | st.none())
@example(0.00001)
@example(2e-7)
def test_it_is_read_back(answer: Answer) -> None:
    found = read(*columns(answer))
    assert (found, type(found)) == (answer, type(answer))
