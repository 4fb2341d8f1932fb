"""Did you mean: finds the known name nearest to an unknown name, for error messages."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str], least: float = 0.6) -> str | None:
    """The known name most similar to `name`; None if no similarity is at least `least` (0 to 1; 1 is equal)."""
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=least)), None)


def did_you_mean(name: str, known: Collection[str]) -> str:
    """Text such as "; did you mean `surgery`?"; else the known names if there are at most 12; else an empty text."""
    near = nearest(name, known)
    if near is not None:
        return f"; did you mean `{near}`?"
    return f"; known: {', '.join(sorted(known))}" if 0 < len(known) <= 12 else ""


def unknown(what: str, name: str, known: Collection[str]) -> str:
    """Text such as "no item 'q31'; did you mean 'q13'?", or with the known names if none is near."""
    near = nearest(name, known)
    if near is not None:
        return f"no {what} {name!r}; did you mean {near!r}?"
    shown = ", ".join(sorted(known)[:12]) + (", ..." if len(known) > 12 else "")
    return f"no {what} {name!r}; known: {shown or 'none'}"
