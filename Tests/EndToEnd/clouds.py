"""Stand-ins for four clouds that no emulator exists for: Azure, Google, Oracle, Alibaba.

They answer in the shapes of the vendors' documents and check what a real one would check: the secret or the signature,
with Python's own libraries. They are ours: nobody else has judged them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
import urllib.parse
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SECRET = "right-secret"
PAGE = 2


def pem(key: rsa.RSAPrivateKey, form=serialization.PrivateFormat.PKCS8) -> str:
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def is_signed(signature: bytes, text: bytes) -> bool:
    try:
        KEY.public_key().verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
        return True
    except InvalidSignature:
        return False


class Refusal(Exception):
    """An answer that is not a success: its status and its body."""


class Cloud(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_) -> None:
        """Nothing: the tests say what they need to know."""

    def do_GET(self) -> None:
        self.respond()

    def do_POST(self) -> None:
        self.respond()

    def respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        headers = {}
        try:
            answer = self.answer(url.path, query, dict(urllib.parse.parse_qsl(body)))
            if isinstance(answer, tuple):
                answer, headers = answer
            status = 200
        except Refusal as refusal:
            status, answer = refusal.args
        text = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(text)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    @property
    def origin(self) -> str:
        return f"http://{self.headers['host']}"


class Azure(Cloud):
    def answer(self, path: str, query: dict, form: dict):
        if path == "/tenant/oauth2/v2.0/token":
            if form.get("client_secret") != SECRET or form["scope"] != "https://management.azure.com/.default":
                raise Refusal(401, {"error": "invalid_client", "error_description": "AADSTS7000215", "error_codes": [7000215]})
            return {"token_type": "Bearer", "expires_in": 3599, "access_token": "token"}
        if self.headers["authorization"] != "Bearer token":
            raise Refusal(401, {"error": {"code": "InvalidAuthenticationToken", "message": "no"}})
        subscription, _, rest = path.removeprefix("/subscriptions/").partition("/")
        if subscription == "forbidden":
            raise Refusal(403, {"error": {"code": "AuthorizationFailed", "message": "no"}})
        if subscription != "sub":
            raise Refusal(404, {"error": {"code": "SubscriptionNotFound", "message": "no"}})
        if not rest:
            return {"subscriptionId": "sub", "state": "Enabled"}
        group = rest.split("/")[1] if rest.startswith("resourceGroups/") else None
        if group and "statusOnly" in query:
            raise Refusal(400, {"error": {"code": "InvalidParameter", "message": "for the whole subscription only"}})
        if rest.endswith("/vmSizes"):
            return {"value": [{"name": "Standard_B2s", "numberOfCores": 2, "memoryInMB": 4096}]}
        if rest.endswith("/networkInterfaces"):
            return {"value": [{"id": "/SUBSCRIPTIONS/sub/nic1", "properties": {"ipConfigurations": [
                {"properties": {"privateIPAddress": "10.2.0.4"}}]}}]}
        start = int(query.get("skip", 0))
        following = {"nextLink": f"{self.origin}{path}?api-version=x&skip={start + PAGE}" + (
            "&statusOnly=true" if "statusOnly" in query else "")}
        machines = [self.machine(number, "statusOnly" in query) for number in range(3) if group in (None, f"RG{number}")]
        return {"value": machines[start:start + PAGE], **(following if start + PAGE < 3 else {})}

    @staticmethod
    def machine(number: int, is_status: bool) -> dict:
        found = {"id": f"/subscriptions/sub/resourceGroups/RG{number}/providers/Microsoft.Compute/virtualMachines/vm{number}",
                 "name": f"vm{number}", "location": "westeurope"}
        if is_status:
            word = ("running", "deallocated", "starting")[number]
            return {**found, "id": found["id"].upper(), "properties": {"instanceView": {"statuses": [
                {"code": "ProvisioningState/succeeded"}, {"code": f"PowerState/{word}"}]}}}
        return {**found, "tags": {"stage": "prod", "bare": ""}, "properties": {
            "hardwareProfile": {"vmSize": "Standard_B2s" if number == 0 else "Standard_Unknown"},
            "storageProfile": {"imageReference": {"offer": "ubuntu-24_04-lts", "sku": "server"},
                               "osDisk": {"osType": "Linux", "diskSizeGB": 30},
                               "dataDisks": [{"diskSizeGB": 100}] if number == 0 else [{}]},
            "networkProfile": {"networkInterfaces": [{"id": "/subscriptions/sub/nic1"}] if number == 0 else []}}}


class Google(Cloud):
    def answer(self, path: str, query: dict, form: dict):
        if path == "/token":
            head, claims, signature = form["assertion"].split(".")
            decoded = json.loads(base64.urlsafe_b64decode(claims + "=="))
            fits = (
                form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
                and json.loads(base64.urlsafe_b64decode(head + "=="))["alg"] == "RS256"
                and decoded["iss"] == "robot@demo.iam.gserviceaccount.com"
                and decoded["aud"] == "https://oauth2.googleapis.com/token"
                and decoded["scope"].endswith("/compute.readonly")
                and abs(decoded["iat"] - time.time()) < 60 and decoded["exp"] - decoded["iat"] <= 3600
                and is_signed(base64.urlsafe_b64decode(signature + "=="), f"{head}.{claims}".encode())
            )
            if not fits:
                raise Refusal(400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
            return {"access_token": "token", "expires_in": 3599, "token_type": "Bearer"}
        if self.headers["authorization"] != "Bearer token":
            raise Refusal(401, {"error": {"code": 401, "message": "no", "status": "UNAUTHENTICATED"}})
        project, _, rest = path.removeprefix("/compute/v1/projects/").partition("/")
        if project == "forbidden":
            raise Refusal(403, {"error": {"code": 403, "errors": [{"reason": "forbidden"}], "status": "PERMISSION_DENIED"}})
        if not rest:
            return {"kind": "compute#project", "name": project}
        if "machineTypes" in rest:
            return {"name": "e2-medium", "guestCpus": 2, "memoryMb": 4096}
        if project == "short":
            return {"items": {}, "unreachables": ["zones/europe-west1-b"]}
        if project == "warned":
            return {"items": {"zones/europe-west1-b": {"warning": {"code": "UNREACHABLE"}}}}
        if rest == "zones/europe-west1-b/instances":
            return {"kind": "compute#instanceList", "items": [self.instance("1", "web", "RUNNING", "e2-medium")]}
        if rest == "zones/us-west1-a/instances":
            return {"kind": "compute#instanceList"}
        if rest.startswith("zones/"):
            raise Refusal(404, {"error": {"code": 404, "errors": [{"reason": "notFound"}], "status": "NOT_FOUND"}})
        if "pageToken" not in query:
            return {"items": {"zones/europe-west1-b": {"instances": [self.instance("1", "web", "RUNNING", "e2-medium")]},
                              "zones/us-east1-b": {"warning": {"code": "NO_RESULTS_ON_PAGE"}}}, "nextPageToken": "p 2"}
        assert query["pageToken"] == "p 2"
        return {"items": {"zones/us-east1-b": {"instances": [
            self.instance("2", "db", "TERMINATED", "n2-custom-4-8192"), self.instance("3", "x", "STAGING", "e2-medium")]}}}

    @staticmethod
    def instance(number: str, name: str, status: str, kind: str) -> dict:
        return {"id": number, "name": name, "status": status, "labels": {"stage": "prod"}, "tags": {"items": ["http"]},
                "machineType": f"https://www.googleapis.com/compute/v1/projects/demo/zones/z/machineTypes/{kind}",
                "disks": [{"diskSizeGb": "10", "licenses": ["https://x/projects/debian-cloud/global/licenses/debian-12"]},
                          {"diskSizeGb": "50"}],
                "networkInterfaces": [{"networkIP": "10.132.0.2", "accessConfigs": [{"natIP": "203.0.113.4"}]}]}


class Oracle(Cloud):
    def check(self) -> None:
        words = dict(part.split("=", 1) for part in self.headers["authorization"].removeprefix("Signature ").split(","))
        text = f"date: {self.headers['date']}\n(request-target): get {self.path}\nhost: {self.headers['host']}"
        age = abs(parsedate_to_datetime(self.headers["date"]).timestamp() - time.time())
        fits = (
            words["keyId"] == '"tenancy/user/aa:bb"' and words["algorithm"] == '"rsa-sha256"'
            and words["headers"] == '"date (request-target) host"' and age < 300
            and is_signed(base64.b64decode(words["signature"].strip('"')), text.encode())
        )
        if not fits:
            raise Refusal(401, {"code": "NotAuthenticated", "message": "no"})

    def answer(self, path: str, query: dict, form: dict):
        self.check()
        name = path.removeprefix("/20160918/")
        if name == "users/user":
            return {"id": "user"}
        if name == "images/img":
            return {"operatingSystem": "Oracle Linux", "operatingSystemVersion": "9"}
        if name == "vnics/nic0":
            return {"privateIp": "10.0.0.2", "publicIp": "203.0.113.5"}
        if query["compartmentId"] not in ("tenancy", "compartment"):
            raise Refusal(404, {"code": "NotAuthorizedOrNotFound", "message": "no"})
        if name == "vnicAttachments":
            return [{"instanceId": "i0", "vnicId": "nic0", "lifecycleState": "ATTACHED"},
                    {"instanceId": "i1", "vnicId": "gone", "lifecycleState": "DETACHED"}]
        start = int(query.get("page", 0))
        found = [{"id": f"i{number}", "displayName": f"vm{number}", "availabilityDomain": f"Uocm:AD-{number}",
                  "compartmentId": query["compartmentId"], "imageId": "img", "freeformTags": {"stage": "prod"},
                  "lifecycleState": ("RUNNING", "STOPPED", "TERMINATED")[number],
                  "shapeConfig": {"ocpus": 2.0, "memoryInGBs": 16.0}} for number in range(3)]
        return found[start:start + PAGE], {"opc-next-page": str(start + PAGE)} if start + PAGE < 3 else {}


class Alibaba(Cloud):
    def check(self) -> None:
        scheme, _, rest = self.headers["authorization"].partition(" ")
        words = dict(part.split("=", 1) for part in rest.split(","))
        if words["Credential"] != "LTAI4711":
            raise Refusal(404, {"Code": "InvalidAccessKeyId.NotFound", "Message": "no"})
        url = urllib.parse.urlsplit(self.path)
        pairs = sorted(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        quoted = "&".join(f"{urllib.parse.quote(k, safe='~')}={urllib.parse.quote(v, safe='~')}" for k, v in pairs)
        names = words["SignedHeaders"].split(";")
        lines = "".join(f"{name}:{self.headers[name].strip()}\n" for name in names)
        canonical = "\n".join([self.command, url.path, quoted, lines, words["SignedHeaders"], hashlib.sha256(b"").hexdigest()])
        text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
        wanted = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        needed = {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}
        if scheme != "ACS3-HMAC-SHA256" or words["Signature"] != wanted or not needed <= set(names):
            raise Refusal(400, {"Code": "SignatureDoesNotMatch", "Message": "no"})

    def answer(self, path: str, query: dict, form: dict):
        self.check()
        action = self.headers["x-acs-action"]
        if action == "GetCallerIdentity":
            return {"AccountId": "123", "Arn": "acs:ram::123:user/x"}
        assert query["RegionId"] == "cn-hangzhou"
        if action == "DescribeDisks":
            return {"Disks": {"Disk": [{"InstanceId": "i-0", "Size": 40}, {"InstanceId": "i-0", "Size": 100},
                                       {"InstanceId": "i-1", "Size": 20}, {"InstanceId": "", "Size": 5}]}}
        start = int(query.get("NextToken", 0))
        found = [{"InstanceId": f"i-{number}", "InstanceName": f"vm{number}" if number else "", "Cpu": 2, "Memory": 4096,
                  "Status": ("Running", "Stopped", "Starting")[number], "OSName": "Ubuntu 24.04", "OSType": "linux",
                  "ZoneId": "cn-hangzhou-h", "EipAddress": {"IpAddress": "203.0.113.6"},
                  "VpcAttributes": {"VpcId": "vpc-1", "PrivateIpAddress": {"IpAddress": ["10.0.0.7"] if number == 0 else []}},
                  "Tags": {"Tag": [{"TagKey": "stage", "TagValue": "prod"}]}} for number in range(3)]
        token = {"NextToken": str(start + PAGE)} if start + PAGE < 3 else {"NextToken": ""}
        return {"Instances": {"Instance": found[start:start + PAGE]}, **token}


class Running:
    """A stand-in on a free port of the loopback, in a thread."""

    def __init__(self, cloud: type[Cloud]) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), cloud)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "Running":
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)
