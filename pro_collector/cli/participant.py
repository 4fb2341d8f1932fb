"""Commands about participants: import, list, record states, change data, erase."""

import sys
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from pro_collector.cli.app import app
from pro_collector.cli.confirm import confirmed
from pro_collector.cli.differences import show
from pro_collector.cli.files import read_text
from pro_collector.cli.session import as_json, whoami, with_runtime
from pro_collector.cli.viewing import Why, viewer
from pro_collector.errors import BadInput, NotFound, Problem
from scheduler.person import ENDING, SUPPRESSING, Condition

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pro_collector.commands.preview_enrolment import EnrolmentPreview
    from pro_collector.commands.write_to import WrittenMessage
    from pro_collector.postgres.tables.studies import StudyInForce
    from pro_collector.runtime import Runtime


group = typer.Typer(help="Enrol participants, record their states, change and erase their data.", no_args_is_help=True)
app.add_typer(group, name="participant")

SHOWN = 20
"""How many of the invitations of an import are shown one by one."""
LISTED = ("study", "code", "site", "arm", "zone", "language", "enrolled_on")
Study = Annotated[str | None, typer.Option(help="the study, if several have this code")]
Yes = Annotated[bool, typer.Option("--yes", help="do not ask for confirmation")]


@group.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV with a header; docs/enrolment.md lists the columns")],
    study: Annotated[str | None, typer.Option(help="the study; required if several are applied")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="import only the rows without mistakes")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would be sent, and when; enrol nobody")] = False,
    yes: Yes = False,
) -> None:
    """Enrol the people in a CSV file: all of them, or none if a row has a mistake.

    It first shows how many invitations are sent within a day, and asks for confirmation.
    """
    from pro_collector.commands.enrol import enrol, read_csv
    from pro_collector.commands.preview_enrolment import preview_enrolment
    from pro_collector.display.enrolment import warned
    from pro_collector.postgres.tables import participants, studies

    text = read_text(file)

    async def work(rt: "Runtime") -> tuple[int | None, list[Problem]]:
        async with rt.database.transaction() as tx:
            id = study or await _only_study(await studies.all_in_force(tx))
            current = await studies.current(tx, id)
            if current is None:
                raise NotFound(f"no study {id!r} is applied here; apply one with: pro-collector study apply FILE")
            version = await rt.studies.get(tx, id, current.version)
            enrolled = {row.code for row in await participants.of_study(tx, id)}
        people, problems = read_csv(text, str(file), version.study, enrolled)
        if problems and not (skip_bad and people):
            raise BadInput(problems)
        if dry_run or not yes:
            foreseen = await preview_enrolment(rt, id, people)
            print(_preview_line(foreseen, len(people), id))
            for line in (
                *_first_invitations(foreseen),
                *(warned(each.code, each.column, each.why) for each in foreseen.warnings),
            ):
                print(line)
            if dry_run:
                print("nothing was changed (--dry-run)")
                return None, problems
            if foreseen.moments and not confirmed("Enrol them?", "people would be enrolled and get messages"):
                return None, problems
        return len(await enrol(rt, id, people, file=str(file), by=whoami())), problems

    enrolled, problems = with_runtime(work)
    for problem in problems:
        typer.echo(f"left out: {problem}", err=True)
    if enrolled is None:
        return
    print(f"enrolled {enrolled}" + (f", left out {len({p.line for p in problems})} rows" if problems else ""))


def _preview_line(foreseen: "EnrolmentPreview", people: int, study: str) -> str:
    """How many are enrolled, and how many invitations they get within a day, when and on which channel."""
    enrolled = f"{people} {'person is' if people == 1 else 'people are'} to be enrolled in {study}"
    if not foreseen.moments:
        return f"{enrolled}; no message is sent to them within a day"
    first, last = foreseen.moments[0].at, foreseen.moments[-1].at
    counts = f"{foreseen.count('sms')} by text, {foreseen.count('email')} by mail"
    times = f"{foreseen.at_once} at once, the first {first:%Y-%m-%d %H:%M} UTC, the last {last:%Y-%m-%d %H:%M} UTC"
    return f"{enrolled}; invitations within a day: {len(foreseen.moments)} ({counts}), {times}"


def _first_invitations(foreseen: "EnrolmentPreview") -> "Iterator[str]":
    """Who gets the first invitations: when and by what; the others are counted."""
    for each in foreseen.moments[:SHOWN]:
        yield f"    {each.at:%Y-%m-%d %H:%M} UTC  {each.code}, by {'text' if each.channel == 'sms' else 'mail'}"
    if len(foreseen.moments) > SHOWN:
        yield f"    and {len(foreseen.moments) - SHOWN} more"


@group.command("list")
def list_all(study: Study = None) -> None:
    """List all participants, one JSON object a line; without names and addresses."""
    from pro_collector.postgres.tables import participants, studies

    async def work(rt: "Runtime") -> None:
        async with rt.database.transaction() as tx:
            for one in await studies.all_in_force(tx):
                if study in (None, one.id):
                    for row in await participants.of_study(tx, one.id):
                        print(as_json({column: getattr(row, column) for column in LISTED}))

    with_runtime(work)


@group.command()
def state(
    code: str,
    kind: Annotated[str, typer.Argument(help=", ".join(get_args(Condition)))],
    since: Annotated[str, typer.Option(help="first day, YYYY-MM-DD; default: today, where they live")] = "",
    until: Annotated[str, typer.Option(help="the first day after it, YYYY-MM-DD; default: no end")] = "",
    zone: Annotated[str, typer.Option(help="the new time zone, with `moved`")] = "",
    arm: Annotated[str, typer.Option(help="the new arm, with `crossed_over`")] = "",
    reason: Annotated[str, typer.Option(help="why, for the record")] = "",
    study: Study = None,
    no_further_contact: Annotated[bool, typer.Option("--no-further-contact", help="with withdrew or died: nobody is "
                                                     "asked anything afterwards, whatever they agreed to")] = False,
    retract: Annotated[bool, typer.Option("--retract", help="it was recorded by mistake: take it back")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would change; change nothing")] = False,
    yes: Yes = False,
) -> None:  # fmt: skip
    """Record a state of a participant (paused, away, moved, answered by a proxy, died...); the plan is updated at once.

    A state that ends participation, or that has no end, is shown first and must be confirmed.
    """
    from pro_collector.commands.record_state import record_state, retract_state

    if retract and (until or zone or arm or no_further_contact):
        raise BadInput([Problem("", None, "--retract", "retracts a whole state, and takes nothing else of it")])
    record = partial(record_state, until=day(until), zone=zone, arm=arm, no_further_contact=no_further_contact)
    tell: Any = retract_state if retract else record
    work = partial(tell, code=code, kind=kind, since=day(since), reason=reason, by=whoami(), study=study)
    ends, open_ended = kind in ENDING, kind in SUPPRESSING and not until
    if not (dry_run or yes or retract) and (ends or open_ended):
        show(with_runtime(partial(work, dry_run=True)), dry_run=False, asks=True)
        what = f"{code} {kind}, and gets no more questions" if ends else f"{code} gets no questions until you end this"
        question = f"{what}. To record it, type {code}" if ends else f"{what}. Record it?"
        if not confirmed(question, what, word=code if ends else ""):
            return
    show(with_runtime(partial(work, dry_run=dry_run)), dry_run=dry_run)


@group.command("opt-outs")
def opt_outs(code: str, study: Study = None) -> None:
    """List when and how each address of a participant stopped messages, by whom, and when they were on again."""
    from pro_collector.commands.list_opt_outs import list_opt_outs
    from pro_collector.display.opt_outs import resumed, stopped

    async def work(rt: "Runtime") -> None:
        history = await list_opt_outs(rt, code, study)
        for each in history.opt_outs:
            print(stopped(each.column, each.stopped_at, history.zone, each.how, each.stopped_by, each.inbound_id))
            if each.resumed_at and each.resumed_how:
                by, text = each.resumed_by or "", each.resumed_inbound_id
                print(resumed(each.column, each.resumed_at, history.zone, each.resumed_how, by, text))

    with_runtime(work)


@group.command()
def addresses(code: str, why: Why = "", study: Study = None) -> None:
    """Show the telephone numbers and mail addresses of a participant; who looks, and why, is recorded."""
    from pro_collector.commands.show_addresses import show_addresses

    work = partial(show_addresses, code=code, viewer=viewer(why), study=study)
    for each in with_runtime(work):
        print(f"{each.column}: {each.address}")


@group.command()
def change(
    code: str,
    field: Annotated[str, typer.Argument(help="language, birth_date, sex, arm, site, enrolled_on, preferred_time, "
                                              "preferred_day, quiet, caregiver_language, caregiver_goes_on; "
                                              "nickname, phone, email, proxy_phone, proxy_email, "
                                              "caregiver_phone, caregiver_email")],
    value: Annotated[str, typer.Argument(help='the new value, "" for none; address, nickname: from standard input')]
    = "",
    reason: Annotated[str, typer.Option(help="why, for the record")] = "",
    consented: Annotated[bool, typer.Option("--consented", help="they opted out at the old address, and "
                                                                "want messages at the new one")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="remove an address or a nickname")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show the changes of the plan; change nothing")] = False,
    study: Study = None,
) -> None:  # fmt: skip
    """Correct the data of a participant, or change an address. The plan is updated; open surveys go to the new address.

    Type an address at the prompt or pipe it in: other users of the machine can read the command line.
    """
    from pro_collector.commands import change_person
    from pro_collector.commands.enrol import ADDRESSES

    name = change_person.known_field(field)
    if name not in (*ADDRESSES, change_person.NICKNAME):
        if consented or remove:
            raise BadInput([Problem("", None, name, "--consented and --remove are for addresses")])
        work = partial(
            change_person.change, code=code, field=name, value=value, by=whoami(), reason=reason, study=study,
            dry_run=dry_run,
        )  # fmt: skip
        show(with_runtime(work), dry_run=dry_run)
        return
    if value or dry_run:
        told = "an address does not change the plan: no --dry-run" if dry_run else "is read from standard input"
        raise BadInput([Problem("", None, name, told)])
    if name == change_person.NICKNAME:
        nickname = "" if remove else _address(name)
        renamed = partial(change_person.change_nickname, code=code, nickname=nickname, by=whoami(), reason=reason)
        with_runtime(partial(renamed, study=study))
        print(f"{code}: nickname {'removed' if remove else 'changed'}")
        return
    move = partial(
        change_person.move_address, code=code, column=name, address="" if remove else _address(name), by=whoami(),
        consented=consented, reason=reason, study=study,
    )  # fmt: skip
    waiting = with_runtime(move)
    asked = f"; open surveys asked there: {waiting}" if waiting else ""
    print(f"{code}: {name} {'removed' if remove else 'changed'}{asked}")


@group.command()
def channels(
    code: str,
    order: Annotated[str, typer.Argument(help="sms,email or email,sms: this one first; sms or email: this one only; "
                                              "study: as the study does")],
    reporter: Annotated[str, typer.Option(help="self, proxy or caregiver")] = "self",
    reason: Annotated[str, typer.Option(help="why, for the record")] = "",
    study: Study = None,
) -> None:  # fmt: skip
    """Record in which order of channels a participant wants to be asked; the next message follows it."""
    from pro_collector.commands.choose_how_asked import order_channels
    from pro_collector.commands.write_to import read_reporter
    from pro_collector.domain.conversation.channel_order import read_order

    chosen, whose = read_order(order), read_reporter(reporter) or "self"
    with_runtime(
        partial(order_channels, code=code, order=chosen, reporter=whose, reason=reason, by=whoami(), study=study)
    )
    print(f"{code}: channels of {whose}: {str(chosen) or 'as the study does'}")


@group.command()
def write(
    code: str,
    text: Annotated[str, typer.Option(help="what you write: no names, no links, at most 400 characters; without it, "
                                           "it is read from standard input")] = "",
    task: Annotated[str | None, typer.Option(metavar="ID", help="the task that it answers")] = None,
    reporter: Annotated[str | None, typer.Option(help="self, proxy or caregiver; default: who wrote last")] = None,
    channel: Annotated[str | None, typer.Option(help="sms or email; default: on which they wrote last")] = None,
    urgent: Annotated[bool, typer.Option("--urgent", help="send it also in quiet hours")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show the message and its size; send nothing")] = False,
    study: Study = None,
) -> None:  # fmt: skip
    """Write to a participant: the message is marked as the words of a person of the team, and they can reply to it."""
    from pro_collector.commands.write_to import read_channel, read_reporter, write_to

    work = partial(
        write_to, code=code, words=text or sys.stdin.read(), by=whoami(), task=task, urgent=urgent,
        reporter=read_reporter(reporter), channel=read_channel(channel), study=study, dry_run=dry_run,
    )  # fmt: skip
    print("\n".join(written_lines(with_runtime(work), dry_run=dry_run)))


def written_lines(message: "WrittenMessage", *, dry_run: bool = False) -> "Iterator[str]":
    """A message of the team as it is sent, its size, and when it leaves."""
    size = message.size
    parts = f"{size.count} SMS segment{'s' if size.count > 1 else ''} ({size.units} units in {size.encoding})"
    yield message.text
    yield f"to {message.code}, {message.reporter}, by {'mail' if message.channel == 'email' else f'text: {parts}'}"
    if dry_run:
        yield "nothing was sent (--dry-run)"
    elif message.waits:
        yield f"it waits for the end of the quiet hours: {message.leaves_at.astimezone(message.zone):%Y-%m-%d %H:%M %Z}"


@group.command()
def erase(
    code: str,
    keep_answers: Annotated[bool, typer.Option("--keep-answers", help="keep coded answers, scores and treatment under "
                                                                      "the pseudonym, with the year of birth")] = False,
    reason: Annotated[str, typer.Option(help="why, for the record; no names")] = "",
    yes: Yes = False,
    study: Study = None,
) -> None:  # fmt: skip
    """Erase a participant: addresses, texts and messages always; all other data too, unless --keep-answers.

    This cannot be undone. docs/privacy.md lists what backups, exports, Kafka and the carrier keep.
    """
    from pro_collector.commands.erase import erase as erase_person

    kept = "their answers stay under the pseudonym" if keep_answers else "with every answer and score"
    if not yes:
        typer.confirm(f"Erase {code}, {kept}? This cannot be undone.", abort=True, err=True)
    work = partial(erase_person, code=code, keep_answers=keep_answers, by=whoami(), reason=reason, study=study)
    done = with_runtime(work)
    print(f"{code} is erased, {kept}")
    print("so that no backup opens their addresses and texts, run: pro-collector backup keys FILE")
    if done.forgotten:
        print(f"the carrier has deleted the words of {done.forgotten} texts")
    if done.left_at_carrier:
        print(
            f"the carrier still holds the words of {len(done.left_at_carrier)} texts; remove them there, by these ids:"
        )
        print("\n".join(done.left_at_carrier))


def _address(name: str) -> str:
    """The new address: one line from a prompt or a pipe. Raises BadInput when it is empty."""
    if sys.stdin.isatty():
        return str(typer.prompt(name.replace("_", " "), err=True))
    address = sys.stdin.readline().strip()
    if not address:
        raise BadInput([Problem("standard input", None, name, "expected the new address, or --remove")])
    return address


def day(text: str) -> date | None:
    """A date from the command line; None when it is empty. Raises BadInput."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput([Problem("", None, text, "expected a date as YYYY-MM-DD")]) from None


async def _only_study(applied: "Sequence[StudyInForce]") -> str:
    if len(applied) == 1:
        return applied[0].id
    if not applied:
        raise NotFound("no study is applied here; apply one with: pro-collector study apply FILE")
    raise BadInput([Problem("", None, "--study", f"say which: {', '.join(one.id for one in applied)}")])
