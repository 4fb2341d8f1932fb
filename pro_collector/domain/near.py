"""Did you mean: the known name that is nearest to one that is not known, and what a message says of it."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str], least: float = 0.6) -> str | None:
    """The known name nearest to `name`, or None when none is as near as `least`: 0 is nothing alike, 1 is equal."""
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=least)), None)


def did_you_mean(name: str, known: Collection[str]) -> str:
    """`; did you mean `surgery`?`, or the known names if none is near and they are few, or nothing."""
    near = nearest(name, known)
    if near is not None:
        return f"; did you mean `{near}`?"
    return f"; known: {', '.join(sorted(known))}" if 0 < len(known) <= 12 else ""


def unknown(what: str, name: str, known: Collection[str]) -> str:
    """`no item 'q31'; did you mean 'q13'?`, or the known names when none is near."""
    near = nearest(name, known)
    if near is not None:
        return f"no {what} {name!r}; did you mean {near!r}?"
    shown = ", ".join(sorted(known)[:12]) + (", ..." if len(known) > 12 else "")
    return f"no {what} {name!r}; known: {shown or 'none'}"
