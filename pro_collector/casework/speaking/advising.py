"""The advice for an answered survey, and how long each advice of a study is as a text message."""

from collections.abc import Iterator

from pro_collector import rendering
from pro_collector.domain.conversation.survey import Survey
from pro_collector.domain.instrument.branching import prune
from pro_collector.domain.instrument.sms_text import segments
from pro_collector.domain.scoring.score import NO_IMPUTATION, score
from pro_collector.domain.study.advice import Advice, advice_for
from pro_collector.domain.study.definition import Study
from pro_collector.postgres.tables.studies import StudyVersion

MOST_SEGMENTS = 2
"""The most segments that an advice should take as a text message."""


def survey_advice(version: StudyVersion, survey: Survey) -> Advice | None:
    """The most urgent advice for the answers of a survey, by its version of the study; None without one.

    An answer to a question that a later answer made needless does not count. Advice is for the patient: whoever looks
    after them gets none for answers about themselves.
    """
    rules = () if survey.reporter == "caregiver" else version.study.advice
    given = {each.id: prune(each, survey.answers_to(each)) for each in survey.instruments} if rules else {}
    scored = {rule.instrument for rule in rules if rule.scale}
    policies = version.study.imputation
    scores = {
        each.id: {
            name: found.value
            for name, found in score(each, given[each.id], policies.get(each.id, NO_IMPUTATION)).items()
        }
        for each in survey.instruments
        if each.id in scored
    }
    return advice_for(rules, given, scores)


def long_advice(study: Study) -> Iterator[str]:
    """A warning for each advice that takes more than MOST_SEGMENTS at some site, with its place in the file."""
    for index, advice in enumerate(study.advice):
        for language in advice.text:
            longest = max(segments(text).count for text in _texts(study, advice, language))
            if longest > MOST_SEGMENTS:
                yield f"advice.{index}.text.{language}: as a text message it takes {longest} segments; make it shorter"


def _texts(study: Study, advice: Advice, language: str) -> Iterator[str]:
    """The text message at each site, for a reader in this language."""
    known = language if language in rendering.languages() else rendering.languages()[0]
    for site in study.sites or [None]:
        emergency = study.emergency_of(site)
        words, _ = advice.words(
            language, study.team(site).phone, emergency.get(language) or next(iter(emergency.values()))
        )
        yield rendering.sms(known, "advice", sender=study.sender, advice=words)
