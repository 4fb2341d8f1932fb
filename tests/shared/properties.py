"""The number of examples that Hypothesis tries for a property."""

from hypothesis import settings


def examples(n: int) -> settings:
    """`n` examples in `make test`; scaled up if a profile has more examples than the default of Hypothesis."""
    usual = settings.get_profile("default").max_examples
    now = settings.default.max_examples if settings.default else usual
    return settings(max_examples=n * now // usual)
