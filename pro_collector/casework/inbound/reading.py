"""Reads a text as a reply to a survey: one reading, or several answers whose order is certain."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from pro_collector.casework.speaking.speech import Speech
from pro_collector.domain.conversation.read_reply import Provider, ReadReply, question, takes_back
from pro_collector.domain.conversation.survey import Place, Survey, open_places
from pro_collector.domain.reply.language import Language
from pro_collector.domain.reply.question import Question, Reading
from pro_collector.domain.reply.second_reading import MarkOf, read_twice
from pro_collector.domain.reply.several import understand_many
from pro_collector.domain.reply.understanding import understand
from scheduler.values import Reporter

STOPS_AT_TWILIO = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
STARTS_AT_TWILIO = frozenset({"START", "YES", "UNSTOP"})
"""Texts that Twilio answers itself when they have no other word (help.twilio.com/articles/223134027).

Its standard answer to HELP does not name the study, so we answer HELP too.
"""
OPT_OUT_TYPES: Mapping[str, Provider] = {"STOP": "stop", "START": "start", "HELP": "help"}
"""Twilio's Advanced Opt-Out answers in the study's own words; the field OptOutType says which keyword it answered."""


def read(
    fields: Mapping[str, str], speech: Speech | None, language: Language, after: timedelta | None, *,
    mark_of: MarkOf, opted_out: bool = False, carrier_stops: bool = True, carrier_starts: bool = True,
    reporter: Reporter = "self", offered: tuple[str, ...] = (),
) -> ReadReply:  # fmt: skip
    """What a text means: the rules read first, then the second reader, `mark_of`.

    `fields`: those of the provider, with `body`. `speech`: the open survey, None without one.
    `after`: the time from the last question to this text. `carrier_stops`, `carrier_starts`: the carrier itself answers
    a text that is only STOP, or only START. `reporter`: who the sender is. `offered`: the languages that the study can
    ask in.
    """
    body = fields["body"]
    survey = speech.survey if speech else None
    asked = _question(speech, survey.asked) if speech and survey and survey.asked else None
    first = understand(body, asked, language, opted_out=opted_out)
    readings: tuple[Reading, ...] = (first,)
    if speech and survey and first.outcome == "unclear":
        readings = understand_many(body, _remaining(speech, survey), language) or readings
        readings = readings if len(readings) > 1 else (first,)
    return ReadReply(
        tuple(_with_pictures(read_twice(body, reading, mark_of), fields) for reading in readings),
        takes_back(body, language) if first.outcome in ("answer", "unclear") else None,
        after,
        _answered_already(fields, body.strip().upper(), carrier_stops, carrier_starts),
        reporter,
        offered,
    )


def _with_pictures(reading: Reading, fields: Mapping[str, str]) -> Reading:
    """Mark a text that has a picture, a recording or a file: no program reads it, so a person must look at it."""
    if int(fields.get("NumMedia") or 0) == 0 or reading.flag in ("stop", "emergency"):
        return reading
    if not fields["body"].strip():
        return Reading("media", reason="sent a picture, a recording or a file")
    return replace(reading, flag="words")


def _remaining(speech: Speech, survey: Survey) -> list[Question]:
    """The open question and those after it; empty while an earlier question is being asked again."""
    places = open_places(survey)
    if not places or places[0] != survey.asked:
        return []
    questions = [_question(speech, place) for place in places]
    return [each for each in questions if each is not None]


def _question(speech: Speech, place: Place) -> Question | None:
    wording = speech.wording(place)
    return question(wording) if wording else None


def _answered_already(fields: Mapping[str, str], word: str, stops: bool, starts: bool) -> Provider | None:
    if word in STOPS_AT_TWILIO and stops:
        return "stop"
    if word in STARTS_AT_TWILIO and starts:
        return "start"
    return OPT_OUT_TYPES.get(fields.get("OptOutType", ""))
