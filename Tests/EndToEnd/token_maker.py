"""Tokens of every kind, good and bad, and the public keys that go with them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
PUBLIC_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "EdDSA")
SECRET_ALGORITHMS = ("HS256", "HS384", "HS512")


def base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def new_key(algorithm: str):
    """A private key for a public algorithm."""
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048)


def public_pem(key) -> str:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def public_jwk(key, algorithm: str, kid: str | None = None) -> dict:
    """The public half as a member of a JWK Set."""
    if algorithm == "EdDSA":
        raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        members = {"kty": "OKP", "crv": "Ed25519", "x": base64url(raw)}
    elif algorithm == "ES256":
        point = key.public_key().public_numbers()
        members = {
            "kty": "EC", "crv": "P-256",
            "x": base64url(point.x.to_bytes(32, "big")), "y": base64url(point.y.to_bytes(32, "big")),
        }
    else:
        numbers = key.public_key().public_numbers()
        members = {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
    return {**members, "alg": algorithm, "use": "sig", **({"kid": kid} if kid else {})}


def secret_jwk(secret: bytes, algorithm: str, kid: str) -> dict:
    return {"kty": "oct", "k": base64url(secret), "alg": algorithm, "kid": kid}


def signature(key, algorithm: str, message: bytes) -> bytes:
    """`key` is the octets of a secret for HS…, otherwise a private key."""
    if algorithm.startswith("HS"):
        return hmac.new(key, message, getattr(hashlib, "sha" + algorithm[2:])).digest()
    if algorithm == "EdDSA":
        return key.sign(message)
    function = HASHES[algorithm[2:]]
    if algorithm == "ES256":
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(function)))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    if algorithm == "PS256":
        return key.sign(message, padding.PSS(padding.MGF1(function), function.digest_size), function)
    return key.sign(message, padding.PKCS1v15(), function)


def claims(**changes) -> dict:
    """Claims of an administrator, valid for an hour; None takes one out."""
    now = int(time.time())
    whole = {"sub": "alice", "roles": ["Admin"], "iss": "https://login.test", "aud": "providerd", "iat": now, "exp": now + 3600}
    return {name: value for name, value in {**whole, **changes}.items() if value is not None}


def text(value) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def make(
    key, algorithm: str, *, header: dict | bytes | None = None, payload: dict | bytes | None = None,
    sign: Callable[[bytes], bytes] | None = None,
) -> str:
    """A token. `header` replaces or adds members, or the whole of it when it is octets; `sign` replaces the signature."""
    if not isinstance(header, bytes):
        header = {"alg": algorithm, "typ": "JWT", **(header or {})}
    message = base64url(text(header)) + "." + base64url(text(claims() if payload is None else payload))
    octets = sign(message.encode()) if sign else signature(key, algorithm, message.encode())
    return message + "." + base64url(octets)
