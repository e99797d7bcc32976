"""Contract 5 through nginx, PostgreSQL and the simulator: every route, every answer to the letter."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid

import psycopg
import pytest
from golden import check
from machine_client import Machines

VCENTER = {"host": "vcenter.example.com", "username": "administrator@vsphere.local", "password": "secret-4711-long-enough"}
AWS = {"access_key": "AKIDEXAMPLE", "secret_key": "wJalrXUtnFEMI", "region": "us-east-1"}


@pytest.fixture
def machines(stack):
    with Machines(stack) as opened:
        yield opened


@pytest.fixture
def vcenter(stack, machines):
    """vSphere at the simulator; how large it is and where it breaks off is in the user's name."""

    def configure(user: str = "administrator@vsphere.local", **changes: str) -> Machines:
        machines.point("vsphere", f"{stack.simulator_url}/vsphere")
        machines.add("vsphere", {**VCENTER, "username": user, **changes})
        return machines

    return configure


# The four routes


def test_the_empty_state(machines):
    check(machines.client.get("/api/providers/list"), "machines-list-empty")
    check(machines.post("/api/providers/test", {"provider": "vsphere"}), "machines-test-unconfigured")
    check(machines.post("/api/vms/list", {"provider": "vsphere"}), "machines-vms-unconfigured")


def test_a_vcenter_is_added_listed_tested_and_read(vcenter):
    machines = vcenter(datacenter="DC1", insecure="true")
    check(machines.client.get("/api/providers/list"), "machines-list-untested")
    check(machines.post("/api/providers/test", {"provider": "vsphere"}), "machines-test")
    check(machines.client.get("/api/providers/list"), "machines-list-connected")
    check(machines.post("/api/vms/list", {"provider": "vsphere"}), "machines-vms")


def test_adding_answers_as_the_contract_does(machines):
    check(machines.post("/api/providers/add", {"provider": "aws", "config": AWS}), "machines-add")
    check(machines.client.get("/api/providers/list"), "machines-list-aws")


def test_a_refused_password_is_an_answer_and_is_kept(vcenter):
    machines = vcenter(password="wrong-password")
    check(machines.post("/api/providers/test", {"provider": "vsphere"}), "machines-test-refused")
    check(machines.client.get("/api/providers/list"), "machines-list-refused")
    check(machines.post("/api/vms/list", {"provider": "vsphere"}), "machines-vms-refused")


def test_a_vcenter_without_machines_is_an_empty_list(vcenter):
    check(vcenter("user machines=0").post("/api/vms/list", {"provider": "vsphere"}), "machines-vms-none")


def test_without_a_datacenter_all_of_them_are_read(vcenter):
    machines = vcenter()
    assert machines.test("vsphere")["details"] == {"version": "8.0.2", "datacenters": 2, "vms": 5}
    listed = {machine["name"]: machine for machine in machines.list("vsphere")}
    assert sorted(listed) == ["db-2", "db-4", "web-1", "web-3", "web-5"]
    # The third one has no folder, as in a vApp, and its host is in no cluster.
    assert (listed["web-3"]["datacenter"], listed["web-3"]["cluster"]) == ("DC2", None)
    assert (listed["db-2"]["datacenter"], listed["db-2"]["cluster"]) == ("DC1", "Cluster1")


def test_a_datacenter_that_is_not_there_is_no_empty_list(vcenter):
    machines = vcenter(datacenter="DC9")
    error = "VMware vSphere has no datacenter of the configured name"
    assert machines.test("vsphere") == {"success": False, "provider": "vsphere", "error": error}
    failed = machines.post("/api/vms/list", {"provider": "vsphere"})
    assert (failed.status_code, failed.json()["error"]) == (502, f"{error}; 0 virtual machines had been read before that")


@pytest.mark.parametrize(
    "words, names",
    [
        ({"status": "poweredOff"}, ["web-7"]), ({"status": "Stopped"}, ["web-7"]),
        ({"status": "running", "tag": "database"}, ["db-2", "db-4", "db-6"]),
        ({"datacenter": "DC2"}, ["db-6", "web-3"]), ({"cluster": "Cluster1", "name": "DB"}, ["db-2", "db-4"]),
        ({"tag": "data"}, []), ({"status": "POWERED_OFF"}, ["web-7"]), ({"status": "shutoff"}, ["web-7"]), ({"status": "nonsense"}, []),
    ],
)
def test_each_filter_restricts_the_list(vcenter, words, names):
    machines = vcenter("user machines=7")
    assert [machine["name"] for machine in machines.list("vsphere", **words)] == names


def test_a_long_list_is_read_in_pages_and_the_session_is_left(vcenter, simulator_requests):
    machines = vcenter("user machines=1203")
    listed = machines.list("vsphere")
    assert len({machine["id"] for machine in listed}) == 1203
    # A template is no machine.
    assert "template" not in {machine["name"] for machine in listed}
    calls = [request["body"] for request in seen(simulator_requests, "vsphere")]
    assert sum("<ContinueRetrievePropertiesEx" in body for body in calls) >= 6
    assert "<Logout" in calls[0]
    assert machines.test("vsphere")["details"]["vms"] == 1203


def test_a_list_that_breaks_off_says_how_far_it_came(vcenter, simulator_requests):
    machines = vcenter("user machines=1203 break=3")
    check(machines.post("/api/vms/list", {"provider": "vsphere"}), "machines-vms-broken-off")
    assert "<Logout" in seen(simulator_requests, "vsphere")[0]["body"], "the session is left after a failure too"


@pytest.mark.parametrize("fault", ["cut", "html", "garbage", "empty", "redirect", "overloaded", "rate-limit", "forbidden", "server-error"])
def test_whatever_goes_wrong_is_a_502_that_says_so(vcenter, simulator, simulator_requests, fault):
    machines = vcenter()
    client = simulator_requests.client
    client.put("/faults/vsphere", json={"fault": fault, "paths": ["machines"]}).raise_for_status()
    try:
        check(machines.post("/api/vms/list", {"provider": "vsphere"}), f"machines-vms-{fault}")
        answer = machines.test("vsphere")
        assert answer["success"] is False and answer["error"].startswith("VMware vSphere ")
    finally:
        client.delete("/faults/vsphere").raise_for_status()


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_a_provider_that_hangs_is_given_up_after_its_time(stack, vcenter, simulator_requests, fault):
    machines = vcenter()
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute("UPDATE providers SET timeout_ms = 1500 WHERE slug = 'vsphere'")
    simulator_requests.client.put("/faults/vsphere", json={"fault": fault}).raise_for_status()
    try:
        check(machines.post("/api/vms/list", {"provider": "vsphere"}), "machines-vms-hang")
    finally:
        simulator_requests.client.delete("/faults/vsphere").raise_for_status()


def test_an_answer_without_end_is_given_up(stack, vcenter, simulator_requests):
    machines = vcenter()
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute("UPDATE providers SET timeout_ms = 20000 WHERE slug = 'vsphere'")
    simulator_requests.client.put("/faults/vsphere", json={"fault": "endless", "times": 1}).raise_for_status()
    failed = machines.post("/api/vms/list", {"provider": "vsphere"})
    assert failed.status_code == 502
    reasons = ("answered with more than can be read at once", "did not answer in time")
    assert failed.json()["error"] in [f"VMware vSphere {why}; 0 virtual machines had been read before that" for why in reasons]
    assert len(machines.list("vsphere")) == 5, "nobody was harmed"


def test_a_long_list_has_one_deadline_for_all_of_its_pages(stack, vcenter, simulator_requests):
    machines = vcenter("user machines=4000")
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute("UPDATE providers SET timeout_ms = 3000 WHERE slug = 'vsphere'")
    simulator_requests.client.put("/faults/vsphere", json={"fault": "slow=200"}).raise_for_status()
    began = time.monotonic()
    try:
        failed = machines.post("/api/vms/list", {"provider": "vsphere"})
    finally:
        simulator_requests.client.delete("/faults/vsphere").raise_for_status()
    assert failed.status_code == 502
    words = re.fullmatch(r"VMware vSphere did not answer in time; (\d+) virtual machines had been read before that", failed.json()["error"])
    # Each answer came in time, but not all of them.
    assert words and 0 <= int(words[1]) < 4000 and int(words[1]) % 200 == 0
    assert time.monotonic() - began < 8
    assert "<Logout" in seen(simulator_requests, "vsphere")[0]["body"], "the session is left when the time is over"


def test_credentials_that_a_list_finds_refused_are_not_tried_again(stack, vcenter, simulator_requests):
    machines = vcenter(password="wrong-password")
    failed = machines.post("/api/vms/list", {"provider": "vsphere"})
    error = "Authentication failed: VMware vSphere refused the credentials"
    assert (failed.status_code, failed.json()["error"]) == (502, f"{error}; 0 virtual machines had been read before that")
    shown = machines.provider("vsphere")
    assert (shown["connected"], shown["error"]) == (False, error)
    asked = len(seen(simulator_requests, "vsphere"))
    again = machines.post("/api/vms/list", {"provider": "vsphere"})
    assert (again.status_code, len(seen(simulator_requests, "vsphere"))) == (409, asked)


def test_lists_are_audited_and_use_the_credentials(stack, vcenter):
    machines = vcenter("user machines=7")
    machines.list("vsphere", status="poweredOff")
    machines.add("vsphere", {**VCENTER, "username": "user break=1"})
    assert machines.post("/api/vms/list", {"provider": "vsphere"}).status_code == 502
    with psycopg.connect(stack.database_url) as connection:
        rows = connection.execute(
            "SELECT outcome, subject, details FROM audit_log WHERE action = 'compute.list' ORDER BY seq DESC LIMIT 2"
        ).fetchall()
        used = connection.execute(
            "SELECT is_active, state, last_used_at IS NOT NULL FROM credentials WHERE type = 'config' ORDER BY created_at"
        ).fetchall()
    assert rows == [("failed", "vsphere", {"reason": "overloaded"}), ("success", "vsphere", {"vms": 1})]
    assert used == [(False, "valid", True), (True, "untested", False)]


def seen(requests, provider: str) -> list[dict]:
    answer = requests.client.get("/requests", params={"provider": provider, "limit": 60}).raise_for_status()
    return answer.json()["requests"]


# Bad input


@pytest.mark.parametrize(
    "name, path, body",
    [
        ("unknown-provider", "add", {"provider": "vmware", "config": {}}),
        ("language-provider", "test", {"provider": "openai"}),
        ("hyperv", "add", {"provider": "hyperv", "config": {"host": "hv"}}),
        ("no-provider", "add", {"config": {}}),
        ("no-config", "add", {"provider": "vsphere"}),
        ("missing-field", "add", {"provider": "vsphere", "config": {"host": "vcenter.example.com"}}),
        ("unknown-field", "add", {"provider": "vsphere", "config": {**VCENTER, "Password": "x"}}),
        ("number", "add", {"provider": "vsphere", "config": {**VCENTER, "insecure": True}}),
        ("url-as-host", "add", {"provider": "vsphere", "config": {**VCENTER, "host": "https://vcenter.example.com/"}}),
        ("private-host", "add", {"provider": "vsphere", "config": {**VCENTER, "host": "10.1.2.3"}}),
        ("metadata-host", "add", {"provider": "vsphere", "config": {**VCENTER, "host": "169.254.169.254"}}),
        ("forbidden-port", "add", {"provider": "vsphere", "config": {**VCENTER, "host": "vcenter.example.com:22"}}),
        ("bad-region", "add", {"provider": "aws", "config": {**AWS, "region": "us-east-1.evil.example/"}}),
        ("unknown-member", "test", {"provider": "vsphere", "config": {}}),
    ],
)
def test_bad_input_is_named(machines, name, path, body):
    check(machines.post(f"/api/providers/{path}", body), f"machines-bad-{name}")
    assert machines.client.get("/api/providers/list").json() == []


def test_an_unknown_filter_word_is_no_filter(vcenter):
    machines = vcenter()
    check(machines.post("/api/vms/list", {"provider": "vsphere", "filter": {"power": "on"}}), "machines-bad-filter-word")
    check(machines.post("/api/vms/list", {"provider": "vsphere", "filter": {"status": 1}}), "machines-bad-filter-value")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"provider":"aws","provider":"aws"}'])
def test_bodies_that_are_no_object_are_refused(machines, body):
    answer = machines.client.post("/api/providers/add", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["success"] is False and answer.json()["provider"] is None


def test_what_is_no_json_or_too_much_of_it_is_refused(machines):
    content = json.dumps({"provider": "vsphere", "config": {**VCENTER, "host": "x" * 2_000_000}})
    check(machines.client.post("/api/providers/add", content=content, headers={"Content-Type": "application/json"}), "machines-too-large")
    check(machines.client.post("/api/providers/add", content="{}", headers={"Content-Type": "text/plain"}), "machines-no-json")


@pytest.mark.parametrize("path", ["providers/test", "vms/list"])
def test_a_provider_that_cannot_be_used_is_not_tested_or_listed(machines, path):
    refused = machines.post(f"/api/{path}", {"provider": "hyperv"})
    assert refused.status_code == 400 and refused.json()["provider"] == "hyperv"
    unknown = machines.post(f"/api/{path}", {"provider": "vmware"})
    assert unknown.status_code == 400 and unknown.json()["error"].startswith("provider must be one of vsphere, aws, ")


# Who may


@pytest.mark.parametrize(
    "method, path", [("GET", "providers/list"), ("POST", "providers/add"), ("POST", "providers/test"), ("POST", "vms/list")]
)
def test_only_administrators_are_served(stack, machines, method, path):
    with stack.client() as nobody, stack.client(stack.token(role="User")) as user:
        check(nobody.request(method, f"/api/{path}", json={}), "machines-unauthenticated")
        check(user.request(method, f"/api/{path}", json={}), "machines-forbidden")
    other = "POST" if method == "GET" else "GET"
    wrong = machines.client.request(other, f"/api/{path}")
    check(wrong, f"machines-wrong-method-{method.lower()}")


# Secrets, the audit log, retries


def test_no_secret_is_shown_stored_or_logged_in_the_clear(stack, vcenter):
    password = f"pass-{uuid.uuid4()}"
    machines = vcenter(password=password)
    machines.test("vsphere")
    assert password not in machines.client.get("/api/providers/list").text
    with psycopg.connect(stack.database_url) as connection:
        rows = connection.execute("SELECT c::text FROM credentials c WHERE type = 'config'").fetchall()
        rows += connection.execute("SELECT a::text FROM audit_log a ORDER BY seq DESC LIMIT 20").fetchall()
    assert rows and not [row for row in rows if password in row[0]]
    assert password not in "".join(file.read_text(errors="replace") for file in (stack.run / "log").glob("providerd*.log"))


def test_every_change_is_audited_with_what_it_replaced(stack, vcenter):
    machines = vcenter(datacenter="DC1")
    machines.add("vsphere", {**VCENTER, "datacenter": "DC2"})
    machines.test("vsphere")
    with psycopg.connect(stack.database_url) as connection:
        rows = connection.execute(
            "SELECT action, outcome, details FROM audit_log WHERE provider = 'vsphere' ORDER BY seq DESC LIMIT 2"
        ).fetchall()
    assert (rows[0][0], rows[0][1]) == ("compute.test", "success")
    details = rows[1][2] if isinstance(rows[1][2], dict) else json.loads(rows[1][2])
    assert (rows[1][0], details["before"]["datacenter"], details["after"]["datacenter"]) == ("compute.configure", "DC1", "DC2")


def test_there_is_one_configuration_of_each_provider(machines):
    machines.add("aws", AWS)
    machines.add("aws", {**AWS, "region": "eu-west-1"})
    assert machines.provider("aws")["config"] == {"access_key": "AKIDEXAMPLE", "region": "eu-west-1"}


def test_adding_at_the_same_time_leaves_one_whole_configuration(stack, machines):
    regions = [f"eu-west-{number}" for number in range(8)]
    threads = [threading.Thread(target=machines.add, args=("aws", {**AWS, "region": region})) for region in regions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert machines.provider("aws")["config"]["region"] in regions
    with psycopg.connect(stack.database_url) as connection:
        active = connection.execute("SELECT count(*) FROM credentials WHERE type = 'config' AND is_active").fetchone()
    assert active == (1,)


def test_a_repeated_addition_is_answered_from_what_was_kept(machines):
    key = str(uuid.uuid4())
    body = {"provider": "aws", "config": AWS}
    first = machines.post("/api/providers/add", body, **{"Idempotency-Key": key})
    again = machines.post("/api/providers/add", body, **{"Idempotency-Key": key})
    assert first.json() == again.json() and again.headers["idempotency-replayed"] == "true"
    check(machines.post("/api/providers/add", {**body, "config": {}}, **{"Idempotency-Key": key}), "machines-key-reused")


def test_a_list_can_be_repeated_with_the_same_key(vcenter):
    machines = vcenter()
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = machines.post("/api/vms/list", {"provider": "vsphere"}, **key)
    assert first.status_code == 200
    assert machines.post("/api/vms/list", {"provider": "vsphere"}, **key).json() == first.json()


def test_a_provider_that_was_switched_off_is_not_called(stack, vcenter):
    machines = vcenter()
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute("UPDATE providers SET enabled = false WHERE slug = 'vsphere'")
    check(machines.post("/api/vms/list", {"provider": "vsphere"}), "machines-vms-inactive")
    machines.add("vsphere", VCENTER)
    assert machines.provider("vsphere")["enabled"] is False, "a new configuration does not switch it on again"


# The other contracts


def test_the_administration_checks_a_configured_provider_too(vcenter):
    machines = vcenter()
    base = "/api/admin/third-party-apis/providers"
    checked = machines.post(f"{base}/vsphere/health-check", {}).json()["data"]
    assert (checked["provider"], checked["status"]) == ("vsphere", "healthy")
    assert machines.provider("vsphere")["connected"] is True
    assert "vsphere" in {row["provider"] for row in machines.client.get(base).json()["data"]}
    refused = machines.client.put(f"{base}/vsphere/api-key", json={"apiKey": "sk-4711"})
    assert refused.status_code == 400 and "apiKey" in refused.json()["error"]["details"]
    machines.forget()
    assert "vsphere" not in {row["provider"] for row in machines.client.get(base).json()["data"]}
