"""Mails an invitation to its owner, so that nobody else sees the link."""

from html import escape
from uuid import uuid4

from pro_collector.accounts.inviting import Invitation
from pro_collector.channels.mail import build_email
from pro_collector.channels.outcome import Accepted
from pro_collector.runtime import Runtime

_TEXT = """Hello,

you are invited to the pages of the study team. Choose how you sign in:

{link}

The link can be used once, until {until} (UTC). Did you not expect it? Then ignore this mail.
"""


async def mail_invitation(rt: Runtime, invitation: Invitation, to: str) -> bool:
    """Whether the mail relay took a mail with the link; false without a relay."""
    if rt.smtp is None:
        return False
    text = _TEXT.format(link=invitation.link, until=f"{invitation.expires_at:%Y-%m-%d %H:%M}")
    mail = build_email(
        delivery_id=uuid4(), sender=rt.mail_sender, recipient=to, subject="Your account for the study team",
        text=text, html=f"<pre>{escape(text)}</pre>", language="en", unsubscribe_url=None, unsubscribe_address=None,
        date=rt.clock.now(),
    )  # fmt: skip
    (outcome,) = await rt.smtp.send([mail])
    return isinstance(outcome, Accepted)
