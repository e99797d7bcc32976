"""Virtual machines of emulators that nobody here wrote: AWS is moto with its signatures checked, Proxmox VE fakepve."""

from __future__ import annotations

import ssl
import time
from collections import Counter

import httpx
import openstack
import pytest
from emulators import CROWD, CROWDED, Proxmox, moto, start_instances
from machine_client import Machines
from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl


@pytest.fixture(scope="module")
def aws():
    with moto() as emulator:
        yield emulator


@pytest.fixture
def machines(stack):
    with Machines(stack) as opened:
        yield opened


@pytest.fixture
def on_aws(machines, aws):
    """AWS as it is configured by an administrator who points it to the emulator."""
    machines.point("aws", aws.url)
    machines.add("aws", aws.configuration())
    return machines


# AWS


def test_a_right_key_counts_places_and_machines(on_aws, aws):
    answer = on_aws.test("aws")
    places = {zone for zone in (machine["datacenter"] for machine in on_aws.list("aws"))}
    assert answer == {
        "success": True, "provider": "aws", "message": "Connection successful",
        "details": {"version": "2016-11-15", "datacenters": len(places), "vms": 12},
    }
    assert on_aws.provider("aws")["connected"] is True


def test_instances_have_the_size_of_their_type_and_of_their_volumes(on_aws, aws):
    listed = on_aws.list("aws")
    assert sorted(machine["id"] for machine in listed) == sorted(aws.instances)
    assert [machine["name"] for machine in listed] == ["database"] * 5 + ["web"] * 7
    described = {
        instance["InstanceId"]: instance
        for reservation in aws.client("ec2").describe_instances()["Reservations"]
        for instance in reservation["Instances"]
    }
    for machine in listed:
        instance = described[machine["id"]]
        assert machine["provider"] == "aws"
        assert machine["ip_address"] == instance["PrivateIpAddress"]
        assert machine["datacenter"] == instance["Placement"]["AvailabilityZone"]
        assert machine["cluster"] == instance["VpcId"]
        assert machine["disk_gb"] == 8
        web = machine["name"] == "web"
        assert (machine["cpu_count"], machine["memory_mb"]) == ((2, 4096) if web else (2, 8192))
        assert machine["tags"] == (["stage=production"] if web else ["empty"])
    assert Counter((m["status"], m["power_state"]) for m in listed) == {
        ("running", "poweredOn"): 10, ("stopped", "poweredOff"): 2,
    }


@pytest.mark.parametrize(
    "words, number",
    [
        ({"status": "poweredOff"}, 2), ({"status": "STOPPED"}, 2), ({"status": "running", "name": "WEB"}, 5),
        ({"tag": "stage=production"}, 7), ({"tag": "stage"}, 0), ({"name": "nobody"}, 0), ({"cluster": "x"}, 0), ({}, 12),
    ],
)
def test_each_filter_restricts_the_list(on_aws, words, number):
    assert len(on_aws.list("aws", **words)) == number


def test_a_filter_by_place_finds_what_is_there(on_aws):
    everything = on_aws.list("aws")
    place = everything[0]["datacenter"]
    assert on_aws.list("aws", datacenter=place) == [m for m in everything if m["datacenter"] == place]
    assert on_aws.list("aws", cluster=everything[0]["cluster"]) == everything


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"secret_key": "wrong"}, "Authentication failed: AWS refused the credentials"),
        ({"access_key": "AKIAUNKNOWNUNKNOWN12"}, "Authentication failed: AWS refused the credentials"),
    ],
)
def test_wrong_keys_are_refused_and_not_tried_again(machines, aws, changes, error):
    machines.point("aws", aws.url)
    machines.add("aws", aws.configuration(**changes))
    assert machines.test("aws") == {"success": False, "provider": "aws", "error": error}
    shown = machines.provider("aws")
    assert (shown["connected"], shown["error"]) == (False, error)
    refused = machines.post("/api/vms/list", {"provider": "aws"})
    assert refused.status_code == 409
    assert refused.json()["error"].startswith("AWS has refused these credentials")
    machines.add("aws", aws.configuration())
    assert machines.test("aws")["success"] is True
    assert "error" not in machines.provider("aws")


def test_a_key_without_permissions_is_told_so(machines, aws):
    machines.point("aws", aws.url)
    key = aws.powerless
    machines.add("aws", aws.configuration(access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"]))
    error = "AWS does not allow this with these credentials"
    assert machines.test("aws") == {"success": False, "provider": "aws", "error": error}
    failed = machines.post("/api/vms/list", {"provider": "aws"})
    assert failed.status_code == 502
    assert failed.json() == {
        "success": False, "provider": "aws", "error": f"{error}; 0 virtual machines had been read before that",
        **machines.detail(failed),
    }


def test_temporary_credentials_are_signed_with_their_session_token(machines, aws):
    machines.point("aws", aws.url)
    temporary = aws.temporary()
    config = aws.configuration(access_key=temporary["AccessKeyId"], secret_key=temporary["SecretAccessKey"])
    machines.add("aws", {**config, "session_token": temporary["SessionToken"]})
    assert machines.test("aws")["details"]["vms"] == 12
    assert "session_token" not in machines.provider("aws")["config"]
    machines.add("aws", {**config, "session_token": "another-token"})
    error = "Authentication failed: AWS refused the credentials"
    assert machines.test("aws") == {"success": False, "provider": "aws", "error": error}


def test_each_region_has_its_own_machines(machines, aws):
    machines.point("aws", aws.url)
    machines.add("aws", aws.configuration(region="us-west-2"))
    assert machines.list("aws") == []
    assert machines.test("aws")["details"] == {"version": "2016-11-15", "datacenters": 0, "vms": 0}


def test_a_list_of_several_pages_is_whole_and_fast(machines, aws):
    ec2 = aws.client("ec2", CROWDED)
    start_instances(ec2, CROWD, "t3.medium", {"Name": "one of many"})
    machines.point("aws", aws.url)
    machines.add("aws", aws.configuration(region=CROWDED))
    started = time.monotonic()
    listed = machines.list("aws")
    print(f"{CROWD} machines in {time.monotonic() - started:.2f} s")
    assert len({machine["id"] for machine in listed}) == CROWD
    assert {machine["disk_gb"] for machine in listed} == {8}
    assert machines.test("aws")["details"]["vms"] == CROWD


# Proxmox VE


@pytest.fixture(scope="module")
def pve(tmp_path_factory):
    with Proxmox(tmp_path_factory.mktemp("pve")) as emulator:
        yield emulator


def by_password(pve, **changes: str) -> dict[str, str]:
    return {"host": pve.host, "username": "root@pam", "password": "secret", "verify_ssl": "false", **changes}


def by_token(pve, **changes: str) -> dict[str, str]:
    settings = {"token_id": pve.TOKEN_ID, "token_secret": pve.TOKEN_SECRET, "insecure": "true", **changes}
    return {"host": pve.host, "username": "root@pam", **settings}


@pytest.mark.parametrize("access", [by_password, by_token])
def test_proxmox_is_read_with_a_password_and_with_a_token(machines, pve, access):
    machines.add("proxmox", access(pve))
    answer = machines.test("proxmox")
    assert (answer["success"], answer["details"]["datacenters"], answer["details"]["vms"]) == (True, 1, 3)
    assert answer["details"]["version"].split(".")[0].isdigit()
    listed = {machine["name"]: machine for machine in machines.list("proxmox")}
    node = listed["web"]["datacenter"]
    assert node
    assert listed["database"] == {
        "id": "qemu/102", "name": "database", "provider": "proxmox", "status": "stopped", "power_state": "poweredOff",
        "cpu_count": 4, "memory_mb": 8192, "os": "Windows 11/2022/2025", "disk_gb": 1024, "ip_address": None,
        "datacenter": node, "cluster": listed["web"]["cluster"], "tags": [],
    }
    web = listed["web"]
    assert (web["power_state"], web["disk_gb"], web["tags"]) == ("poweredOn", 33, ["production", "web"])
    assert web["os"].startswith("Debian") and web["ip_address"]
    assert (listed["cache"]["os"], listed["cache"]["ip_address"]) == ("Linux", None)


def test_the_id_of_a_token_needs_no_user(machines, pve):
    machines.add("proxmox", by_token(pve, token_id="ci"))
    assert machines.test("proxmox")["success"] is True


@pytest.mark.parametrize("access, changes", [(by_password, {"password": "no"}), (by_token, {"token_secret": "no"})])
def test_proxmox_refuses_what_is_wrong(machines, pve, access, changes):
    machines.add("proxmox", access(pve, **changes))
    error = "Authentication failed: Proxmox VE refused the credentials"
    assert machines.test("proxmox") == {"success": False, "provider": "proxmox", "error": error}


def test_a_certificate_that_nobody_vouches_for_is_refused_unless_it_is_asked_for(machines, pve):
    machines.add("proxmox", by_password(pve))
    assert machines.test("proxmox")["success"] is True
    # Nor is a connection that was kept from when it was not checked used for it.
    machines.add("proxmox", by_password(pve, verify_ssl="true"))
    error = "Proxmox VE could not be reached over TLS: its certificate is not trusted"
    assert machines.test("proxmox") == {"success": False, "provider": "proxmox", "error": error}


def test_a_node_that_is_not_there_is_no_empty_list(machines, pve):
    machines.add("proxmox", by_password(pve, node="elsewhere"))
    assert machines.test("proxmox")["error"] == "Proxmox VE has no node of the configured name"
    assert machines.post("/api/vms/list", {"provider": "proxmox"}).status_code == 502


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"password": None}, "password"), ({"token_id": "ci"}, "token_secret"), ({"port": "8006"}, "port"),
        ({"port": "0"}, "port"), ({"username": "root pam"}, "username"), ({"verify_ssl": "no"}, "verify_ssl"),
    ],
)
def test_what_does_not_fit_together_is_named(machines, pve, changes, field):
    config = {name: value for name, value in {**by_password(pve), **changes}.items() if value is not None}
    refused = machines.post("/api/providers/add", {"provider": "proxmox", "config": config})
    assert refused.status_code == 400
    assert f"config.{field} " in refused.json()["error"]


# The simulated vCenter, judged by VMware's own client


def test_pyvmomi_reads_the_simulated_vcenter(stack):
    address = httpx.URL(stack.simulator_url)
    service = SmartConnect(
        host=address.host, port=address.port, path="/vsphere/sdk", user="user machines=205", pwd="secret",
        sslContext=ssl.create_default_context(cafile=stack.ca),
    )
    content = service.RetrieveContent()
    assert content.about.version == "8.0.2"
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
    paths = ["name", "runtime.powerState", "runtime.host", "config.template", "config.hardware.device", "guest.ipAddress", "tag"]
    traversal = vmodl.query.PropertyCollector.TraversalSpec(name="all", path="view", skip=False, type=vim.view.ContainerView)
    specification = vmodl.query.PropertyCollector.FilterSpec(
        objectSet=[vmodl.query.PropertyCollector.ObjectSpec(obj=view, skip=True, selectSet=[traversal])],
        propSet=[vmodl.query.PropertyCollector.PropertySpec(type=vim.VirtualMachine, pathSet=paths)],
    )
    options = vmodl.query.PropertyCollector.RetrieveOptions(maxObjects=100)
    page = content.propertyCollector.RetrievePropertiesEx([specification], options)
    objects = list(page.objects)
    while page.token:
        page = content.propertyCollector.ContinueRetrievePropertiesEx(page.token)
        objects += page.objects
    machines = [{property.name: property.val for property in found.propSet} for found in objects]
    machines = [machine for machine in machines if not machine["config.template"]]
    assert len(machines) == 205
    first = next(machine for machine in machines if machine["name"] == "web-1")
    assert first["runtime.powerState"] == vim.VirtualMachine.PowerState.poweredOn
    assert first["runtime.host"]._moId == "host-10"
    disks = [device for device in first["config.hardware.device"] if isinstance(device, vim.vm.device.VirtualDisk)]
    assert [disk.capacityInKB for disk in disks] == [40 * 1024 * 1024]
    assert [tag.key for tag in first["tag"]] == ["web"]
    Disconnect(service)


def test_pyvmomi_is_refused_with_a_wrong_password(stack):
    address = httpx.URL(stack.simulator_url)
    with pytest.raises(vim.fault.InvalidLogin):
        SmartConnect(
            host=address.host, port=address.port, path="/vsphere/sdk", user="user", pwd="wrong",
            sslContext=ssl.create_default_context(cafile=stack.ca),
        )


# The simulated OpenStack, judged by the official SDK, and our adapter on it


def openstack_configuration(stack, **changes: str | None) -> dict[str, str]:
    settings = {
        "auth_url": f"{stack.simulator_url}/openstack/v3", "username": "machines=1203", "password": "secret",
        "tenant_name": "demo", **changes,
    }
    return {name: value for name, value in settings.items() if value is not None}


def test_the_openstack_sdk_reads_the_simulated_openstack(stack):
    cloud = openstack.connect(
        auth_url=f"{stack.simulator_url}/openstack/v3", username="machines=1203", password="secret", project_name="demo",
        user_domain_name="Default", project_domain_name="Default", region_name="RegionOne", verify=stack.ca,
        compute_default_microversion="2.47",
    )
    servers = list(cloud.compute.servers(details=True))
    assert len({server.id for server in servers}) == 1203
    first = next(server for server in servers if server.name == "web-1")
    assert (first.status, first.availability_zone, first.flavor.ram) == ("ACTIVE", "nova", 4096)


def test_the_openstack_sdk_is_refused_with_a_wrong_password(stack):
    cloud = openstack.connect(
        auth_url=f"{stack.simulator_url}/openstack/v3", username="u", password="wrong", project_name="demo",
        user_domain_name="Default", project_domain_name="Default", verify=stack.ca,
    )
    with pytest.raises(openstack.exceptions.SDKException, match="HTTP 401"):
        cloud.authorize()


def test_openstack_is_read_page_by_page(stack, machines):
    machines.add("openstack", openstack_configuration(stack))
    assert machines.test("openstack") == {
        "success": True, "provider": "openstack", "message": "Connection successful",
        "details": {"version": "2.95", "datacenters": 2, "vms": 1203},
    }
    listed = {machine["name"]: machine for machine in machines.list("openstack")}
    assert len(listed) == 1203
    assert listed["web-7"] == {
        "id": "5ce5c1a0-0000-4000-8000-000000000007", "name": "web-7", "provider": "openstack", "status": "stopped",
        "power_state": "poweredOff", "cpu_count": 2, "memory_mb": 4096, "os": None, "disk_gb": 40,
        "ip_address": "10.0.0.8", "datacenter": "nova", "cluster": None, "tags": ["web", "role=web"],
    }


def test_an_application_credential_opens_openstack_too(stack, machines):
    config = openstack_configuration(
        stack, username=None, password=None, tenant_name=None, application_credential_id="machines=3",
        application_credential_secret="secret",
    )
    machines.add("openstack", config)
    assert machines.test("openstack")["details"]["vms"] == 3
    assert "application_credential_secret" not in machines.provider("openstack")["config"]


def test_openstack_that_breaks_off_says_how_far_it_came(stack, machines):
    machines.add("openstack", openstack_configuration(stack, username="machines=2500 break=3"))
    failed = machines.post("/api/vms/list", {"provider": "openstack"})
    assert failed.status_code == 502
    assert failed.json()["error"].endswith("; 2000 virtual machines had been read before that")


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"password": "wrong"}, "Authentication failed: OpenStack refused the credentials"),
        ({"region": "Elsewhere"}, "OpenStack has no compute service for this project and region"),
    ],
)
def test_openstack_says_what_is_wrong(stack, machines, changes, error):
    machines.add("openstack", openstack_configuration(stack, **changes))
    assert machines.test("openstack") == {"success": False, "provider": "openstack", "error": error}
