"""How many examples a property of hypothesis is tried on."""

from hypothesis import settings


def examples(n: int) -> settings:
    """`n` in `make test`; where a profile asks for more than hypothesis does by itself, so many times more."""
    usual = settings.get_profile("default").max_examples
    now = settings.default.max_examples if settings.default else usual
    return settings(max_examples=n * now // usual)
