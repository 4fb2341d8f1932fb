"""What Twilio calls: inbound texts and delivery reports. Signed, stored as they came, answered at once; read later."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from pro_collector.casework.receiving import receive
from pro_collector.channels.twilio import FINAL_RANK, INBOUND_PATH, RANKS, REPORTS_PATH, Report, read_form
from pro_collector.domain.events import MessageReported, derived_id
from pro_collector.errors import BadInput
from pro_collector.postgres import messages, outbox
from pro_collector.runtime import Runtime

EMPTY = Response("<Response/>", media_type="text/xml")
NUL = "\x00"
"""The one character that PostgreSQL keeps in no text; what is sealed may hold it."""
REFUSED = Response("not signed by the provider", status_code=403, media_type="text/plain")


def webhook_routes(rt: Runtime) -> APIRouter:
    """The routes; without a Twilio account everything is refused."""
    routes = APIRouter(include_in_schema=False)

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
            return Response("no message of the provider has this id", status_code=422, media_type="text/plain")
        await receive(rt, text)
        return EMPTY

    @routes.post(REPORTS_PATH + "/{delivery_id}")
    async def delivery_report(request: Request, delivery_id: str) -> Response:
        fields = await _signed(rt, request)
        if fields is None or rt.twilio is None:
            return REFUSED
        try:
            if any(NUL in value for value in fields.values()):
                raise ValueError(NUL)
            await report(rt, UUID(delivery_id), rt.twilio.parse_report(fields))
        except (BadInput, ValueError):
            return Response("not a delivery of ours", status_code=422, media_type="text/plain")
        return EMPTY

    return routes


async def _signed(rt: Runtime, request: Request) -> dict[str, str] | None:
    """The form's fields, or None when Twilio did not sign them for our public address."""
    fields = read_form(await request.body())
    query = f"?{request.url.query}" if request.url.query else ""
    settings = request.headers.get("X-Twilio-Webhooks-Signature-Settings", "")
    signature = request.headers.get("X-Twilio-Signature")
    if rt.twilio is None or not rt.twilio.verify_path(request.url.path + query, fields, signature, settings):
        return None
    return dict(fields)


async def report(rt: Runtime, message: UUID, said: Report) -> None:
    """Store a delivery report and have it folded, unless it says what was said before."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        found = await messages.load(tx, [message])
        if message not in found:
            raise ValueError(message)
        codes = {name: value for name, value in said.raw.items() if name not in ("To", "From", "Body")}
        told = await messages.report(tx, message, said.provider_id, said.status, said.error_code, codes, now)
        ended = [status for status, rank in RANKS.items() if rank > said.rank and rank >= FINAL_RANK]
        # What comes late of an attempt that has ended must not be taken for the next attempt's.
        if told and not await messages.has_report(tx, message, said.provider_id, ended):
            event = MessageReported(
                id=derived_id("message.reported", message, said.provider_id, said.status),
                participant_id=found[message]["participant_id"],
                occurred_at=now,
                message_id=message,
                status=said.status,
                error_code=said.error_code,
            )
            await messages.identify(tx, message, said.provider_id)
            await outbox.add(tx, [event])
