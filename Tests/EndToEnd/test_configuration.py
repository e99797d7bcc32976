"""Start-up: a wrong configuration is refused in one line that names the setting, and a right one serves however the
socket comes. What the settings do: modes, CORS, keys."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from own_server import OwnServer, ask, configuration
from processes import until
from token_maker import new_key, public_jwk, public_pem

ROUTE = "/api/v1/ai/providers"
ORIGIN = "https://panel.example.com"
SHORT = "c2hvcnQgc2VjcmV0"


def run(stack, *arguments: str, environment: dict | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(stack.run / "bin/providerd"), *arguments], capture_output=True, text=True, timeout=10, check=False,
        stdin=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "registers=none", **(environment or {})},
    )


def assert_refused(stack, file: Path, setting: str, environment: dict | None = None, roles=("check-config", "api")) -> None:
    """Both ways of starting end at once with one line that names the setting, and no socket appears."""
    for role in roles:
        finished = run(stack, role, "--config", str(file), environment=environment)
        assert finished.returncode == 1, (role, finished.stdout, finished.stderr)
        assert finished.stdout == ""
        assert finished.stderr.startswith(f"providerd: {setting}: "), finished.stderr
        assert finished.stderr.count("\n") == 1 and finished.stderr.endswith("\n")
        assert 'malformed("' not in finished.stderr
        assert not (file.parent / "socket").exists()


WRONG_VALUES = [
    ("mode", "staging"),
    ("mode", "Production"),
    ("socket", None),
    ("socket", "providerd.sock"),
    ("socket", "/tmp/" + "s" * 108),
    ("workers", "0"),
    ("workers", "65"),
    ("workers", "two"),
    ("workers", "2.5"),
    ("workers", "99999999999999999999"),
    ("threads", "-1"),
    ("upstream_threads", "100000"),
    ("worker_max_requests", "-1"),
    ("body_limit", "100"),
    ("body_limit", "1M"),
    ("database", None),
    ("database", ""),
    ("database", "providerd"),
    ("database", "host=/run nosuchkeyword=1"),
    ("database", "postgresql://user:secret@[::1"),
    ("owner_database", "host='open"),
    ("database_pool", "0"),
    ("prepared_statements", "yes"),
    ("sql_directory", None),
    ("sql_directory", "/nonexistent"),
    ("master_keys_file", None),
    ("master_keys_file", "/nonexistent/keys"),
    ("master_keys_file", "/tmp"),
    ("master_keys_file", "/dev/zero"),
    ("jwt_secret_file", None),
    ("jwt_secret_file", "/nonexistent/secret"),
    ("jwt_pem", "/etc/issuer.pem"),
    ("jwt_pem", "none:/etc/issuer.pem"),
    ("jwt_pem", "RS256:/nonexistent.pem"),
    ("jwks_file", "/nonexistent.json"),
    ("jwks_file", "/tmp"),
    ("jwt_leeway", "61"),
    ("jwt_leeway", "-1"),
    ("roles", "Owner"),
    ("roles", "Owner: everything"),
    ("roles", ": ai:read"),
    ("roles", "Owner: ai:read; Owner: ai:use"),
    ("roles", ";"),
    ("allowed_networks", "10.0.0.0/33"),
    ("allowed_networks", "10.1.2.3/8"),
    ("allowed_networks", "10.0.0.0/8; ::1/128"),
    ("allowed_networks", "localhost"),
    ("allowed_ports", "0"),
    ("allowed_ports", "443-80"),
    ("allowed_ports", "https"),
    ("allowed_ports", "443,22"),
    ("authorities_file", "/nonexistent.pem"),
    ("authorities_file", "/etc/hostname"),
    ("cors_origins", "*"),
    ("cors_origins", "panel.example.com"),
    ("cors_origins", "https://panel.example.com/"),
    ("cors_origins", "https://panel.example.com:443"),
    ("cors_origins", "https://Panel.example.com"),
    ("cors_origins", "https://"),
    ("cors_origins", "https://a.example.com, https://*.example.com"),
    ("health_check_seconds", "4"),
    ("health_checks_per_day", "0"),
    ("request_retention_months", "-1"),
    ("payload_retention_days", "never"),
    ("colour", "red"),
    ("Workers", "2"),
]


@pytest.mark.parametrize(("setting", "value"), WRONG_VALUES, ids=[f"{name}={value}"[:60] for name, value in WRONG_VALUES])
def test_a_wrong_value_is_refused_by_the_name_of_its_setting(stack, tmp_path, setting, value):
    file = tmp_path / "providerd.conf"
    file.write_text(configuration(stack, {"socket": str(tmp_path / "socket"), setting: value}))
    assert_refused(stack, file, setting)
    if value and "secret@" in value:
        assert "secret@" not in run(stack, "check-config", "--config", str(file)).stderr


def keys_of(stack) -> str:
    return (stack.run / "secrets/master.keys").read_text()


# What stands in the file that the setting names; the first word of the value may be an algorithm.
WRONG_FILES: list[tuple[str, str, str, Callable]] = [
    ("empty keys", "master_keys_file", "", lambda _: ""),
    ("a key without ID", "master_keys_file", "", lambda stack: keys_of(stack).split()[1] + "\n"),
    ("a short key", "master_keys_file", "", lambda _: f"k1 {SHORT}\n"),
    ("a key that is not base64", "master_keys_file", "", lambda _: "k1 " + "!" * 44),
    ("a key twice", "master_keys_file", "", lambda stack: keys_of(stack) + "again " + keys_of(stack).split()[1]),
    ("an ID twice", "master_keys_file", "", lambda stack: keys_of(stack) * 2),
    ("a short secret", "jwt_secret_file", "", lambda _: SHORT),
    ("a secret that is not base64", "jwt_secret_file", "", lambda _: "not base64, however long it may be !!"),
    ("an empty secret", "jwt_secret_file", "", lambda _: ""),
    ("a PEM that is none", "jwt_pem", "RS256:", lambda _: "hello\n"),
    ("a PEM of another algorithm", "jwt_pem", "RS256:", lambda _: public_pem(new_key("ES256"))),
    ("a PEM for a secret's algorithm", "jwt_pem", "HS256:", lambda _: public_pem(new_key("ES256"))),
    ("two PEMs", "jwt_pem", "ES256:", lambda _: public_pem(new_key("ES256")) * 2),
    ("a set that is not JSON", "jwks_file", "", lambda _: "{"),
    ("an empty set", "jwks_file", "", lambda _: '{"keys":[]}'),
    ("a set that mixes secrets and keys", "jwks_file", "", lambda _: mixed_set()),
    ("bytes that are not UTF-8", "master_keys_file", "", lambda _: b"k1 \xff\xfe\n"),
]


def mixed_set() -> str:
    public = public_jwk(new_key("EdDSA"), "EdDSA", "public")
    return json.dumps({"keys": [public, {"kty": "oct", "k": "A" * 43, "alg": "HS256", "kid": "secret"}]})


@pytest.mark.parametrize(("name", "setting", "prefix", "content"), WRONG_FILES, ids=[row[0] for row in WRONG_FILES])
def test_a_wrong_file_is_refused_by_the_name_of_its_setting(stack, tmp_path, name, setting, prefix, content):
    holder, file = tmp_path / "holder", tmp_path / "providerd.conf"
    text = content(stack)
    holder.write_bytes(text if isinstance(text, bytes) else text.encode())
    holder.chmod(0o600)
    file.write_text(configuration(stack, {"socket": str(tmp_path / "socket"), setting: prefix + str(holder)}))
    assert_refused(stack, file, setting)


def test_a_file_that_is_no_list_of_settings_is_refused_with_its_line(stack, tmp_path):
    file = tmp_path / "providerd.conf"
    good = configuration(stack, {"socket": str(tmp_path / "socket")})
    count = good.count("\n")
    for line in ("workers", "= 3", "workers: 3"):
        file.write_text(good + line + "\n")
        assert_refused(stack, file, f"{file}:{count + 1}")
    file.write_text(good + "tenant_claim2 = a\x07b\n")
    assert_refused(stack, file, f"{file}:{count + 1}")
    file.write_text(good + "threads = 3\n")
    assert_refused(stack, file, "threads")
    file.write_bytes(good.encode() + b"# \xff\n")
    assert_refused(stack, file, "configuration file")
    assert_refused(stack, tmp_path / "nowhere.conf", "configuration file")
    assert_refused(stack, tmp_path, "configuration file")


def test_lines_of_other_systems_and_comments_are_read(stack, tmp_path):
    file = tmp_path / "providerd.conf"
    good = configuration(stack, {"socket": str(tmp_path / "socket")})
    file.write_bytes(b"# first\r\n\r\n" + good.replace("\n", "\r\n").encode())
    finished = run(stack, "check-config", "--config", str(file))
    assert finished.returncode == 0 and finished.stdout == f"{file}: no mistakes found\n"
    file.write_bytes(b"# first\r\n" + good.replace("workers = 2", "workers = many").replace("\n", "\r\n").encode())
    assert_refused(stack, file, "workers")


def test_an_sql_folder_without_migrations_or_with_odd_ones_is_refused(stack, tmp_path):
    file, sql = tmp_path / "providerd.conf", tmp_path / "sql"
    file.write_text(configuration(stack, {"socket": str(tmp_path / "socket"), "sql_directory": str(sql)}))
    (sql / "migrations").mkdir(parents=True)
    assert_refused(stack, file, "sql_directory")
    (sql / "migrations/first.sql").write_text("SELECT 1;")
    assert_refused(stack, file, "sql_directory")


def test_secrets_that_others_may_read_are_refused(stack, tmp_path):
    file = tmp_path / "providerd.conf"
    for setting, source in (("master_keys_file", "master.keys"), ("jwt_secret_file", "jwt.secret")):
        secret = tmp_path / source
        shutil.copy(stack.run / "secrets" / source, secret)
        file.write_text(configuration(stack, {"socket": str(tmp_path / "socket"), setting: str(secret)}))
        for mode in (0o604, 0o602, 0o644):
            secret.chmod(mode)
            assert_refused(stack, file, setting)
        secret.chmod(0o640)
        assert run(stack, "check-config", "--config", str(file)).returncode == 0


def test_the_environment_names_another_key_file(stack, tmp_path):
    file, keys = tmp_path / "providerd.conf", tmp_path / "keys"
    file.write_text(configuration(stack, {"socket": str(tmp_path / "socket"), "master_keys_file": "/nonexistent"}))
    assert_refused(stack, file, "master_keys_file", {"PROVIDERD_MASTER_KEYS_FILE": ""})
    assert_refused(stack, file, "master_keys_file", {"PROVIDERD_MASTER_KEYS_FILE": str(keys)})
    shutil.copy(stack.run / "secrets/master.keys", keys)
    keys.chmod(0o600)
    environment = {"PROVIDERD_MASTER_KEYS_FILE": str(keys)}
    assert run(stack, "check-config", "--config", str(file), environment=environment).returncode == 0
    with OwnServer(stack, {"master_keys_file": "/nonexistent"}, environment) as running:
        assert running.ask("GET", "/readyz").status == 200


def test_a_socket_that_cannot_be_bound_is_refused(stack, tmp_path):
    file, taken = tmp_path / "providerd.conf", tmp_path / "taken"
    taken.write_text("mine")
    for path in (str(taken), str(tmp_path / "nowhere/socket"), stack.environment["PROVIDERD_SOCKET"]):
        file.write_text(configuration(stack, {"socket": path}))
        assert_refused(stack, file, "socket", roles=("api",))
    assert taken.read_text() == "mine"
    with stack.client() as client:
        assert client.get("/healthz").status_code == 200


def test_the_command_line_of_providerd(stack, tmp_path):
    helped = run(stack, "--help")
    assert helped.returncode == 0 and helped.stderr == ""
    for word in ("run", "api", "jobs", "check-config", "--config", "PROVIDERD_CONFIG", "SIGHUP", "SIGTERM"):
        assert word in helped.stdout
    for words in ([], ["serve"], ["api", "extra"], ["api", "--port", "80"], ["check-config", "--config"]):
        finished = run(stack, *words)
        assert finished.returncode == 2 and "usage: providerd" in finished.stderr and finished.stdout == ""
    finished = run(stack, "check-config")
    assert finished.returncode == 1 and finished.stderr == "providerd: --config: is missing, and PROVIDERD_CONFIG is not set\n"
    named = run(stack, "check-config", environment={"PROVIDERD_CONFIG": stack.environment["PROVIDERD_CONFIG"]})
    assert named.returncode == 0
    finished = run(stack, "worker", "--config", stack.environment["PROVIDERD_CONFIG"])
    assert finished.returncode == 1 and "not a listening socket" in finished.stderr


def test_a_reload_with_a_wrong_configuration_keeps_the_old_workers(stack):
    with OwnServer(stack) as running:
        # A worker that has its threads has read the configuration.
        until(lambda: len(workers(running.process.pid)) == 2 and all(threads(each) > 8 for each in workers(running.process.pid)), 10)
        before = workers(running.process.pid)
        running.write({"workers": "many"})
        running.process.send_signal(signal.SIGHUP)
        until(lambda: "the reload failed" in running.log.read_text(), 10)
        until(lambda: workers(running.process.pid) == before, 10)
        assert running.ask("GET", "/healthz").status == 200
        running.write({"cors_origins": ORIGIN})
        running.process.send_signal(signal.SIGHUP)
        until(lambda: not workers(running.process.pid) & before, 10)
        answer = running.ask("GET", "/healthz", {"Origin": ORIGIN})
        assert answer.header("Access-Control-Allow-Origin") == ORIGIN


# How the socket comes


def workers(master: int) -> set[int]:
    """The children of a process that serve: the one that runs jobs does not."""
    children = {int(word) for word in Path(f"/proc/{master}/task/{master}/children").read_text().split()}
    return {child for child in children if role(child) != "jobs"}


def role(process_id: int) -> str:
    """What a providerd process is, '' when it has ended."""
    try:
        return (Path(f"/proc/{process_id}/cmdline").read_bytes().split(b"\0") + [b"", b""])[1].decode()
    except FileNotFoundError:
        return ""


def threads(process_id: int) -> int:
    return len(list(Path(f"/proc/{process_id}/task").iterdir()))


def assert_master_with_workers(master: int, path: Path) -> None:
    """Two workers, children of the master, whose descriptor 0 is the master's socket."""
    until(lambda: len(workers(master)) == 2, 10)
    # The kernel's number of the listening socket of that path.
    rows = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()]
    listening = {f"socket:[{row[6]}]" for row in rows if len(row) > 7 and row[7] == str(path) and row[3] == "00010000"}
    for worker in workers(master):
        arguments = Path(f"/proc/{worker}/cmdline").read_bytes().split(b"\0")
        assert arguments[1] == b"worker"
        assert {os.readlink(f"/proc/{worker}/fd/0")} == listening
    for _ in range(10):
        answer = ask(path, "GET", "/healthz")
        assert (answer.status, answer.header("Content-Type")) == (200, "application/json")


def assert_stops(process_id: int) -> None:
    """SIGTERM ends the master and with it the workers."""
    children = workers(process_id)
    os.kill(process_id, signal.SIGTERM)
    until(lambda: not any(is_alive(each) for each in children | {process_id}), 10)


def is_alive(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_it_binds_its_own_socket_for_its_group_only(stack):
    with OwnServer(stack) as running:
        assert_master_with_workers(running.process.pid, running.socket)
        assert running.socket.stat().st_mode & 0o777 == 0o660
        assert_stops(running.process.pid)


def test_spawn_fcgi_starts_it(stack):
    server = OwnServer(stack, {"socket": "/nonexistent/unused"})
    number = server.folder / "pid"
    command = ["spawn-fcgi", "-s", str(server.socket), "-P", str(number), "--", *server.command()]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=20, env=server.environment)
        server.wait_until_healthy()
        master = int(number.read_text())
        assert_master_with_workers(master, server.socket)
        assert_stops(master)
    finally:
        if number.exists() and is_alive(int(number.read_text())):
            os.kill(int(number.read_text()), signal.SIGTERM)
        server.__exit__()


ACTIVATE = """
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(64)
if listener.fileno() == 3:
    os.set_inheritable(3, True)
else:
    os.dup2(listener.fileno(), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="providerd.socket")
os.execv(sys.argv[2], sys.argv[2:])
"""


class Activated(OwnServer):
    """Started as systemd does it: the socket is descriptor 3, the variables name the process itself."""

    def command(self) -> list[str]:
        return [sys.executable, "-c", ACTIVATE, str(self.socket), *super().command()]


def test_systemd_hands_over_the_socket(stack):
    server = Activated(stack, {"socket": "/nonexistent/unused"})
    with server as running:
        assert_master_with_workers(running.process.pid, running.socket)
        assert_stops(running.process.pid)


def test_a_socket_that_was_handed_to_another_process_is_left_alone(stack):
    environment = {"LISTEN_FDS": "1", "LISTEN_PID": "1"}
    with OwnServer(stack, environment=environment) as running:
        assert_master_with_workers(running.process.pid, running.socket)


# What the settings do


def cors(answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers if name.startswith("Access-Control-")}


@pytest.fixture(scope="module")
def shared(stack) -> Iterator[OwnServer]:
    """In production mode, with two origins."""
    with OwnServer(stack, {"cors_origins": f"{ORIGIN}, http://localhost:3000", "mode": "production"}) as running:
        yield running


def test_cors_is_off_by_default(stack):
    with stack.client(stack.admin_token) as client:
        client.headers["Origin"] = ORIGIN
        answers = [client.get(ROUTE), client.get("/healthz")]
        answers.append(client.options(ROUTE, headers={"Access-Control-Request-Method": "POST"}))
    for answer in answers:
        assert answer.status_code in (200, 204)
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("origin", [ORIGIN, "http://localhost:3000"])
def test_a_configured_origin_may_read_answers_and_errors(stack, shared, origin):
    token = {"Authorization": f"Bearer {stack.admin_token}", "Origin": origin}
    for answer in (shared.ask("GET", ROUTE, token), shared.ask("GET", ROUTE, {"Origin": origin})):
        assert answer.status in (200, 401)
        assert cors(answer) == {
            "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "ETag, Retry-After, X-Request-Id",
        }
        assert answer.header("Vary") == "Origin"


def test_a_preflight_of_a_configured_origin_names_methods_and_headers(shared):
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization,if-match"}
    answer = shared.ask("OPTIONS", f"{ROUTE}/00000000-0000-4000-8000-000000000000", asked)
    assert (answer.status, answer.body) == (204, b"")
    allowed = cors(answer)
    assert allowed["Access-Control-Allow-Origin"] == ORIGIN
    assert set(allowed["Access-Control-Allow-Methods"].split(", ")) >= {"GET", "PUT", "DELETE"}
    assert {"Authorization", "Content-Type", "If-Match", "Idempotency-Key"} <= set(allowed["Access-Control-Allow-Headers"].split(", "))
    assert allowed["Access-Control-Max-Age"] == "600"
    assert "Access-Control-Allow-Credentials" not in allowed


@pytest.mark.parametrize(
    "origin",
    ["https://panel.example.com.evil.test", "https://evil.test", "http://panel.example.com", "https://panel.example.com:8443",
     "https://PANEL.example.com", "https://panel.example.com/", "https://sub.panel.example.com", "null", "*", ""],
)
def test_another_origin_gets_nothing(shared, origin):
    for method in ("GET", "OPTIONS"):
        answer = shared.ask(method, "/healthz", {"Origin": origin, "Access-Control-Request-Method": "GET"})
        assert answer.status in (200, 204)
        assert cors(answer) == {}
        assert answer.header("Vary") == "Origin"


def test_an_answer_without_an_origin_varies_all_the_same(shared):
    assert shared.ask("GET", "/healthz").header("Vary") == "Origin"


REFUSED = b'{"provider":"OpenAI","credentials":{"apiKey":"sk-invalid"},"modelConfig":{"model":"gpt-4o"}}'


def test_development_mode_says_more_about_errors_than_production_mode(stack, shared):
    token = {"Authorization": f"Bearer {stack.admin_token}"}
    with stack.client(stack.admin_token) as client:
        developing = [
            client.post(ROUTE, content=REFUSED, headers={"Content-Type": "application/json"}).json(),
            client.get(f"{ROUTE}/00000000-0000-4000-8000-000000000000").json(),
        ]
    serving = [
        shared.ask("POST", ROUTE, token, REFUSED).json(),
        shared.ask("GET", f"{ROUTE}/00000000-0000-4000-8000-000000000000", token).json(),
    ]
    for more, less in zip(developing, serving):
        assert set(more) == {"success", "message", "error"} and more["error"]
        assert less == {"success": False, "message": more["message"]}


def test_the_tenants_claim_and_the_roles_are_the_configured_ones(stack):
    changes = {"tenant_claim": "org", "roles": "Viewer: ai:read; Clerk: ai:read ai:use", "admin_roles": "Clerk"}
    with OwnServer(stack, changes) as running:
        def status(role: str, method: str = "GET") -> int:
            issued = stack.control("token", "--sub", "a", "--role", role, "--config", str(running.configuration))
            return running.ask(method, ROUTE, {"Authorization": "Bearer " + issued.stdout.strip()}, b"{}").status

        assert [status("Viewer"), status("Viewer", "POST"), status("Admin")] == [200, 403, 403]


def test_a_body_beyond_the_configured_limit_is_refused(stack):
    with OwnServer(stack, {"body_limit": "1024"}) as running:
        token = {"Authorization": f"Bearer {stack.admin_token}"}
        assert running.ask("POST", ROUTE, token, b'{"provider":"' + b"x" * 1024 + b'"}').status == 413
        assert running.ask("POST", ROUTE, token, b'{"provider":"' + b"x" * 100 + b'"}').status == 400


def test_it_starts_without_a_database_and_says_so(stack, tmp_path):
    with OwnServer(stack, {"database": f"host={tmp_path} dbname=providerd"}) as running:
        assert running.ask("GET", "/readyz").status == 503
        answer = running.with_token(stack.admin_token)
        assert answer.status == 503 and answer.header("Retry-After")
    with socket.socket(socket.AF_UNIX) as left, pytest.raises(OSError):
        left.connect(str(running.socket))
