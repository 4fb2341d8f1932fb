"""No group of a bundle is smaller than k, whatever the participants are like; and small numbers are not told."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.research.anonymity import LEVELS, age_band, anonymise, masked, traits
from tests.shared.properties import examples
from tests.unit.domain.research.made_up import DAY_ONE, person

TRAITS = st.tuples(
    st.sampled_from(["x", "y", None]), st.sampled_from(["female", "male", None]), st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["en", "es"]), st.one_of(st.none(), st.integers(0, 110)), st.booleans(),
)  # fmt: skip


@given(st.lists(TRAITS, max_size=40), st.integers(2, 6), st.floats(0, 1))
@examples(60)
def test_no_group_is_smaller_than_k(drawn: list[tuple[object, ...]], k: int, at_most: float) -> None:
    people = [
        person(
            f"p{n}", arm=arm, sex=sex, site=site, language=language, age_at_enrolment=age,
            crossed_over_on=DAY_ONE if crossed else None, last_arm="y" if crossed else arm,
        )
        for n, (arm, sex, site, language, age, crossed) in enumerate(drawn)
    ]  # fmt: skip
    found = anonymise(people, k, at_most)
    stay = [each for each in people if each.participant_id not in found.left_out]
    sizes = Counter(traits(each, found.level) for each in stay)
    assert found.smallest == min(sizes.values(), default=0)
    assert all(size >= k for size in sizes.values())
    if len(found.left_out) > at_most * len(people):
        assert found.level == LEVELS[-1], "nothing more can be given up"


def test_the_finest_traits_are_kept_that_leave_few_out() -> None:
    alike = [person(f"p{n}", language="en") for n in range(8)]
    assert anonymise(alike, 5, 0.1).level == LEVELS[0]
    mixed = [replace(each, language="es" if n < 3 else "en") for n, each in enumerate(alike)]
    found = anonymise(mixed, 5, 0.1)
    assert ("language" in found.level.kept, found.left_out, found.smallest) == (False, frozenset(), 8)
    assert len(anonymise(mixed, 5, 0.5).left_out) == 3, "three may be left out, and the language stays"


def test_ages_are_bands_and_small_numbers_are_not_told() -> None:
    assert [age_band(age, 10) for age in (0, 9, 59, 89, 90, 107)] == ["0-9", "0-9", "50-59", "80-89", "90+", "90+"]
    assert (age_band(85, 20), age_band(85, None), age_band(None, 10)) == ("80-89", None, None)
    assert [masked(count, 5) for count in (0, 1, 4, 5)] == [0, "<5", "<5", 5]
