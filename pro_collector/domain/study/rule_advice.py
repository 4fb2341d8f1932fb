"""What a patient reads when a rule has raised an alert: its advice and, out of hours, when somebody reads answers."""

from collections.abc import Iterator

from pro_collector.domain.alert.rule import AlertRule, AlertSection
from pro_collector.domain.study.advice import fill, in_language
from pro_collector.domain.study.emergency import Emergency


def words_for_patient(
    rule: AlertRule, section: AlertSection, language: str, phone: str, emergency: Emergency, *, watched: bool
) -> str:
    """The advice of a rule in a language; empty without advice, if somebody of the team is told at once.

    Outside of the watched hours it also says when answers are read, and what to do in an emergency.
    """
    return " ".join(_parts(rule, section, language, phone, emergency, watched=watched))


def _parts(
    rule: AlertRule, section: AlertSection, language: str, phone: str, emergency: Emergency, *, watched: bool
) -> Iterator[str]:
    advice = fill(rule.advice[in_language(rule.advice, language)], phone, emergency) if rule.advice else ""
    if advice:
        yield advice.strip()
    if not watched:
        yield section.told[in_language(section.told, language)].strip()
        if emergency.medical and emergency.medical not in advice:
            yield emergency.medical
