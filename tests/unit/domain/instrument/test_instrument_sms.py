"""Counting text messages: encodings, units, segments, and characters that are never split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.document import parse_yaml
from pro_collector.domain.instrument.parse import parse_instrument
from pro_collector.domain.instrument.sms_text import Segments, outside_gsm7, segments, sms_question
from tests.unit.domain.instrument.test_instrument import GOOD, TEXT

BASIC = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./09:;<=>?¡AZÄÖÑÜ§¿azäöñüà"
EXTENSION = "^{}\\[~]|€\f"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("GSM-7", 0, 1)),
        ("a" * 160, Segments("GSM-7", 160, 1)),
        ("a" * 161, Segments("GSM-7", 161, 2)),
        ("a" * 306, Segments("GSM-7", 306, 2)),
        ("a" * 307, Segments("GSM-7", 307, 3)),
        ("€", Segments("GSM-7", 2, 1)),
        ("€" * 80, Segments("GSM-7", 160, 1)),
        # An escape and its character stay together: 152 + the pair would be 154, so the pair moves to the next segment.
        ("a" * 152 + "€" + "a" * 151, Segments("GSM-7", 305, 2)),
        ("a" * 152 + "€" + "a" * 152, Segments("GSM-7", 306, 3)),
        ("á", Segments("UCS-2", 1, 1)),
        ("á" * 70, Segments("UCS-2", 70, 1)),
        ("á" * 71, Segments("UCS-2", 71, 2)),
        ("á" * 134, Segments("UCS-2", 134, 2)),
        ("á" * 135, Segments("UCS-2", 135, 3)),
        ("😀", Segments("UCS-2", 2, 1)),
        ("😀" * 35, Segments("UCS-2", 70, 1)),
        # A surrogate pair stays together: 33 of them fill 66 of 67 units.
        ("😀" * 67, Segments("UCS-2", 134, 3)),
        ("ñ¿¡é", Segments("GSM-7", 4, 1)),
        ("ç", Segments("UCS-2", 1, 1)),  # the default alphabet has the capital only
    ],
)
def test_sizes(text: str, expected: Segments) -> None:
    assert segments(text) == expected


@pytest.mark.parametrize("character", list(BASIC))
def test_the_default_alphabet_takes_one_septet(character: str) -> None:
    assert segments(character) == Segments("GSM-7", 1, 1)


@pytest.mark.parametrize("character", list(EXTENSION))
def test_the_extension_table_takes_two(character: str) -> None:
    assert segments(character) == Segments("GSM-7", 2, 1)


def test_the_default_alphabet_has_127_characters() -> None:
    # 128 places, one of them the escape to the extension table (3GPP TS 23.038, 6.2.1).
    known = [chr(code) for code in range(0x2100) if segments(chr(code)) == Segments("GSM-7", 1, 1)]
    assert len(known) == 127


@given(st.text(alphabet="a€á😀ñ", max_size=400))
def test_segments_hold_all_units_and_no_more(text: str) -> None:
    size = segments(text)
    alone, joined = (160, 153) if size.encoding == "GSM-7" else (70, 67)
    assert (size.count == 1) == (size.units <= alone)
    if size.count > 1:
        # A segment that leaves a place free does so for one pair at most.
        assert (size.count - 1) * (joined - 1) < size.units <= size.count * joined
    if size.encoding == "UCS-2":
        assert size.units == len(text.encode("utf-16-be")) // 2


def test_characters_that_force_ucs2() -> None:
    assert outside_gsm7("¿Cómo está, señor? ó") == "óá"
    assert outside_gsm7("€ plain") == ""


def test_a_question_as_one_message() -> None:
    tiny = parse_instrument(parse_yaml(GOOD, "tiny.yaml"), {"en": parse_yaml(TEXT, "en.yaml")})
    asked = []
    for item in tiny.items:
        wording = tiny.texts["en"].wording(item)
        assert wording is not None
        asked.append(sms_question(wording))
    assert asked == ["How are you?\n0 no way\n1 by all means", "Many?", "Really?\n0 No\n1 Yes"]
    by_proxy = tiny.texts["en"].wording(tiny.items[1], "proxy")
    assert by_proxy is not None
    # Without a separate short form, the message explains the ends of the scale.
    assert sms_question(by_proxy) == "How many?\n0 = none\n3 = all"
