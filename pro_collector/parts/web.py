"""The web part: webhooks, forms, own pages, the team's pages and the API."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from fastapi import APIRouter

from pro_collector.parts.serving import serve
from pro_collector.runtime import Runtime
from pro_collector.web.server import application, general_contact, server

WEBHOOK_CONNECTIONS = 4
"""Connections to the database that only webhooks use."""


async def run(rt: Runtime, ready: Callable[[], None], more: Sequence[APIRouter]) -> None:
    """Serve until cancelled; `more`: routes besides those of the product."""
    async with rt.database.another(connections=WEBHOOK_CONNECTIONS) as database:
        app = application(rt, await general_contact(rt), more, urgent=replace(rt, database=database))
        await serve(server(app, rt.settings), ready)
