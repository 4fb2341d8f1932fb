"""The webhooks that Twilio calls: check the signature, store the text or report, respond; a handler reads it later."""

import hmac
from uuid import UUID

from fastapi import APIRouter, Request, Response

from pro_collector.casework.inbound.receiving import receive_all
from pro_collector.casework.inbound.reporting import ArrivedReport, record_reports
from pro_collector.channels.twilio import INBOUND_PATH, REPORTS_PATH, Inbound, read_form
from pro_collector.commands.apply_feed import HINT_PATH, hasten_feed, hint_secret
from pro_collector.errors import BadInput
from pro_collector.runtime import Runtime
from pro_collector.web.gathering import Gathering
from pro_collector.web.request import body_of

EMPTY = Response("<Response/>", media_type="text/xml")
NUL = "\x00"
"""The only character that a text column of PostgreSQL cannot store; sealed data may contain it."""
REFUSED = Response("not signed by the provider", status_code=403, media_type="text/plain")


def webhook_routes(rt: Runtime) -> APIRouter:
    """The routes of the webhooks; without a Twilio account every request is rejected."""
    routes = APIRouter(include_in_schema=False)
    texts: Gathering[Inbound, bool] = Gathering(lambda arrived: receive_all(rt, arrived))
    reports: Gathering[ArrivedReport, bool] = Gathering(lambda arrived: record_reports(rt, arrived))

    @routes.post(INBOUND_PATH)
    async def inbound_text(request: Request) -> Response:
        fields = await _signed(rt, request)
        if fields is None or rt.twilio is None:
            return REFUSED
        try:
            text = rt.twilio.parse_inbound(fields)
        except BadInput as error:
            return Response(str(error), status_code=422, media_type="text/plain")
        if NUL in text.provider_id:
            return Response("the id of the message is invalid", status_code=422, media_type="text/plain")
        await texts.add(text)
        return EMPTY

    @routes.post(REPORTS_PATH + "/{delivery_id}")
    async def delivery_report(request: Request, delivery_id: str) -> Response:
        fields = await _signed(rt, request)
        if fields is None or rt.twilio is None:
            return REFUSED
        try:
            if any(NUL in value for value in fields.values()):
                raise ValueError(NUL)
            is_ours = await reports.add((UUID(delivery_id), rt.twilio.parse_report(fields)))
        except (BadInput, ValueError):
            is_ours = False
        return EMPTY if is_ours else Response("not a delivery of ours", status_code=422, media_type="text/plain")

    _add_hints(rt, routes)
    return routes


def _add_hints(rt: Runtime, routes: APIRouter) -> None:
    """The route at which sources of treatment data say that something changed."""

    @routes.post(HINT_PATH + "/{study}/{feed}/{secret}")
    async def something_changed(request: Request, study: str, feed: str, secret: str) -> Response:
        """A source of treatment data says that something changed there: it is read soon. What it says is not read."""
        await body_of(request)
        if not hmac.compare_digest(secret.encode(), hint_secret(rt, study, feed).encode()):
            return Response(status_code=404)
        await hasten_feed(rt, study, feed)
        return Response(status_code=204)


async def _signed(rt: Runtime, request: Request) -> dict[str, str] | None:
    """Return the fields of the form, or None when Twilio did not sign them for our public URL."""
    fields = read_form(await body_of(request))
    query = f"?{request.url.query}" if request.url.query else ""
    settings = request.headers.get("X-Twilio-Webhooks-Signature-Settings", "")
    signature = request.headers.get("X-Twilio-Signature")
    if rt.twilio is None or not rt.twilio.verify_path(request.url.path + query, fields, signature, settings):
        return None
    return dict(fields)
