"""What bad input gets: a 4xx in contract 1's form that names the field; nothing is stored, nothing crashes."""

from __future__ import annotations

import json
import uuid

import pytest

ROUTE = "/api/v1/ai/providers"
GOOD = {"provider": "OpenAI", "credentials": {"apiKey": "sk-test"}, "modelConfig": {"model": "gpt-4o"}}


@pytest.fixture(scope="module")
def owner(stack):
    with stack.client(stack.token(sub=f"user-{uuid.uuid4()}")) as opened:
        yield opened


def changed(**changes) -> dict:
    return {**GOOD, **changes}


def config(**settings) -> dict:
    return changed(modelConfig={"model": "gpt-4o", **settings})


BODIES = {
    "provider missing": ({"credentials": {"apiKey": "k"}}, "provider"),
    "provider unknown": (changed(provider="Acme"), "OpenAI, Claude, Gemini, Cohere, Ollama"),
    "provider number": (changed(provider=5), "provider"),
    "provider null": (changed(provider=None), "provider"),
    "provider empty": (changed(provider=""), "provider"),
    "credentials missing": ({"provider": "OpenAI"}, "credentials"),
    "credentials text": (changed(credentials="sk"), "credentials"),
    "credentials empty": (changed(credentials={}), "credentials.apiKey"),
    "key empty": (changed(credentials={"apiKey": ""}), "credentials.apiKey"),
    "key number": (changed(credentials={"apiKey": 5}), "credentials.apiKey"),
    "key with a line end": (changed(credentials={"apiKey": "sk\r\nX-Evil: 1"}), "credentials.apiKey"),
    "key with a space": (changed(credentials={"apiKey": "sk test"}), "credentials.apiKey"),
    "key not ASCII": (changed(credentials={"apiKey": "sk-é"}), "credentials.apiKey"),
    "key too long": (changed(credentials={"apiKey": "k" * 5000}), "credentials.apiKey"),
    "credentials unknown field": (changed(credentials={"apiKey": "k", "baseUrl": "http://x"}), "credentials.baseUrl"),
    "ollama without base URL": ({"provider": "Ollama", "credentials": {"apiKey": "k"}}, "credentials"),
    "unknown field": (changed(isAdmin=True), "isAdmin"),
    "read-only field id": (changed(id="1"), "id"),
    "read-only field usageCount": (changed(usageCount=5), "usageCount"),
    "read-only field totalCost": (changed(totalCost=5), "totalCost"),
    "modelConfig text": (changed(modelConfig="gpt"), "modelConfig"),
    "modelConfig array": (changed(modelConfig=[]), "modelConfig"),
    "modelConfig unknown field": (config(topK=5), "modelConfig.topK"),
    "model number": (changed(modelConfig={"model": 5}), "modelConfig.model"),
    "model empty": (changed(modelConfig={"model": ""}), "modelConfig.model"),
    "model too long": (changed(modelConfig={"model": "m" * 201}), "modelConfig.model"),
    "model with control character": (changed(modelConfig={"model": "a\nb"}), "modelConfig.model"),
    "temperature text": (config(temperature="0.7"), "modelConfig.temperature"),
    "temperature null": (config(temperature=None), "modelConfig.temperature"),
    "temperature too low": (config(temperature=-0.1), "modelConfig.temperature"),
    "temperature too high": (config(temperature=2.000001), "modelConfig.temperature"),
    "maxTokens zero": (config(maxTokens=0), "modelConfig.maxTokens"),
    "maxTokens negative": (config(maxTokens=-5), "modelConfig.maxTokens"),
    "maxTokens fraction": (config(maxTokens=1.5), "modelConfig.maxTokens"),
    "maxTokens huge": (config(maxTokens=10**30), "modelConfig.maxTokens"),
    "topP too high": (config(topP=1.1), "modelConfig.topP"),
    "topP negative": (config(topP=-1), "modelConfig.topP"),
    "frequencyPenalty too low": (config(frequencyPenalty=-2.5), "modelConfig.frequencyPenalty"),
    "presencePenalty too high": (config(presencePenalty=3), "modelConfig.presencePenalty"),
    "presencePenalty bool": (config(presencePenalty=True), "modelConfig.presencePenalty"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_wrong_field_is_400_and_named(owner, name):
    body, named = BODIES[name]
    refused(owner.post(ROUTE, json=body), owner, named)


RAW = {
    "no body": b"",
    "not JSON": b"hello",
    "array": b"[]",
    "string": b'"x"',
    "null": b"null",
    "trailing comma": b'{"provider":"OpenAI",}',
    "duplicate key": b'{"provider":"OpenAI","provider":"Claude","credentials":{"apiKey":"k"}}',
    "duplicate key inside": b'{"provider":"OpenAI","credentials":{"apiKey":"a","apiKey":"b"}}',
    "two values": b'{"provider":"OpenAI"} {}',
    "NaN": b'{"provider":NaN}',
    "infinity": b'{"modelConfig":{"temperature":1e999}}',
    "invalid UTF-8": b'{"provider":"\xff\xfe"}',
    "overlong UTF-8": b'{"provider":"\xc0\xaf"}',
    "lone surrogate": b'{"provider":"\\ud800"}',
    "NUL escaped": b'{"provider":"Open\\u0000AI"}',
    "NUL raw": b'{"provider":"Open\x00AI"}',
    "control character": b'{"provider":"a\nb"}',
    "deep": b'{"modelConfig":' * 100 + b"1" + b"}" * 100,
    "very deep": b"[" * 100_000,
    "cut": b'{"provider":"Open',
    "comment": b'{"provider":"OpenAI" /* x */}',
    "single quotes": b"{'provider':'OpenAI'}",
    "byte order mark": b'\xef\xbb\xbf{"provider":"OpenAI"}',
    "long number": b'{"modelConfig":{"temperature":0.' + b"1" * 500 + b"}}",
}


@pytest.mark.parametrize("name", RAW)
def test_what_is_not_strict_json_is_400(owner, name):
    refused(owner.post(ROUTE, content=RAW[name], headers={"Content-Type": "application/json"}), owner, "")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "", "application/jsonx", "application/json; charset=latin1"]
)
def test_another_content_type_is_415(owner, content_type):
    response = owner.post(ROUTE, content=json.dumps(GOOD), headers={"Content-Type": content_type})
    refused(response, owner, "application/json", status=415)


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"])
def test_json_is_recognised_with_a_charset(owner, content_type):
    response = owner.post(ROUTE, content=b"{}", headers={"Content-Type": content_type})
    refused(response, owner, "provider")


def test_a_body_over_the_limit_is_413(owner):
    for size in (1_048_577, 3_000_000):
        refused(owner.post(ROUTE, content=b" " * size, headers={"Content-Type": "application/json"}), owner, "", status=413)


def test_a_body_at_the_limit_is_read(owner):
    refused(owner.post(ROUTE, content=b"{" + b" " * 1_048_574 + b"}", headers={"Content-Type": "application/json"}), owner, "provider")


BASE_URLS = {
    "user info": "http://user:secret@localhost:11434",
    "odd port": "http://localhost:22",
    "port zero": "http://localhost:0",
    "port too large": "http://localhost:99999",
    "database port": "http://localhost:5432",
    "metadata": "http://169.254.169.254/latest/meta-data",
    "private": "http://10.1.2.3:11434",
    "link-local": "http://169.254.1.1",
    "shared": "http://100.64.0.1",
    "IPv6 private": "http://[fd00::1]:11434",
    "IPv4 in IPv6": "http://[::ffff:10.0.0.1]",
    "integer address": "http://2130706433",
    "octal address": "http://0177.0.0.1",
    "hexadecimal address": "http://0x7f.0.0.1",
    "short address": "http://127.1",
    "not ASCII": "http://löcalhost:11434",
    "full width": "http://１２７.0.0.1",
    "percent": "http://local%68ost",
    "file": "file:///etc/passwd",
    "gopher": "gopher://localhost:11434",
    "ftp": "ftp://localhost",
    "no scheme": "localhost:11434",
    "no host": "http://",
    "space": "http://local host",
    "backslash": "http://localhost\\@evil.example",
    "fragment": "http://localhost:11434/#x",
    "line end": "http://localhost:11434/\r\nX: y",
}


@pytest.mark.parametrize("name", BASE_URLS)
def test_a_base_url_that_must_not_be_called_is_400(owner, name):
    body = {"provider": "Ollama", "credentials": {"baseUrl": BASE_URLS[name]}, "modelConfig": {"model": "llama2"}}
    response = owner.post(ROUTE, json=body)
    refused(response, owner, "")
    assert "secret" not in response.text


@pytest.mark.parametrize(
    "identifier", ["1", "abc", "00000000-0000-0000-0000-000000000000", "0" * 36, "%00", "..%2f..", "a" * 1000, "%ff", "'; DROP TABLE connections; --"]
)
def test_an_id_that_names_nothing_is_404(owner, identifier):
    for response in (
        owner.get(f"{ROUTE}/{identifier}"),
        owner.put(f"{ROUTE}/{identifier}", json={"isActive": True}),
        owner.delete(f"{ROUTE}/{identifier}"),
        owner.post(f"{ROUTE}/{identifier}/test"),
    ):
        assert response.status_code in (400, 404), response.text
        assert response.json()["success"] is False


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "PUT"])
def test_another_method_is_405_and_says_which_there_are(owner, method):
    response = owner.request(method, ROUTE)
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}
    assert response.json()["success"] is False


@pytest.mark.parametrize("query", ["?limit=5", "?x", "?%zz=1", "?a=1&a=2", "?a=%00"])
def test_an_unknown_query_parameter_is_400(owner, query):
    assert owner.get(ROUTE + query).status_code == 400


@pytest.mark.parametrize("body", [{"message": ""}, {"message": 5}, {"message": None}, {"message": "x" * 32_769}, {"maxTokens": 0}, {"maxTokens": "5"}, {"text": "x"}])
def test_a_wrong_test_body_is_400_before_the_provider_is_looked_for(owner, body):
    response = owner.post(f"{ROUTE}/{uuid.uuid4()}/test", json=body)
    assert response.status_code == 400
    assert next(iter(body)) in response.json()["message"]


def refused(response, owner, named: str, status: int = 400) -> None:
    assert response.status_code == status, response.text
    answer = response.json()
    assert answer["success"] is False
    assert named in answer["message"]
    assert set(answer) <= {"success", "message", "error"}
    assert owner.get(ROUTE).json()["count"] == 0
