"""What a caregiver writes changes nothing of the patient, unless it may be the patient's death, and loses no reader."""

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.conversation.caregiver import about_themselves, kind_of_flagged
from pro_collector.domain.conversation.reaction import Reaction, Reply, TaskKind, react
from pro_collector.domain.reply.question import Reading
from pro_collector.domain.reply.understanding import understand
from pro_collector.domain.task_kind import ALARMING
from pro_collector.languages import available, language
from scheduler.values import REPORTERS

NOW = datetime(2027, 3, 1, 15, tzinfo=UTC)
OF_THE_PATIENT = {"leave", "erase", "pause", "urgent"}
REACTIONS = st.builds(
    Reaction,
    st.sampled_from(["answer", "opt_out", "leave", "death", "language", "pause", "unclear"]),
    reply=st.none() | st.sampled_from(get_args(Reply)),
    texting=st.sampled_from([None, "off", "on"]),
    everywhere=st.booleans(),
    tasks=st.lists(st.tuples(st.sampled_from(get_args(TaskKind)), st.just("why")), max_size=2).map(tuple),
    pauses=st.booleans(),
    cancels_reminders=st.booleans(),
    language=st.none() | st.just("es"),
)


@given(REACTIONS)
def test_nothing_of_a_caregiver_reaches_the_patient_and_every_reader_stays(reaction: Reaction) -> None:
    kept = about_themselves(reaction, "caregiver")
    assert kept.pauses == reaction.pauses, "only a death pauses, and that may be the patient's"
    assert not kept.pauses or kept.cancels_reminders
    assert (kept.language, kept.reply) == (reaction.language, reaction.reply), "their own language alone is switched"
    assert not {kind for kind, _ in kept.tasks} & OF_THE_PATIENT
    assert bool(kept.tasks) >= bool(reaction.tasks)
    alarming = {"distress" if kind == "urgent" else kind for kind, _ in reaction.tasks} & set(ALARMING)
    assert alarming == {kind for kind, _ in kept.tasks} & set(ALARMING)
    assert (kept.step, kept.texting, kept.outcome) == (reaction.step, reaction.texting, reaction.outcome)
    assert about_themselves(kept, "caregiver") == kept


@given(REACTIONS)
def test_what_others_write_is_as_it_was(reaction: Reaction) -> None:
    assert about_themselves(reaction, "self") is reaction
    assert about_themselves(reaction, "proxy") is reaction


@pytest.mark.parametrize(
    ("intent", "texting", "reply", "tasks"),
    [
        ("opt_out", "off", "stop_confirmed", []),
        ("leave", "off", "leave_noted", ["review"]),
        ("erase", "off", "erase_noted", ["review"]),
        ("pause", None, "paused", ["review"]),
        ("urgent", None, "emergency", ["distress"]),
        ("crisis", None, "crisis", ["distress"]),
        ("death", None, "condolence", ["death"]),
        ("bereaved", None, "condolence", ["death"]),
        ("wrong_person", "off", None, ["wrong_person"]),
    ],
)
def test_what_a_caregiver_says_is_done_for_them_alone(
    intent: str, texting: str | None, reply: str | None, tasks: list[str]
) -> None:
    said = react(Reading(intent, reason="words"), None, NOW, reporter="caregiver")  # type: ignore[arg-type]
    kept = about_themselves(said, "caregiver")
    assert (kept.texting, kept.reply, [kind for kind, _ in kept.tasks]) == (texting, reply, tasks)


SAID = [
    ("my husband died", "death", ["death"], True),
    ("he passed away last night", "death", ["death"], True),
    ("he is in hospital", "unclear", ["review"], False),
    ("I can't go on", "urgent", ["distress"], False),
    ("I'm exhausted", "unclear", ["review"], False),
    ("wrong number", "wrong_person", ["wrong_person"], False),
    ("mi marido ha muerto", "death", ["death"], True),
    ("no puedo más", "unclear", ["review"], False),
    ("quiero morir", "urgent", ["distress"], False),
    ("mon mari est mort", "death", ["death"], True),
    ("je n'en peux plus", "unclear", ["review"], False),
    ("o meu marido morreu", "death", ["death"], True),
    ("não aguento mais", "unclear", ["review"], False),
    ("mein Mann ist gestorben", "death", ["death"], True),
    ("ich kann nicht mehr", "unclear", ["review"], False),
    ("ich will nicht mehr leben", "urgent", ["distress"], False),
]
"""What caregivers write: the outcome, the tasks, and whether the patient's messages wait."""


@pytest.mark.parametrize(("text", "outcome", "tasks", "pauses"), SAID)
def test_what_a_caregiver_writes_comes_before_a_person(text: str, outcome: str, tasks: list[str], pauses: bool) -> None:
    heard = {understand(text, None, language(each)).outcome for each in available()}
    assert len(heard) == 1, "in whatever language they are written to"
    said = react(understand(text, None, language("en")), None, NOW, reporter="caregiver")
    kept = about_themselves(said, "caregiver")
    assert (kept.outcome, [kind for kind, _ in kept.tasks], kept.pauses) == (outcome, tasks, pauses)
    assert kept.texting == ("off" if outcome == "wrong_person" else None)


def test_a_flagged_answer_of_a_caregiver_is_not_one_of_the_patient() -> None:
    assert [kind_of_flagged(each) for each in REPORTERS] == ["flagged", "flagged", "distress"]
