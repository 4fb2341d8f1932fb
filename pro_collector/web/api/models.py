"""Models of what a view shows, made from its dataclass: the API answers with the results of the pages themselves."""

import inspect
from collections.abc import Mapping
from dataclasses import fields
from functools import cached_property
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model


class Shown(BaseModel):
    """A result of a view, read by the names of its fields and properties."""

    model_config = ConfigDict(from_attributes=True)


def model_of(
    view: type, *, without: tuple[str, ...] = (), properties: tuple[str, ...] = (),
    inside: Mapping[str, Any] | None = None,
) -> type[Shown]:  # fmt: skip
    """The model of a dataclass: its fields `without` some, and some of its properties.

    `inside`: other types for some fields, such as a sequence of another model.
    """
    hints = get_type_hints(view, include_extras=True)
    types = {each.name: hints[each.name] for each in fields(view) if each.name not in without}
    types |= {name: _type_of(view, name) for name in properties}
    types |= dict(inside or {})
    content: dict[str, Any] = {name: (kind, ...) for name, kind in types.items()}
    return create_model(view.__name__, __base__=Shown, __doc__=inspect.getdoc(view), **content)


def _type_of(view: type, name: str) -> Any:
    found = inspect.getattr_static(view, name)
    work = found.func if isinstance(found, cached_property) else found.fget
    return get_type_hints(work)["return"]
