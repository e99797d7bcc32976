"""Which tokens the API takes: every algorithm from every source of keys, changed key files, and none of the tricks."""

from __future__ import annotations

import base64
import datetime
import json
import os
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from own_server import OwnServer
from token_maker import (
    PUBLIC_ALGORITHMS, SECRET_ALGORITHMS, base64url, claims, make, new_key, public_jwk, public_pem, secret_jwk,
    signature, text,
)

ROUTE = "/api/v1/ai/providers"


class Keys:
    """The keys of one installation: of PEM files, of a JWK Set, and its secret."""

    def __init__(self, stack, folder: Path) -> None:
        self.of_pem = {algorithm: new_key(algorithm) for algorithm in PUBLIC_ALGORITHMS}
        self.of_set = {algorithm: new_key(algorithm) for algorithm in PUBLIC_ALGORITHMS}
        self.secret = base64.b64decode((stack.run / "secrets/jwt.secret").read_text())
        self.folder = folder

    def settings(self) -> dict[str, str]:
        entries = []
        for algorithm, key in self.of_pem.items():
            file = self.folder / f"{algorithm}.pem"
            file.write_text(public_pem(key) if algorithm != "ES256" else certificate(key))
            entries.append(f"{algorithm}:{file}")
        file = self.folder / "jwks.json"
        file.write_text(json.dumps({"keys": [public_jwk(key, name, f"set-{name}") for name, key in self.of_set.items()]}))
        return {
            "jwt_pem": ", ".join(entries), "jwks_file": str(file), "jwt_issuer": "https://login.test",
            "jwt_audience": "providerd",
        }


def certificate(key) -> str:
    """A self-signed certificate: the other form in which a PEM file holds a public key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")])
    now = datetime.datetime.now(datetime.timezone.utc)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def keys(stack, tmp_path_factory) -> Keys:
    return Keys(stack, tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def server(stack, keys):
    with OwnServer(stack, keys.settings()) as running:
        yield running


@pytest.mark.parametrize("algorithm", PUBLIC_ALGORITHMS)
def test_a_token_signed_with_the_key_of_a_pem_file_is_taken(server, keys, algorithm):
    assert server.with_token(make(keys.of_pem[algorithm], algorithm)).status == 200


@pytest.mark.parametrize("algorithm", PUBLIC_ALGORITHMS)
def test_a_token_signed_with_a_key_of_the_set_is_taken_with_and_without_its_name(server, keys, algorithm):
    assert server.with_token(make(keys.of_set[algorithm], algorithm)).status == 200
    assert server.with_token(make(keys.of_set[algorithm], algorithm, header={"kid": f"set-{algorithm}"})).status == 200


def test_a_token_signed_with_the_local_secret_is_taken(server, keys):
    assert server.with_token(make(keys.secret, "HS256")).status == 200


def test_a_set_of_secrets_serves_every_algorithm_with_secrets(stack, tmp_path):
    secrets = {algorithm: os.urandom(64) for algorithm in SECRET_ALGORITHMS}
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [secret_jwk(secret, name, name) for name, secret in secrets.items()]}))
    with OwnServer(stack, {"jwks_file": str(file), "jwt_secret_file": None}) as running:
        for algorithm, secret in secrets.items():
            assert running.with_token(make(secret, algorithm)).status == 200
            assert running.with_token(make(secret, algorithm, header={"kid": algorithm})).status == 200
            wrong = "HS512" if algorithm == "HS256" else "HS256"
            assert running.with_token(make(secret, wrong, header={"kid": algorithm})).status == 401


def test_a_replaced_set_takes_in_the_new_key_and_withdraws_the_old_one_within_two_seconds(stack, tmp_path):
    old, new = new_key("EdDSA"), new_key("EdDSA")
    file = tmp_path / "jwks.json"

    def publish(key, kid: str) -> float:
        draft = tmp_path / "draft"
        draft.write_text(json.dumps({"keys": [public_jwk(key, "EdDSA", kid)]}))
        draft.rename(file)
        return time.monotonic()

    publish(old, "old")
    before, after = make(old, "EdDSA", header={"kid": "old"}), make(new, "EdDSA", header={"kid": "new"})
    with OwnServer(stack, {"jwks_file": str(file)}) as running:
        for _ in range(20):
            # Often enough that every worker has it in its cache.
            assert running.with_token(before).status == 200
        assert running.with_token(after).status == 401
        replaced = publish(new, "new")
        while running.with_token(after).status != 200:
            assert time.monotonic() < replaced + 2, "the new key does not work"
            time.sleep(0.05)
        time.sleep(max(0.0, replaced + 1.9 - time.monotonic()))
        answers = [(running.with_token(before).status, running.with_token(after).status) for _ in range(20)]
        assert set(answers) == {(401, 200)}
        # A file that is broken or gone changes nothing.
        file.write_text("{")
        time.sleep(1.1)
        assert {running.with_token(after).status for _ in range(10)} == {200}
        file.unlink()
        time.sleep(1.1)
        assert {running.with_token(after).status for _ in range(10)} == {200}
        log = running.log.read_text()
        assert "the keys from before stay in use" in log and "was read again: 1 keys" in log


def tampered(token: str) -> str:
    header, _, signed = token.split(".")
    return ".".join([header, base64url(text(claims(sub="mallory"))), signed])


def der_signature(key) -> str:
    """ES256 in the form of certificates, which is not that of tokens."""
    return make(key, "ES256", sign=lambda message: key.sign(message, ec.ECDSA(hashes.SHA256())))


def not_canonical(token: str) -> str:
    """The same octets for a lenient decoder: the unused bits of the last letter are not zero."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) | 1]


def tricks(keys: Keys) -> dict[str, str]:
    """Tokens that would each be taken by some careless verifier."""
    pem, of_set, secret = keys.of_pem, keys.of_set, keys.secret
    rsa, es, ed = of_set["RS256"], of_set["ES256"], of_set["EdDSA"]
    own = new_key("RS256")
    good = make(secret, "HS256")
    now = int(time.time())
    head, body, signed = good.split(".")
    found = {
        "none": make(b"", "none", sign=lambda _: b""),
        "None": make(b"", "None", sign=lambda _: b""),
        "NONE with a signature": make(secret, "NONE", sign=lambda message: signature(secret, "HS256", message)),
        "no alg": make(secret, "HS256", header=b'{"typ":"JWT"}'),
        "alg is a list": make(secret, "HS256", header={"alg": ["HS256"]}),
        "alg in lower case": make(secret, "HS256", header={"alg": "hs256"}),
        "alg twice": make(secret, "HS256", header=b'{"alg":"none","alg":"HS256"}'),
        "HS384 with the secret of HS256": make(secret, "HS384"),
        "HS256 with no key": make(b"", "HS256"),
        "HS256 with a wrong secret": make(os.urandom(48), "HS256"),
        "ES256 of zeros": make(es, "ES256", sign=lambda _: bytes(64)),
        "ES256 in DER": der_signature(pem["ES256"]),
        "RS256 with the key of RS384": make(of_set["RS384"], "RS256", header={"kid": "set-RS384"}),
        "PS256 with the key of RS256": make(rsa, "PS256", header={"kid": "set-RS256"}),
        "the kid of another key": make(ed, "EdDSA", header={"kid": "set-RS256"}),
        "a key of one's own under a known kid": make(own, "RS256", header={"kid": "set-RS256"}),
        "kid is a path": make(b"", "HS256", header={"kid": "../../../../dev/null"}),
        "kid is SQL": make(b"a", "HS256", header={"kid": "x' UNION SELECT 'a' --"}),
        "kid is a number": make(secret, "HS256", header={"kid": 1}),
        "kid is null": make(secret, "HS256", header={"kid": None}),
        "jwk": make(own, "RS256", header={"jwk": public_jwk(own, "RS256", "mine"), "kid": "mine"}),
        "jku": make(own, "RS256", header={"jku": "https://attacker.test/jwks.json", "kid": "mine"}),
        "x5u": make(own, "RS256", header={"x5u": "https://attacker.test/chain.pem"}),
        "x5c": make(secret, "HS256", header={"x5c": ["MIIB"]}),
        "crit": make(secret, "HS256", header={"crit": ["exp"]}),
        "b64": make(secret, "HS256", header={"b64": False, "crit": ["b64"]}),
        "zip": make(secret, "HS256", header={"zip": "DEF"}),
        "another typ": make(secret, "HS256", header={"typ": "logout+jwt"}),
        "five parts": good + ".a.b",
        "four parts": good + ".",
        "two parts": head + "." + body,
        "no signature": head + "." + body + ".",
        "a trailing =": good + "=",
        "padding in the claims": f"{head}.{body}=.{signed}",
        "another spelling of the signature": not_canonical(good),
        "a space inside": f"{head}. {body}.{signed}",
        "other claims": tampered(good),
        "the header of another token": good.replace(head, base64url(b'{"alg":"RS256"}')),
        "too long": make(secret, "HS256", payload=claims(more="x" * 9000)),
        "claims are a list": make(secret, "HS256", payload=b"[]"),
        "claims are not JSON": make(secret, "HS256", payload=b"{"),
        "a claim twice": make(secret, "HS256", payload=text(claims())[:-1] + b',"sub":"mallory"}'),
        "empty": "",
    }
    for form, public in (
        ("PEM", public_pem(rsa).encode()), ("PEM without its end of line", public_pem(rsa).strip().encode()),
        ("PEM of a file", public_pem(pem["RS256"]).encode()),
    ):
        found[f"HS256 with the public {form}"] = make(public, "HS256")
        found[f"HS256 with the public {form} and its kid"] = make(public, "HS256", header={"kid": "set-RS256"})
    for name, change in {
        "expired": {"exp": now - 3600}, "no exp": {"exp": None}, "exp is a text": {"exp": str(now + 3600)},
        "exp is beyond all numbers": {"exp": 10**30}, "nbf in the future": {"nbf": now + 3600},
        "iat in the future": {"iat": now + 3600, "exp": now + 7200}, "another iss": {"iss": "https://login.test/"},
        "no iss": {"iss": None}, "iss is a list": {"iss": ["https://login.test"]}, "another aud": {"aud": "other"},
        "no aud": {"aud": None}, "aud has others": {"aud": ["other", "providerd2"]}, "no sub": {"sub": None},
        "an empty sub": {"sub": ""}, "sub is a number": {"sub": 7}, "a line feed in sub": {"sub": "alice\nbob"},
    }.items():
        found[name] = make(secret, "HS256", payload=claims(**change))
    return found


def seen(answer) -> tuple:
    """All that a caller sees but the request's ID."""
    return answer.status, [header for header in answer.headers if header[0] != "X-Request-Id"], answer.body


def test_tricks_are_refused_and_all_look_alike(server, keys):
    without = server.ask("GET", ROUTE)
    assert without.status == 401 and without.header("WWW-Authenticate") == 'Bearer realm="providerd"'
    wrong = {}
    for name, token in tricks(keys).items():
        answer = server.with_token(token)
        if seen(answer) != seen(without):
            wrong[name] = seen(answer)
    assert not wrong
    # The claims are those of the good ones.
    assert server.with_token(make(keys.secret, "HS256")).status == 200
    assert server.with_token(make(keys.secret, "HS256", payload=claims(aud=["other", "providerd"]))).status == 200


@pytest.mark.parametrize("scheme", ["Basic", "Bearer:", "Token", "BearerX"])
def test_other_schemes_are_no_tokens(server, keys, scheme):
    token = make(keys.secret, "HS256")
    assert server.ask("GET", ROUTE, {"Authorization": f"{scheme} {token}"}).status == 401
    assert server.ask("GET", ROUTE, {"Authorization": f"bearer  {token}"}).status == 200


def test_the_clocks_may_differ_by_the_leeway_and_no_more(server, keys):
    now = int(time.time())
    for change, status in (({"exp": now - 20}, 200), ({"exp": now - 40}, 401), ({"nbf": now + 20}, 200), ({"nbf": now + 40}, 401)):
        assert server.with_token(make(keys.secret, "HS256", payload=claims(**change))).status == status


@pytest.mark.parametrize("name", ["expired", "none", "jku", "another aud", "other claims", "five parts", "kid is a path"])
def test_providerctl_says_why_a_token_is_refused(stack, server, keys, name):
    token = tricks(keys)[name]
    finished = stack.control("token", "verify", token, "--config", str(server.configuration), "--json", check=False)
    verdict = json.loads(finished.stdout)
    assert finished.returncode == 1 and verdict["valid"] is False
    word = {
        "expired": "expired", "none": "not signed", "jku": "'jku'", "another aud": "aud", "other claims": "signature",
        "five parts": "three parts", "kid is a path": "signature",
    }[name]
    assert word in verdict["reason"]
