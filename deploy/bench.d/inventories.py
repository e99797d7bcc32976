"""Contract 5: what a list of virtual machines costs beyond the provider's own time. Wrong lists end it, slow ones do not.

Every call that providerd makes goes through a server of ours, which notes when it had a request and when its answer was
sent. vSphere's answers are the simulator's; those of AWS and Proxmox VE, which the simulator does not have, are made
here beforehand; Proxmox takes a millisecond for each machine's. The provider's own time is the time during which at least
one request was with it; the rest of the route's time is ours: the database, signatures, connections, parsing, writing.
"""

from __future__ import annotations

import http.client
import json
import socketserver
import threading
import time
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from measure import Stack

ROUNDS = 5
# The target for a thousand machines.
TARGET_MILLISECONDS = 50
# What one question about one machine takes at least: a real Proxmox asks its agent inside the machine.
PROXMOX_SECONDS = 0.001

Answer = tuple[int, str, bytes]


def is_on(number: int) -> bool:
    return number % 7 != 0


# AWS


class AWS:
    """EC2 with instances that have one volume each, all on one page, as EC2 gives a thousand."""

    TYPES = {"t3.medium": (2, 4_096), "m5.large": (2, 8_192)}

    def __init__(self, machines: int) -> None:
        items = "".join(self.instance(number) for number in range(1, machines + 1))
        reservation = f"<item><instancesSet>{items}</instancesSet></item>"
        self.instances = self.response("DescribeInstances", f"<reservationSet>{reservation}</reservationSet>")
        self.types = self.response(
            "DescribeInstanceTypes",
            "<instanceTypeSet>" + "".join(
                f"<item><instanceType>{name}</instanceType><vCpuInfo><defaultVCpus>{cores}</defaultVCpus></vCpuInfo>"
                f"<memoryInfo><sizeInMiB>{memory}</sizeInMiB></memoryInfo></item>"
                for name, (cores, memory) in self.TYPES.items()
            ) + "</instanceTypeSet>",
        )  # fmt: skip

    @staticmethod
    def response(action: str, content: str) -> bytes:
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><{action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
            f"<requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>{content}</{action}Response>"
        ).encode()

    def instance(self, number: int) -> str:
        kind = list(self.TYPES)[number % 2]
        state = "<code>16</code><name>running</name>" if is_on(number) else "<code>80</code><name>stopped</name>"
        address = f"10.0.{number // 250}.{number % 250 + 1}"
        return (
            f"<item><instanceId>i-{number:017x}</instanceId><imageId>ami-0abcdef1234567890</imageId>"
            f"<instanceState>{state}</instanceState>"
            "<privateDnsName>ip-10-0-0-1.eu-central-1.compute.internal</privateDnsName>"
            f"<instanceType>{kind}</instanceType><launchTime>2026-01-01T00:00:00.000Z</launchTime>"
            f"<placement><availabilityZone>eu-central-1{'ab'[number % 2]}</availabilityZone><tenancy>default</tenancy></placement>"
            f"<monitoring><state>disabled</state></monitoring><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>"
            f"<privateIpAddress>{address}</privateIpAddress><architecture>x86_64</architecture>"
            "<rootDeviceType>ebs</rootDeviceType>"
            f"<blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-{number:017x}</volumeId>"
            f"<status>attached</status></ebs></item></blockDeviceMapping><virtualizationType>hvm</virtualizationType>"
            f"<tagSet><item><key>Name</key><value>machine-{number}</value></item>"
            f"<item><key>stage</key><value>production</value></item></tagSet><hypervisor>xen</hypervisor>"
            f"<cpuOptions><coreCount>1</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions>"
            f"<platformDetails>Linux/UNIX</platformDetails></item>"
        )

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        form = dict(parse_qsl(body.decode()))
        match form["Action"]:
            case "DescribeInstances":
                content = self.instances
            case "DescribeInstanceTypes":
                content = self.types
            case "DescribeVolumes":
                wanted = [value for name, value in form.items() if name.startswith("Filter.1.Value.")]
                content = self.response("DescribeVolumes", "<volumeSet>" + "".join(
                    f"<item><volumeId>{name}</volumeId><size>8</size><status>in-use</status></item>" for name in wanted
                ) + "</volumeSet>")  # fmt: skip
            case action:
                return 400, "text/xml", f"<Response><Errors><Error><Code>{action}</Code></Error></Errors></Response>".encode()
        return 200, "text/xml;charset=UTF-8", content


# Proxmox VE


class Proxmox:
    """One node with virtual machines that all have an agent: three questions for each of those that run."""

    def __init__(self, machines: int) -> None:
        guests = [
            {
                "id": f"qemu/{number + 100}", "type": "qemu", "vmid": number + 100, "name": f"machine-{number}", "node": "pve1",
                "status": "running" if is_on(number) else "stopped", "maxcpu": 2, "maxmem": 4_294_967_296,
                "maxdisk": 34_359_738_368, "template": 0, "tags": "production;web", "cpu": 0.02, "mem": 1_073_741_824,
                "disk": 0, "uptime": 3_600, "netin": 0, "netout": 0, "diskread": 0, "diskwrite": 0,
            }
            for number in range(1, machines + 1)
        ]  # fmt: skip
        addresses = {"result": [
            {"name": "lo", "ip-addresses": [{"ip-address": "127.0.0.1", "ip-address-type": "ipv4", "prefix": 8}]},
            {"name": "eth0", "ip-addresses": [{"ip-address": "10.0.0.2", "ip-address-type": "ipv4", "prefix": 24}]},
        ]}  # fmt: skip
        configuration = {
            "cores": 2, "memory": "4096", "ostype": "l26", "agent": "1", "scsihw": "virtio-scsi-single", "boot": "order=scsi0",
            "scsi0": "local-lvm:vm-100-disk-0,size=32G", "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0", "digest": "0" * 40,
        }  # fmt: skip
        self.lists = {
            "/nodes": self.data([{"node": "pve1", "status": "online"}]),
            "/cluster/status": self.data([{"type": "cluster", "name": "demo", "nodes": 1}]),
            "/cluster/resources?type=vm": self.data(guests),
        }
        self.guests = {
            "config": self.data(configuration), "network-get-interfaces": self.data(addresses),
            "get-osinfo": self.data({"result": {"id": "debian", "pretty-name": "Debian GNU/Linux 12 (bookworm)"}}),
        }  # fmt: skip

    @staticmethod
    def data(value: object) -> bytes:
        return json.dumps({"data": value}).encode()

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        path = path.removeprefix("/api2/json")
        content = self.lists.get(path)
        if content is None:
            time.sleep(PROXMOX_SECONDS)
            content = self.guests.get(path.rpartition("/")[2])
        return (200, "application/json", content) if content else (501, "application/json", b'{"data":null}')


# vSphere


class VSphere:
    """The simulator behind a kept connection for each of ours."""

    def __init__(self, stack: Stack) -> None:
        self.host = stack.simulator.removeprefix("https://")
        self.context = stack.context
        self.kept = threading.local()

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes, str]:
        connection = getattr(self.kept, "connection", None)
        if connection is None:
            connection = self.kept.connection = http.client.HTTPSConnection(self.host, context=self.context, timeout=60)
        passed = {name: headers[name] for name in ("content-type", "soapaction", "cookie") if name in headers}
        connection.request(method, "/vsphere" + path, body=body, headers=passed)
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, answer.headers["content-type"], content, answer.headers.get("set-cookie", "")


# The server


class Inventories(socketserver.ThreadingTCPServer):
    """All three below paths of their own, with the time of every request."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, providers: dict[str, Callable]) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.providers = providers
        self.times: list[tuple[float, float]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def take_times(self) -> list[tuple[float, float]]:
        taken, self.times = self.times, []
        return taken


class Conversation(socketserver.StreamRequestHandler):
    """One connection of providerd. `http.server` would take longer than what is measured."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        while line := self.rfile.readline():
            began = time.monotonic()
            method, target, _ = line.decode("latin-1").split(" ")
            headers: dict[str, str] = {}
            while (field := self.rfile.readline()) not in (b"\r\n", b""):
                name, _, value = field.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
            body = self.rfile.read(int(headers.get("content-length") or 0))
            _, provider, rest = target.split("/", 2) if target.count("/") > 1 else (*target.split("/"), "")
            answer = self.server.providers[provider]
            status, kind, content, *cookie = answer(method, "/" + rest, body, headers)
            head = f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n"
            head += "".join(f"Set-Cookie: {value}\r\n" for value in cookie if value)
            self.request.sendall(head.encode() + b"\r\n" + content)
            self.server.times.append((began, time.monotonic()))


def busy(times: list[tuple[float, float]]) -> float:
    """Seconds during which at least one request was there."""
    total, end = 0.0, 0.0
    for began, ended in sorted(times):
        total += max(0.0, ended - max(began, end))
        end = max(end, ended)
    return total


CONFIGURATIONS = {
    "vsphere": {"host": "vcenter.example.com", "username": "bench machines=%d", "password": "secret"},
    "proxmox": {"host": "pve.example.com", "username": "root@pam", "token_id": "bench", "token_secret": "secret"},
    "aws": {"access_key": "AKIDEXAMPLE", "secret_key": "secret", "region": "eu-central-1"},
}


def inventory(stack: Stack, server: Inventories, provider: str, machines: int) -> dict:
    """The list of one provider, several times; the first one opens connections and does not count."""
    stack.control("provider", "set", provider, "--endpoint", f"{server.url}/{provider}")
    config = {name: value.replace("%d", str(machines)) for name, value in CONFIGURATIONS[provider].items()}
    stack.call("providerd", "POST", "/api/providers/add", {"provider": provider, "config": config})
    whole, own, calls, connection = [], [], 0, stack.connect()
    for _ in range(ROUNDS + 1):
        server.take_times()
        began = time.monotonic()
        connection.request("POST", "/api/vms/list", body=json.dumps({"provider": provider}), headers=stack.headers())
        answer = connection.getresponse()
        text = answer.read()
        whole.append((time.monotonic() - began) * 1_000)
        if answer.status != 200:
            raise SystemExit(f"the list of {provider} answered {answer.status}: {text[:500]!r}")
        listed = json.loads(text)
        times = server.take_times()
        own.append(busy(times) * 1_000)
        calls = len(times)
        if len({machine["id"] for machine in listed}) != machines or None in (listed[0]["disk_gb"], listed[0]["memory_mb"]):
            raise SystemExit(f"the list of {provider} has {len(listed)} machines: {json.dumps(listed[:1])}")
    added = [route - theirs for route, theirs in zip(whole[1:], own[1:])]
    return {
        "provider": provider, "machines": machines, "calls": calls, "route": round(median(whole[1:]), 1),
        "own": round(median(own[1:]), 1), "added": round(median(added), 1), "target": TARGET_MILLISECONDS,
    }  # fmt: skip


def measure(stack: Stack, machines: int) -> list[dict]:
    """One row for each provider."""
    aws, proxmox, vsphere = AWS(machines), Proxmox(machines), VSphere(stack)
    server = Inventories({
        "aws": lambda method, path, body, headers: aws.answer(method, path, body),
        "proxmox": lambda method, path, body, headers: proxmox.answer(method, path, body), "vsphere": vsphere.answer,
    })  # fmt: skip
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        rows = [inventory(stack, server, provider, machines) for provider in CONFIGURATIONS]
    finally:
        server.shutdown()
        server.server_close()
    print(f"\n{'machines of':>12}  {'machines':>9}  {'calls':>9}  {'route ms':>9}  {'theirs ms':>9}  {'added ms':>9}")
    for row in rows:
        print("  ".join([
            f"{row['provider']:>12}", *(f"{row[name]:>9}" for name in ("machines", "calls", "route", "own", "added")),
        ]), flush=True)  # fmt: skip
    return rows
