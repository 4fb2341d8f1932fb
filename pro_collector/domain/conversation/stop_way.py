"""How messages to an address are stopped or turned on again."""

from typing import Literal

StopWay = Literal[
    "keyword", "words", "wrong number", "mail", "one-click", "page", "confirmed", "carrier", "new address",
    "known address", "unknown",
]  # fmt: skip
"""A text that is only a keyword; a text in other words; the present owner of the number; a mail; the button of a mail
program; our own page; a person of the team who read what they wrote; the carrier refuses the address; another address
was recorded; an address was recorded that had opted out before; before this was recorded."""
