"""The words of what came in, unsealed for a person who must read them; they go nowhere else."""

from pro_collector.casework.receiving import MAIL
from pro_collector.channels.inbound_mail import parse_mail
from pro_collector.postgres.inbound import InboundRow
from pro_collector.runtime import Runtime


def words(rt: Runtime, row: InboundRow) -> str:
    """A text as it was written, or a mail with its subject."""
    fields = rt.vault.unseal_json(row.sealed)
    if row.provider == MAIL:
        mail = parse_mail(fields["mail"].encode("latin-1"))
        return f"{mail.subject}\n\n{mail.text}".strip()
    pictures = int(fields.get("NumMedia") or 0)
    more = f"\n(with {pictures} pictures or files, which are at the provider)" if pictures else ""
    return f"{fields['body']}{more}"
