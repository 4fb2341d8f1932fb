"""Did you mean: finds the known name that is most similar to an unknown one, for error messages."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str], least: float = 0.6) -> str | None:
    """The known name most similar to `name`, or None if none is as similar as `least` (0: nothing alike, 1: equal)."""
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=least)), None)


def did_you_mean(name: str, known: Collection[str]) -> str:
    """`; did you mean `surgery`?`; else the known names if there are at most twelve; else an empty string."""
    near = nearest(name, known)
    if near is not None:
        return f"; did you mean `{near}`?"
    return f"; known: {', '.join(sorted(known))}" if 0 < len(known) <= 12 else ""


def unknown(what: str, name: str, known: Collection[str]) -> str:
    """`no item 'q31'; did you mean 'q13'?`, or the known names if none is similar."""
    near = nearest(name, known)
    if near is not None:
        return f"no {what} {name!r}; did you mean {near!r}?"
    shown = ", ".join(sorted(known)[:12]) + (", ..." if len(known) > 12 else "")
    return f"no {what} {name!r}; known: {shown or 'none'}"
