"""German: what is an answer, what reaches a person, and what it must not touch."""

import pytest

from pro_collector.domain.reply.question import Outcome, Question
from pro_collector.domain.reply.understanding import understand
from pro_collector.languages import available, language

SCALE, YES_NO = Question("integer", 0, 10), Question("yesno")
DE = language("de")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("Fieber", "urgent"), ("38,5", "urgent"), ("ich bekomme keine Luft", "urgent"),
        ("Schmerzen in der Brust", "urgent"), ("ich will nicht mehr leben", "urgent"), ("Notarzt", "urgent"),
        ("kein Fieber mehr, aber keine Luft", "urgent"), ("keine Atemnot, aber Brustschmerzen", "urgent"),
        ("keine Nachrichten mehr", "opt_out"), ("hören Sie bitte auf", "opt_out"), ("abmelden", "opt_out"),
        ("ich steige aus", "leave"), ("löschen Sie meine Daten", "erase"), ("jetzt nicht", "pause"),
        ("falsche Nummer", "wrong_person"), ("Maria ist verstorben", "death"), ("mein Mann ist gestorben", "bereaved"),
        ("bitte rufen Sie mich an", "help"), ("was bedeutet Fatigue?", "meaning"), ("auf Englisch bitte", "language"),
    ],
)  # fmt: skip
def test_requests_and_emergencies_are_recognized(text: str, outcome: Outcome) -> None:
    assert understand(text, SCALE, DE).outcome == outcome


@pytest.mark.parametrize(
    "text",
    [
        "kein Fieber", "keine Atemnot", "ich sterbe vor Hunger", "draußen sind es 39 Grad", "ich bin 39",
        "kein Fieber mehr", "das Fieber ist weg", "niemandem ist etwas aufgefallen", "will, dass die Chemo vorbei ist",
        "die Schmerzen hören nicht auf", "habe die Chemo abgebrochen", "Blut abgenommen", "der Nachbar ist gestorben",
    ],
)  # fmt: skip
def test_what_only_sounds_like_a_stop_or_an_emergency_is_none(text: str) -> None:
    for question in (SCALE, YES_NO):
        reading = understand(text, question, DE)
        assert not {reading.outcome, *reading.also} & {"opt_out", "leave", "erase", "urgent", "crisis", "death"}
        assert reading.flag != "emergency"


def test_an_emergency_beside_a_no_reaches_a_person_and_the_no_is_kept() -> None:
    reading = understand("nein aber ich habe Fieber", YES_NO, DE)
    assert (reading.outcome, reading.value, reading.flag) == ("answer", "no", "emergency")
    assert "urgent" in reading.also


@pytest.mark.parametrize("text", ["siebeneinhalb", "in acht Tagen", "6 oder 7", "nicht 7", "Zimmer 5", "gestern 7"])
def test_what_only_looks_like_a_number_is_asked_again(text: str) -> None:
    assert understand(text, SCALE, DE).outcome == "unclear"


@pytest.mark.parametrize(("code", "text"), [("en", "stop by my house any time"), ("fr", "moment")])
def test_it_takes_nothing_from_the_other_languages(code: str, text: str) -> None:
    assert understand(text, SCALE, language(code)).outcome == "unclear"


@pytest.mark.parametrize("code", [code for code in available() if code != "de"])
def test_a_stop_in_german_is_heard_whatever_the_language(code: str) -> None:
    assert understand("ich möchte keine Nachrichten mehr", SCALE, language(code)).outcome == "opt_out"
    assert understand("ich bekomme keine Luft", SCALE, language(code)).outcome == "urgent"
