"""A stand-in for a REDCap project, written from the public description of its API; it is not REDCap."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

TOKEN = "A1" * 16
ZONE = ZoneInfo("Europe/Lisbon")


class StandInRedcap:
    """A longitudinal project with repeating instruments: its rows, when each record changed, and its log."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.rows: list[dict[str, str]] = []
        self.changed: dict[str, datetime] = {}
        self.log: list[dict[str, str]] = []
        self.withheld: set[str] = set()
        self.answers: list[Callable[[], web.Response]] = []
        """What it answers next instead of what was asked."""
        self.asked: list[dict[str, Any]] = []

    def put(self, record: str, instance: str = "", **fields: str) -> None:
        """Save a form: `instance` of the repeating instrument `treatment`, else the form that has no instances."""
        place = {
            "study_id": record, "redcap_event_name": "all_arm_1", "redcap_repeat_instance": instance,
            "redcap_repeat_instrument": "treatment" if instance else "",
        }  # fmt: skip
        row = next((row for row in self.rows if row.items() >= place.items()), None)
        if row is None:
            row = {**place, "code": "", "surgery_date": "", "given_on": "", "mg": ""}
            self.rows.append(row)
        row.update(fields)
        self.changed[record] = self.now()

    def delete(self, record: str, *, instance: str = "") -> None:
        """Delete a record, which its log tells, or one instance of it, which changes the record."""
        gone = [
            row for row in self.rows if row["study_id"] == record and instance in ("", row["redcap_repeat_instance"])
        ]
        self.rows = [row for row in self.rows if row not in gone]
        if instance:
            self.changed[record] = self.now()
        else:
            at = f"{self.now().astimezone(ZONE):%Y-%m-%d %H:%M}"
            self.log.append({"timestamp": at, "username": "crc", "action": f"Delete record {record}", "details": "",
                             "record": ""})  # fmt: skip

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one call of the API."""
        form = dict(await request.post())
        self.asked.append(form)
        if self.answers:
            return self.answers.pop(0)()
        if form["token"] != TOKEN:
            return self._json({"error": "You do not have permissions to use the API"}, 403)
        if form["content"] == "exportFieldNames":
            return self._json(
                [{"original_field_name": "study_id", "choice_value": "", "export_field_name": "study_id"}]
            )
        return self._json(self._log(form) if form["content"] == "log" else self._records(form))

    def _log(self, form: dict[str, Any]) -> list[dict[str, str]]:
        assert form["logtype"] == "record_delete"
        return [entry for entry in self.log if entry["timestamp"] >= form["beginTime"]]

    def _records(self, form: dict[str, Any]) -> list[dict[str, str]]:
        records, fields = listed(form, "records"), listed(form, "fields")
        since = datetime.fromisoformat(form.get("dateRangeBegin", "1900-01-01 00:00:00"))
        return [
            {name: value for name, value in row.items()
             if (name in fields or name.startswith("redcap_")) and name not in self.withheld}
            for row in self.rows
            if (not records or row["study_id"] in records)
            and self.changed[row["study_id"]] > since.replace(tzinfo=ZONE)
        ]  # fmt: skip

    def _json(self, value: object, status: int = 200) -> web.Response:
        return web.json_response(value, status=status, headers={"Date": format_datetime(self.now(), usegmt=True)})


def listed(form: dict[str, Any], name: str) -> list[str]:
    """The values of an array of a form: name[0], name[1], ..."""
    return [value for key, value in form.items() if re.fullmatch(rf"{name}\[\d+\]", key)]


@asynccontextmanager
async def serving(redcap: StandInRedcap) -> AsyncIterator[str]:
    """The URL at which a stand-in answers on loopback."""
    app = web.Application()
    app.router.add_post("/api/", redcap.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}/api/"
    finally:
        await runner.cleanup()
