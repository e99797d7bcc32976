"""Azure, Google Cloud, Oracle Cloud and Alibaba Cloud against stand-ins of our own that check secrets and signatures."""

from __future__ import annotations

import json

import pytest
from clouds import KEY, OTHER_KEY, SECRET, Alibaba, Azure, Google, Oracle, Running, pem
from cryptography.hazmat.primitives import serialization
from machine_client import Machines


def service_account(key=KEY, **changes) -> str:
    return json.dumps({
        "type": "service_account", "private_key_id": "k1", "private_key": pem(key),
        "client_email": "robot@demo.iam.gserviceaccount.com", "token_uri": "https://elsewhere.invalid/token", **changes,
    })


CLOUDS = {
    "azure": (Azure, {"subscription_id": "sub", "tenant_id": "tenant", "client_id": "app", "client_secret": SECRET}),
    "gcp": (Google, {"project_id": "demo", "credentials_json": service_account()}),
    "oci": (Oracle, {
        "tenancy_ocid": "tenancy", "user_ocid": "user", "fingerprint": "aa:bb", "region": "eu-frankfurt-1",
        "private_key": pem(KEY, serialization.PrivateFormat.TraditionalOpenSSL),
    }),
    "alibabacloud": (Alibaba, {"access_key_id": "LTAI4711", "access_key_secret": SECRET, "region": "cn-hangzhou"}),
}
SECRETS = {"client_secret", "credentials_json", "private_key", "access_key_secret", "security_token"}


@pytest.fixture
def machines(stack):
    with Machines(stack) as opened:
        yield opened


@pytest.fixture
def at(machines):
    """Configures one of the clouds at its stand-in."""
    running = []

    def configure(name: str, **changes: str) -> Machines:
        cloud, config = CLOUDS[name]
        running.append(Running(cloud).__enter__())
        machines.point(name, running[-1].url)
        machines.add(name, {**config, **changes})
        return machines

    yield configure
    for server in running:
        server.__exit__()


@pytest.mark.parametrize(
    "name, version, places", [("azure", "2026-04-01", 1), ("gcp", "v1", 2), ("oci", "20160918", 3), ("alibabacloud", "2014-05-26", 1)]
)
def test_a_right_configuration_is_proved_and_counted(at, name, version, places):
    machines = at(name)
    assert machines.test(name) == {
        "success": True, "provider": name, "message": "Connection successful",
        "details": {"version": version, "datacenters": places, "vms": 3},
    }
    shown = machines.provider(name)
    assert shown["connected"] is True
    assert set(shown["config"]) == set(CLOUDS[name][1]) - SECRETS


@pytest.mark.parametrize(
    "name, changes",
    [
        ("azure", {"client_secret": "wrong"}), ("gcp", {"credentials_json": service_account(OTHER_KEY)}),
        ("oci", {"private_key": pem(OTHER_KEY)}), ("alibabacloud", {"access_key_secret": "wrong"}),
        ("alibabacloud", {"access_key_id": "LTAIother"}),
    ],
)
def test_wrong_secrets_are_refused(at, name, changes):
    answer = at(name, **changes).test(name)
    assert answer["success"] is False
    assert answer["error"].startswith("Authentication failed: ")


@pytest.mark.parametrize(
    "name, changes, error",
    [
        ("azure", {"subscription_id": "forbidden"}, "Microsoft Azure does not allow this with these credentials"),
        ("azure", {"subscription_id": "other"}, "Microsoft Azure does not have what the configuration names"),
        ("gcp", {"project_id": "forbidden"}, "Google Cloud does not allow this with these credentials"),
        # A zone that cannot be reached would be missing in the list.
        ("gcp", {"project_id": "short"}, "Google Cloud cannot reach all of its zones"),
        ("gcp", {"project_id": "warned"}, "Google Cloud cannot reach all of its zones"),
        # One that is not there would look like an empty one.
        ("gcp", {"zone": "us-nowhere1-a"}, "Google Cloud does not have what the configuration names"),
        ("oci", {"compartment_ocid": "other"}, "Oracle Cloud does not allow this with these credentials"),
    ],
)
def test_what_is_not_allowed_or_not_there_is_said(at, name, changes, error):
    assert at(name, **changes).test(name) == {"success": False, "provider": name, "error": error}


def test_machines_of_azure(at):
    machines = at("azure").list("azure")
    assert machines[0] == {
        "id": "/subscriptions/sub/resourceGroups/RG0/providers/Microsoft.Compute/virtualMachines/vm0", "name": "vm0",
        "provider": "azure", "status": "running", "power_state": "poweredOn", "cpu_count": 2, "memory_mb": 4096,
        "os": "ubuntu-24_04-lts server", "disk_gb": 130, "ip_address": "10.2.0.4", "datacenter": "westeurope",
        "cluster": "RG0", "tags": ["bare", "stage=prod"],
    }
    assert [(m["status"], m["power_state"]) for m in machines[1:]] == [("stopped", "poweredOff"), ("transitional", "starting")]
    assert (machines[1]["cpu_count"], machines[1]["disk_gb"], machines[1]["ip_address"]) == (None, None, None)


def test_machines_of_google(at):
    machines = {machine["name"]: machine for machine in at("gcp").list("gcp")}
    assert machines["db"] == {
        "id": "2", "name": "db", "provider": "gcp", "status": "stopped", "power_state": "poweredOff", "cpu_count": 4,
        "memory_mb": 8192, "os": "debian-12", "disk_gb": 60, "ip_address": "10.132.0.2", "datacenter": "us-east1-b",
        "cluster": None, "tags": ["http", "stage=prod"],
    }
    assert (machines["web"]["cpu_count"], machines["web"]["memory_mb"]) == (2, 4096)
    assert (machines["x"]["status"], machines["x"]["power_state"]) == ("transitional", "STAGING")


def test_google_can_be_limited_to_a_zone(at):
    assert [machine["name"] for machine in at("gcp", zone="europe-west1-b").list("gcp")] == ["web"]
    assert at("gcp", zone="us-west1-a").list("gcp") == []


def test_azure_can_be_limited_to_a_resource_group(at):
    [machine] = at("azure", resource_group="RG0").list("azure")
    assert (machine["name"], machine["cluster"], machine["power_state"]) == ("vm0", "RG0", "poweredOn")


def test_machines_of_oracle(at):
    machines = at("oci").list("oci")
    assert machines[0] == {
        "id": "i0", "name": "vm0", "provider": "oci", "status": "running", "power_state": "poweredOn", "cpu_count": 2,
        "memory_mb": 16384, "os": "Oracle Linux 9", "disk_gb": None, "ip_address": "10.0.0.2", "datacenter": "Uocm:AD-0",
        "cluster": "tenancy", "tags": ["stage=prod"],
    }
    assert [(m["status"], m["power_state"]) for m in machines[1:]] == [("stopped", "poweredOff"), ("unknown", "TERMINATED")]


def test_machines_of_alibaba(at):
    machines = {machine["id"]: machine for machine in at("alibabacloud").list("alibabacloud")}
    assert machines["i-0"] == {
        "id": "i-0", "name": "i-0", "provider": "alibabacloud", "status": "running", "power_state": "poweredOn",
        "cpu_count": 2, "memory_mb": 4096, "os": "Ubuntu 24.04", "disk_gb": 140, "ip_address": "10.0.0.7",
        "datacenter": "cn-hangzhou-h", "cluster": "vpc-1", "tags": ["stage=prod"],
    }
    assert (machines["i-1"]["ip_address"], machines["i-1"]["disk_gb"]) == ("203.0.113.6", 20)
    assert (machines["i-2"]["power_state"], machines["i-2"]["disk_gb"]) == ("Starting", None)


@pytest.mark.parametrize(
    "name, changes, field",
    [
        ("gcp", {"credentials_json": "{}"}, "credentials_json"),
        ("gcp", {"credentials_json": service_account(private_key="x")}, "credentials_json"),
        ("gcp", {"credentials_json": service_account(type="authorized_user")}, "credentials_json"),
        ("oci", {"private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"}, "private_key"),
        ("oci", {"region": "EU"}, "region"), ("azure", {"subscription_id": "a/b"}, "subscription_id"),
        ("alibabacloud", {"access_key_secret": ""}, "access_key_secret"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_added(machines, name, changes, field):
    refused = machines.post("/api/providers/add", {"provider": name, "config": {**CLOUDS[name][1], **changes}})
    assert refused.status_code == 400
    assert f"config.{field} " in refused.json()["error"]
    assert machines.client.get("/api/providers/list").json() == []
