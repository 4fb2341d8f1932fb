"""A secret may come from a command, as that of a key management service (`PRO_..._COMMAND`)."""

import pytest

from pro_collector.errors import Misconfigured
from pro_collector.settings import Settings
from tests.unit.test_settings import GOOD

OTHERS = {name: value for name, value in GOOD.items() if name != "vault_key"}


def test_what_a_command_prints_is_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRO_VAULT_KEY_COMMAND", f"printf '%s\\n' {'ab' * 32}")
    assert Settings.load(**OTHERS).vault_key.get_secret_value() == "ab" * 32


@pytest.mark.parametrize(
    ("command", "mistake"),
    [
        ("false", "PRO_VAULT_KEY_COMMAND: cannot be read \\(CalledProcessError\\)"),
        ("/nowhere", "PRO_VAULT_KEY_COMMAND: cannot be read \\(FileNotFoundError\\)"),
        ("echo 'a", "PRO_VAULT_KEY_COMMAND: cannot be read \\(ValueError\\)"),
        ("sleep 5", "PRO_VAULT_KEY_COMMAND: cannot be read \\(TimeoutExpired\\)"),
        ("true", "PRO_VAULT_KEY: is not set"),
    ],
)
def test_a_command_without_a_secret_is_refused(command: str, mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pro_collector.settings.COMMAND_TIMEOUT", 0.2)
    monkeypatch.setenv("PRO_VAULT_KEY_COMMAND", command)
    with pytest.raises(Misconfigured, match=mistake):
        Settings.load(**OTHERS)
