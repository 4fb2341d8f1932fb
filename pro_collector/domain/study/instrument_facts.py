"""What the check of a study file needs to know of an instrument."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from pro_collector.domain.study.advice_check import AdvisedInstrument


class LicenceFacts(Protocol):
    """Whom to ask for the wording of an instrument."""

    @property
    def contact(self) -> str: ...


class InstrumentFacts(AdvisedInstrument, Protocol):
    """What a study needs to know of an instrument."""

    @property
    def items(self) -> Sequence[object]: ...
    @property
    def reporters(self) -> Sequence[str]: ...
    @property
    def licence(self) -> LicenceFacts: ...
    @property
    def imputations(self) -> Mapping[str, object]: ...
    def can_ask_in(self, language: str, reporter: Literal["self", "proxy"] = "self") -> bool: ...


def no_words(instrument: str, language: str, reporter: str, contact: str) -> str:
    """The message about an instrument that has no words in a language for a reporter."""
    return (
        f"`{instrument}` has no words in `{language}` for {reporter}; get them from its owner ({contact}) "
        "and bring them in with `pro-collector instrument import`"
    )
