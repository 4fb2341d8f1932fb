"""Settings: what would let nobody, or everybody, in is refused when the product starts, and not found out later."""

from pathlib import Path
from typing import Any

import pytest

from pro_collector.errors import Misconfigured
from pro_collector.settings import NEEDED, Settings

GOOD: dict[str, Any] = {
    "database_url": "postgresql://localhost/x",
    "kafka_bootstrap": "localhost:9092",
    "vault_key": "00" * 32,
    "link_key": "11" * 32,
    "public_url": "https://pro.example.org",
}
SECRETS = {"vault_key", "link_key"}


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


@pytest.mark.parametrize("part", NEEDED)
def test_a_part_starts_with_its_own_secrets_alone(part: str) -> None:
    kept = {name: value for name, value in GOOD.items() if name not in SECRETS or name in NEEDED[part]}
    assert Settings.load([part], **kept)
    for name in SECRETS & NEEDED[part]:
        with pytest.raises(Misconfigured, match=f"PRO_{name.upper()}: is not set"):
            Settings.load([part], **{each: value for each, value in kept.items() if each != name})
    if SECRETS - NEEDED[part]:
        with pytest.raises(Misconfigured, match="is not set"):
            Settings.load(**kept)


def test_a_secret_may_be_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vault").write_text("ab" * 32 + "\n")
    monkeypatch.setenv("PRO_VAULT_KEY_FILE", str(tmp_path / "vault"))
    others = {name: value for name, value in GOOD.items() if name != "vault_key"}
    assert Settings.load(**others).vault_key.get_secret_value() == "ab" * 32


@pytest.mark.parametrize(
    ("variables", "mistake"),
    [
        ({"PRO_VAULT_KEY_FILE": "/nowhere"}, "PRO_VAULT_KEY_FILE: cannot be read \\(FileNotFoundError\\)"),
        ({"PRO_VAULT_KEY_FILE": "/dev/null"}, "PRO_VAULT_KEY: is not set"),
        ({"PRO_VAULT_KEY_FILE": "/dev/null", "PRO_VAULT_KEY": "00" * 32}, "PRO_VAULT_KEY: is set, and so is PRO_VAULT"),
        (
            {"PRO_VAULT_KEY_FILE": "/dev/null", "PRO_VAULT_KEY_COMMAND": "true"},
            "_FILE: is set, and so is PRO_VAULT_KEY_C",
        ),
        ({"PRO_VAULT_KEY" + "S_FILE": "/dev/null"}, "there is no such setting; did you mean PRO_VAULT_KEY_FILE?"),
    ],
)
def test_a_file_that_cannot_be_the_secret_is_refused(
    variables: dict[str, str], mistake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured, match=mistake):
        Settings.load(**{name: value for name, value in GOOD.items() if name != "vault_key"})
