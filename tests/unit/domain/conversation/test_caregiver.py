"""What a caregiver writes never stops, pauses, erases or changes anything of the patient, and loses no reader."""

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.conversation.caregiver import about_themselves
from pro_collector.domain.conversation.reaction import Reaction, Reply, TaskKind, react
from pro_collector.domain.reply.question import Reading

NOW = datetime(2027, 3, 1, 15, tzinfo=UTC)
OF_THE_PATIENT = {"leave", "erase", "pause"}
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
    assert not kept.pauses
    assert kept.language is None
    assert not {kind for kind, _ in kept.tasks} & OF_THE_PATIENT
    assert bool(kept.tasks) >= bool(reaction.tasks)
    assert {kind for kind, _ in reaction.tasks} & {"urgent", "death"} <= {kind for kind, _ in kept.tasks}
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
        ("urgent", None, "emergency", ["urgent"]),
        ("crisis", None, "crisis", ["urgent"]),
        ("death", None, "bereaved", ["death"]),
        ("bereaved", None, "bereaved", ["death"]),
        ("wrong_person", "off", None, ["wrong_person"]),
    ],
)
def test_what_a_caregiver_says_is_done_for_them_alone(
    intent: str, texting: str | None, reply: str | None, tasks: list[str]
) -> None:
    said = react(Reading(intent, reason="words"), None, NOW, proxy=False)  # type: ignore[arg-type]
    kept = about_themselves(said, "caregiver")
    assert (kept.texting, kept.reply, [kind for kind, _ in kept.tasks]) == (texting, reply, tasks)
