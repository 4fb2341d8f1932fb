"""Reads a text as a reply to the survey it lands on: one reading, or several answers whose order is certain."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from pro_collector.casework.speaking.speech import Speech
from pro_collector.domain.conversation.reaction import Provider, ReadReply, question, takes_back
from pro_collector.domain.conversation.survey import Place, Survey, open_places
from pro_collector.domain.reply.language import Language
from pro_collector.domain.reply.question import Question, Reading
from pro_collector.domain.reply.several import understand_many
from pro_collector.domain.reply.understanding import understand

STOPS_AT_TWILIO = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
STARTS_AT_TWILIO = frozenset({"START", "YES", "UNSTOP"})
"""What Twilio answers by itself when it is the whole text (help.twilio.com/articles/223134027).

Its stock answer to HELP names nobody, so we answer HELP too.
"""
OPT_OUT_TYPES: Mapping[str, Provider] = {"STOP": "stop", "START": "start", "HELP": "help"}
"""Twilio's Advanced Opt-Out says in the field OptOutType what it has answered, in the study's own words."""


def read(
    fields: Mapping[str, str], speech: Speech | None, language: Language, after: timedelta | None, *,
    opted_out: bool = False, carrier_stops: bool = True, carrier_starts: bool = True, proxy: bool = False,
) -> ReadReply:  # fmt: skip
    """What a text says. `fields` are the provider's with `body`; `speech` asks the question, None when none is open.

    `after`: how long after the last question it was sent. `carrier_stops`, `carrier_starts`: the carrier answers STOP
    alone, and START alone, by itself. `proxy`: it came from somebody who answers for the patient.
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
        tuple(_with_pictures(reading, fields) for reading in readings),
        takes_back(body, language) if first.outcome in ("answer", "unclear") else None,
        after,
        _answered_already(fields, body.strip().upper(), carrier_stops, carrier_starts),
        proxy,
    )


def _with_pictures(reading: Reading, fields: Mapping[str, str]) -> Reading:
    """A picture, a recording or a file is shown to no program: its sender is told so, and a person looks."""
    if int(fields.get("NumMedia") or 0) == 0 or reading.flag == "emergency":
        return reading
    if not fields["body"].strip():
        return Reading("media", reason="sent a picture, a recording or a file")
    return replace(reading, flag="words")


def _remaining(speech: Speech, survey: Survey) -> list[Question]:
    """The questions still to come, the open one first; none when an earlier one is being asked anew."""
    places = open_places(survey)
    if not places or places[0] != survey.asked:
        return []
    found = [_question(speech, place) for place in places]
    return [each for each in found if each is not None]


def _question(speech: Speech, place: Place) -> Question | None:
    wording = speech.wording(place)
    return question(wording) if wording else None


def _answered_already(fields: Mapping[str, str], word: str, stops: bool, starts: bool) -> Provider | None:
    if word in STOPS_AT_TWILIO and stops:
        return "stop"
    if word in STARTS_AT_TWILIO and starts:
        return "start"
    return OPT_OUT_TYPES.get(fields.get("OptOutType", ""))
