"""What `deploy/` ships for Kubernetes, systemd and nginx: held to the settings, the parts, the routes and the image."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from pro_collector.settings import NEEDED, Settings
from pro_collector.web.request import MAX_BODY
from tests.shared.places import ROOT

DEPLOY = ROOT / "deploy"
PARTS = ("scheduler", "relay", "worker", "sender", "web")
FIELDS = {f"PRO_{name.upper()}": field for name, field in Settings.model_fields.items()}
SECRETS = {variable for variable, field in FIELDS.items() if field.annotation is SecretStr}
UNIT = (DEPLOY / "systemd" / "pro-collector@.service").read_text(encoding="utf-8")


def manifests() -> Iterator[dict[str, Any]]:
    for file in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        yield from yaml.safe_load_all(file.read_text(encoding="utf-8"))


def named(kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in manifests() if each["kind"] == kind}


CONFIGS = {name: each["data"] for name, each in named("ConfigMap").items()}
RUNS = {**named("Deployment"), **named("Job")}


def pod_of(name: str) -> dict[str, Any]:
    pod: dict[str, Any] = RUNS[name]["spec"]["template"]["spec"]
    return pod


def container_of(name: str) -> dict[str, Any]:
    (container,) = pod_of(name)["containers"]
    assert isinstance(container, dict)
    return container


def settings_of(name: str) -> dict[str, str]:
    """The variables of a pod, those of its config maps included."""
    container = container_of(name)
    plain = {
        key: value for source in container["envFrom"] for key, value in CONFIGS[source["configMapRef"]["name"]].items()
    }
    return {**plain, **{each["name"]: each["value"] for each in container["env"]}}


def test_there_is_a_deployment_for_each_part_and_a_job_that_migrates() -> None:
    assert RUNS.keys() == {f"pro-collector-{part}" for part in (*PARTS, "migrate")}
    for part in PARTS:
        assert container_of(f"pro-collector-{part}")["args"] == ["run", part]
    assert container_of("pro-collector-migrate")["args"] == ["migrate"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert {container_of(name)["image"] for name in RUNS} == {compose["services"]["web"]["image"]}


def secrets_of(part: str) -> set[str]:
    """The variables of the secrets that a part may have: its login to the database, and what it needs."""
    return {"PRO_DATABASE_URL", *(f"PRO_{name.upper()}" for name in NEEDED[part])}


@pytest.mark.parametrize("name", RUNS)
def test_each_variable_is_a_setting_and_each_secret_is_a_file_that_is_there(name: str) -> None:
    given = settings_of(name)
    files = {key.removesuffix("_FILE"): Path(value) for key, value in given.items() if key.endswith("_FILE")}
    assert all(isinstance(value, str) for value in given.values())
    assert files.keys() <= SECRETS
    assert SECRETS & given.keys() == set(), "a secret is a file, not a variable"
    assert given.keys() - {f"{secret}_FILE" for secret in files} <= FIELDS.keys()
    part = name.removeprefix("pro-collector-")
    assert files.keys() == secrets_of(part)
    assert {variable for variable, field in FIELDS.items() if field.is_required()} - SECRETS <= given.keys()
    (volume,) = (each["secret"] for each in pod_of(name)["volumes"] if "secret" in each)
    (mount,) = (each for each in container_of(name)["volumeMounts"] if each["name"] == "secrets")
    assert {Path(mount["mountPath"]) / each["path"] for each in volume["items"]} == set(files.values())
    assert [each["key"] for each in volume["items"] if each["path"] == "database-url"] == [f"{part}-database-url"]


@pytest.mark.parametrize("name", RUNS)
def test_a_pod_selects_itself_and_can_do_little(name: str) -> None:
    run, pod, container = RUNS[name], pod_of(name), container_of(name)
    labels = run["spec"]["template"]["metadata"]["labels"]
    assert run["spec"].get("selector", {"matchLabels": labels})["matchLabels"] == labels == run["metadata"]["labels"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert f"USER {pod['securityContext']['runAsUser']}:" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False, (
        "Kubernetes would set variables with our prefix, from the name of the Service"
    )
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"].keys() == {"memory"}
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert pod["terminationGracePeriodSeconds"] > 10, "a part ends within 9 s of SIGTERM"


@pytest.mark.parametrize("part", PARTS)
def test_probes_ask_routes_that_exist_on_ports_that_are_open(part: str) -> None:
    container, given = container_of(f"pro-collector-{part}"), settings_of(f"pro-collector-{part}")
    ports = {each["name"]: str(each["containerPort"]) for each in container["ports"]}
    assert ports["health"] == given["PRO_HEALTH_PORT"]
    assert given["PRO_HEALTH_HOST"] == "0.0.0.0"
    asked = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert [asked[kind]["path"] for kind in asked] == ["/healthz", "/healthz", "/readyz"]
    assert {probe["port"] for probe in asked.values()} <= ports.keys()
    if part == "web":
        assert ports["web"] == given["PRO_WEB_PORT"]
        assert asked["readiness"]["port"] == "web"
        (service,) = named("Service").values()
        assert service["spec"]["selector"].items() <= RUNS["pro-collector-web"]["metadata"]["labels"].items()
        assert service["spec"]["ports"][0]["targetPort"] in ports


def test_only_parts_that_talk_to_a_carrier_have_its_password() -> None:
    token = "PRO_TWILIO_AUTH_TOKEN"
    told = {part for part in PARTS if f"{token}_FILE" in settings_of(f"pro-collector-{part}")}
    named = {part for part in PARTS if "PRO_TWILIO_ACCOUNT_SID" in settings_of(f"pro-collector-{part}")}
    assert told == named == {"worker", "sender", "web"}


@pytest.mark.parametrize("part", PARTS)
def test_the_unit_of_systemd_gives_each_part_its_own_secrets_only(part: str) -> None:
    more = DEPLOY / "systemd" / f"pro-collector@{part}.service.d" / "secrets.conf"
    text = UNIT + (more.read_text(encoding="utf-8") if more.exists() else "")
    loaded = dict(re.findall(r"^LoadCredential=([\w-]+):(\S+)$", text, re.MULTILINE))
    given = dict(re.findall(r"^Environment=(PRO_\w+)_FILE=%d/([\w-]+)$", text, re.MULTILINE))
    assert given.keys() == secrets_of(part)
    assert set(given.values()) == loaded.keys()
    assert text.count("LoadCredential=") == len(loaded)
    assert loaded["database-url"].endswith("/%i-database-url")


def test_the_unit_of_systemd_runs_a_part_again_and_lets_it_end() -> None:
    assert re.search(r"^ExecStart=\S+/pro-collector run %i$", UNIT, re.MULTILINE)
    assert "Restart=always" in UNIT
    assert int(re.search(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)[1]) > 10  # type: ignore[index]


def test_nginx_passes_on_what_we_serve_and_logs_no_path() -> None:
    conf = (DEPLOY / "nginx" / "pro-collector.conf").read_text(encoding="utf-8")
    assert conf.count("{") == conf.count("}")
    assert "access_log off;" in conf
    assert f"client_max_body_size  {MAX_BODY // 1024}k;" in conf
    assert re.search(r"location ~ \^/\(metrics\|healthz\|readyz\)\$ { deny all; }", conf)
    assert set(re.findall(r"proxy_pass (\S+);", conf)) == {f"http://127.0.0.1:{FIELDS['PRO_WEB_PORT'].default}"}
    assert "location /webhooks/ {" in conf
