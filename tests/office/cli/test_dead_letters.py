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


def test_all_that_are_no_events_of_ours_are_dismissed_at_once(terminal: Terminal, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO dead_letter (topic, value, reason, fingerprint)"
            " SELECT 'survey.due', '', 'no JSON', n::text::bytea FROM generate_series(1, 300) n"
        )
        connection.execute(
            "WITH ours AS (INSERT INTO outbox (event_id, type, participant_id, occurred_at, payload)"
            " VALUES (gen_random_uuid(), 'survey.due', gen_random_uuid(), now(), '{}') RETURNING event_id)"
            " INSERT INTO dead_letter (topic, event_id, value, reason) SELECT 'survey.due', event_id, '', '' FROM ours"
        )
    told = terminal.run("dead-letters", "dismiss", "--all", "--reason", "a test of the network").out
    assert told == "dismissed: 300\n"
    assert '"id": 301' in terminal.run("dead-letters", "list").out, "an event of ours waits for somebody to look at it"
    assert terminal.run("dead-letters", "dismiss", "301", "--reason", "not needed").out == "dismissed: 1\n"
