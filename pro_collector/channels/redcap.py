"""REDCap's API: exports records and its log, one request at a time, and reads the time of its server.

Written from the public description of the API. A token goes in the body of a POST; lists are arrays with a number for
each value, because a list with commas and a wrong name returns everything.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

import aiohttp

from pro_collector.channels.request_pacing import RequestPacer
from pro_collector.errors import Misconfigured, Unavailable

TIMEOUT = aiohttp.ClientTimeout(total=120, connect=10)
BATCH = 100
"""How many records are asked for in one request."""
LARGEST = 64 * 2**20
"""Bytes of an answer; a larger one is refused."""

Rows = list[dict[str, str]]


class Redcap:
    """A REDCap project. `zone` is the time zone of its server: it takes and logs times without one.

    `per_minute`: at most so many requests are sent, after a few at once.
    """

    def __init__(self, url: str, token: str, zone: str, per_minute: int) -> None:
        self._url, self._token, self._zone = url, token, ZoneInfo(zone)
        self._pacer = RequestPacer(per_minute)
        self._session: aiohttp.ClientSession | None = None
        self.now: datetime | None = None
        """The time of the server when it answered last; None before, or if it does not say."""

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=TIMEOUT)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def id_field(self) -> str:
        """The name of the field with the id of a record: the first field of the project."""
        fields = await self._post("exportFieldNames")
        if not fields or not fields[0].get("export_field_name"):
            raise Misconfigured("REDCap names no field: may this token export data?")
        return fields[0]["export_field_name"]

    async def ids(self, id_field: str, *, since: datetime | None = None, records: Sequence[str] = ()) -> list[str]:
        """The ids of all records, of those created or changed since, or of those of `records` that exist."""
        more = _listed("records", records)
        if since is not None:
            more["dateRangeBegin"] = f"{since.astimezone(self._zone):%Y-%m-%d %H:%M:%S}"
        rows = await self._export([id_field], more)
        return list(dict.fromkeys(row[id_field] for row in rows))

    async def records(self, id_field: str, fields: Sequence[str], records: Sequence[str]) -> Rows:
        """All rows of some records. Raises Misconfigured if a field is withheld from the user of the token."""
        found: Rows = []
        for start in range(0, len(records), BATCH):
            asked = list(dict.fromkeys([id_field, *fields]))
            rows = await self._export(asked, _listed("records", records[start : start + BATCH]))
            withheld = sorted({field for row in rows for field in asked if field not in row})
            if withheld:
                raise Misconfigured(f"REDCap does not export {', '.join(withheld)}: wrong name, or no right to see it")
            found += rows
        return found

    async def deletions(self, since: datetime) -> Rows:
        """The entries of the log about deleted records since then."""
        begin = f"{(since - timedelta(minutes=1)).astimezone(self._zone):%Y-%m-%d %H:%M}"  # it logs minutes
        return await self._post("log", {"logtype": "record_delete", "beginTime": begin})

    async def _export(self, fields: Sequence[str], more: Mapping[str, str]) -> Rows:
        return await self._post("record", {"type": "flat", "rawOrLabel": "raw", **_listed("fields", fields), **more})

    async def _post(self, content: str, more: Mapping[str, str] | None = None) -> Rows:
        """Ask once. Raises Unavailable if another attempt may succeed, Misconfigured if it will not."""
        if self._session is None:
            raise Misconfigured("the connection to REDCap is not open")
        form = {"token": self._token, "content": content, "format": "json", "returnFormat": "json", **(more or {})}
        await self._pacer.wait()
        try:
            async with self._session.post(self._url, data=form, allow_redirects=False) as answer:
                body = await answer.content.read(LARGEST + 1)
                while len(body) <= LARGEST and (piece := await answer.content.read(LARGEST + 1)):
                    body += piece
                self.now = _server_time(answer.headers.get("Date", ""))
                return _rows(answer.status, body)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise Unavailable(f"REDCap did not answer: {type(error).__name__}") from None


def _listed(name: str, values: Sequence[str]) -> dict[str, str]:
    return {f"{name}[{n}]": value for n, value in enumerate(values)}


def _server_time(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header).astimezone(UTC)
    except ValueError:
        return None


def _rows(status: int, body: bytes) -> Rows:
    """The rows of an answer. A server without memory answers 200 with HTML; its errors are objects, not lists."""
    if status >= 500 or status == 429:
        raise Unavailable(f"REDCap answered with HTTP {status}")
    if len(body) > LARGEST:
        raise Misconfigured("REDCap's answer is too large")
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if status in (401, 403) or (isinstance(found, dict) and status < 500 and status != 200):
        raise Misconfigured(f"REDCap refused with HTTP {status}: the token, or the rights of its user")
    if status != 200 or not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Unavailable(f"REDCap's answer (HTTP {status}) is no list of rows")
    return [{str(key): str(value) for key, value in row.items()} for row in found]
