"""The words of an inbound text or mail, unsealed for a person who must read them and for no other use."""

from collections.abc import Iterator, Mapping
from typing import Any

from pro_collector.casework.inbound.mails import mail_of
from pro_collector.casework.inbound.receiving import MAIL
from pro_collector.postgres.tables.inbound import InboundRow
from pro_collector.runtime import Runtime


def words(rt: Runtime, row: InboundRow) -> str:
    """The words of a text, or of a mail with its subject."""
    fields = rt.vault.unseal_json(row.sealed)
    if row.provider == MAIL:
        mail = mail_of(fields)
        return "\n\n".join(filter(None, (mail.subject, mail.text.strip(), *_missing(fields, mail.cut))))
    pictures = int(fields.get("NumMedia") or 0)
    more = f"\n(with {pictures} pictures or files, which are at the provider)" if pictures else ""
    return f"{fields['body']}{more}"


def _missing(fields: Mapping[str, Any], cut: bool) -> Iterator[str]:
    """Notes for the reader of a mail: which parts of it are missing."""
    if cut:
        yield "(the mail was too large or too strange to be read whole: words may be missing; ask them)"
    elif "size" in fields:
        yield f"(with large attachments, of which only the beginning was kept; {fields['size']} bytes came)"
