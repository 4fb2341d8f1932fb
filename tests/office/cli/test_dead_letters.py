"""`dead-letters`: what is no event of ours is shown as it came, is not sent again, and is dismissed with a reason."""

import json

import psycopg

from tests.office.cli.terminal import Terminal


def test_what_is_no_event_is_shown_and_dismissed(terminal: Terminal, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            'INSERT INTO dead_letter (topic, value, reason, partition, "offset", key, headers, fingerprint)'
            " VALUES ('survey.due', '\\x7bff', 'no JSON', 1, 7, '\\x6b', '[[\"x\", \"//4=\"], [\"y\", null]]', '\\x01')"
        )
    assert '"id": 1' in terminal.run("dead-letters", "list").out
    shown = json.loads(terminal.run("dead-letters", "show", "1").out.splitlines()[0])
    assert (shown["value"], shown["key"], shown["partition"], shown["offset"]) == ("{\ufffd", "k", 1, 7)
    assert shown["headers"] == [["x", "\ufffd\ufffd"], ["y", None]]
    for words in (["1"], ["--all"]):
        told = terminal.run("dead-letters", "redrive", *words).out
        assert told.startswith("sent again: 0 of 1\nnot our events, cannot be sent again: ")
        assert "pro-collector dead-letters dismiss 1 --reason" in told
    assert "HOLE" in terminal.run("reconcile", code=1).out.upper()
    done = terminal.run("dead-letters", "dismiss", "1", "2", "--reason", "a test of the network", code=2)
    assert (done.out, "not dead letters that wait: 2" in done.err) == ("dismissed: 1\n", True)
    assert terminal.run("dead-letters", "list").out == ""
    terminal.run("reconcile")
    assert "do not wait: 1" in terminal.run("dead-letters", "redrive", "1").out
