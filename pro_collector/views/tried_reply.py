"""What the product would understand of a reply, and what it would do. Nothing is stored, nobody is told."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pro_collector import rendering
from pro_collector.casework.inbound.reading import read
from pro_collector.casework.speaking.specimen import NOW, specimen, speech_of, text_of
from pro_collector.casework.speaking.speech import Speech
from pro_collector.domain.conversation.phone_turn import ReplyTarget
from pro_collector.domain.conversation.reaction import Reaction, react_to_text
from pro_collector.domain.conversation.read_reply import question
from pro_collector.domain.conversation.survey import Finish, Place, RecordAnswer, Say
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.reply.explanation import Explanation, explain
from pro_collector.domain.reply.question import Reading
from pro_collector.domain.study.emergency import Emergency
from pro_collector.errors import NotFound
from pro_collector.languages import language as language_of
from pro_collector.languages import phrases_of
from pro_collector.postgres.tables.studies import StudyVersion
from pro_collector.runtime import Runtime
from pro_collector.second_reader import mark_of
from pro_collector.views.protocol import version_in_force

LONGEST = 1600
"""The most characters of a text that is tried: as long as a carrier passes on."""


@dataclass(frozen=True, slots=True)
class QuestionToTry:
    """A question that a reply may answer: its place (`instrument/item`) and its words."""

    place: str
    prompt: str


@dataclass(frozen=True, slots=True)
class TriedReply:
    """How a text is read as a reply to a question, why, and what follows.

    `raised`: the second reader raised the flag. `recorded`: the answer that is stored, if any. `texts`: what the person
    is texted. `tasks`: what a person of the team gets to do, each with its kind and reason.
    """

    reading: Reading
    why: Explanation
    raised: bool
    recorded: str | None
    texts: tuple[str, ...]
    tasks: tuple[tuple[str, str], ...]
    messages_end: bool
    paused: bool
    survey_ends: bool


async def questions_to_try(rt: Runtime, study: str, language: str) -> list[QuestionToTry]:
    """Every question of the study in force that has words in a language. Raises NotFound without such a study."""
    async with rt.database.transaction() as tx:
        version = await version_in_force(tx, rt, study)
    return [each for name in version.study.instruments for each in _questions(version.instruments[name], language)]


def _questions(instrument: Instrument, language: str) -> Iterator[QuestionToTry]:
    text = instrument.texts.get(language)
    for item in instrument.items if text else ():
        if text is not None and (wording := text.wording(item)) is not None:
            yield QuestionToTry(str(Place(instrument.id, item.id)), wording.prompt)


async def try_reply(rt: Runtime, study: str, place: str, language: str, text: str) -> TriedReply:
    """Read a text as the product would, at a question of the study in force, and say what would follow.

    Computes in a thread. Raises NotFound for a question, or a language, that the study does not have.
    """
    async with rt.database.transaction() as tx:
        version = await version_in_force(tx, rt, study)
    if language not in version.study.languages:
        raise NotFound(f"the study has no texts in {language!r}")
    speech = _speech(version, Place.parse(place), language)
    return await asyncio.to_thread(_tried, version, speech, language, text[:LONGEST])


def _speech(version: StudyVersion, place: Place, language: str) -> Speech:
    """A survey that has just asked this question."""
    study = version.study
    assessment = next((name for name, each in study.assessments.items() if place.instrument in each.instruments), None)
    if place.instrument not in version.instruments:
        raise NotFound(f"no questionnaire {place.instrument!r}")
    asked = replace(specimen([version.instruments[place.instrument]]), state="invited", asked=place, language=language)
    speech = speech_of(version, asked, assessment or next(iter(study.assessments)), language)
    if speech.wording(place) is None:
        raise NotFound(f"no question {place} with words in {language!r}")
    return replace(speech, answering=True, emergency=_emergency(version, language))


def _tried(version: StudyVersion, speech: Speech, language: str, text: str) -> TriedReply:
    understood, survey = language_of(language), speech.survey
    assert survey.asked is not None  # noqa: S101  # see `_speech`
    wording = speech.wording(survey.asked)
    why = explain(text, question(wording) if wording else None, understood, phrases_of(understood, None))
    heard = read({"body": text}, speech, understood, None, mark_of=mark_of, offered=version.study.languages)
    reaction = react_to_text(heard, survey, ReplyTarget("take", survey.occasion_id), NOW)
    effects = reaction.step.effects if reaction.step else ()
    answers = [str(each.answer) for each in effects if isinstance(each, RecordAnswer)]
    return TriedReply(
        reading=heard.readings[0],
        why=why,
        raised=heard.readings[0].flag != why.reading.flag,
        recorded=", ".join(answers) or None,
        texts=tuple(_texts(version, speech, reaction, language)),
        tasks=tuple((kind, reason) for kind, reason in reaction.tasks),
        messages_end=reaction.texting == "off",
        paused=reaction.pauses,
        survey_ends=any(isinstance(each, Finish) for each in effects),
    )


def _texts(version: StudyVersion, speech: Speech, reaction: Reaction, language: str) -> Iterator[str]:
    """What the person is texted: the reply, then what the survey says."""
    if reaction.reply is not None:
        emergency, spoken = _emergency(version, language), reaction.reply_language or language
        names = {"sender": version.study.sender, "phone": version.study.contact.phone, "call": emergency.call}
        told = {"emergency": emergency.answer, "crisis": emergency.answer_to_crisis, "when": ""}
        yield rendering.sms(spoken, reaction.reply, **names, **told)
    if reaction.step is not None:
        after = replace(speech, survey=reaction.step.survey)
        yield from (text_of(after, each) for each in reaction.step.effects if isinstance(each, Say))


def _emergency(version: StudyVersion, language: str) -> Emergency:
    """What to do in an emergency, as for somebody without a site."""
    texts = version.study.emergency_of(None)
    return texts.get(language) or next(iter(texts.values()), Emergency(medical="", crisis=""))
