"""`pro-collector account` and `pro-collector token`, as an administrator at a terminal types them."""

import io
import json
import re

from tests.office.cli.terminal import Printed, Terminal


def invited(terminal: Terminal, handle: str, typed: str, *more: str, code: int = 0) -> Printed:
    """An invitation, with the lines that standard input has."""
    terminal.environment.setattr("sys.stdin", io.StringIO(typed))
    return terminal.run("account", "invite", handle, "--role", *more, code=code)


def test_the_first_administrator_is_invited_and_the_record_says_by_whom(terminal: Terminal) -> None:
    told = invited(terminal, "garcia", "garcia@clinic.example\nMaria García\n", "administrator").out
    assert re.search(r"^http://127\.0\.0\.1/team/accept/[\w-]{43}$", told, re.MULTILINE)
    mistakes: tuple[tuple[tuple[str, ...], str], ...] = (
        (("garcia", "other@x.example", "administrator"), "has an account"),
        (("Mrs X", "no address", "administrator"), "expected a mail address"),
        (("x1", "x@x.example", "coordinator"), "coordinator is for a study: say which one"),
        (("x1", "x@x.example", "monitor", "--site", "paris"), "say of which study"),
    )
    for wrong, said in mistakes:
        assert said in invited(terminal, wrong[0], *wrong[1:], code=2).err
    others: tuple[tuple[tuple[str, ...], str], ...] = (
        (("grant", "garcia", "--role", "monitor", "--study", "lung"), "no study 'lung' is applied here"),
        (("grant", "garcia", "--role", "administrator", "--also", "everything"), "there is no act 'everything'"),
        (("reset", "nobody"), "no account 'nobody'"),
    )
    for words, said in others:
        assert said in terminal.run("account", *words, code=2).err
    (listed,) = map(json.loads, terminal.run("account", "list").out.splitlines())
    assert listed == {
        "handle": "garcia", "email": "garcia@clinic.example", "name": "Maria García", "roles": ["administrator"],
        "signs_in_with": [], "sessions": 0,
    }  # fmt: skip
    assert "/team/accept/" in terminal.run("account", "reset", "garcia").out
    assert terminal.run("account", "sign-out", "garcia").out == "garcia: 0 sessions ended\n"
    terminal.run("account", "revoke", "garcia", "--role", "administrator", "--why", "on leave")
    terminal.run("account", "remove", "garcia")
    history = [json.loads(line) for line in terminal.run("account", "history", "garcia").out.splitlines()]
    assert [(each["what"], each["detail"]) for each in history] == [
        ("invited", ""),
        ("granted", "administrator"),
        ("reset", ""),
        ("signed out everywhere", ""),
        ("revoked", "administrator: on leave"),
        ("removed", ""),
    ]
    assert {each["by_whom"] for each in history} != {""}
    assert len(terminal.run("account", "history", "--limit", "2").out.splitlines()) == 2


def test_a_token_is_printed_once_and_revoked(terminal: Terminal) -> None:
    secret = terminal.run("token", "make", "prometheus", "--role", "metrics", "--days", "30").out.strip()
    assert secret.startswith("proc_")
    assert "read is for a study" in terminal.run("token", "make", "x1", "--role", "read", code=2).err
    told = terminal.run("token", "list").out
    assert secret not in told
    assert json.loads(told)["role"] == "metrics"
    assert terminal.run("token", "revoke", "prometheus").out == "revoked: prometheus\n"
    assert "no token 'prometheus' is in force" in terminal.run("token", "revoke", "prometheus", code=2).err
