"""Contract 3 for providers of machines, and one store of keys for all contracts and the commands."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from golden import check
from integration import KEY, OTHER_KEY, ROOT, audit, finished, golden, route
from machine_client import Machines

ADMIN = "/api/admin/third-party-apis/providers"
VCENTER = {"host": "vcenter.example.com", "username": "administrator@vsphere.local", "password": "secret-4711-long-enough"}
SHOWN = {name: VCENTER[name] for name in ("host", "username")}


pytestmark = pytest.mark.usefixtures("as_installed")


@pytest.fixture
def machines(stack) -> Iterator[Machines]:
    with Machines(stack) as opened:
        opened.point("vsphere", f"{stack.simulator_url}/vsphere")
        yield opened


def store(client, **properties):
    return client.post(route("vsphere", "credentials"), json={"credentials": VCENTER, **properties})


def configured(machines) -> list[dict]:
    return [one for one in machines.client.get(f"{ROOT}/list").json() if one["provider"] == "vsphere"]


# Contract 3 and contract 5


def test_a_configuration_of_this_contract_is_used_by_contract_5(machines, client):
    stored = store(client, name="Main")
    golden(stored, "integration-machines-added")
    assert VCENTER["password"] not in stored.text
    [shown] = configured(machines)
    assert (shown["config"], shown["enabled"], shown["connected"]) == (SHOWN, True, False)
    assert machines.test("vsphere")["details"] == {"version": "8.0.2", "datacenters": 2, "vms": 5}
    assert len(machines.list("vsphere")) == 5
    [record] = client.get(route("vsphere", "credentials")).json()["data"]
    assert record["state"] == "valid" and record["last_used_at"] is not None


def test_a_configuration_of_contract_5_is_used_by_this_one(machines, client):
    machines.add("vsphere", VCENTER)
    golden(client.get(route("vsphere", "credentials")), "integration-machines-credentials")
    golden(client.post(route("vsphere", "test")), "integration-machines-test")
    assert configured(machines)[0]["connected"] is True
    run = client.post(f"{ROOT}/health-check", json={"providers": ["vsphere"]}).json()["data"]["id"]
    [result] = finished(client, run)["results"]
    assert (result["status"], result["error"]) == ("healthy", None)
    health = client.get(route("vsphere", "health"), params={"refresh": "true"}).json()["data"]
    assert (health["status"], health["is_fresh"]) == ("healthy", True)
    [record] = client.get(route("vsphere", "credentials")).json()["data"]
    client.delete(route("vsphere", f"credentials/{record['id']}")).raise_for_status()
    assert configured(machines) == []


def test_a_real_call_finds_out_about_the_password(machines, client):
    wrong = {**VCENTER, "password": "wrong-password"}
    machines.add("vsphere", wrong)
    golden(client.post(route("vsphere", "test")), "integration-machines-test-refused")
    [shown] = configured(machines)
    assert (shown["connected"], "refused" in shown["error"]) == (False, True)
    machines.add("vsphere", wrong)
    run = client.post(f"{ROOT}/health-check", json={"providers": ["vsphere"]}).json()["data"]["id"]
    [result] = finished(client, run)["results"]
    assert (result["status"], result["error"]["kind"]) == ("down", "invalid_credential")


def test_a_configuration_is_tried_before_it_is_stored(machines, client, simulator_requests):
    simulator_requests.clear("vsphere")
    # Nothing was configured, so the provider is still off.
    check(store(client, test=True, credentials={**VCENTER, "password": "wrong-password"}), "integration-machines-refused")
    assert client.get(route("vsphere", "credentials")).json()["data"] == [] == configured(machines)
    accepted = store(client, test=True)
    assert (accepted.status_code, accepted.json()["data"]["state"]) == (201, "valid"), accepted.text
    assert "<Login" in "".join(
        request["body"]
        for request in simulator_requests.client.get("/requests", params={"provider": "vsphere", "limit": 60}).json()["requests"]
    )
    assert configured(machines)[0]["enabled"] is True
    path = route("vsphere", f"credentials/{accepted.json()['data']['id']}")
    changed = client.put(path, json={"credentials": {**VCENTER, "password": "wrong-password"}, "test": True})
    assert (changed.status_code, list(changed.json()["meta"]["errors"])) == (400, ["credentials"])


def test_a_provider_of_machines_that_hangs_is_given_up_after_ten_seconds(machines, client, simulator_requests):
    machines.add("vsphere", VCENTER)
    control = simulator_requests.client
    control.put("/faults/vsphere", json={"fault": "hang"}).raise_for_status()
    try:
        began = time.monotonic()
        data = client.post(route("vsphere", "test")).json()["data"]
        assert 9 < time.monotonic() - began < 14
        assert (data["success"], data["error"]["kind"]) == (False, "timed_out")
    finally:
        control.delete("/faults/vsphere").raise_for_status()


def test_what_is_switched_off_stays_off_when_it_is_configured_again(machines, client):
    store(client).raise_for_status()
    client.post(route("vsphere", "toggle"), json={"enabled": False}).raise_for_status()
    store(client).raise_for_status()
    assert configured(machines)[0]["enabled"] is False
    check(store(client, test=True), "integration-machines-inactive")


def test_what_contract_5_shows_is_not_written_over(machines, client):
    refused = store(client, metadata={"team": "images"})
    check(refused, "integration-machines-metadata")
    stored = store(client).json()["data"]
    path = route("vsphere", f"credentials/{stored['id']}")
    check(client.put(path, json={"metadata": {"host": "evil.example.com"}}), "integration-machines-metadata")
    assert configured(machines)[0]["config"] == SHOWN
    # The panel's own is the panel's, and another configuration shows itself.
    other = {**VCENTER, "host": "other.example.com", "datacenter": "DC1"}
    changed = client.put(path, json={"ui_metadata": {"order": 1}, "credentials": other})
    assert changed.status_code == 200, changed.text
    expected = {**SHOWN, "host": "other.example.com", "datacenter": "DC1"}
    assert (configured(machines)[0]["config"], changed.json()["data"]["ui_metadata"]) == (expected, {"order": 1})


def test_of_several_the_newest_that_is_on_is_shown_and_used(machines, client):
    old = store(client).json()["data"]
    new = client.post(route("vsphere", "credentials"), json={"credentials": {**VCENTER, "datacenter": "DC1"}}).json()["data"]
    assert configured(machines)[0]["config"]["datacenter"] == "DC1"
    client.put(route("vsphere", f"credentials/{new['id']}"), json={"is_active": False}).raise_for_status()
    [shown] = configured(machines)
    assert shown["config"] == SHOWN
    assert machines.test("vsphere")["details"]["datacenters"] == 2
    used = client.post(route("vsphere", "test")).json()["data"]
    assert used["credential_id"] == old["id"]
    client.put(route("vsphere", f"credentials/{old['id']}"), json={"is_active": False}).raise_for_status()
    assert configured(machines) == []


WRONG = {
    "missing": ({"host": "vcenter.example.com"}, ["credentials.username", "credentials.password"]),
    "unknown": ({**VCENTER, "Password": "x"}, ["credentials.Password"]),
    "number": ({**VCENTER, "insecure": True}, ["credentials.insecure"]),
    "url": ({**VCENTER, "host": "https://vcenter.example.com/"}, ["credentials.host"]),
    "private": ({**VCENTER, "host": "10.1.2.3"}, ["credentials.host"]),
    "metadata": ({**VCENTER, "host": "169.254.169.254"}, ["credentials.host"]),
    "port": ({**VCENTER, "host": "vcenter.example.com:22"}, ["credentials.host"]),
    "mask": ({**VCENTER, "password": "***masked***"}, ["credentials.password"]),
    "key": ({"apiKey": KEY}, ["credentials.host", "credentials.username", "credentials.password", "credentials.apiKey"]),
}


@pytest.mark.parametrize(("credentials", "fields"), WRONG.values(), ids=WRONG)
def test_a_wrong_configuration_names_the_field_and_stores_nothing(machines, client, credentials, fields):
    answer = client.post(route("vsphere", "credentials"), json={"credentials": credentials})
    assert (answer.status_code, list(answer.json()["meta"]["errors"])) == (400, fields), answer.text
    assert "secret-4711" not in answer.text
    assert client.get(route("vsphere", "credentials")).json()["data"] == []
    record = store(client).json()["data"]
    changed = client.put(route("vsphere", f"credentials/{record['id']}"), json={"credentials": credentials})
    assert (changed.status_code, list(changed.json()["meta"]["errors"])) == (400, fields)


@pytest.mark.parametrize("address", ["http://10.1.2.3:11434", "http://169.254.169.254/", "http://[fe80::1]:11434"])
def test_an_address_that_is_never_called_is_not_stored(client, address):
    answer = client.post(route("ollama", "credentials"), json={"credentials": {"baseUrl": address}})
    assert (answer.status_code, list(answer.json()["meta"]["errors"])) == (400, ["credentials.baseUrl"]), answer.text
    assert client.get(route("ollama", "credentials"), params={"owner": "installation"}).json()["data"] == []


def test_hyper_v_says_that_it_cannot_be_used(machines, client):
    check(client.post(route("hyperv", "credentials"), json={"credentials": {}}), "integration-machines-hyperv")
    reasons = {
        one["provider"]: [reason["kind"] for reason in one["reasons"]]
        for one in client.get("/api/models/selection", params={"capability": "virtual_machines"}).json()["data"]["candidates"]
    }
    assert "unsupported" in reasons["hyperv"] and "unsupported" not in reasons["vsphere"]


def test_the_choice_knows_what_is_configured(machines, client):
    store(client).raise_for_status()
    data = client.get("/api/models/selection", params={"capability": "virtual_machines"}).json()["data"]
    assert data["selected"] == {"provider": "vsphere", "model": None}


# The commands and every contract


def listed(stack, provider: str) -> list[dict]:
    return json.loads(stack.control("ai:credentials:list", provider, "--json").stdout)


def test_a_key_of_a_command_is_seen_and_used_by_contracts_2_and_3(stack, client, simulator_requests):
    stack.control("ai:credentials:set", "openai", "--stdin", input=KEY + "\n")
    [record] = client.get(route("openai", "credentials"), params={"owner": "installation"}).json()["data"]
    assert (record["hint"], record["state"], record["credentials"]) == ("…" + KEY[-4:], "valid", {"apiKey": "***masked***"})
    assert client.get(f"{ADMIN}/openai/config").json()["data"]["apiKey"] == "***masked***"
    for path in (route("openai", "test"), f"{ADMIN}/openai/test-connection"):
        simulator_requests.clear("openai")
        assert client.post(path).json()["data"]["success"] is True
        assert simulator_requests.last("openai")["keySHA256"]
    stack.control("ai:credentials:remove", record["id"], "--yes")
    assert client.get(f"{ADMIN}/openai/config").json()["data"]["apiKey"] is None


def test_keys_of_contracts_2_and_3_are_seen_and_used_by_commands(stack, client):
    client.post(route("openai", "credentials"), json={"credentials": {"apiKey": KEY}}).raise_for_status()
    client.put(f"{ADMIN}/claude/api-key", json={"apiKey": OTHER_KEY, "testConnection": False}).raise_for_status()
    assert [one["hint"] for one in listed(stack, "openai")] == ["…" + KEY[-4:]]
    assert [one["hint"] for one in listed(stack, "claude")] == ["…" + OTHER_KEY[-4:]]
    health = {one["provider"]: one["status"] for one in json.loads(stack.control("ai:health", "--json").stdout)}
    assert (health["openai"], health["claude"]) == ("healthy", "healthy")
    assert {one["state"] for one in listed(stack, "openai") + listed(stack, "claude")} == {"valid"}


def test_a_configuration_of_a_command_is_used_by_contracts_3_and_5(stack, machines, client, database):
    answer = stack.control("ai:credentials:set", "vsphere", "--stdin", "--json", input=json.dumps(VCENTER))
    assert json.loads(answer.stdout) == {"provider": "vsphere", "environment": "default", "hint": None, "tested": True}
    assert (configured(machines)[0]["config"], configured(machines)[0]["enabled"]) == (SHOWN, True)
    assert len(machines.list("vsphere")) == 5
    assert client.post(route("vsphere", "test")).json()["data"]["success"] is True
    assert VCENTER["password"] not in str(audit(database, "api_key.replace"))
    [shown] = listed(stack, "vsphere")
    assert (shown["type"], shown["state"]) == ("config", "valid")
    assert VCENTER["password"] not in stack.control("ai:credentials:list").stdout


def test_a_configuration_of_contract_5_is_seen_and_used_by_commands(stack, machines):
    machines.add("vsphere", VCENTER)
    [shown] = listed(stack, "vsphere")
    assert (shown["type"], shown["state"], shown["active"]) == ("config", "untested", True)
    [health] = json.loads(stack.control("ai:health", "vsphere", "--json").stdout)
    assert (health["provider"], health["status"]) == ("vsphere", "healthy")
    stack.control("ai:credentials:remove", shown["id"], "--yes")
    assert configured(machines) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [("sk-not-json", "one JSON object"), ("{}", "host is required"), (json.dumps({**VCENTER, "port": "1"}), "port is not known"),
     (json.dumps({**VCENTER, "host": "10.1.2.3"}), "host is refused")],
)  # fmt: skip
def test_a_wrong_configuration_of_a_command_is_refused(stack, machines, text, reason):
    finished_ = stack.control("ai:credentials:set", "vsphere", "--stdin", "--no-test", input=text, check=False)
    assert (finished_.returncode, reason in finished_.stderr) == (1, True), finished_.stderr
    assert "secret-4711" not in finished_.stderr and configured(machines) == []
