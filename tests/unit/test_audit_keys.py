"""The keys of the audit chain: which one signs, and which signatures are recognised."""

import pytest

from pro_collector.audit_keys import AuditKeys
from pro_collector.errors import Misconfigured
from pro_collector.settings import Settings

OLD, NEW, LINK = "11" * 32, "22" * 32, "33" * 32


def keys(audit: str = "", link: str = LINK) -> AuditKeys:
    settings = Settings.load(
        database_url="postgresql://x/y", kafka_bootstrap="x:1", vault_key=OLD, link_key=link, audit_key=audit,
        public_url="https://x.example",
    )  # fmt: skip
    return AuditKeys.of(settings)


def test_what_was_signed_with_an_earlier_key_is_recognised() -> None:
    derived = keys().sign("text")
    assert keys(NEW).verify("text", derived) is True  # from before there was a key of its own
    assert keys(NEW).verify("other", derived) is False
    signed = keys(OLD).sign("text")
    assert keys(f"{NEW},{OLD}").verify("text", signed) is True
    assert keys(f"{NEW},{OLD}").sign("text") == keys(NEW).sign("text") != signed
    assert keys(NEW).verify("text", signed) is None
    assert keys(NEW).verify("text", signed.replace(":", "")) is None


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(Misconfigured, match="PRO_AUDIT_KEY"):
        keys("short")
    with pytest.raises(Misconfigured, match="PRO_AUDIT_KEY: is not set"):
        keys(link="")
