"""Passkeys (WebAuthn): add one, and sign in with it. The device asks its owner for a finger, a face or a PIN."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from webauthn.helpers import (
    options_to_json,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from pro_collector.accounts.accepting import ISSUER, Invited, use_invitation
from pro_collector.accounts.challenges import new_challenge, take_challenge
from pro_collector.accounts.person import Actor, note
from pro_collector.accounts.sessions import Present, begin_session
from pro_collector.accounts.signing_in import Refusal, begin_attempt, refused
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import accounts, credentials, sign_ins
from pro_collector.postgres.tables.accounts import AccountRow
from pro_collector.postgres.tables.credentials import PasskeyRow
from pro_collector.runtime import Runtime

_ADD, _SIGN_IN = "new passkey", "passkey"
MALFORMED = (
    WebAuthnException, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError,
    struct.error,
)  # fmt: skip
"""What reading the bytes of strangers may raise."""
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Site:
    """Whom passkeys are for: the host name and the origin of the public URL."""

    host: str
    origin: str


def offered(rt: Runtime) -> bool:
    """Whether passkeys work under the public URL: not at a bare IP address, by the rules of WebAuthn."""
    host = _site(rt).host
    try:
        ip_address(host)
    except ValueError:
        return bool(host)
    return False


async def new_passkey_options(rt: Runtime, account: UUID, email: str, visit: str) -> str:
    """What a browser needs to make a passkey for an account, as JSON."""
    async with rt.database.transaction() as tx:
        known = await credentials.passkeys_of(tx, account)
    options = webauthn.generate_registration_options(
        rp_id=_site(rt).host,
        rp_name=ISSUER,
        user_name=email,
        user_id=account.bytes,
        challenge=new_challenge(rt, _ADD, visit).encode(),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=row.id) for row in known],
    )
    return options_to_json(options)


async def add_passkey(rt: Runtime, who: Present, made: str, actor: Actor) -> bool:
    """Add the passkey that a browser made for somebody who is signed in; false if it is not what we asked for."""
    async with rt.database.transaction() as tx:
        row = await _made(tx, rt, who.account, made, who.session) if who.account else None
        if row is None or await credentials.passkey(tx, row.id) is not None:
            return False
        await credentials.add_passkey(tx, row)
        await note(tx, rt, "passkey added", who.name, actor)
        return True


async def remove_passkeys(rt: Runtime, who: Present, actor: Actor) -> bool:
    """Remove all passkeys of somebody who is signed in; false, and none is removed, if they have no password."""
    async with rt.database.transaction() as tx:
        if who.account is None or not await credentials.has_password(tx, who.account):
            return False
        rows = await credentials.passkeys_of(tx, who.account)
        await credentials.remove_passkeys(tx, who.account, [row.id for row in rows])
        await note(tx, rt, "passkey removed", who.name, actor)
        return True


async def accept_with_passkey(rt: Runtime, shown: Invited, token: str, made: str, visit: str, client: str) -> str:
    """Accept an invitation with a passkey instead of a password; the id of the session, empty if it cannot be."""
    async with rt.database.transaction() as tx:
        row = await _made(tx, rt, shown.account, made, visit)
        if row is None or not await use_invitation(tx, rt, shown, token, client):
            return ""
        await credentials.add_passkey(tx, row)
        return await begin_session(tx, rt, shown.account, "passkey", shown.handle, Actor(shown.handle, client))


def sign_in_options(rt: Runtime, visit: str) -> str:
    """What a browser needs to sign in with any passkey that it has for this site, as JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=_site(rt).host,
        challenge=new_challenge(rt, _SIGN_IN, visit).encode(),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


async def sign_in_with_passkey(rt: Runtime, given: str, visit: str, client: str) -> tuple[str, Refusal | None]:
    """Sign in with what a browser signed; the id of the session, or why there is none. Attempts are limited."""
    credential = _parsed(parse_authentication_credential_json, given)
    attempt = await begin_attempt(rt, f"passkey {credential.id}" if credential else "passkey", client)
    if attempt is None:
        return "", "limited"
    session = await _signed_in(rt, credential, visit, client) if credential else ""
    if not session:
        await refused(rt, None, client)
        return "", "wrong"
    async with rt.database.transaction() as tx:
        await sign_ins.succeeded(tx, attempt)
    return session, None


async def _signed_in(rt: Runtime, credential: AuthenticationCredential, visit: str, client: str) -> str:
    async with rt.database.transaction() as tx:
        account = await _verified(tx, rt, credential, visit)
        if account is None:
            return ""
        return await begin_session(tx, rt, account.id, "passkey", account.handle, Actor(account.handle, client))


async def known_passkey(tx: Tx, rt: Runtime, given: str, visit: str) -> AccountRow | None:
    """Whose passkey a browser signed with, for this visit or session; None if it is not accepted."""
    credential = _parsed(parse_authentication_credential_json, given)
    return await _verified(tx, rt, credential, visit) if credential else None


async def _verified(tx: Tx, rt: Runtime, credential: AuthenticationCredential, visit: str) -> AccountRow | None:
    challenge, site = _challenge_in(credential), _site(rt)
    row = await credentials.passkey(tx, credential.raw_id)
    account = await accounts.find(tx, row.account_id) if row else None
    if row is None or account is None or account.removed_at is not None:
        return None
    if not await take_challenge(tx, rt, challenge, _SIGN_IN, visit):
        return None
    try:
        verified = webauthn.verify_authentication_response(
            credential=credential, expected_challenge=challenge.encode(), expected_rp_id=site.host,
            expected_origin=site.origin, credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count, require_user_verification=True,
        )  # fmt: skip
    except MALFORMED:
        return None
    await credentials.used_passkey(tx, row.id, verified.new_sign_count, rt.clock.now())
    return account


async def _made(tx: Tx, rt: Runtime, account: UUID, made: str, visit: str) -> PasskeyRow | None:
    """The passkey that a browser made, if it answers our challenge and its device asks its owner."""
    credential, site = _parsed(parse_registration_credential_json, made), _site(rt)
    if credential is None:
        return None
    challenge = _challenge_in(credential)
    if not await take_challenge(tx, rt, challenge, _ADD, visit):
        return None
    try:
        verified = webauthn.verify_registration_response(
            credential=credential, expected_challenge=challenge.encode(), expected_rp_id=site.host,
            expected_origin=site.origin, require_user_verification=True,
        )  # fmt: skip
    except MALFORMED:
        return None
    now = rt.clock.now()
    return PasskeyRow(verified.credential_id, account, verified.credential_public_key, verified.sign_count, now)


def _parsed(parse: Callable[[str], Result], given: str) -> Result | None:
    """What a browser sent, None if it is not of that form; anybody may send anything."""
    try:
        return parse(given)
    except MALFORMED:
        return None


def _challenge_in(credential: AuthenticationCredential | RegistrationCredential) -> str:
    """The challenge that a browser says it answers; empty if it says none."""
    try:
        return parse_client_data_json(credential.response.client_data_json).challenge.decode("ascii")
    except MALFORMED:
        return ""


def _site(rt: Runtime) -> _Site:
    parts = urlsplit(rt.settings.public_url)
    return _Site(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")
