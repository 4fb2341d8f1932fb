"""`tasks` at a terminal: listed, shown with the words that were written, done with the answer that they meant."""

import json
import re

import pytest

from pro_collector.clock import SystemClock
from tests.office.cli.terminal import Terminal
from tests.shared.office import PHONE
from tests.shared.scenes import ASKED, SOON

KEYS = ["id", "study", "code", "kind", "detail", "raised_at", "occasion_id"]


def listed(team: Terminal, *words: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in team.run("tasks", *words).out.splitlines()]


def test_a_reply_is_read_and_answered(team: Terminal) -> None:
    (task,) = listed(team)
    assert [task] == listed(team, "list")
    assert list(task) == KEYS
    assert (task["code"], task["kind"]) == ("RT-1", "review")
    id = str(task["id"])[:8]

    shown = team.run("tasks", "show", id)
    assert "    took 2 pills\n" in shown.out
    assert f"pro-collector tasks done {id} --answer CODE" in shown.out
    assert PHONE not in shown.out
    assert "pills" not in shown.err

    wrong = team.run("tasks", "done", id, "--answer", "11", code=2)
    assert "'11' is not allowed; symptom-diary/pain takes a whole number from 0 to 10 or asked-declined" in wrong.err
    assert listed(team) == [task]

    done = team.run("tasks", "done", id, "--answer", "4", "--note", "asked her")
    assert done.out.splitlines() == [
        f"done: {id}, about RT-1",
        "recorded: symptom-diary/pain = 4; symptom-diary/tiredness waits next",
    ]
    assert listed(team) == []
    assert "done already" in team.run("tasks", "done", id, code=2).err
    assert ": asked her" in team.run("tasks", "show", id).out
    told = team.run("why", "RT-1", "weekly-symptoms").out.splitlines()[0]
    life = team.run("why", "RT-1", told.split()[0]).out
    assert "read the reply to symptom-diary/pain" in life
    assert "symptom-diary/pain answered by text message" in life


def test_seen_too_late_it_says_what_became_of_it(team: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    (task,) = listed(team)
    monkeypatch.setattr(SystemClock, "now", lambda _: ASKED.replace(month=4) + SOON)
    told = team.run("tasks", "done", str(task["id"]), "--answer", "4", code=2).err
    assert "symptom-diary/pain no longer waits for an answer" in told
    assert "nothing was recorded" in told.lower()
    assert len(listed(team)) == 1


def test_what_is_no_task_is_not_found(team: Terminal) -> None:
    assert "no task begins with 'zz'" in team.run("tasks", "show", "zz", code=2).err
    assert "no task begins with '%'" in team.run("tasks", "done", "%", code=2).err


def test_strangers_are_read_at_a_terminal(team: Terminal) -> None:
    told = team.run("tasks", "strangers").out
    assert told.endswith("Z  text\n    who is this?\\x1b[2J\n\n")
    assert "+1202" not in told
    named = team.run("tasks", "strangers", "--address").out
    assert re.search(r"Z  text  from \+1202555\d{4}\n    who is this", named)


def test_the_reading_list_is_read_and_worked_off(team: Terminal) -> None:
    plain = team.run("tasks", "reading").out.splitlines()
    (task,) = listed(team)
    id = str(task["id"])[:8]
    assert plain == [
        "words: RT-1, rare-tumour-story, bethesda, weekly-symptoms; waits 0 min, texts: 2",
        f"    review {id}",
    ]
    shown = team.run("tasks", "reading", "--words", "--study", "rare-tumour-story").out
    assert re.search(
        r"\n    2026-03-03 10:05 EST\n        3 and then 4\n    2026-03-03 10:05 EST\n        took 2 pills\n$", shown
    )
    assert team.run("tasks", "reading", "--site", "madrid").out == ""
    team.run("tasks", "done", id)
    assert team.run("tasks", "reading", "--words").out == ""


def test_words_that_ask_to_stop_are_confirmed_and_stay_in_the_history(team: Terminal) -> None:
    (task,) = listed(team)
    id = str(task["id"])[:8]
    assert f"    pro-collector tasks done {id} --stop\n" in team.run("tasks", "show", id).out
    assert "give it alone" in team.run("tasks", "done", id, "--stop", "--answer", "4", code=2).err
    assert team.run("participant", "opt-outs", "RT-1").out == ""
    done = team.run("tasks", "done", id, "--stop").out.splitlines()
    assert done == [f"done: {id}, about RT-1", "nothing more is sent to this address: phone"]
    told = team.run("participant", "opt-outs", "RT-1").out
    assert re.fullmatch(
        r"phone  stopped 2026-03-03 10:\d\d EST: words that a person of the team read, by \S+ \(replies show \w{8}\)\n",
        told,
    )
    shown = team.run("replies", "show", told.rstrip(")\n")[-8:]).out
    assert "    took 2 pills\n" in shown
