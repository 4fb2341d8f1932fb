"""The compose file, the image and the dashboard: held to the compose schema, to our settings and to the real views."""

import importlib.resources
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import psycopg
import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from pro_collector.embedded.postgres import Postgres, _install
from pro_collector.postgres import grants
from pro_collector.postgres.migrate import migrate
from pro_collector.settings import NEEDED, Settings
from tests.shared.places import ROOT

PROCESSES = {"scheduler", "relay", "worker", "sender", "web"}
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboards" / "scores.json"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = compose["services"]
    return found


def written_settings() -> dict[str, str]:
    """What `deploy/new-env` writes."""
    said = subprocess.run(["sh", str(ROOT / "deploy" / "new-env")], check=True, capture_output=True, text=True)
    lines = [line for line in said.stdout.splitlines() if line and not line.startswith("#")]
    return {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}


def test_fits_the_compose_specification(compose: dict[str, Any]) -> None:
    vendored = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(vendored.read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(compose)] == []
    assert not validator.is_valid({**compose, "services": {"web": {"image": "x", "depend_on": []}}})


def test_docker_compose_itself_reads_it(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], check=False, capture_output=True).returncode:
        pytest.skip("no docker compose here")
    settings = tmp_path / "env"
    settings.write_text("".join(f'{name}="{value}"\n' for name, value in written_settings().items()))
    command = [docker, "compose", "--env-file", str(settings), "-f", str(ROOT / "docker-compose.yml"), "config", "-q"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_service_for_every_process(services: dict[str, Any]) -> None:
    ours = {name: service for name, service in services.items() if service["image"].startswith("pro-collector:")}
    assert ours.keys() == PROCESSES | {"migrate", "team"}
    assert ours["migrate"]["command"] == ["migrate"]
    assert all(ours[name]["command"] == ["run", name] for name in PROCESSES)
    assert {service["image"] for service in ours.values()} == {services["migrate"]["image"]}


def test_everything_starts_after_what_it_needs(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services, name
            once = services[needed].get("restart") == "no"
            assert how["condition"] == ("service_completed_successfully" if once else "service_healthy")
            assert once or "healthcheck" in services[needed], f"{name} waits for the health of {needed}"
    for name in PROCESSES:
        assert {"logins", "timescaledb", "kafka"} <= services[name]["depends_on"].keys()
    assert "migrate" in services["logins"]["depends_on"]
    assert "migrate" in services["reader"]["depends_on"]
    assert "reader" in services["grafana"]["depends_on"]


def test_every_setting_of_ours_in_the_env_file_reaches_the_processes(services: dict[str, Any]) -> None:
    """One that compose does not hand on would look as if it were in force."""
    given = services["team"]["environment"].keys()
    of_other_servers = {
        "PRO_DATABASE_ROLES",
        "PRO_KAFKA_PREFIX",
        "PRO_KAFKA_REPLICATION",
        "PRO_KAFKA_IDEMPOTENT",
        "PRO_TWILIO_URL",
    }
    ours = {f"PRO_{name.upper()}" for name in Settings.model_fields} - of_other_servers
    assert {name for name in ours - given if not re.match("PRO_KAFKA_(SECURITY|CA|SASL|USER|PASS)", name)} == set()


def test_nothing_listens_beyond_this_host(services: dict[str, Any]) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in published)
    assert all(service.get("network_mode") is None and not service.get("privileged") for service in services.values())
    for host_port in (published_port.rpartition(":")[0] for published_port in published):
        assert sum(port.startswith(f"{host_port}:") for port in published) == 1


def test_our_processes_can_do_little(services: dict[str, Any]) -> None:
    for name in PROCESSES | {"migrate", "team"}:
        service = services[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert "user" not in service  # the image's own, which the next test looks at


def test_the_image_runs_as_nobody_in_particular_and_is_built_in_two_stages() -> None:
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    stages = [index for index, line in enumerate(lines) if line.startswith("FROM ")]
    assert len(stages) == 2
    assert len({lines[index].split()[1] for index in stages}) == 1
    users = [line for line in lines[stages[1] :] if line.startswith("USER ")]
    assert users
    assert re.fullmatch(r"USER [1-9]\d+:[1-9]\d+", users[-1])
    assert any("--require-hashes -r requirements/runtime.txt" in line for line in lines)


def test_the_image_gets_what_it_copies_and_no_more() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    kept = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    sources = {source for line in copied for source in line.split()}
    assert sources == kept
    assert all((ROOT / source).exists() for source in sources)
    for secret in (".env", ".git", "tests", ".venv", "deploy"):
        assert not any(fnmatch(secret, rule) for rule in kept)


def test_images_are_pinned_and_agree_with_what_the_tests_run(services: dict[str, Any]) -> None:
    images = {name: service["image"] for name, service in services.items()}
    assert all(re.search(r":v?\d+\.\d+", image) for image in images.values()), images
    pom = ElementTree.parse(ROOT / "tests" / "apache-kafka" / "pom.xml")
    version = pom.findtext(".//{*}kafka.version")
    assert images["kafka"].partition("@")[0] == f"apache/kafka:{version}"
    assert images["reader"] == images["logins"] == images["timescaledb"]


def test_every_volume_and_every_mounted_file_is_there(compose: dict[str, Any], services: dict[str, Any]) -> None:
    mounts = [mount for service in services.values() for mount in service.get("volumes", [])]
    named = {mount.split(":")[0] for mount in mounts if not mount.startswith(".")}
    assert named == compose["volumes"].keys()
    files = [mount for mount in mounts if mount.startswith(".")]
    assert files
    for mount in files:
        assert mount.endswith(":ro"), mount
        assert (ROOT / mount.split(":")[0]).exists(), mount


def test_every_setting_given_is_one_of_ours_and_each_process_has_its_own_secrets_only(services: dict[str, Any]) -> None:
    ours = {f"PRO_{name.upper()}": field for name, field in Settings.model_fields.items()}
    secret = {name for name, field in ours.items() if field.annotation is SecretStr} - {"PRO_DATABASE_URL"}
    everything = services["team"]["environment"]
    assert {name for name in everything if name.startswith("PRO_")} <= ours.keys()
    assert {name for name, field in ours.items() if field.is_required()} <= everything.keys()
    for part in PROCESSES | {"migrate"}:
        given = services[part]["environment"]
        needed = {f"PRO_{name.upper()}" for name in NEEDED[part]}
        assert {name for name in secret if given.get(name) is not None} == needed, part
        own = {"PRO_DATABASE_URL", "PGPASSWORD"}
        assert {name: value for name, value in everything.items() if name in given and name not in own} == {
            name: value for name, value in given.items() if name not in own
        }, part


def test_every_process_has_a_login_of_its_own(services: dict[str, Any]) -> None:
    """Only `migrate` and what makes the logins know the password of the owner, who may do everything."""
    given = {name: services[name]["environment"] for name in (*PROCESSES, "team", "migrate")}
    users = {name: conninfo_to_dict(each["PRO_DATABASE_URL"])["user"] for name, each in given.items()}
    assert users == {**{name: f"pro_{name}" for name in (*PROCESSES, "team")}, "migrate": "pro_collector"}
    assert len({each["PGPASSWORD"] for each in given.values()}) == len(given)
    owner = given["migrate"]["PGPASSWORD"]
    knowing = {name for name, service in services.items() if owner in service.get("environment", {}).values()}
    assert knowing == {"migrate", "logins", "reader", "timescaledb"}


def test_the_settings_written_for_compose_are_all_it_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    asked = set(re.findall(r"\$\{(\w+)", text))
    required = set(re.findall(r"\$\{(\w+):\?", text))
    written, again = written_settings(), written_settings()
    assert required <= written.keys() <= asked
    assert all(written[name] for name in required)
    assert all(written[name] != again[name] for name in required)
    for name in list(Settings.model_fields):
        monkeypatch.delenv(f"PRO_{name.upper()}", raising=False)
    for name in written.keys() & {f"PRO_{field.upper()}" for field in Settings.model_fields}:
        monkeypatch.setenv(name, written[name])
    settings = Settings.load(database_url="postgresql://x", kafka_bootstrap="x:1")
    assert len(bytes.fromhex(settings.vault_key.get_secret_value())) == 32
    assert len(bytes.fromhex(settings.link_key.get_secret_value())) == 32


def test_grafana_finds_what_is_provisioned(services: dict[str, Any]) -> None:
    folder = ROOT / "deploy" / "grafana" / "provisioning"
    [source] = yaml.safe_load((folder / "datasources" / "postgres.yml").read_text())["datasources"]
    [provider] = yaml.safe_load((folder / "dashboards" / "scores.yml").read_text())["providers"]
    environment = services["grafana"]["environment"]
    mounted = {mount.split(":")[1]: ROOT / mount.split(":")[0] for mount in services["grafana"]["volumes"]}
    assert mounted[provider["options"]["path"]] == DASHBOARD.parent
    assert environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] == f"{provider['options']['path']}/{DASHBOARD.name}"
    assert source["secureJsonData"]["password"].removeprefix("$") in environment
    assert source["url"].split(":")[0] in services
    dashboard = json.loads(DASHBOARD.read_text())
    uids = {item["datasource"]["uid"] for item in (*dashboard["panels"], *dashboard["templating"]["list"])}
    assert uids == {source["uid"]}
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


LOGINS = (*sorted(PROCESSES), "team", "reader")


@pytest.fixture(scope="module")
def reader() -> Iterator[str]:
    """The URL of a migrated database, as the login `deploy/postgres/reader.sql` makes; run twice, as upgrades do."""
    server = Postgres()
    url = server.start(durable=False)
    try:
        migrate(url)
        psql = [str(_install() / "bin" / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url]
        for _ in range(2):
            scripts = [str(ROOT / "deploy" / "postgres" / name) for name in ("logins.sql", "reader.sql")]
            passwords = {f"PRO_{name.upper()}_PASSWORD": f"{name}'s only a test" for name in LOGINS}
            subprocess.run([*psql, "-f", scripts[0], "-f", scripts[1]], check=True, env=passwords)
        yield url.replace("postgresql://pro_collector@", "postgresql://pro_reader@")
    finally:
        server.stop()


def statements() -> list[tuple[str, str]]:
    """Every statement of the dashboard, as Grafana would send it, with the panel or variable it belongs to."""
    dashboard = json.loads(DASHBOARD.read_text())
    found = [(panel["title"], target["rawSql"]) for panel in dashboard["panels"] for target in panel["targets"]]
    found += [(variable["name"], variable["query"]) for variable in dashboard["templating"]["list"]]
    return [(name, as_sent(sql)) for name, sql in found]


def as_sent(sql: str) -> str:
    between = r"\1 BETWEEN '2026-01-01T00:00:00Z' AND '2027-01-01T00:00:00Z'"
    return re.sub(r"\$\{\w+:sqlstring\}", "'a', 'b'", re.sub(r"\$__timeFilter\((\w+)\)", between, sql)).replace(
        "= 'a', 'b'", "= 'a'"
    )


def test_the_reader_can_ask_everything_the_dashboard_asks(reader: str) -> None:
    asked = statements()
    assert len(asked) > 10
    with psycopg.connect(reader, autocommit=True) as connection:
        for name, sql in asked:
            assert "$" not in sql, name
            connection.execute(sql.encode())


def test_the_reader_can_read_nothing_else_and_write_nothing(reader: str) -> None:
    with psycopg.connect(reader, autocommit=True) as connection:
        for table in ("vault.contact", "vault.inbound", "participant", "answer", "message"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM {table}".encode())
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TABLE mine (x int)")


def test_every_login_acts_as_its_own_role_and_no_other(reader: str) -> None:
    roles = [f"pro_collector_{role}" for role in grants.roles()]
    for name in (*PROCESSES, "team"):
        with psycopg.connect(reader.replace("pro_reader@", f"pro_{name}@"), autocommit=True) as connection:
            may = connection.execute(
                "SELECT r FROM unnest(%s::text[]) r WHERE pg_has_role(session_user, r, 'SET')", [roles]
            ).fetchall()
            inside = {"scheduler": ["nightly"], "worker": ["jobs"], "web": ["team", "viewer"]}
            own = {f"pro_collector_{role}" for role in (name, *inside.get(name, ()))}
            assert {row[0] for row in may} == own
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("ALTER TABLE answer DISABLE TRIGGER ALL")
