"""`replies` at a terminal: the transcript without and with the words, one reply, and who looked."""

import re

from tests.office.cli.terminal import Terminal
from tests.shared.office import PHONE


def test_a_transcript_is_read_and_every_look_is_listed(team: Terminal) -> None:
    plain = team.run("replies", "list", "RT-1").out
    assert "pills" not in plain
    assert re.search(r"^2026-03-03 10:0\d EST  to them, text: invitation, delivered$", plain, re.MULTILINE)
    ids = re.findall(r"from them, text: unclear  (\w{8})$", plain, re.MULTILINE)
    assert len(ids) == 2
    assert team.run("replies", "looks", "RT-1").out == ""
    shown = team.run("replies", "list", "RT-1", "--words", "--why", "ward round").out
    assert "    took 2 pills\n" in shown
    assert "    The Story Team: your health" in shown
    assert PHONE not in shown
    one = team.run("replies", "show", ids[1])
    assert one.out.endswith(f" UTC  from them, text: unclear  {ids[1]}  RT-1\n    took 2 pills\n")
    assert "pills" not in one.err
    first, second = team.run("replies", "looks", "RT-1").out.splitlines()
    assert first.endswith(f" (cli), transcript: {ids[0]} {ids[1]} (why: ward round)")
    assert second.endswith(f" (cli), reply: {ids[1]}")


def test_strangers_are_shown_too_and_escaped(team: Terminal) -> None:
    team.run("tasks", "strangers")
    (id,) = re.findall(r" \(cli\), stranger: (\w{8})\n", team.run("replies", "looks").out)
    assert "    who is this?\\x1b[2J\n" in team.run("replies", "show", id).out
    assert "no text or mail begins with 'zz'" in team.run("replies", "show", "zz", code=2).err
