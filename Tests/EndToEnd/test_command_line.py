"""providerctl: every command, its help, its two forms of output, its errors and its exit statuses."""

from __future__ import annotations

import base64
import http.server
import json
import os
import re
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from token_maker import PUBLIC_ALGORITHMS, claims, make, new_key, public_jwk

ROUTE = "/api/v1/ai/providers"
CONNECTION = {"provider": "OpenAI", "credentials": {"apiKey": "sk-test"}, "modelConfig": {"model": "gpt-4o"}}

# Every command with the options that its help has to name.
COMMANDS = {
    "token": ["--sub", "--role", "--tenant", "--permission", "--ttl"],
    "token verify": ["--jwks", "TOKEN"],
    "provider list": [],
    "provider set": ["SLUG", "--endpoint", "--vendor-endpoint", "--auth-type"],
    "catalogue sync": ["PROVIDER", "--dry-run", "--allow-losses"],
    "migrate": ["--status"],
    "routes": [],
    "audit verify": [],
    "doctor": [],
    "egress check": ["--policy", "URL"],
    "keys generate": ["--id"],
    "report": ["NAME", "--from", "--to", "--zone", "--provider", "--format"],
    "sandbox fill": ["--days", "--requests", "--seed", "--providers", "--replace"],
    "image generate": [
        "--provider", "--prompt", "--stdin", "--model", "--input", "--aspect-ratio", "--size", "--output", "--force", "--environment",
    ],
    "ai:health": ["PROVIDER", "--all"],
    "ai:credentials:set": ["PROVIDER", "--environment", "--stdin", "--no-test"],
    "ai:credentials:list": ["PROVIDER"],
    "ai:credentials:remove": ["ID", "--yes"],
    "setup": ["--no-test"],
    "credentials import": ["--fernet-key-file", "--providers", "FILE"],
}


def bare(stack, *arguments: str, input: str = "", **variables: str) -> subprocess.CompletedProcess:
    """providerctl without a configuration in the environment."""
    environment = {name: value for name, value in os.environ.items() if name != "PROVIDERD_CONFIG"} | variables
    return subprocess.run(
        [str(stack.run / "bin/providerctl"), *arguments], capture_output=True, text=True, timeout=30, input=input,
        env=environment, check=False,
    )


def part(token: str, index: int) -> dict:
    text = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def assert_aligned(text: str) -> None:
    """Every row's cells begin where the header's do."""
    header, *rows = text.splitlines()
    starts = [found.start() for found in re.finditer(r"(?<!\S)\S", header)]
    assert rows and starts
    for row in rows:
        assert row == row.rstrip()
        for start in starts[1:]:
            assert row[start - 2 : start] == "  " and row[start : start + 1].strip(), (header, row)


# Help and usage


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_without_a_configuration(stack, command):
    for word in ("--help", "-h"):
        finished = bare(stack, *command.split(), word)
        assert (finished.returncode, finished.stderr) == (0, "")
        assert finished.stdout.startswith(f"usage: providerctl {command} ")
        for option in [*COMMANDS[command], "--config", "--json", "--help"]:
            assert re.search(rf"^ +{option}\b", finished.stdout, re.MULTILINE), (option, finished.stdout)


def test_the_overview_names_every_command_and_the_exit_statuses(stack):
    for words in (["--help"], ["-h"], ["token", "--help"], ["provider", "--help"]):
        assert bare(stack, *words).returncode == 0
    shown = bare(stack, "--help").stdout
    for command in COMMANDS:
        assert f"  {command}  " in shown
    assert "0 done, 1 the answer is no, 2 usage, 3 could not be done" in shown


@pytest.mark.parametrize(
    "line",
    [
        "", "frobnicate", "frobnicate --help", "provider", "provider frobnicate", "verify", "Token", "--json", "--version",
        "token", "token --sub", "token --sub --role Admin", "token --role Admin", "token --sub= ", "token --sub a --ttl",
        "token --sub a --ttl soon", "token --sub a --ttl 1w", "token --sub a --ttl 999999999999999999d", "token --sub a extra",
        "token --sub a --sub b", "token --sub a --expires 1h", "token --sub a -x", "token verify --jwks", "token verify a b",
        "token verify -x", "token verify --key k", "provider list extra", "provider list --all", "provider set",
        "provider set openai", "provider set openai --endpoint", "provider set openai --endpoint http://a --vendor-endpoint",
        "provider set openai extra --vendor-endpoint", "provider set OpenAI --vendor-endpoint", "migrate --force",
        "migrate --status extra", "routes extra", "routes --config", "audit verify extra", "doctor extra", "egress check",
        "egress check --policy", "egress check --policy lax https://8.8.8.8/", "egress check https://a https://b",
        "keys generate extra", "keys generate --id", "keys generate --id a/b",
    ],
)
def test_a_mistake_on_the_line_is_said_with_the_usage(stack, line):
    # Without a configuration: the line is read before anything else.
    finished = bare(stack, *line.split(" ")) if line else bare(stack)
    assert finished.returncode == 2, finished
    assert finished.stdout == ""
    assert finished.stderr.startswith("providerctl: ") and "usage: providerctl" in finished.stderr


NEED_A_CONFIGURATION = [
    "token --sub a", "token verify a.b.c", "provider list", "provider set openai --vendor-endpoint", "migrate",
    "migrate --status", "audit verify", "doctor", "egress check https://8.8.8.8/",
]


@pytest.mark.parametrize("line", NEED_A_CONFIGURATION)
def test_without_a_configuration_nothing_is_done(stack, tmp_path, line):
    missing = bare(stack, *line.split())
    wrong = bare(stack, *line.split(), "--config", "/nonexistent/providerd.conf")
    named = bare(stack, *line.split(), PROVIDERD_CONFIG="/nonexistent/providerd.conf")
    for finished in (missing, wrong, named):
        assert finished.returncode == 3 and finished.stdout == ""
        assert finished.stderr.count("\n") == 1 and finished.stderr.startswith("providerctl: " + line.split()[0])
    assert "PROVIDERD_CONFIG is not set" in missing.stderr
    assert "/nonexistent/providerd.conf cannot be read" in wrong.stderr and wrong.stderr == named.stderr
    mistaken = tmp_path / "providerd.conf"
    mistaken.write_text("colour = red\n")
    finished = bare(stack, *line.split(), "--config", str(mistaken))
    assert finished.returncode == (1 if line == "doctor" else 3)
    assert "socket: is missing" in finished.stdout + finished.stderr


@pytest.mark.parametrize("line", ["provider list", "provider set openai --vendor-endpoint", "migrate", "migrate --status", "audit verify"])
def test_without_a_database_a_command_says_so(stack, tmp_path, line):
    file = tmp_path / "providerd.conf"
    text = open(stack.environment["PROVIDERD_CONFIG"]).read()
    file.write_text(re.sub(r"host=\S+", f"host={tmp_path}", text))
    finished = bare(stack, *line.split(), "--config", str(file))
    assert finished.returncode == 3 and finished.stdout == ""
    assert "the database cannot be reached" in finished.stderr
    assert finished.stderr.count("\n") == 1 and "unavailable(" not in finished.stderr
    examined = bare(stack, "doctor", "--config", str(file))
    assert examined.returncode == 1 and "BAD" in examined.stdout and "cannot be reached" in examined.stdout


# Tokens


def test_a_token_says_what_it_was_asked_to_say(stack):
    before = int(time.time())
    token = stack.control(
        "token", "--sub", "alice", "--role", "Admin", "--role=Manager", "--tenant", "t1", "--permission", "ai:use", "--ttl", "90m"
    ).stdout.strip()
    payload = part(token, 1)
    assert part(token, 0) == {"alg": "HS256", "typ": "JWT"}
    assert 0 <= payload.pop("iat") - before <= 5 and 0 <= payload.pop("exp") - before - 5400 <= 5
    assert payload == {"sub": "alice", "tenant": "t1", "roles": ["Admin", "Manager"], "permissions": ["ai:use"]}
    with stack.client(token) as client:
        assert client.get(ROUTE).status_code == 200
    printed = json.loads(stack.control("token", "--sub", "bob", "--ttl", "30d", "--json").stdout)
    assert set(printed) == {"token", "expiresAt"} and printed["expiresAt"].endswith("Z")


@pytest.mark.parametrize("ttl", ["-1h", "-90s", "-1d", "-3600"])
def test_a_negative_time_makes_an_expired_token(stack, ttl):
    for words in (["--ttl", ttl], [f"--ttl={ttl}"]):
        token = stack.control("token", "--sub", "alice", "--role", "Admin", *words).stdout.strip()
        with stack.client(token) as client:
            assert client.get(ROUTE).status_code == 401
        finished = stack.control("token", "verify", token, check=False)
        assert (finished.returncode, finished.stdout) == (1, "not valid: The token has expired.\n")


def test_a_token_is_verified_from_the_line_and_from_standard_input(stack):
    token = stack.token(sub="alice", tenant="t1")
    spoken = stack.control("token", "verify", token)
    assert spoken.returncode == 0 and spoken.stdout.startswith("valid until ") and spoken.stdout.endswith(" for alice\n")
    for text in (token, token + "\n", f"  {token}\r\n"):
        assert stack.control("token", "verify", input=text).stdout == spoken.stdout
    printed = json.loads(stack.control("token", "verify", "--json", input=token).stdout)
    assert printed["valid"] is True and printed["claims"]["tenant"] == "t1"
    for text in ("", "\n"):
        assert stack.control("token", "verify", input=text, check=False).returncode == 2
    for wrong in ("a.b.c", token[:-4] + "AAAA", token + ".x"):
        finished = stack.control("token", "verify", wrong, check=False)
        assert finished.returncode == 1 and finished.stdout.startswith("not valid: The ") and finished.stderr == ""


@pytest.mark.parametrize("algorithm", PUBLIC_ALGORITHMS)
def test_a_token_is_verified_with_another_set_of_keys(stack, tmp_path, algorithm):
    key, file = new_key(algorithm), tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [public_jwk(key, algorithm, "one")]}))
    good = bare(stack, "token", "verify", "--jwks", str(file), input=make(key, algorithm, header={"kid": "one"}))
    assert good.returncode == 0 and good.stdout.startswith("valid until ")
    late = make(key, algorithm, payload=claims(exp=1))
    assert "expired" in bare(stack, "token", "verify", late, f"--jwks={file}").stdout
    other = bare(stack, "token", "verify", "--jwks", str(file), make(new_key(algorithm), algorithm))
    assert (other.returncode, other.stdout) == (1, "not valid: The signature does not verify.\n")


def test_a_set_of_keys_that_cannot_be_read_is_no_verdict(stack, tmp_path):
    file = tmp_path / "jwks.json"
    for text in (None, "{", '{"keys":3}'):
        if text:
            file.write_text(text)
        finished = bare(stack, "token", "verify", "a.b.c", "--jwks", str(file))
        assert finished.returncode == 3 and finished.stdout == ""
        assert "--jwks" in finished.stderr and str(file) in finished.stderr and "malformed(" not in finished.stderr


# Providers


class Vendor(http.server.BaseHTTPRequestHandler):
    """Answers like OpenAI's list of models, and remembers who asked."""

    seen: list[tuple[str, str, str | None]] = []

    def do_GET(self) -> None:
        self.seen.append((self.command, self.path, self.headers["Authorization"]))
        body = json.dumps({"object": "list", "data": [{"id": "gpt-4o", "object": "model", "owned_by": "openai"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def vendor() -> Iterator[http.server.ThreadingHTTPServer]:
    Vendor.seen = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def endpoint(stack, slug: str) -> str:
    listed = json.loads(stack.control("provider", "list", "--json").stdout)
    return next(provider["endpoint"] for provider in listed if provider["slug"] == slug)


def test_the_list_of_providers_has_a_form_for_people_and_one_for_programs(stack):
    listed = json.loads(stack.control("provider", "list", "--json").stdout)
    kinds = {provider["slug"]: provider["kind"] for provider in listed}
    media = ["black_forest_labs", "fal_ai", "minimax", "replicate", "runway_ml"]
    language = ["claude", "cohere", "gemini", "ollama", "openai"]
    image = ["openrouter", "requesty"]
    expected = {"media": media, "language": language, "image": image}
    called = {slug: kind for slug, kind in kinds.items() if kind != "compute"}
    assert called == {slug: kind for kind, slugs in expected.items() for slug in slugs}
    for provider in listed:
        assert set(provider) == {"slug", "name", "kind", "endpoint", "authType", "state"}
        # Those of machines are switched on by their first configuration.
        assert provider["state"] == "enabled" or (provider["kind"], provider["state"]) == ("compute", "disabled")
        assert provider["endpoint"].startswith("http")
    shown = stack.control("provider", "list").stdout
    assert shown.splitlines()[0].split() == ["SLUG", "KIND", "STATE", "ENDPOINT"]
    assert_aligned(shown)


def test_the_media_providers_point_to_the_simulator(stack):
    for slug in ("fal_ai", "replicate", "minimax", "runway_ml", "black_forest_labs"):
        assert endpoint(stack, slug) == f"{stack.simulator_url}/{slug}"


def test_the_very_next_call_goes_to_the_new_endpoint(stack, vendor):
    before = endpoint(stack, "openai")
    elsewhere = f"http://127.0.0.1:{vendor.server_port}/v1"
    with stack.client(stack.token(sub=f"user-{uuid.uuid4()}")) as client:
        try:
            assert client.post(ROUTE, json=CONNECTION).status_code == 201
            assert Vendor.seen == []
            for count in (1, 2):
                changed = stack.control("provider", "set", "openai", "--endpoint", elsewhere)
                assert changed.stdout == f"openai now points to {elsewhere}\n"
                assert client.post(ROUTE, json=CONNECTION).status_code in (200, 201)
                assert Vendor.seen == [("GET", "/v1/models", "Bearer sk-test")] * count
                stack.control("provider", "set", "openai", f"--endpoint={before}")
                assert client.post(ROUTE, json=CONNECTION).status_code in (200, 201)
                assert len(Vendor.seen) == count
        finally:
            stack.control("provider", "set", "openai", "--endpoint", before)
    with psycopg.connect(stack.database_url) as database:
        # The newest one is that of the end, which changed nothing.
        actor, details = database.execute(
            "SELECT actor, details FROM audit_log WHERE action = 'provider.set' ORDER BY seq DESC OFFSET 1 LIMIT 1"
        ).fetchone()
    assert actor.startswith("cli:") and details == {"before": {"endpoint": elsewhere}, "after": {"endpoint": before}}


def test_a_provider_goes_back_to_its_vendor(stack):
    before = endpoint(stack, "cohere")
    try:
        changed = json.loads(stack.control("provider", "set", "cohere", "--vendor-endpoint", "--json").stdout)
        assert changed["endpoint"] == "https://api.cohere.com" and endpoint(stack, "cohere") == changed["endpoint"]
    finally:
        stack.control("provider", "set", "cohere", "--endpoint", before)


def test_a_wrong_endpoint_changes_nothing(stack):
    before = endpoint(stack, "openai")
    for url, status in {
        "http://169.254.169.254/latest": 1, "https://10.0.0.1/v1": 1, "http://127.0.0.1:22/": 1, "https://[fd00::1]/": 1,
        "ftp://api.openai.com/": 2, "api.openai.com": 2, "https://user:pass@api.openai.com/": 2, "https://api.openai.com/#v1": 2,
        "": 2,
    }.items():
        finished = stack.control("provider", "set", "openai", "--endpoint", url, check=False)
        assert (finished.returncode, finished.stdout) == (status, ""), url
        assert ("usage:" in finished.stderr) is (status == 2)
    unknown = stack.control("provider", "set", "nosuch", "--vendor-endpoint", check=False)
    assert unknown.returncode == 3 and "not found" in unknown.stderr
    assert endpoint(stack, "openai") == before


# Addresses


REFUSED = {
    "http://127.0.0.1/": "loopback", "http://[::1]/": "loopback", "http://127.1.2.3:8080/": "loopback",
    "https://10.1.2.3/": "private", "https://172.16.0.1/": "private", "https://192.168.1.1/": "private", "https://[fd00::1]/": "",
    "https://0.0.0.0/": "", "https://100.64.0.1/": "", "https://224.0.0.1/": "", "https://[fe80::1]/": "",
    "http://169.254.169.254/latest/meta-data/": "metadata", "http://[fd00:ec2::254]/": "metadata",
    "https://[::ffff:127.0.0.1]/": "loopback", "https://[::ffff:10.0.0.1]/": "private", "https://[64:ff9b::7f00:1]/": "",
    "https://8.8.8.8:22/": "port 22", "https://8.8.8.8:5432/": "port 5432", "https://8.8.8.8:12345/": "port 12345",
    "https://8.8.8.8:0/": "port", "https://8.8.8.8:65536/": "port", "https://user@8.8.8.8/": "user name",
    "https://user:word@8.8.8.8/": "user name", "https://8.8.8.8@10.0.0.1/": "user name", "https://exämple.com/": "ASCII",
    "https://①②⑦.⓪.⓪.①/": "ASCII", "https://127。0。0。1/": "ASCII", "http://2130706433/": "four decimal",
    "http://0x7f000001/": "four decimal", "http://0177.0.0.1/": "four decimal", "http://127.1/": "four decimal",
    "https://8.8.8.8\\@10.0.0.1/": "backslash", "https://%31%32%37.0.0.1/": "percent", "ftp://8.8.8.8/": "http",
    "file:///etc/passwd": "http", "8.8.8.8": "http", "https://": "no host", "https://a b/": "space", "https://example.com./": "dot",
    "https://8.8.8.8/#part": "fragment", "": "empty",
}


@pytest.mark.parametrize(("url", "word"), REFUSED.items())
def test_an_address_that_must_not_be_called_is_refused_with_the_reason(stack, url, word):
    finished = bare(stack, "egress", "check", "--policy", "production", url)
    assert (finished.returncode, finished.stderr) == (1, "")
    assert finished.stdout.startswith(f"{url}: refused: ") and word in finished.stdout.removeprefix(url)
    printed = json.loads(bare(stack, "egress", "check", url, "--json", "--policy=production").stdout)
    assert printed == {"url": url, "allowed": False, "reason": printed["reason"]} and "refused: " in printed["reason"]


@pytest.mark.parametrize("url", ["https://8.8.8.8/", "http://8.8.8.8/v1?x=1", "https://[2001:4860:4860::8888]:8443/"])
def test_a_public_address_is_allowed_without_server_and_configuration(stack, url):
    finished = bare(stack, "egress", "check", "--policy", "production", url)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith(f"{url}: allowed (")
    printed = json.loads(bare(stack, "egress", "check", "--policy", "production", url, "--json").stdout)
    assert printed["allowed"] is True and not printed.get("reason")


def test_the_installation_may_allow_more(stack):
    for url, status in {"http://127.0.0.1:9000/v1": 0, "http://10.0.0.1/": 1, "http://169.254.169.254/": 1, "http://127.0.0.1:22/": 1}.items():
        assert stack.control("egress", "check", url, check=False).returncode == status
        assert stack.control("egress", "check", "--policy", "installation", url, check=False).returncode == status
    unresolved = stack.control("egress", "check", "https://nothing.invalid/", check=False)
    assert unresolved.returncode == 1 and "does not resolve" in unresolved.stdout


# The rest


def test_the_route_table_has_two_forms_and_needs_no_configuration(stack):
    rows = json.loads(bare(stack, "routes", "--json").stdout)
    assert {"method", "path", "access", "lane", "surface", "query"} == set(rows[0])
    assert {(row["method"], row["path"], row["access"]) for row in rows} >= {
        ("POST", ROUTE, "ai:manage"), ("GET", ROUTE, "ai:read"), ("GET", "/healthz", "anybody"),
    }
    shown = bare(stack, "routes").stdout
    assert_aligned(shown)
    assert len(shown.splitlines()) == len(rows) + 1


def test_new_keys_differ_and_have_a_name(stack, tmp_path):
    lines = [bare(stack, "keys", "generate", "--id", "spring-1").stdout for _ in range(2)]
    assert lines[0] != lines[1]
    for line in lines:
        name, key = line.split()
        assert name == "spring-1" and len(base64.b64decode(key, validate=True)) == 32
    assert re.fullmatch(r"k\d{14} \S{44}\n", bare(stack, "keys", "generate").stdout)
    assert json.loads(bare(stack, "keys", "generate", "--json").stdout)["line"].startswith("k")


def test_migrating_again_changes_nothing(stack):
    assert stack.control("migrate", "--status").stdout == "current\n"
    assert json.loads(stack.control("migrate", "--status", "--json").stdout)["current"] is True
    assert json.loads(stack.control("migrate", "--json").stdout) == {"migrations": [], "prices": 0, "keys": []}
    assert stack.control("migrate").stdout.startswith("0 migrations applied")


def test_migrations_that_are_not_applied_are_named(stack, tmp_path):
    file = tmp_path / "providerd.conf"
    subprocess.run(["cp", "-r", str(stack.run / "sql"), str(tmp_path / "sql")], check=True)
    count = len(list((tmp_path / "sql/migrations").glob("*.sql")))
    name = f"{count + 1:04}_something_new"
    (tmp_path / f"sql/migrations/{name}.sql").write_text("SELECT 1;\n")
    text = open(stack.environment["PROVIDERD_CONFIG"]).read()
    file.write_text(re.sub(r"(?m)^sql_directory = .*", f"sql_directory = {tmp_path / 'sql'}", text))
    finished = bare(stack, "migrate", "--status", "--config", str(file))
    assert (finished.returncode, finished.stdout) == (1, f"to be applied: {name}\n")
    examined = bare(stack, "doctor", "--config", str(file))
    assert examined.returncode == 1 and name in examined.stdout and "providerctl migrate" in examined.stdout
    file.write_text(re.sub(r"(?m)^owner_database = .*\n", "", text))
    finished = bare(stack, "migrate", "--config", str(file))
    assert finished.returncode == 3 and "owner_database: is not set" in finished.stderr


def test_the_audit_log_is_verified(stack):
    shown = stack.control("audit", "verify").stdout
    assert re.fullmatch(r"intact: \d+ rows, last hash [0-9a-f]{64}\n", shown)
    printed = json.loads(stack.control("audit", "verify", "--json").stdout)
    assert printed["intact"] is True and printed["rows"] >= 1 and len(printed["lastHash"]) == 64


def test_the_doctor_finds_a_healthy_installation_and_what_is_missing(stack, tmp_path):
    shown = stack.control("doctor").stdout
    assert "BAD" not in shown and "keys open it" in shown and "endpoint of openai" in shown
    findings = json.loads(stack.control("doctor", "--json").stdout)
    assert all(finding["ok"] for finding in findings) and {"check", "ok", "found"} == set(findings[0])
    text = open(stack.environment["PROVIDERD_CONFIG"]).read()
    file, keys = tmp_path / "providerd.conf", tmp_path / "keys"
    keys.write_text(bare(stack, "keys", "generate", "--id", "stranger").stdout)
    keys.chmod(0o600)
    for setting, value, word in (
        ("socket", str(tmp_path / "socket"), "is providerd running"), ("master_keys_file", str(keys), "key"),
        ("allowed_networks", "", "endpoint of openai"), ("workers", "many", "workers"),
    ):
        file.write_text(re.sub(rf"(?m)^{setting} = .*", f"{setting} = {value}", text))
        finished = bare(stack, "doctor", "--config", str(file))
        bad = [line for line in finished.stdout.splitlines() if line.startswith("BAD")]
        assert finished.returncode == 1 and bad and any(word in line for line in bad)
