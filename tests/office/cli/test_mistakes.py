"""What the command line says to mistakes: every one of them, where it stands, what was expected; never a traceback."""

import socket
from pathlib import Path

import pytest

from pro_collector import __version__
from pro_collector.postgres import database
from pro_collector.resources import SCHEMAS
from tests.office.cli.terminal import KEYS, Terminal
from tests.shared.office import DEMO

STUDY = str(SCHEMAS / "studies" / "demo.yaml")
HEADER = "code,zone,language,enrolled_on,birth_date,arm,site,phone,email\n"
GOOD = "RT-1,Europe/Madrid,es,2026-01-05,1980-01-01,treated,madrid,+34612345678,\n"
FIVE_MISTAKES = (
    DEMO.replace('version: "1.0"', "version: 1.0")
    .replace("zone: America/Phoenix", "zone: America/Phenix")
    .replace("instruments: [symptom-diary]", "instruments: [symptom-dairy]", 1)
    .replace("anchor: surgery", "anchor: surgerie")
    .replace("priority: 4", "prioritty: 4")
)


@pytest.fixture
def applied(terminal: Terminal) -> Terminal:
    """A terminal where the demo study is in force."""
    terminal.run("study", "apply", STUDY)
    return terminal


@pytest.fixture
def people(applied: Terminal, tmp_path: Path) -> Terminal:
    """A terminal where RT-1 and RT-2 are enrolled."""
    file = tmp_path / "people.csv"
    file.write_text(HEADER + GOOD + GOOD.replace("RT-1", "RT-2"))
    assert applied.run("participant", "import", "--yes", str(file)).out == "enrolled 2\n"
    return applied


def test_the_version_is_told(bare: Terminal) -> None:
    assert bare.run("--version").out == f"pro-collector {__version__}\n"


# Settings


def test_every_missing_setting_is_named_with_what_it_is(bare: Terminal) -> None:
    told = bare.run("participant", "list", code=2).err
    missing = ("DATABASE_URL", "KAFKA_BOOTSTRAP", "VAULT_KEY", "LINK_KEY", "PUBLIC_URL")
    for name in missing:
        assert f"PRO_{name}: is not set (" in told
    assert "PostgreSQL 15 or newer: postgresql://user:password@host/name" in told
    assert len(told.splitlines()) == len(missing)


def test_a_setting_that_cannot_be_used_is_named(terminal: Terminal) -> None:
    terminal.set(PRO_KAFKA_PARTITIONS="0", PRO_WEB_PORT="http")
    told = terminal.run("participant", "list", code=2).err
    assert "PRO_KAFKA_PARTITIONS: " in told
    assert "PRO_WEB_PORT: " in told


def test_a_setting_of_the_wrong_form_is_named(terminal: Terminal) -> None:
    wrong = {
        "PRO_VAULT_KEY": ("short", "PRO_VAULT_KEY: expected 32 bytes as 64 hex digits"),
        "PRO_SMTP_URL": ("mail.example.org", "PRO_SMTP_URL: expected smtp://"),
        "PRO_DATABASE_URL": ("not a url", "PRO_DATABASE_URL: expected postgresql://"),
        "PRO_PUBLIC_URL": ("pro.example.org", "PRO_PUBLIC_URL: expected https://host"),
        "PRO_LOG_LEVEL": ("loud", "PRO_LOG_LEVEL: "),
        "PRO_TWILIO_SENDER": ("5550101", "PRO_TWILIO_SENDER: expected a number with its country code"),
        "PRO_LINK_KEY" + "S": ("t", "S: there is no such setting; did you mean PRO_LINK_KEY?"),
    }
    for name, (value, expected) in wrong.items():
        with terminal.environment.context() as only_here:
            only_here.setenv(name, value)
            assert expected in terminal.run("participant", "list", code=2).err


def test_an_empty_setting_is_a_missing_one(terminal: Terminal) -> None:
    """An empty key would be one that everybody knows."""
    required = ("PRO_DATABASE_URL", "PRO_KAFKA_BOOTSTRAP", "PRO_VAULT_KEY", "PRO_PUBLIC_URL")
    terminal.set(**dict.fromkeys(required, ""))
    told = terminal.run("participant", "list", code=2).err
    assert [line.partition(":")[0] for line in told.splitlines() if "is not set" in line] == list(required)


def test_half_of_a_twilio_account_is_named(terminal: Terminal, database_url: str) -> None:
    terminal.set(PRO_DATABASE_URL=database_url, PRO_TWILIO_SENDER="+12025550100")
    told = terminal.run("participant", "list", code=2).err
    assert "PRO_TWILIO_ACCOUNT_SID: is not set" in told
    assert "PRO_TWILIO_AUTH_TOKEN: is not set" in told


def test_a_database_that_is_away(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "CONNECT_TIMEOUT", 0.3)
    terminal.set(PRO_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert "PRO_DATABASE_URL: PostgreSQL does not answer at this URL" in terminal.run("participant", "list", code=1).err
    assert "PRO_DATABASE_URL: PostgreSQL does not answer at this URL" in terminal.run("migrate", code=1).err


def test_a_database_without_our_tables_says_what_to_do(terminal: Terminal, postgres: str) -> None:
    terminal.set(PRO_DATABASE_URL=postgres)
    for words in (["participant", "list"], ["dead-letters", "list"], ["timeline", "show", "RT-1"]):
        assert "pro-collector migrate" in terminal.run(*words, code=2).err


def test_a_broker_that_is_away(terminal: Terminal) -> None:
    for words in (["migrate"], ["run", "worker"], ["run", "relay"]):
        assert "PRO_KAFKA_BOOTSTRAP: no Kafka broker answers there" in terminal.run(*words, code=1).err


def test_all_parts_end_when_the_broker_is_away(terminal: Terminal, database_url: str) -> None:
    terminal.set(PRO_DATABASE_URL=database_url)
    told = terminal.run("run", "all", code=1).err
    assert "PRO_KAFKA_BOOTSTRAP: no Kafka broker answers there" in told
    assert "never retrieved" not in told


def test_a_host_that_is_not_ours(terminal: Terminal) -> None:
    terminal.set(PRO_WEB_HOST="192.0.2.1")
    assert "PRO_WEB_HOST: cannot listen on 192.0.2.1" in terminal.run("run", "web", code=2).err


def test_a_port_that_is_taken(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        terminal.set(PRO_WEB_PORT=str(port))
        assert f"PRO_WEB_PORT: cannot listen on 127.0.0.1:{port}" in terminal.run("run", "web", code=2).err


def test_parts_that_do_not_exist(terminal: Terminal) -> None:
    told = terminal.run("run", "wroker", "senders", code=2).err
    assert "there is no part 'wroker'; expected scheduler, relay, worker, sender, web, all" in told
    assert "there is no part 'senders'" in told


# Study files


def test_five_mistakes_are_five_lines_each_where_it_stands(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(FIVE_MISTAKES)
    told = terminal.run("study", "apply", str(file), code=2).err
    lines = FIVE_MISTAKES.splitlines()

    def line(of: str) -> int:
        return next(n for n, text in enumerate(lines, start=1) if of in text)

    expected = [
        (line("version: 1.0"), "put it in quotes"),
        (line("America/Phenix"), "did you mean `America/Phoenix`"),
        (line("symptom-dairy"), "did you mean `symptom-diary`"),
        (line("anchor: surgerie"), "did you mean `surgery`"),
        (line("prioritty"), "did you mean `priority`"),
    ]
    assert len(told.splitlines()) == 5
    for (number, words), text in zip(sorted(expected), told.splitlines(), strict=True):
        assert text.startswith(f"{file}:{number}: ")
        assert words in text, text
    assert terminal.run("participant", "list").out == "", "nothing was applied"


NO_STUDIES = {
    b"": "expected keys with their values here",
    b"a: [1": "not readable as YAML",
    b"\xff\xfe": "expected UTF-8 text",
    b"a: 1\na: 2\n": "this key is here twice",
    b"- 1\n- 2\n": "expected keys with their values here",
}


def test_files_that_are_no_study(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    for content, expected in NO_STUDIES.items():
        file.write_bytes(content)
        assert expected in terminal.run("study", "apply", str(file), code=2).err, content


def test_a_file_that_is_not_there(terminal: Terminal, tmp_path: Path) -> None:
    assert "No such file" in terminal.run("study", "apply", str(tmp_path / "nothing.yaml"), code=2).err
    assert "Is a directory" in terminal.run("study", "apply", str(tmp_path), code=2).err


def test_the_same_version_with_other_content(applied: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(DEMO.replace("The Story Team", "The Other Team"))
    assert "give this one a new version" in applied.run("study", "apply", str(file), "--yes", code=2).err
    assert "in force already" in applied.run("study", "apply", STUDY).out


def test_the_form_of_a_value_is_told_in_words(bare: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    wrong = {
        'phone: "+12025550142"': ("phone: 202 555 0142", "expected a number with its country code"),
        "id: rare-tumour-story": ("id: Rare Tumour Story", "expected lower-case letters, digits and hyphens"),
        "instruments: [well-being-diary, symptom-diary]": ("instruments: symptom-diary", "expected a list here"),
        "    anchor: enrolment\n": ("\tanchor: enrolment\n", "indent with spaces, not with tabs"),
    }
    for good, (bad, expected) in wrong.items():
        assert good in DEMO
        file.write_text(DEMO.replace(good, bad, 1))
        assert expected in bare.run("study", "check", str(file), code=2).err


# People


BAD_LISTS: dict[str, tuple[str, list[str]]] = {
    "nothing": ("", [":1: code: this column is required"]),
    "header only": (HEADER, []),
    "misspelt column": (
        HEADER.replace("zone", "zoen") + GOOD,
        [":1: zoen: this column is not known; did you mean `zone`?", ":1: zone: this column is required"],
    ),
    "column twice": (HEADER.replace("email", "phone") + GOOD, [":1: phone: this column is here twice"]),
    "semicolons in the header alone": (HEADER.replace(",", ";") + GOOD, [":2: this row does not have as many fields"]),
    "zone": (HEADER + GOOD.replace("Europe/Madrid", "Madrid"), [":2: zone: 'Madrid' is not an IANA time zone"]),
    "language": (HEADER + GOOD.replace(",es,", ",sp,"), [":2: language: 'sp' is not in the study; "]),
    "arm": (HEADER + GOOD.replace("treated", "treatd"), [":2: arm: 'treatd' is not in the study; did you mean `tr"]),
    "site": (HEADER + GOOD.replace("madrid,", "paris,"), [":2: site: 'paris' is not in the study; known: bethesda"]),
    "no site": (HEADER + GOOD.replace("madrid,", ","), [":2: site: required: the emergency number"]),
    "no country": (HEADER + GOOD.replace("+34", ""), [":2: phone: expected a phone number with its country code"]),
    "short phone": (HEADER + GOOD.replace("612345678", "61"), [":2: phone: this phone number is too long"]),
    "unreachable": (HEADER + GOOD.replace("+34612345678", ""), [":2: give at least one of phone"]),
    "date": (HEADER + GOOD.replace("2026-01-05", "05/01/2026"), [":2: enrolled_on: expected a date as year-month-day"]),
    "no code": (HEADER + GOOD.replace("RT-1", ""), [":2: code: expected letters, digits"]),
    "twice": (HEADER + GOOD + GOOD, [":3: code: RT-1 is on an earlier line too"]),
    "too many": (HEADER + GOOD.replace("\n", ",more\n"), [":2: this row does not have as many fields as the header"]),
    "too few": (HEADER + "RT-1,Europe/Madrid\n", [":2: this row does not have as many fields as the header"]),
    "nul": (HEADER + GOOD.replace("RT-1", "RT-1\x00"), [":2: code: "]),
    "endless": (HEADER + '"' + "x" * 200_000, ["not readable as CSV: field larger"]),
    "several": (
        HEADER + GOOD.replace("treated", "nobody").replace("Europe/Madrid", "Mars") + GOOD.replace("RT-1", "!"),
        [":2: arm: ", ":2: zone: ", ":3: code: "],
    ),
}  # fmt: skip


def test_a_list_of_people_with_mistakes_enrols_nobody(applied: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    silent = {}
    for name, (text, expected) in BAD_LISTS.items():
        file.write_text(text)
        told = applied.run("participant", "import", "--yes", str(file), code=2 if expected else 0).err
        silent[name] = [words for words in expected if words not in told]
    assert {name: words for name, words in silent.items() if words} == {}
    assert applied.run("participant", "list").out == ""


def test_the_good_rows_of_a_bad_file_on_request(applied: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("\ufeff" + HEADER + GOOD + GOOD.replace("RT-1", "RT-2").replace("Europe/Madrid", "Mars"))
    told = applied.run("participant", "import", "--yes", str(file), "--skip-bad")
    assert told.out == "enrolled 1, left out 1 rows\n"
    assert "left out: " in told.err
    assert ":3: zone: 'Mars'" in told.err
    file.write_text(HEADER + GOOD + GOOD.replace("RT-1", "RT-3"))
    told = applied.run("participant", "import", "--yes", str(file), "--skip-bad")
    assert told.out == "enrolled 1, left out 1 rows\n"
    assert ":2: code: RT-1 is enrolled already" in told.err
    file.write_text(HEADER.replace("zone", "zoen") + GOOD)
    assert (
        "zoen: this column is not known"
        in applied.run("participant", "import", "--yes", str(file), "--skip-bad", code=2).err
    )


def test_a_sheet_as_a_spreadsheet_saves_it(applied: Terminal, tmp_path: Path) -> None:
    """A mark at the beginning, semicolons, CRLF, and rows that were emptied."""
    file = tmp_path / "people.csv"
    lines = (HEADER + GOOD).replace(",", ";").splitlines()
    rows = [*lines, ";" * lines[0].count(";"), "", lines[1].replace("RT-1", "RT-4")]
    file.write_bytes("\r\n".join(["\ufeff" + rows[0], *rows[1:]]).encode())
    assert applied.run("participant", "import", "--yes", str(file)).out == "enrolled 2\n"


def test_enrolled_twice_is_refused_whole(people: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "more.csv"
    file.write_text(HEADER + GOOD.replace("RT-1", "RT-3") + GOOD)
    assert "code: RT-1 is enrolled already" in people.run("participant", "import", "--yes", str(file), code=2).err
    assert len(people.run("participant", "list").out.splitlines()) == 2


def test_a_list_shows_no_name_and_no_address(people: Terminal) -> None:
    out = people.run("participant", "list").out
    assert '"code": "RT-1"' in out
    assert "34612345678" not in out


def test_without_a_study_it_says_how_to_apply_one(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(HEADER + GOOD)
    assert (
        "apply one with: pro-collector study apply FILE"
        in terminal.run("participant", "import", "--yes", str(file), code=2).err
    )
    assert "no study" in terminal.run("participant", "import", "--yes", str(file), "--study", "x", code=2).err


NOT_THERE = {
    "timeline add RT-11 surgery 2026-02-01": "no participant 'RT-11'; did you mean `RT-1`?",
    "timeline add RT-1 surgrey 2026-02-01": "no event 'surgrey'; did you mean `surgery`?",
    "timeline add RT-1 surgery 01/02/2026": "expected a date as YYYY-MM-DD",
    "timeline add RT-1 surgery 2026-02-30": "expected a date as YYYY-MM-DD",
    "timeline retract RT-1 surgery 2026-02-01": "RT-1 has no surgery on 2026-02-01; recorded: none",
    "timeline show XX": "no participant 'XX'; known: RT-1, RT-2",
    "participant state RT-1 pausd": "'pausd' is none of paused, hospital",
    "participant state RT-1 paused --since tomorrow": "expected a date as YYYY-MM-DD",
    "participant state RT-1 died --until 2030-01-01": "until: this state has no end",
    "participant state RT-1 moved": "`moved` takes the new time zone",
    "participant state RT-1 moved --zone Madrid": "'Madrid' is not an IANA time zone",
    "participant state RT-1 paused --since 2026-03-01 --until 2026-03-01": "until: expected a day after 2026-03-01",
    "dead-letters show 7": "there is no dead letter 7",
    "dead-letters show 999999999999999999999999": "there is no dead letter 999",
}


def test_what_does_not_exist_is_said_with_what_is_near(people: Terminal) -> None:
    told = {words: people.run(*words.split(), code=2).err for words in NOT_THERE}
    assert {words: err for words, err in told.items() if NOT_THERE[words] not in err} == {}


def test_dead_letters_of_which_there_are_none(people: Terminal) -> None:
    assert people.run("dead-letters", "list").out == ""
    assert "sent again: 0 of 1" in people.run("dead-letters", "redrive", "7").out
    assert people.run("dead-letters", "redrive", "--all").out == "sent again: 0\n"
    assert "not dead letters that wait: 7" in people.run("dead-letters", "dismiss", "7", "--reason", "x", code=2).err
    assert "expected why" in people.run("dead-letters", "dismiss", "7", "--reason", " ", code=2).err


def test_what_was_said_of_a_treatment_is_shown_in_order(people: Terminal) -> None:
    assert "recorded" in people.run("timeline", "add", "RT-1", "surgery", "2026-02-01").out
    assert (
        "nothing was changed"
        in people.run("timeline", "correct", "RT-1", "surgery", "2026-02-01", "--on", "2026-02-03", "--dry-run").out
    )
    people.run("timeline", "correct", "RT-1", "surgery", "2026-02-01", "--on", "2026-02-03", "--reason", "typo")
    told = people.run("timeline", "show", "RT-1").out.splitlines()
    assert ["superseded" in told[0], "believed" in told[1], told[1].endswith("typo")] == [True, True, True]
    people.run("timeline", "add", "RT-1", "treatment_start", "2026-02-01")
    again = people.run("timeline", "add", "RT-1", "treatment_start", "2026-02-02", code=2).err
    assert "happens once and is recorded on 2026-02-01" in again


def test_keys_are_fresh_each_time(bare: Terminal) -> None:
    first, second = bare.run("keys").out, bare.run("keys").out
    assert first != second
    assert {line.partition("=")[0] for line in first.splitlines()} == {*KEYS, "PRO_AUDIT_KEY"}
