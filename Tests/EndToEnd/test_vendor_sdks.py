"""The vendors' own clients judge the simulator: what they accept has at least a valid shape.

The fixture `simulator` is an object with `.url`, the simulator's address without a path, and `.ca`, the file of the
local certificate authority.
"""

import base64
import hashlib
import ssl
import struct
import time
import zlib

import anthropic
import httpx
import openai
import pytest
import vendor_clients
from vendor_clients import Usage

MESSAGE = "Please say a few kind words about the weather"

each_vendor = pytest.mark.parametrize("vendor", vendor_clients.ALL, ids=lambda vendor: vendor.provider)

KNOWN_MODELS = {
    "openai": "gpt-5.4",
    "claude": "claude-opus-5-5",
    "gemini": "gemini-3.8-flash",
    "cohere": "command-a-03-2025",
    "ollama": "llama3.2:latest",
}

RETIRED_MODELS = {
    "openai": "o3-mini",
    "claude": "claude-3-7-sonnet-20250219",
    "gemini": "gemini-1.5-pro",
    "cohere": "command-light",
    "ollama": "llama1",
}


def words(text):
    return len(text.split())


def expected_usage(answer):
    """The simulator's stated count: 4 beside the words of each message, 1 beside the words of the answer."""
    return Usage(words(MESSAGE) + 4, words(answer) + 1)


@pytest.fixture
def control(simulator):
    """The simulator's own API; every order is taken back at the end."""
    trust = ssl.create_default_context(cafile=simulator.ca)
    with httpx.Client(base_url=f"{simulator.url}/_sim", verify=trust, timeout=20) as client:
        yield client
        client.delete("/faults").raise_for_status()


def status_of(error):
    """Each client has its own name for the status of the answer."""
    return getattr(error, "status_code", None) or getattr(error, "code", None)


@each_vendor
def test_the_list_of_models_has_current_ones_only(simulator, vendor):
    models = vendor(simulator).models()
    assert KNOWN_MODELS[vendor.provider] in models
    assert RETIRED_MODELS[vendor.provider] not in models
    assert len(models) == len(set(models)) >= 6


@each_vendor
def test_a_chat_gives_the_text_and_the_stated_usage(simulator, vendor):
    text, usage = vendor(simulator).chat(MESSAGE)
    assert text.startswith("Hello from the simulated ")
    assert MESSAGE in text
    assert usage == expected_usage(text)


@each_vendor
def test_a_stream_arrives_in_pieces_and_says_the_same(simulator, vendor):
    client = vendor(simulator)
    text, usage = client.chat(MESSAGE)
    pieces, streamed_usage = client.stream(MESSAGE)
    assert len(pieces) > 10
    assert "".join(pieces) == text
    assert streamed_usage == usage


@pytest.mark.parametrize("kind", ["bad", "expired", "revoked"])
@each_vendor
def test_a_bad_key_is_the_clients_own_authentication_error(simulator, vendor, kind):
    with pytest.raises(vendor.authentication_error) as caught:
        vendor(simulator, key=f"sk-{kind}-0123456789").models()
    assert status_of(caught.value) == (400 if vendor.provider == "gemini" else 401)
    if vendor.provider == "gemini":
        assert caught.value.details["error"]["details"][0]["reason"] == "API_KEY_INVALID"


@each_vendor
def test_too_many_requests_is_the_clients_own_error_with_the_waiting_time(simulator, vendor):
    client = vendor(simulator, key="sk-test-fault=rate-limit")
    with pytest.raises(vendor.rate_limit_error) as caught:
        client.chat(MESSAGE)
    assert status_of(caught.value) == 429
    assert client.waiting_time(caught.value) == (None if vendor.provider in ("cohere", "ollama") else "7")


@each_vendor
def test_a_retired_model_is_not_found(simulator, vendor):
    with pytest.raises(vendor.not_found_error) as caught:
        vendor(simulator).chat(MESSAGE, model=RETIRED_MODELS[vendor.provider])
    assert status_of(caught.value) == 404


@pytest.mark.parametrize(
    "vendor", [vendor for vendor in vendor_clients.ALL if vendor.has_embeddings], ids=lambda vendor: vendor.provider
)
def test_embeddings_are_the_same_for_the_same_text(simulator, vendor):
    first, second, third = vendor(simulator).embeddings(["a blue sky", "a grey sky", "a blue sky"])
    assert len(first) == len(second) >= 768
    assert list(first) == list(third) != list(second)
    assert sum(value * value for value in first) == pytest.approx(1, abs=0.001)


@each_vendor
def test_an_ordered_fault_hits_the_chat_and_then_ends(simulator, vendor, control):
    control.put(f"/faults/{vendor.provider}", json={"fault": "server-error", "times": 1, "paths": ["chat"]}).raise_for_status()
    client = vendor(simulator)
    assert client.models()
    with pytest.raises(Exception) as caught:
        client.chat(MESSAGE)
    assert status_of(caught.value) == 500
    assert client.chat(MESSAGE)


def test_the_log_tells_which_key_was_used_without_showing_it(simulator, control):
    control.delete("/requests")
    vendor_clients.OpenAI(simulator, key="abc").chat(MESSAGE)
    vendor_clients.Gemini(simulator, key="abc").models()
    answer = control.get("/requests", params={"limit": 50})
    requests = answer.json()["requests"]
    assert {request["provider"] for request in requests} == {"openai", "gemini"}
    # SHA-256 of "abc", the example of FIPS 180-4.
    assert {request["keySHA256"] for request in requests} == {"ba7816bf8f01cfea"}
    assert MESSAGE in requests[-1]["body"]
    assert "authorization" in requests[-1]["headers"]
    assert "Bearer" not in answer.text


def test_gemini_answers_alike_in_both_versions(simulator):
    answers = [vendor_clients.Gemini(simulator, version=version).chat(MESSAGE) for version in ("v1", "v1beta")]
    assert answers[0] == answers[1]


def test_openai_refuses_parameters_by_model(simulator):
    client = vendor_clients.OpenAI(simulator).client
    message = [{"role": "user", "content": MESSAGE}]
    assert client.chat.completions.create(model="gpt-4o", messages=message, max_tokens=5, temperature=0.2)
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="gpt-5", messages=message, max_tokens=5)
    assert (caught.value.code, caught.value.param) == ("unsupported_parameter", "max_tokens")
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="gpt-5", messages=message, temperature=0.2)
    assert (caught.value.code, caught.value.param) == ("unsupported_value", "temperature")


def test_claude_refuses_sampling_by_version_and_model(simulator):
    client = vendor_clients.Claude(simulator).client
    older = {"anthropic-version": "2023-06-01"}
    request = {"max_tokens": 9, "messages": [{"role": "user", "content": MESSAGE}], "extra_body": {"temperature": 0.2}}
    assert client.messages.create(model="claude-sonnet-4-6", extra_headers=older, **request).stop_reason == "max_tokens"
    with pytest.raises(anthropic.BadRequestError):
        client.messages.create(model="claude-sonnet-5-5", extra_headers=older, **request)
    with pytest.raises(anthropic.BadRequestError):
        client.messages.create(
            model="claude-sonnet-4-6", extra_headers={"anthropic-version": "2026-10-21"}, **request
        )


def test_an_openai_image_is_a_whole_png(simulator):
    client = vendor_clients.OpenAI(simulator).client
    image = client.images.generate(model="gpt-image-2", prompt="a blue square").data[0]
    octets = base64.b64decode(image.b64_json, validate=True)
    assert octets.startswith(b"\x89PNG\r\n\x1a\n")
    at, kinds = 8, []
    while at < len(octets):
        length, kind = struct.unpack(">I4s", octets[at : at + 8])
        (checksum,) = struct.unpack(">I", octets[at + 8 + length : at + 12 + length])
        assert checksum == zlib.crc32(octets[at + 4 : at + 8 + length])
        kinds.append(kind)
        at += 12 + length
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]


def test_cached_tokens_are_reported_where_the_vendor_does(simulator):
    text = f"[[cached 6]] {MESSAGE}"
    openai_usage = (
        vendor_clients.OpenAI(simulator)
        .client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": text}])
        .usage
    )
    assert openai_usage.prompt_tokens_details.cached_tokens == 6
    claude_usage = (
        vendor_clients.Claude(simulator)
        .client.messages.create(model="claude-opus-5-5", max_tokens=90, messages=[{"role": "user", "content": text}])
        .usage
    )
    assert claude_usage.cache_read_input_tokens == 6
    assert claude_usage.input_tokens + 6 == openai_usage.prompt_tokens


class TestTheWire:
    """Faults that no client would let us see, looked at octet by octet."""

    @pytest.fixture
    def wire(self, simulator):
        trust = ssl.create_default_context(cafile=simulator.ca)
        with httpx.Client(base_url=simulator.url, verify=trust, timeout=20) as client:
            yield client

    def get(self, wire, fault, **settings):
        return wire.get("/openai/v1/models", headers={"Authorization": f"Bearer k-fault={fault}"}, **settings)

    def stream(self, wire, fault):
        return wire.stream("GET", "/cohere/v1/models/command-r", headers={"Authorization": f"Bearer k-fault={fault}"})

    def test_slow_is_late_and_right(self, wire):
        start = time.monotonic()
        assert self.get(wire, "slow=700").json()["object"] == "list"
        assert 0.7 <= time.monotonic() - start < 5

    def test_a_client_that_waits_less_than_the_hang_gives_up(self, wire):
        with pytest.raises(httpx.ReadTimeout):
            self.get(wire, "hang", timeout=1)

    def test_cut_ends_before_its_length(self, wire):
        with pytest.raises(httpx.RemoteProtocolError):
            self.get(wire, "cut")

    def test_drip_comes_octet_by_octet(self, wire):
        start = time.monotonic()
        with self.stream(wire, "drip") as answer:
            chunks = [chunk for chunk, _ in zip(answer.iter_raw(), range(5))]
        assert [len(chunk) for chunk in chunks] == [1] * 5
        assert time.monotonic() - start > 0.9

    def test_endless_is_more_than_ten_megabytes_within_seconds(self, wire):
        received = 0
        with self.stream(wire, "endless") as answer:
            for chunk in answer.iter_raw():
                received += len(chunk)
                if received > 10 * 1024 * 1024:
                    break
        assert received > 10 * 1024 * 1024

    @pytest.mark.parametrize(
        ("fault", "kind", "start"),
        [
            ("garbage", "application/json", hashlib.sha256(b"\0").digest()),
            ("html", "text/html", b"<!DOCTYPE html>"),
            ("empty", "application/json", b""),
        ],
    )
    def test_spoilt_bodies_come_with_200(self, wire, fault, kind, start):
        answer = self.get(wire, fault)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert answer.content.startswith(start) and (fault != "empty" or not answer.content)

    def test_redirect_names_another_host(self, wire):
        answer = self.get(wire, "redirect", follow_redirects=False)
        assert answer.status_code == 302
        assert answer.headers["location"].startswith("https://elsewhere.invalid/")

    def test_deep_json_is_deeper_than_a_parser_should_go(self, wire):
        assert self.get(wire, "deep-json").text.count("[") == 25_000
