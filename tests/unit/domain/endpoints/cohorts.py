"""Made-up courses for the tests of endpoints: by hand in one line, and at random for Hypothesis."""

from hypothesis import strategies as st

from pro_collector.domain.endpoints.course import Course, ScoreAt, course
from pro_collector.domain.endpoints.difference import Judge

HIGH_IS_WORSE = Judge(sign=1, better=10, worse=10, inclusive=True, range=(0, 100))
HIGH_IS_BETTER = HIGH_IS_WORSE._replace(sign=-1)


def weekly(scores: str, died_on: int | None = None, left_on: int | None = None) -> Course:
    """`weekly("20 30 . 40")`: visits 0, 1, ... on days 0, 7, ...; a dot is a missed visit."""
    visits = [ScoreAt(n, 7 * n, None if score == "." else float(score)) for n, score in enumerate(scores.split())]
    return course("p", visits, died_on, left_on)


@st.composite
def any_course(draw: st.DrawFn) -> Course:
    """A person with up to nine visits on different days around day 0, who may die or leave."""
    days = sorted(draw(st.sets(st.integers(-14, 120), max_size=9)))
    scores = st.none() | st.sampled_from([0, 10, 20, 25, 30, 40, 50, 70, 100])
    visits = [ScoreAt(n, day, draw(scores)) for n, day in enumerate(days, 1)]
    return course("p", visits, draw(st.none() | st.integers(1, 150)), draw(st.none() | st.integers(1, 120)))


judges = st.builds(
    Judge,
    sign=st.sampled_from([1, -1]),
    better=st.sampled_from([5.0, 10.0, 15.0]),
    worse=st.sampled_from([5.0, 10.0, 15.0]),
    inclusive=st.booleans(),
    range=st.just((0.0, 100.0)),
    percent=st.just(False),
)
judges_in_percent = judges.map(lambda judge: judge._replace(percent=True))
