"""The identity provider of a hospital (OpenID Connect): where somebody is sent to sign in, and what it says of them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from pro_collector.accounts.challenges import new_challenge
from pro_collector.errors import Unavailable
from pro_collector.runtime import Runtime

PURPOSE = "provider"
ANSWER = "/team/sign-in/answer"
"""The path to which the provider sends somebody back; it must know the whole URL."""
WITHIN = 10.0
"""Seconds in which the provider must answer."""
_LEEWAY = 60
"""Seconds by which its clock may differ."""
_SIGNED_WITH = ["RS256", "PS256", "ES256"]
_FAILURES = (AuthlibBaseError, JoseError, OSError, ValueError, LookupError, TypeError)
"""What an answer that is not as it should be may raise; requests' own errors are OSError."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a provider said of somebody. `groups` None: it gave no list, for example because there are too many.

    `proved_at`: when they last proved there who they are; None: it did not say.
    """

    issuer: str
    subject: str
    email: str
    name: str
    handle: str
    groups: Sequence[str] | None
    proved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Addresses:
    """Where a provider is asked for what."""

    sign_in: str
    token: str
    keys: str


class IdentityProvider:
    """The provider of the settings. What it says of itself is fetched when it is first needed, and then kept."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._settings = rt.settings
        self._addresses: _Addresses | None = None

    @property
    def configured(self) -> bool:
        """Whether there is one."""
        secret = self._settings.oidc_client_secret.get_secret_value()
        return bool(self._settings.oidc_issuer and self._settings.oidc_client_id and secret)

    async def sign_in_address(self, visit: str, *, again: bool = False) -> str:
        """Where to send the browser with this visit; `again`: the provider asks who it is, also if it knows that.

        Raises Unavailable when the provider does not answer.
        """
        addresses = await self._found()
        state = new_challenge(self._rt, PURPOSE, visit)
        address, _ = self._session().create_authorization_url(
            addresses.sign_in,
            state=state,
            nonce=self._secret("nonce", state),
            code_verifier=self._secret("code", state),
            **({"prompt": "login", "max_age": "0"} if again else {}),
        )
        return str(address)

    async def said(self, answer: Mapping[str, str], now: datetime) -> Known | None:
        """Whom the provider signed in, by the answer that a browser brought; None if it is not a good one.

        The caller has checked `state`. Raises Unavailable when the provider does not answer.
        """
        addresses, state = await self._found(), answer.get("state", "")
        if answer.get("iss", self._settings.oidc_issuer) != self._settings.oidc_issuer or not answer.get("code"):
            return None
        try:
            claims = await asyncio.to_thread(self._claims, addresses, answer["code"], state, now)
        except _FAILURES:
            return None
        return self._known(claims)

    def _claims(self, addresses: _Addresses, code: str, state: str, now: datetime) -> Mapping[str, Any]:
        """Exchange the code for a token, and check the token: signature, issuer, for whom, when, and of which visit."""
        session = self._session()
        token = session.fetch_token(
            addresses.token, code=code, grant_type="authorization_code", code_verifier=self._secret("code", state),
            timeout=WITHIN,
        )  # fmt: skip
        keys = KeySet.import_key_set(session.get(addresses.keys, withhold_token=True, timeout=WITHIN).json())
        signed = jwt.decode(token["id_token"], keys, algorithms=_SIGNED_WITH)
        wanted = {
            "iss": {"essential": True, "value": self._settings.oidc_issuer},
            "aud": {"essential": True, "value": self._settings.oidc_client_id},
        }
        params = {
            "nonce": self._secret("nonce", state), "client_id": self._settings.oidc_client_id,
            "access_token": token.get("access_token"),
        }  # fmt: skip
        claims = CodeIDToken(signed.claims, signed.header, wanted, params)
        claims.validate(now=int(now.timestamp()), leeway=_LEEWAY)
        return dict(claims)

    def _known(self, claims: Mapping[str, Any]) -> Known:
        email, said = str(claims.get("email") or ""), claims.get(self._settings.oidc_groups)
        groups = [said] if isinstance(said, str) else said if isinstance(said, list) else None
        handle = str(claims.get("preferred_username") or email or claims["sub"]).partition("@")[0]
        return Known(
            str(claims["iss"]), str(claims["sub"]), email, str(claims.get("name") or ""), handle,
            None if groups is None else [str(each) for each in groups], _instant(claims.get("auth_time")),
        )  # fmt: skip

    async def _found(self) -> _Addresses:
        if self._addresses is None:
            try:
                self._addresses = await asyncio.to_thread(self._ask)
            except _FAILURES as error:
                raise Unavailable(
                    f"the identity provider does not answer as expected ({type(error).__name__})"
                ) from error
        return self._addresses

    def _ask(self) -> _Addresses:
        issuer = self._settings.oidc_issuer
        where = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        said = self._session().get(where, withhold_token=True, timeout=WITHIN).json()
        if said["issuer"] != issuer:
            raise ValueError("it says that it is another issuer")
        return _Addresses(said["authorization_endpoint"], said["token_endpoint"], said["jwks_uri"])

    def _session(self) -> OAuth2Session:
        return OAuth2Session(
            self._settings.oidc_client_id, self._settings.oidc_client_secret.get_secret_value(),
            scope="openid email profile", redirect_uri=f"{self._settings.public_url}{ANSWER}",
            code_challenge_method="S256",
        )  # fmt: skip

    def _secret(self, kind: str, state: str) -> str:
        """A secret that belongs to a state; derived, so that it need not be stored."""
        return self._rt.vault.sign(f"openid {kind} {state}")


def _instant(seconds: object) -> datetime | None:
    """A time of a token; None if it is none."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None
    except (OverflowError, OSError, ValueError):
        return None
