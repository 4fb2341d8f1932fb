"""Every questionnaire of a study as a patient meets it: each question in words, and each text with its size."""

from collections.abc import Iterator
from dataclasses import dataclass

from pro_collector.casework.speaking.specimen import specimen, speech_of, text_of
from pro_collector.display.instrument import conditions
from pro_collector.domain.conversation.survey import Place, Say
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.sms_text import Segments, segments
from pro_collector.domain.instrument.text import ItemWording, Reporter
from pro_collector.errors import NotFound
from pro_collector.postgres.tables.studies import StudyVersion
from pro_collector.runtime import Runtime
from pro_collector.views.protocol import version_in_force


@dataclass(frozen=True, slots=True)
class QuestionnaireName:
    """A questionnaire of the study: its id and title, its languages, who answers, in which assessments it is asked."""

    id: str
    title: str
    languages: tuple[str, ...]
    reporters: tuple[Reporter, ...]
    assessments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextSent:
    """A text as it reaches the phone. `what`: why it is sent."""

    what: str
    body: str
    size: Segments


@dataclass(frozen=True, slots=True)
class QuestionShown:
    """One question. `only_if`: when it is asked, empty if always."""

    number: int
    item: str
    wording: ItemWording
    only_if: str
    text: TextSent


@dataclass(frozen=True, slots=True)
class QuestionnaireShown:
    """A questionnaire in one language, for one reporter; `others` are those that one may look at instead."""

    chosen: QuestionnaireName
    language: str
    reporter: Reporter
    opening: str | None
    ending: str | None
    around: tuple[TextSent, ...]
    """The texts around the questions: invitation by link, reminder, thanks."""
    questions: tuple[QuestionShown, ...]
    others: tuple[QuestionnaireName, ...]
    languages: tuple[str, ...]
    """Those of the study."""


async def questionnaire(
    rt: Runtime, study: str, name: str = "", language: str = "", reporter: str = ""
) -> QuestionnaireShown:
    """A questionnaire of the study in force, as patients meet it; what is not chosen is the first there is.

    Without words in this language for this reporter it has no questions. Raises NotFound if it is not in the study.
    """
    async with rt.database.transaction() as tx:
        version = await version_in_force(tx, rt, study)
    names = questionnaires(version)
    chosen = _chosen(names, name)
    spoken_in = language or next(iter(chosen.languages), "")
    instrument = version.instruments[chosen.id]
    who: Reporter = "proxy" if reporter == "proxy" or chosen.reporters[:1] == ("proxy",) else "self"
    text = instrument.texts.get(spoken_in)
    if text is None or not instrument.can_ask_in(spoken_in, who):
        return QuestionnaireShown(chosen, spoken_in, who, None, None, (), (), tuple(names), version.study.languages)
    return QuestionnaireShown(
        chosen, spoken_in, who, text.opening(who), text.ending(who),
        tuple(_around(version, chosen, instrument, spoken_in, who)),
        tuple(_questions(version, chosen, instrument, spoken_in, who)), tuple(names), version.study.languages,
    )  # fmt: skip


def questionnaires(version: StudyVersion) -> list[QuestionnaireName]:
    """The questionnaires of a version of a study, in the order of its file."""
    study = version.study
    found = []
    for id in study.instruments:
        instrument = version.instruments[id]
        languages = tuple(each for each in study.languages if each in instrument.texts)
        reporters = tuple(dict.fromkeys(who for each in languages for who in instrument.texts[each].reporters))
        asked = tuple(name for name, each in study.assessments.items() if id in each.instruments)
        text = instrument.texts.get("en") or next(iter(instrument.texts.values()), None)
        found.append(
            QuestionnaireName(id, next(iter(text.title.values())) if text else id, languages, reporters, asked)
        )
    return found


def _chosen(names: list[QuestionnaireName], id: str) -> QuestionnaireName:
    for name in names:
        if id in ("", name.id):
            return name
    raise NotFound(f"no questionnaire {id!r}")


def _around(
    version: StudyVersion, chosen: QuestionnaireName, instrument: Instrument, language: str, who: Reporter
) -> Iterator[TextSent]:
    if not chosen.assessments:
        return
    by_link = specimen([instrument], who, conversation=False)
    speech = speech_of(version, by_link, chosen.assessments[0], language)
    for what, said in (
        ("the invitation, with a link", Say("invitation")),
        ("a reminder, with a link", Say("reminder")),
        ("the thanks", Say("thanks")),
    ):
        yield _sent(what, text_of(speech, said))


def _questions(
    version: StudyVersion, chosen: QuestionnaireName, instrument: Instrument, language: str, who: Reporter
) -> Iterator[QuestionShown]:
    assessment = next(iter(chosen.assessments), next(iter(version.study.assessments)))
    speech = speech_of(version, specimen([instrument], who), assessment, language)
    for number, item in enumerate(instrument.items, 1):
        place = Place(instrument.id, item.id)
        wording = speech.wording(place)
        if wording is not None:
            what = "the invitation, with this question" if number == 1 else "this question"
            body = text_of(speech, Say("invitation" if number == 1 else "question", place))
            yield QuestionShown(number, item.id, wording, conditions(item), _sent(what, body))


def _sent(what: str, body: str) -> TextSent:
    return TextSent(what, body, segments(body))
