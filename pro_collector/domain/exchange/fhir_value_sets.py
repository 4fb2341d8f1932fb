"""Every concept of a FHIR value set, from its expansion, or from its composition and the code systems that it names."""

from collections.abc import Iterator, Mapping, Sequence

from pro_collector.domain.exchange.fhir_terms import Json

Concept = tuple[str | None, Json]  # the URL of its code system, and the concept


class NotListed(Exception):
    """A part of a value set is not listed; the text says which, as the end of a sentence about the value set."""


def value_sets_in(data: object) -> list[Json]:
    """The ValueSets and CodeSystems in a resource, contained in it, or in a Bundle; none in anything else."""
    found = list(_resources(data))
    return [each for each in found if each.get("resourceType") in ("ValueSet", "CodeSystem")]


def _resources(data: object) -> Iterator[Json]:
    if not isinstance(data, dict):
        return
    yield data
    # What is contained can be meant by others only if it has a URL.
    yield from (each for each in objects(data, "contained") if each.get("url"))
    if data.get("resourceType") == "Bundle":
        for entry in objects(data, "entry"):
            yield from _resources(entry.get("resource"))


def by_reference(others: Sequence[Json], contained: Sequence[Json]) -> dict[str, Json]:
    """Resources by their URL and as `ValueSet/id`; the contained ones, which come first, also as `#id`."""
    found = {f"{each['resourceType']}/{each['id']}": each for each in others if "id" in each and "resourceType" in each}
    found |= {str(each["url"]): each for each in [*others, *contained] if each.get("url")}
    return found | {f"#{each.get('id')}": each for each in contained}


def concepts_of(value_set: Json, resources: Mapping[str, Json], inside: tuple[str, ...] = ()) -> list[Concept]:
    """Every concept of a value set, in order. `resources` has value sets and code systems, by reference.

    `inside`: the value sets that this one is read for. Raises NotListed if not all of its concepts are listed.
    """
    if value_set.get("resourceType") == "CodeSystem":
        return [(str(value_set.get("url")), each) for each in _of_system(value_set, str(value_set.get("url")))]
    expansion = value_set.get("expansion")
    if isinstance(expansion, dict) and expansion.get("contains"):
        return _expanded(expansion)
    return _composed(value_set.get("compose"), resources, inside)


def objects(element: Mapping[str, object], key: str) -> list[Json]:
    """The objects in a list of an element; empty if there is no such list."""
    values = element.get(key)
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _expanded(expansion: Json) -> list[Concept]:
    found = [each for each in _with_children(expansion, "contains") if each.get("abstract") is not True]
    total = expansion.get("total")
    if isinstance(total, int) and total > len(found):
        raise NotListed(f"has {len(found)} of its {total} choices")
    return [(each.get("system"), each) for each in found]


def _with_children(element: Json, key: str) -> Iterator[Json]:
    for each in objects(element, key):
        yield each
        yield from _with_children(each, key)


def _composed(compose: object, resources: Mapping[str, Json], inside: tuple[str, ...]) -> list[Concept]:
    includes = objects(compose, "include") if isinstance(compose, dict) else []
    if not includes or not isinstance(compose, dict):
        raise NotListed("lists no choices")
    excluded = {_key(each) for part in objects(compose, "exclude") for each in _part(part, resources, inside)}
    found = {_key(each): each for part in includes for each in _part(part, resources, inside)}
    left = [each for key, each in found.items() if key not in excluded]
    if not left:
        raise NotListed("lists no choices")
    return left


def _key(concept: Concept) -> tuple[object, ...]:
    return concept[0], concept[1].get("code")


def _part(part: Json, resources: Mapping[str, Json], inside: tuple[str, ...]) -> list[Concept]:
    """The concepts that one `include` or `exclude` names: those of its system that are in all of its value sets."""
    system = part.get("system")
    sets = [_of_set(str(url), resources, inside) for url in part.get("valueSet") or ()]
    if system is None:
        first, *more = sets or [[]]
    else:
        first, more = [(system, each) for each in _of_include(part, str(system), resources)], sets
    wanted = [{_key(each) for each in every} for every in more]
    return [each for each in first if all(_key(each) in every for every in wanted)]


def _of_set(url: str, resources: Mapping[str, Json], inside: tuple[str, ...]) -> list[Concept]:
    name = url.partition("|")[0]
    if name not in resources:
        raise NotListed(f"includes {url!r}, which is not here")
    if name in inside:
        raise NotListed(f"includes {url!r}, which includes it")
    return concepts_of(resources[name], resources, (*inside, name))


def _of_include(part: Json, system: str, resources: Mapping[str, Json]) -> list[Json]:
    if listed := objects(part, "concept"):
        return listed
    if part.get("filter"):
        raise NotListed(f"takes from {system!r} what a filter selects, and filters are not computed here")
    if system not in resources:
        raise NotListed(f"includes all of {system!r}, which is not here")
    return _of_system(resources[system], system)


def _of_system(known: Json, system: str) -> list[Json]:
    """All concepts of a code system, without those that its property `notSelectable` takes out."""
    if known.get("content", "complete") != "complete" or not objects(known, "concept"):
        raise NotListed(f"includes all of {system!r}, of which not all is listed")
    return [each for each in _with_children(known, "concept") if not _is_heading(each)]


def _is_heading(concept: Json) -> bool:
    properties = objects(concept, "property")
    return any(each.get("code") == "notSelectable" and each.get("valueBoolean") is True for each in properties)
