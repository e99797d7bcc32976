"""Emulators of compute providers that nobody here wrote: moto for AWS, fakepve for Proxmox VE."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import httpx
from fakepve.server import FakePve
from stack import free_port_pair

REGION = "eu-central-1"
ANYBODY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
EVERYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
# Another region with more instances than one page has.
CROWDED = "eu-west-1"
CROWD = 1_203


def wait_until_it_answers(url: str, process: subprocess.Popen) -> None:
    """Waits for any answer of a server that was just started."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with {process.returncode}")
        try:
            httpx.get(url, verify=False, trust_env=False, timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {url}")


@contextmanager
def running(arguments: list[str], url: str, **environment: str) -> Iterator[None]:
    """A server as a process of its own, ended with the block; its output is shown when it did not start."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            arguments, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env={**os.environ, **environment}
        )
        try:
            wait_until_it_answers(url, process)
            yield
        except RuntimeError:
            log.seek(0)
            sys.stderr.write(log.read().decode(errors="replace")[-4000:])
            raise
        finally:
            process.terminate()
            process.wait(20)


@dataclass
class AWS:
    """moto with signatures checked: a user who may do everything, and one who may do nothing."""

    url: str
    key: dict[str, str]
    powerless: dict[str, str]
    instances: list[str]

    def configuration(self, **changes: str) -> dict[str, str]:
        return {"access_key": self.key["AccessKeyId"], "secret_key": self.key["SecretAccessKey"], "region": REGION, **changes}

    def temporary(self) -> dict[str, str]:
        """Credentials of a role that may do everything, good for an hour."""
        iam = self.client("iam")
        role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=ANYBODY)["Role"]
        iam.put_role_policy(RoleName="reader", PolicyName="all", PolicyDocument=EVERYTHING)
        return self.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="tests")["Credentials"]

    def client(self, service: str, region: str = REGION):
        return client_of(self.url, service, self.key, region)


def client_of(url: str, service: str, key: dict[str, str] | None, region: str = REGION):
    return boto3.client(
        service, endpoint_url=url, region_name=region,
        aws_access_key_id=key["AccessKeyId"] if key else "setup",
        aws_secret_access_key=key["SecretAccessKey"] if key else "setup",
    )


# Calls of `users` that moto lets through before it checks signatures.
FREE_CALLS = 5


def users(url: str) -> tuple[dict, dict]:
    iam = client_of(url, "iam", None)
    iam.create_user(UserName="inventory")
    key = iam.create_access_key(UserName="inventory")["AccessKey"]
    iam.put_user_policy(
        UserName="inventory", PolicyName="all", PolicyDocument=EVERYTHING,
    )
    iam.create_user(UserName="powerless")
    return key, iam.create_access_key(UserName="powerless")["AccessKey"]


def start_instances(ec2, number: int, kind: str, tags: dict[str, str]) -> list[str]:
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    started = ec2.run_instances(
        ImageId=image, MinCount=number, MaxCount=number, InstanceType=kind,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}],
    )
    return [instance["InstanceId"] for instance in started["Instances"]]


@contextmanager
def moto() -> Iterator[AWS]:
    """AWS with 12 instances of two kinds in one region, two of them stopped, and a crowd in another one."""
    port = free_port_pair()
    url = f"http://127.0.0.1:{port}"
    with running(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], f"{url}/moto-api/", INITIAL_NO_AUTH_ACTION_COUNT=str(FREE_CALLS)
    ):
        key, powerless = users(url)
        emulator = AWS(url, key, powerless, [])
        ec2 = emulator.client("ec2")
        web = start_instances(ec2, 7, "t3.medium", {"Name": "web", "stage": "production"})
        databases = start_instances(ec2, 5, "m5.large", {"Name": "database", "empty": ""})
        ec2.stop_instances(InstanceIds=web[:2])
        emulator.instances += web + databases
        yield emulator


class Proxmox:
    """fakepve in a thread of its own: a cluster of three virtual machines, with a token beside the password."""

    TOKEN_ID, TOKEN_SECRET = "root@pam!ci", "11111111-2222-3333-4444-555555555555"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def __enter__(self) -> "Proxmox":
        certificate, key = self.folder / "pve.pem", self.folder / "pve.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=pve",
             "-keyout", str(key), "-out", str(certificate)],
            check=True, capture_output=True, timeout=60,
        )
        self.port = free_port_pair()
        self.run(self.start(str(certificate), str(key)))
        return self

    async def start(self, certificate: str, key: str) -> None:
        self.pve = FakePve(host="127.0.0.1", port=self.port)
        self.pve.apitokens[self.TOKEN_ID] = self.TOKEN_SECRET
        for number, name, status, config in (
            (101, "web", "running", {"cores": 2, "memory": "4096", "ostype": "l26", "agent": "1", "tags": "web;production",
                                     "scsi0": "local-lvm:vm-101-disk-0,size=32G", "ide2": "none,media=cdrom",
                                     "scsi1": "local-lvm:vm-101-disk-1,size=512M"}),
            (102, "database", "stopped", {"cores": 4, "memory": "8192", "ostype": "win11",
                                          "scsi0": "local-lvm:vm-102-disk-0,size=1T"}),
            (103, "cache", "running", {"cores": 1, "memory": "1024", "ostype": "l26"}),
        ):
            self.pve.add_vm(number, name=name, status=status, config=config)
        self.pve.vm(101).agent = {}
        await self.pve.start(certificate, key)

    def __exit__(self, *_) -> None:
        self.run(self.pve.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"
