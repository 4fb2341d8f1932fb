"""What the study team reads for each state of a participant."""

from collections.abc import Mapping

STATE_WORDS: Mapping[str, str] = {
    "paused": "paused: no check-ins",
    "hospital": "in hospital",
    "holiday": "away",
    "stopped_texting": "no text messages; mails go on",
    "moved": "moved to another time zone",
    "answered_by_proxy": "a proxy answers for them",
    "crossed_over": "crossed over to another arm",
    "withdrew": "withdrew from the study",
    "died": "died",
}
