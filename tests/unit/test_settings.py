"""Settings: what would let nobody, or everybody, in is refused when the product starts, and not found out later."""

from typing import Any

import pytest

from pro_collector.errors import Misconfigured
from pro_collector.settings import Settings

GOOD: dict[str, Any] = {
    "database_url": "postgresql://localhost/x",
    "kafka_bootstrap": "localhost:9092",
    "vault_key": "00" * 32,
    "link_key": "11" * 32,
    "api_token": "a long password",
    "public_url": "https://pro.example.org",
}


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://pro.example.org/", "https://pro.example.org"),
        ("https://example.org/pro//", "https://example.org/pro"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_a_slash_at_the_end_of_the_address_makes_no_other_links(given: str, used: str) -> None:
    assert Settings.load(**{**GOOD, "public_url": given}).public_url == used


@pytest.mark.parametrize("address", ["pro.example.org", "", "ftp://pro.example.org", "https:///r", "https://a.b/?x=1"])
def test_an_address_that_no_patient_could_open_is_refused(address: str) -> None:
    with pytest.raises(Misconfigured, match="PRO_PUBLIC_URL: expected https://host"):
        Settings.load(**{**GOOD, "public_url": address})


@pytest.mark.parametrize("token", ["", "  "])
def test_an_empty_password_is_refused(token: str) -> None:
    with pytest.raises(Misconfigured, match="PRO_API_TOKEN: is empty"):
        Settings.load(**{**GOOD, "api_token": token})
