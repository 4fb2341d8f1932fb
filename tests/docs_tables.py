"""The tables in the documents that are made from the code; `python -m tests.docs_tables` writes them anew."""

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any

from pydantic import SecretStr
from typer.main import get_command

from pro_collector.cli import app
from pro_collector.domain.account.acts import ACTS, ADDABLE, Act, Role
from pro_collector.domain.events import EVENTS
from pro_collector.pipeline import PIPELINE
from pro_collector.postgres import grants
from pro_collector.settings import Settings
from tests.shared import gallery as protocols
from tests.shared.places import ROOT


def settings() -> Iterator[str]:
    """Every setting, in the order of `settings.py`."""
    yield from ("| setting | default | what it is |", "|---|---|---|")
    for name, field in Settings.model_fields.items():
        value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        shown = f"`{str(value).lower() if isinstance(value, bool) else value}`" if value != "" else "empty"
        said = str(field.description).replace("|", "\\|")
        yield f"| `PRO_{name.upper()}` | {'**required**' if field.is_required() else shown} | {said} |"


def commands() -> Iterator[str]:
    """Every command with its arguments and the beginning of its help."""
    yield from ("| command | what it does |", "|---|---|")
    for path, command in leaves():
        given = [name if needed else f"[{name}]" for name, needed in arguments(command)]
        said = " ".join(str(command.help).split("\n\n")[0].split()).replace("|", "\\|")
        yield f"| `{' '.join(['pro-collector', *path, *given])}` | {said} |"


def events() -> Iterator[str]:
    """Every event: what it means and which process handles it with what."""
    yield from ("| event | what it says | handled by |", "|---|---|---|")
    for name, event in EVENTS.items():
        file = f"`handlers/{name.replace('.', '_')}.py`"
        by = [f"{process}: {file}" for process, handlers in PIPELINE.items() if event in handlers]
        yield f"| `{name}` | {event.__doc__} | {by[0] if by else 'whoever listens'} |"


def roles() -> Iterator[str]:
    """Every role of the database, with what it is for."""
    yield from ("| role | what it does |", "|---|---|")
    for name, does in grants.roles().items():
        yield f"| `{grants.PREFIX}{name}` | {does} |"


def privileges() -> Iterator[str]:
    """Every table with what each role may do to it."""
    yield f"| table | {' | '.join(grants.roles())} |"
    yield "|---" * (len(grants.roles()) + 1) + "|"
    letters = {verb: letter for letter, verb in grants.VERBS.items()}
    for table, of_table in groupby(grants.grants(), lambda each: each.table):
        cells: dict[str, str] = {}
        for each in of_table:
            cells[each.role] = cells.get(each.role, "") + letters[each.verb] + ("*" if each.columns else "")
        yield f"| `{table.removeprefix('public.')}` | {' | '.join(cells.get(role, '') for role in grants.roles())} |"


def acts() -> Iterator[str]:
    """Every act, and which role may do it; `+`: only if it was granted beside the role."""
    yield f"| | {' | '.join(Role)} |"
    yield f"|---|{'---|' * len(Role)}"
    for act in Act:
        marks = ["yes" if act in ACTS[role] else "+" if act in ADDABLE.get(role, ()) else "" for role in Role]
        yield f"| `{act.name}`: {act} | {' | '.join(marks)} |"


def gallery() -> Iterator[str]:
    """Every protocol of the gallery, from the comment at the top of its file."""
    yield from ("| protocol | what it shows | source | what could not be said |", "|---|---|---|---|")
    for name in protocols.names():
        told = protocols.comment(name)
        file = f"[{name}](../schemas/studies/gallery/{name}.yaml)"
        yield f"| {file}: {told['about']} | {told['Shows']} | {told['Source']} | {told['Could not be said']} |"


def leaves(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that is no group, with the words that lead to it."""
    group = get_command(app) if group is None else group
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name), command


def arguments(command: Any) -> Iterator[tuple[str, bool]]:
    """The arguments of a command as its help names them, and whether each is needed."""
    for each in command.params:
        if each.param_type_name == "argument":
            yield each.name.upper() + ("..." if each.nargs == -1 else ""), each.required


TABLES: Mapping[tuple[str, str], Callable[[], Iterator[str]]] = {
    ("README.md", "settings"): settings,
    ("README.md", "commands"): commands,
    ("docs/architecture.md", "events"): events,
    ("docs/architecture.md", "roles"): roles,
    ("docs/architecture.md", "privileges"): privileges,
    ("docs/gallery.md", "gallery"): gallery,
    ("docs/team.md", "acts"): acts,
}
"""By document, and by the name of the comments around the table."""


def with_tables(document: str, text: str) -> str:
    """The text of a document with its tables made anew."""
    for (where, name), table in TABLES.items():
        if where == document:
            before, after = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
            head, _, rest = text.partition(before)
            _, _, tail = rest.partition(after)
            text = "".join((head, before, *(f"{line}\n" for line in table()), after, tail))
    return text


if __name__ == "__main__":
    for document in dict.fromkeys(where for where, _ in TABLES):
        file = ROOT / document
        file.write_text(with_tables(document, file.read_text(encoding="utf-8")), encoding="utf-8")
