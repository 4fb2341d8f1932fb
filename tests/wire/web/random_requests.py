"""Random requests to our own routes, from a seed: any bytes in path, query, headers and body."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from pro_collector.channels.twilio import read_form

FIELDS = (
    "absent", "answer", "choice", "code", "day", "end", "language", "month", "nonce", "pressed", "remove", "seen",
    "send", "to", "words", "year", "email", "password", "again", "present", "next", "csrf",
    "List-Unsubscribe", "MessageSid", "From", "To", "Body", "NumMedia", "MessageStatus",
    "ErrorCode", "RawDlrDoneDate", "AccountSid",
    "kind", "on", "was", "since", "until", "reason", "retract", "confirmed", "field", "value", "column", "why", "text",
    "reporter", "channel",
)  # fmt: skip
NASTY = (
    b"", b"%00", b"\xff\xfe", b"\xed\xa0\x80", "\u202eé😀".encode(), b"..", b"/../", b"-1", b"1e999", b"9" * 30,
    b"NaN", b"0000-99-99", b"2026-02-30", b"'", b'"><script>', b"{{7*7}}", b"{link}", b"%s%n", b"\r\nX: y", b"[1]",
    b"a" * 5_000, b"STOP", b"call 911", b"7",
)  # fmt: skip
HEADERS = (
    "Accept-Language", "Accept", "Cookie", "Authorization", "Origin", "Referer", "Range", "Content-Type",
    "X-Forwarded-For", "Sec-Fetch-Site", "Expect",
)  # fmt: skip
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


@dataclass(frozen=True)
class World:
    """What a request may use: values that path parameters and fields really have, and what lets somebody in."""

    origin: str
    host: str
    parameters: Mapping[str, Sequence[str]]
    fields: Mapping[str, Sequence[bytes]]
    authorization: str
    cookie: str
    carrier_token: str


def routes_of(routes: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Yield (method, path) of every route, also of included routers."""
    for route in routes:
        if included := getattr(route, "original_router", None):
            yield from routes_of(included.routes)
        else:
            yield from ((method, route.path) for method in sorted(route.methods))


def request_to(method: str, path: str, world: World, random: Random) -> bytes:
    """A request to this route, as the bytes that a client sends."""
    method = method if random.random() < 0.95 else random.choice(["PUT", "OPTIONS", "DELETE", "BREW", "get", "HEAD"])
    target = _PARAMETER.sub(lambda found: _parameter(found[1], world, random), path) + _query(random)
    body = _body(world, random) if method == "POST" or random.random() < 0.05 else b""
    length = len(body) if random.random() < 0.97 else random.randrange(len(body) + 1)
    return _request(method, target, list(_headers(world, random)), body, world, length)


def real_request(method: str, path: str, world: World, *headers: bytes) -> bytes:
    """A request of somebody who may see everything, with a value that is right in every place."""
    names = _PARAMETER.findall(path)
    target = _filled(path, {name: quote_from_bytes(world.parameters.get(name, ("x",))[0].encode()) for name in names})
    body = urlencode({name: real[0] for name, real in world.fields.items()}).encode()
    return _request(method, target, [*_of_somebody_known(world), *headers], body, world)


def _of_somebody_known(world: World) -> list[bytes]:
    headers = [f"Host: {world.host}", f"Cookie: {world.cookie}", f"Authorization: {world.authorization}"]
    return [header.encode() for header in headers]


def nul_requests(method: str, path: str, world: World) -> Iterator[bytes]:
    """Requests of somebody who may see everything, with a NUL in one place each: the last parameter, or fields."""
    names = _PARAMETER.findall(path)
    known = [quote_from_bytes(world.parameters.get(name, ("x",))[0].encode()) for name in names]
    targets = [[*known[:-1], "a%00b"]] if names else []
    for values in [*targets, known]:
        target = _filled(path, dict(zip(names, values, strict=True)))
        fields = {name: real[0] for name, real in world.fields.items()} | {"MessageSid": b"SM1"}
        nasty = [fields | dict.fromkeys(names, b"a\0b") for names in (("MessageSid",), ("nonce",), FIELDS)]
        bodies = [urlencode(one).encode() for one in nasty] if method == "POST" else [b""]
        for body in bodies:
            yield _request(method, target, _of_somebody_known(world), body, world)


def _filled(path: str, values: Mapping[str, str]) -> str:
    return _PARAMETER.sub(lambda found: values[found[1]], path)


def _request(method: str, target: str, headers: list[bytes], body: bytes, world: World, length: int = -1) -> bytes:
    if target.startswith("/webhooks/"):
        fields = dict(read_form(body))
        signature = RequestValidator(world.carrier_token).compute_signature(world.origin + target, fields)
        headers.append(b"X-Twilio-Signature: " + str(signature).encode())
    end = [b"Connection: close", b"Content-Length: %d" % (len(body) if length < 0 else length)]
    return b"\r\n".join([f"{method} {target} HTTP/1.1".encode(), *headers, *end]) + b"\r\n\r\n" + body


def _parameter(name: str, world: World, random: Random) -> str:
    known = world.parameters.get(name, ())
    return random.choice(known) if known and random.random() < 0.6 else quote_from_bytes(_nasty(random), safe="/")


def _nasty(random: Random) -> bytes:
    kind = random.random()
    if kind < 0.2:
        return random.choice([b"\0", b"a\0b"])
    return random.choice(NASTY) if kind < 0.7 else random.randbytes(random.randrange(40))


def _query(random: Random) -> str:
    names = random.sample(["lang", "scale", "anchor", "again", "seen", "\0", "é"], random.choice([0, 0, 1, 2]))
    return "?" + urlencode([(name, _nasty(random)) for name in names]) if names else ""


def _body(world: World, random: Random) -> bytes:
    if random.random() < 0.15:
        return _nasty(random)
    fields = {name: _nasty(random) for name in random.sample(FIELDS, random.randrange(12))}
    fields |= {name: random.choice(known) for name, known in world.fields.items() if random.random() < 0.7}
    if random.random() < 0.7:
        fields["MessageSid"] = f"SM{random.getrandbits(128):032x}".encode()
    return urlencode(fields).encode()


def _headers(world: World, random: Random) -> Iterator[bytes]:
    yield b"Host: " + (world.host.encode() if random.random() < 0.95 else b"evil.example")
    if random.random() < 0.6:
        yield f"Cookie: {world.cookie}".encode()
    if random.random() < 0.7:
        yield f"Authorization: {world.authorization}".encode()
    for name in random.sample(HEADERS, random.randrange(4)):
        yield f"{name}: ".encode() + re.sub(rb"[\0\r\n]", b"", _nasty(random))
