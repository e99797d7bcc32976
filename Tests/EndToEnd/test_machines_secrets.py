"""Contract 5's configurations: what is secret stays secret for every provider and in every contract, and a
configuration is the same thing in contract 3, where it can be changed and deleted."""

from __future__ import annotations

import json
import uuid

import psycopg
import pytest
from clouds import KEY, pem
from machine_client import Machines

ADMIN = "/api/admin/third-party-apis"
ACCOUNT = {
    "type": "service_account", "private_key_id": "k1", "private_key": pem(KEY), "client_email": "robot@demo.iam.gserviceaccount.com"
}
# What is shown, and what is not; MARK becomes a text of its own in every test.
PROVIDERS = {
    "vsphere": (
        {"host": "vcenter.example.com:8443", "username": "administrator@vsphere.local", "datacenter": "DC1", "insecure": "true"},
        {"password": "MARK"},
    ),
    "aws": ({"access_key": "AKIDEXAMPLE", "region": "us-east-1"}, {"secret_key": "MARK", "session_token": "MARK"}),
    "azure": (
        {"subscription_id": "sub", "tenant_id": "tenant", "client_id": "app", "resource_group": "RG"}, {"client_secret": "MARK"}
    ),
    "gcp": ({"project_id": "demo", "zone": "europe-west1-b"}, {"credentials_json": json.dumps({**ACCOUNT, "note": "MARK"})}),
    "oci": (
        {"tenancy_ocid": "t", "user_ocid": "u", "fingerprint": "aa:bb", "region": "eu-frankfurt-1", "compartment_ocid": "c"},
        {"private_key": pem(KEY)},
    ),
    "openstack": (
        {"auth_url": "https://keystone.example.com/v3", "username": "u", "tenant_name": "demo", "domain_name": "Default", "region": "R"},
        {"password": "MARK"},
    ),
    "openstack, application credential": (
        {"auth_url": "https://keystone.example.com/v3", "application_credential_id": "id"}, {"application_credential_secret": "MARK"}
    ),
    "alibabacloud": (
        {"access_key_id": "LTAI4711", "region": "cn-hangzhou"}, {"access_key_secret": "MARK", "security_token": "MARK"}
    ),
    "proxmox": ({"host": "pve.example.com", "port": "8006", "username": "root@pam", "node": "n", "verify_ssl": "true"}, {"password": "MARK"}),
    "proxmox, token": ({"host": "pve.example.com", "username": "root@pam", "token_id": "root@pam!ci"}, {"token_secret": "MARK"}),
}  # fmt: skip
# A line of the key that stands in PEM and in JSON alike.
KEY_LINE = pem(KEY).splitlines()[5]


@pytest.fixture
def machines(stack):
    with Machines(stack) as opened:
        yield opened


def everything(stack, machines: Machines, provider: str) -> str:
    """All that anybody can read of a provider, the rows and the logs."""
    routes = [
        "/api/providers/list", "/api/providers", f"/api/providers/{provider}", f"/api/providers/{provider}/credentials",
        f"{ADMIN}/providers", f"{ADMIN}/providers/{provider}/config", f"{ADMIN}/audit?limit=50",
    ]
    answers = [machines.client.get(route) for route in routes]
    assert [answer.status_code for answer in answers] == [200] * len(routes)
    with psycopg.connect(stack.database_url) as connection:
        rows = [
            row for table in ("credentials", "audit_log", "health_checks", "idempotency_keys", "providers")
            for row, in connection.execute(f"SELECT t::text FROM {table} t")
        ]  # fmt: skip
    logs = [file.read_text(errors="replace") for file in (stack.run / "log").glob("*.log")]
    return "\n".join([answer.text for answer in answers] + rows + logs)


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_secret_fields_are_sealed_and_the_others_are_shown(stack, machines, name):
    provider, mark = name.partition(",")[0], f"mark-{uuid.uuid4()}"
    shown, secret = PROVIDERS[name]
    secret = {field: value.replace("MARK", mark) for field, value in secret.items()}
    key = {"Idempotency-Key": str(uuid.uuid4())}
    answer = machines.post("/api/providers/add", {"provider": provider, "config": {**shown, **secret}}, **key)
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert machines.provider(provider)["config"] == shown
    seen = everything(stack, machines, provider)
    assert shown.get("region", shown.get("username", shown.get("project_id", "id"))) in seen
    assert mark not in seen and KEY_LINE not in seen and mark.encode().hex() not in seen


@pytest.mark.parametrize("provider", sorted({name.partition(",")[0] for name in PROVIDERS}))
@pytest.mark.parametrize("extra", [{"api_token": "MARK"}, {"credentials": {"password": "MARK"}}, {"x_secret": ["MARK"]}])
def test_a_field_that_the_provider_does_not_have_is_named_and_goes_nowhere(stack, machines, provider, extra):
    mark = f"mark-{uuid.uuid4()}"
    extra = json.loads(json.dumps(extra).replace("MARK", mark))
    shown, secret = PROVIDERS[provider]
    refused = machines.post("/api/providers/add", {"provider": provider, "config": {**shown, **secret, **extra}})
    assert refused.status_code == 400
    assert refused.json()["error"] == f"config.{next(iter(extra))} is not known"
    assert mark not in refused.text + everything(stack, machines, provider)


def test_a_known_field_that_is_an_object_is_refused(machines):
    shown, _ = PROVIDERS["vsphere"]
    refused = machines.post("/api/providers/add", {"provider": "vsphere", "config": {**shown, "password": {"value": "secret"}}})
    assert (refused.status_code, refused.json()["error"]) == (400, "config.password must be a string")


# The same configuration in contract 3


def stored(machines: Machines, provider: str) -> list[dict]:
    answer = machines.client.get(f"/api/providers/{provider}/credentials").raise_for_status()
    return answer.json()["data"]


def test_a_configuration_is_deleted_through_contract_3(machines):
    shown, secret = PROVIDERS["aws"]
    machines.add("aws", {**shown, **secret})
    [found] = stored(machines, "aws")
    assert (found["credential_type"], found["credentials"], found["metadata"]) == ("config", {"config": "***masked***"}, shown)
    other = machines.client.delete(f"/api/providers/vsphere/credentials/{found['id']}")
    assert other.status_code == 404, "it is another provider's"
    assert machines.client.delete(f"/api/providers/aws/credentials/{found['id']}").status_code == 200
    assert machines.client.get("/api/providers/list").json() == []
    gone = machines.post("/api/vms/list", {"provider": "aws"})
    assert (gone.status_code, gone.json()["error"]) == (404, "Configuration of AWS not found")
    machines.add("aws", {**shown, **secret})
    assert machines.provider("aws")["config"] == shown


def test_a_replaced_configuration_does_not_come_back(machines, stack):
    machines.point("vsphere", f"{stack.simulator_url}/vsphere")
    shown, _ = PROVIDERS["vsphere"]
    machines.add("vsphere", {**shown, "password": "wrong-password"})
    assert machines.test("vsphere")["success"] is False
    machines.add("vsphere", {**shown, "password": "secret"})
    newest, _ = stored(machines, "vsphere")
    assert machines.client.delete(f"/api/providers/vsphere/credentials/{newest['id']}").status_code == 200
    assert machines.client.get("/api/providers/list").json() == []
    assert machines.post("/api/providers/test", {"provider": "vsphere"}).status_code == 404


def test_the_configuration_that_is_shown_is_the_one_that_is_used(machines):
    shown, secret = PROVIDERS["aws"]
    machines.add("aws", {**shown, **secret})
    other = {"credentials": {**shown, **secret, "region": "eu-west-1"}, "is_active": False}
    added = machines.post("/api/providers/aws/credentials", other)
    assert added.status_code == 201
    assert machines.provider("aws")["config"]["region"] == "us-east-1"
    changed = machines.client.put(f"/api/providers/aws/credentials/{added.json()['data']['id']}", json={"is_active": True})
    assert changed.status_code == 200
    assert machines.provider("aws")["config"]["region"] == "eu-west-1"


def test_a_changed_configuration_is_not_connected_before_it_was_tried(machines, stack):
    machines.point("vsphere", f"{stack.simulator_url}/vsphere")
    shown, _ = PROVIDERS["vsphere"]
    machines.add("vsphere", {**shown, "password": "secret"})
    assert machines.test("vsphere")["success"] is True
    [found] = stored(machines, "vsphere")
    body = {"credentials": {**shown, "password": "wrong-password"}}
    assert machines.client.put(f"/api/providers/vsphere/credentials/{found['id']}", json=body).status_code == 200
    changed = machines.provider("vsphere")
    assert (changed["connected"], "lastChecked" in changed) == (False, False)
    assert machines.test("vsphere")["success"] is False
    assert "error" in machines.provider("vsphere")


def test_what_is_shown_of_a_configuration_cannot_be_given(machines):
    shown, secret = PROVIDERS["aws"]
    path = "/api/providers/aws/credentials"
    refused = machines.post(path, {"credentials": {**shown, **secret}, "metadata": {"secret_key": "x"}})
    assert refused.status_code == 400 and "metadata" in refused.json()["message"]
    machines.add("aws", {**shown, **secret})
    [found] = stored(machines, "aws")
    changed = machines.client.put(f"{path}/{found['id']}", json={"metadata": {"region": 1}})
    assert changed.status_code == 400
    assert machines.provider("aws")["config"] == shown


def test_contract_3_refuses_the_addresses_that_contract_5_refuses(machines):
    config = {"host": "10.1.2.3", "username": "u", "password": "secret"}
    path = "/api/providers/vsphere/credentials"
    refused = machines.post(path, {"credentials": config})
    assert refused.status_code == 400 and "credentials.host" in refused.text
    created = machines.post(path, {"credentials": {**config, "host": "vcenter.example.com"}})
    assert created.status_code == 201
    changed = machines.client.put(f"{path}/{created.json()['data']['id']}", json={"credentials": config})
    assert changed.status_code == 400
    assert machines.provider("vsphere")["config"]["host"] == "vcenter.example.com"
