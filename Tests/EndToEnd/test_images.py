"""Pictures: the vendors' own clients against the simulator, and `providerctl image generate` against the whole stack."""

from __future__ import annotations

import base64
import json
import os
import ssl
import struct
import zlib
from decimal import Decimal
from pathlib import Path

import httpx
import httpx2
import openai
import openrouter
import psycopg
import pytest
import vendor_clients
from google.genai import types as gemini_types
from openrouter import errors as openrouter_errors

ROUTERS = {"openrouter": "openrouter/api/v1", "requesty": "requesty/v1"}
MODELS = {"gemini": "gemini-2.5-flash-image", "openrouter": "google/gemini-2.5-flash-image", "requesty": "google/gemini-2.5-flash-image"}
IMAGE_TOKENS = 1290


def assert_png(octets: bytes) -> None:
    """A whole PNG: its chunks in order with right checksums, and as many pixels as its head says."""
    assert octets.startswith(b"\x89PNG\r\n\x1a\n")
    at, chunks = 8, {}
    while at < len(octets):
        length, kind = struct.unpack(">I4s", octets[at : at + 8])
        (checksum,) = struct.unpack(">I", octets[at + 8 + length : at + 12 + length])
        assert checksum == zlib.crc32(octets[at + 4 : at + 8 + length])
        chunks[kind] = octets[at + 8 : at + 8 + length]
        at += 12 + length
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (1 + 3 * width)


# The simulator, judged by the vendors' clients


def router(simulator, slug: str, key: str = "sk-test") -> openai.OpenAI:
    trust = ssl.create_default_context(cafile=simulator.ca)
    return openai.OpenAI(
        base_url=f"{simulator.url}/{ROUTERS[slug]}", api_key=key, max_retries=0, timeout=20, http_client=httpx2.Client(verify=trust)
    )


def paint(client: openai.OpenAI, slug: str, prompt: str, model: str = "google/gemini-2.5-flash-image"):
    body = {"image_config": {"aspect_ratio": "16:9"}} | ({"modalities": ["image", "text"]} if slug == "openrouter" else {})
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": prompt}], extra_body=body)


@pytest.mark.parametrize("slug", ROUTERS)
def test_openais_client_takes_a_picture_from_a_router(simulator, slug):
    reply = paint(router(simulator, slug), slug, "A lighthouse")
    message = reply.choices[0].message
    (image,) = message.model_extra["images"]
    kind, _, text = image["image_url"]["url"].partition(",")
    assert kind == "data:image/png;base64"
    assert_png(base64.b64decode(text, validate=True))
    words = len(message.content.split()) + 1
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (6, words + IMAGE_TOKENS)
    percent = Decimal("1.05") if slug == "requesty" else 1
    cost = (6 * Decimal("0.3") + words * Decimal("2.5") + IMAGE_TOKENS * 30) / 1_000_000 * percent
    assert Decimal(str(reply.usage.model_extra["cost"])) == cost


@pytest.mark.parametrize("slug", ROUTERS)
def test_openais_client_understands_a_routers_list_and_refusals(simulator, slug):
    assert MODELS[slug] in [model.id for model in router(simulator, slug).models.list()]
    refused = openai.AuthenticationError if slug == "openrouter" else openai.PermissionDeniedError
    with pytest.raises(refused):
        paint(router(simulator, slug, "revoked"), slug, "x")
    with pytest.raises(openai.RateLimitError):
        paint(router(simulator, slug, "fault=rate-limit"), slug, "x")
    with pytest.raises((openai.NotFoundError, openai.BadRequestError)):
        paint(router(simulator, slug), slug, "x", model="google/no-such-model")


def test_openais_client_takes_a_picture_by_requestys_other_way(simulator):
    image = router(simulator, "requesty").images.generate(model="google/gemini-2.5-flash-image", prompt="A lighthouse")
    assert_png(base64.b64decode(image.data[0].b64_json, validate=True))


@pytest.fixture
def openrouters_own(simulator):
    """Makes OpenRouter's own client with a key; it checks every answer against its types."""
    trust = ssl.create_default_context(cafile=simulator.ca)
    with httpx.Client(verify=trust, trust_env=False, timeout=20) as transport:
        yield lambda key: openrouter.OpenRouter(api_key=key, server_url=f"{simulator.url}/openrouter/api/v1", client=transport)


def test_openrouters_own_client_understands_its_lists(openrouters_own):
    client = openrouters_own("sk-or-v1-management-balance=12.50")
    listed = client.models.list(output_modalities="all").result
    prices = {model.id: model.pricing for model in listed.data}
    assert listed.total_count == len(prices) and listed.links.next is None
    assert Decimal(prices[MODELS["openrouter"]].prompt) == Decimal("0.0000003")
    (long,) = prices["google/gemini-2.5-pro"].overrides
    assert (long.min_prompt_tokens, Decimal(long.completion)) == (200_000, Decimal("0.000015"))
    assert prices["openrouter/auto"].prompt == "-1"
    assert client.api_keys.get_current_key_metadata().data.is_management_key is True
    credits = client.credits.get_credits().data
    assert (credits.total_credits, credits.total_usage) == (12.5, 0.25)


def test_openrouters_own_client_takes_a_picture_and_tells_refusals_apart(openrouters_own):
    def send(key: str):
        messages = [{"role": "user", "content": "A lighthouse"}]
        return openrouters_own(key).chat.send(model=MODELS["openrouter"], messages=messages, modalities=["image", "text"], retries=None)

    reply = send("sk-or-v1-test")
    (image,) = reply.choices[0].message.images
    assert_png(base64.b64decode(image.image_url.url.partition(",")[2], validate=True))
    assert reply.usage.cost > 0.0387
    for key, error in {
        "revoked": openrouter_errors.UnauthorizedResponseError, "fault=no-money": openrouter_errors.PaymentRequiredResponseError,
        "fault=rate-limit": openrouter_errors.TooManyRequestsResponseError, "fault=forbidden": openrouter_errors.ForbiddenResponseError,
        "fault=overloaded": openrouter_errors.ProviderOverloadedResponseError,
    }.items():
        with pytest.raises(error):
            send(key)


def test_googles_client_takes_a_picture(simulator):
    client = vendor_clients.Gemini(simulator).client
    reply = client.models.generate_content(
        model="gemini-2.5-flash-image", contents="A lighthouse",
        config=gemini_types.GenerateContentConfig(
            response_modalities=["TEXT", "IMAGE"], image_config=gemini_types.ImageConfig(aspect_ratio="16:9")
        ),
    )
    (picture,) = [part.inline_data for part in reply.parts if part.inline_data]
    assert picture.mime_type == "image/png"
    assert_png(picture.data)
    (detail,) = reply.usage_metadata.candidates_tokens_details
    assert (detail.modality, detail.token_count) == (gemini_types.MediaModality.IMAGE, IMAGE_TOKENS)
    assert reply.usage_metadata.candidates_token_count > IMAGE_TOKENS
    held = client.models.generate_content(model="gemini-2.5-flash-image", contents="x [[job moderated]]")
    assert held.candidates[0].finish_reason == gemini_types.FinishReason.IMAGE_SAFETY
    assert not [part for part in held.parts if part.inline_data]


# providerctl image generate


@pytest.fixture
def database(stack):
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        yield connection
        connection.execute(
            "DELETE FROM credentials k USING providers p WHERE p.id = k.provider_id AND k.owner IS NULL AND p.slug = ANY (%s)",
            [list(MODELS)],
        )
        connection.execute("UPDATE providers SET enabled = true WHERE slug = ANY (%s)", [list(MODELS)])


def store_key(stack, slug: str, key: str = "sk-simulated-0123456789", environment: str = "default") -> None:
    stack.control("ai:credentials:set", slug, "--environment", environment, "--stdin", "--no-test", input=key + "\n")


def generate(stack, slug: str, *options: str, **settings):
    return stack.control("image", "generate", "--provider", slug, *options, check=False, **settings)


def last_request(database, slug: str) -> dict:
    cursor = database.execute(
        "SELECT r.*, trim_scale(r.cost)::text AS exact FROM requests r JOIN providers p ON p.id = r.provider_id"
        " WHERE p.slug = %s ORDER BY r.id DESC LIMIT 1", [slug],
    )
    return dict(zip([column.name for column in cursor.description], cursor.fetchone()))


def key_of(database, slug: str, environment: str = "default") -> tuple:
    return database.execute(
        "SELECT k.state, k.is_active, k.last_used_at FROM credentials k JOIN providers p ON p.id = k.provider_id"
        " WHERE p.slug = %s AND k.owner IS NULL AND k.environment = %s ORDER BY k.created_at DESC LIMIT 1", [slug, environment],
    ).fetchone()


def last_audit(database) -> tuple:
    return database.execute("SELECT actor, action, provider, outcome, details FROM audit_log ORDER BY seq DESC LIMIT 1").fetchone()


@pytest.mark.parametrize("slug", MODELS)
def test_a_picture_is_made_written_and_accounted(stack, database, tmp_path, slug):
    store_key(stack, slug)
    file = tmp_path / "lighthouse.png"
    finished = generate(stack, slug, "--prompt", "A lighthouse", "--aspect-ratio", "16:9", "--output", str(file), "--json")
    assert finished.returncode == 0, finished
    assert_png(file.read_bytes())
    assert [entry.name for entry in tmp_path.iterdir()] == ["lighthouse.png"]
    shown = json.loads(finished.stdout, parse_float=Decimal)
    usage = shown["usage"]
    assert shown["files"] == [{"path": str(file), "mediaType": "image/png", "octets": file.stat().st_size}]
    assert usage["imageTokens"] == IMAGE_TOKENS and usage["promptTokens"] == 6
    words = usage["completionTokens"] - IMAGE_TOKENS
    # Gemini says no cost: words by the token, the picture by its price. The routers say what they charged.
    expected = {
        "gemini": (6 * Decimal("0.3") + words * Decimal("2.5")) / 1_000_000 + Decimal("0.039"),
        "openrouter": (6 * Decimal("0.3") + words * Decimal("2.5") + IMAGE_TOKENS * 30) / 1_000_000,
        "requesty": (6 * Decimal("0.3") + words * Decimal("2.5") + IMAGE_TOKENS * 30) / 1_000_000 * Decimal("1.05"),
    }[slug]
    assert (shown["cost"], shown["currency"]) == (expected, "USD")
    row = last_request(database, slug)
    assert Decimal(row["exact"]) == expected
    assert (row["status"], row["purpose"], row["owner"], row["currency"]) == ("completed", "gateway", None, "USD")
    assert row["user_id"].startswith("cli:") and row["model"] == MODELS[slug]
    assert (row["price_id"] is None) == (slug != "gemini")
    assert (row["prompt_tokens"], row["completion_tokens"]) == (6, usage["completionTokens"])
    state, is_active, used = key_of(database, slug)
    assert (state, is_active) == ("valid", True) and used is not None
    actor, action, provider, outcome, details = last_audit(database)
    assert actor.startswith("cli:") and (action, provider, outcome) == ("image.generate", slug, "success")
    assert details["cost"] is not None and "lighthouse" not in json.dumps(details)


def test_the_result_is_told_to_people(stack, database, tmp_path):
    store_key(stack, "openrouter")
    file = tmp_path / "a.png"
    finished = generate(stack, "openrouter", "--stdin", "--output", str(file), input="A lighthouse\n")
    assert finished.returncode == 0, finished
    first, *rest = finished.stdout.splitlines()
    assert first == f"{file}: image/png, {file.stat().st_size} octets"
    assert any(line.startswith("tokens: 6 in, ") for line in rest) and any(line.startswith("cost: 0.03") for line in rest)


def test_a_file_that_is_there_is_kept(stack, database, simulator_requests, tmp_path):
    store_key(stack, "gemini")
    file = tmp_path / "kept.png"
    file.write_bytes(b"precious")
    simulator_requests.clear("gemini")
    refused = generate(stack, "gemini", "--prompt", "x", "--output", str(file))
    assert refused.returncode == 1 and "--force" in refused.stderr
    assert file.read_bytes() == b"precious"
    asked = simulator_requests.client.get("/requests", params={"provider": "gemini"}).json()["requests"]
    assert asked == [], "nothing was paid"
    assert generate(stack, "gemini", "--prompt", "x", "--output", str(file), "--force").returncode == 0
    assert_png(file.read_bytes())
    assert generate(stack, "gemini", "--prompt", "x", "--output", str(tmp_path / "no/such/folder.png")).returncode == 1


def test_a_picture_can_be_given_with_the_prompt(stack, database, simulator_requests, tmp_path):
    store_key(stack, "openrouter")
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    generate(stack, "openrouter", "--prompt", "x", "--output", str(first))
    assert generate(stack, "openrouter", "--prompt", "The same at night", "--input", str(first), "--output", str(second)).returncode == 0
    content = simulator_requests.last("openrouter")["body"]["messages"][0]["content"]
    assert content[1]["image_url"]["url"] == "data:image/png;base64," + base64.b64encode(first.read_bytes()).decode()
    text = tmp_path / "text.png"
    text.write_text("no picture")
    assert generate(stack, "openrouter", "--prompt", "x", "--input", str(text), "--output", str(tmp_path / "c.png")).returncode == 2


def test_a_refused_key_is_switched_off_by_itself(stack, database, tmp_path):
    store_key(stack, "requesty", "sk-revoked-0123456789")
    finished = generate(stack, "requesty", "--prompt", "x", "--output", str(tmp_path / "a.png"))
    assert finished.returncode == 1 and "Requesty refused the API key" in finished.stderr
    assert list(tmp_path.iterdir()) == []
    assert key_of(database, "requesty")[:2] == ("invalid", False)
    row = last_request(database, "requesty")
    assert (row["status"], row["error_kind"], row["cost"]) == ("failed", "invalid_credential", None)
    assert last_audit(database)[1:4] == ("image.generate", "requesty", "refused")
    again = generate(stack, "requesty", "--prompt", "x", "--output", str(tmp_path / "a.png"))
    assert again.returncode == 1 and "no active key" in again.stderr


@pytest.mark.parametrize("fault", ["no-money", "rate-limit", "overloaded", "server-error", "garbage", "forbidden"])
def test_what_is_not_the_keys_fault_does_not_switch_it_off(stack, database, tmp_path, fault):
    store_key(stack, "openrouter", f"sk-fault={fault}")
    finished = generate(stack, "openrouter", "--prompt", "x", "--output", str(tmp_path / "a.png"))
    assert finished.returncode == 1 and finished.stdout == ""
    assert key_of(database, "openrouter")[:2] == ("untested", True)
    assert last_request(database, "openrouter")["status"] == "failed"


def test_a_failure_with_status_200_is_a_failure(stack, database, tmp_path):
    store_key(stack, "openrouter")
    finished = generate(stack, "openrouter", "--prompt", "x [[job failed]]", "--output", str(tmp_path / "a.png"))
    assert finished.returncode == 1 and "overloaded" in finished.stderr
    assert last_request(database, "openrouter")["error_kind"] == "overloaded"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("slug", MODELS)
def test_a_picture_that_is_held_back_is_said_and_accounted(stack, database, tmp_path, slug):
    store_key(stack, slug)
    finished = generate(stack, slug, "--prompt", "x [[job moderated]]", "--output", str(tmp_path / "a.png"))
    assert finished.returncode == 1 and "content rules" in finished.stdout
    row = last_request(database, slug)
    assert row["status"] == "completed" and Decimal("0") < row["cost"] < Decimal("0.001"), "words only"
    assert list(tmp_path.iterdir()) == []


def test_an_inactive_provider_refuses(stack, database, tmp_path):
    store_key(stack, "openrouter")
    database.execute("UPDATE providers SET enabled = false WHERE slug = 'openrouter'")
    finished = generate(stack, "openrouter", "--prompt", "x", "--output", str(tmp_path / "a.png"))
    assert finished.returncode == 1 and "switched off" in finished.stderr


def test_every_environment_has_its_own_key(stack, database, tmp_path):
    store_key(stack, "openrouter", "sk-revoked-0123456789", "dev")
    store_key(stack, "openrouter", "sk-simulated-0123456789", "prod")
    options = ["--prompt", "x", "--output", str(tmp_path / "a.png"), "--environment"]
    assert generate(stack, "openrouter", *options, "dev").returncode == 1
    assert generate(stack, "openrouter", *options, "staging").returncode == 1
    assert generate(stack, "openrouter", *options, "prod").returncode == 0
    assert key_of(database, "openrouter", "dev")[1] is False and key_of(database, "openrouter", "prod")[1] is True


@pytest.mark.parametrize(
    "line",
    [
        "", "--provider gemini", "--prompt x", "--provider gemini --prompt x --stdin", "--provider Gemini! --prompt x",
        "--provider gemini --prompt x --aspect-ratio 16x9", "--provider gemini --prompt x --environment a.b",
        "--provider gemini --prompt x --output folder/", "--provider gemini --prompt= --output a.png",
        "--provider gemini --prompt x --input /nonexistent.png", "--provider gemini --prompt x y",
    ],
)
def test_a_mistake_on_the_line_is_said(stack, line):
    finished = stack.control("image", "generate", *line.split(), check=False)
    assert finished.returncode == 2 and "usage: providerctl image generate" in finished.stderr


def test_only_providers_that_paint_are_asked(stack):
    for slug in ("claude", "replicate"):
        finished = generate(stack, slug, "--prompt", "x")
        assert finished.returncode == 1 and "gemini, openrouter, requesty" in finished.stderr
    unknown = generate(stack, "nobody", "--prompt", "x")
    assert unknown.returncode == 2 and "there is no provider nobody" in unknown.stderr


def test_a_picture_that_was_paid_is_written_beside_a_name_that_is_taken(stack, database, tmp_path):
    """A JPEG was wanted and a PNG came: the name with the right ending is somebody's."""
    store_key(stack, "gemini")
    (tmp_path / "a.png").write_bytes(b"precious")
    for options in ([], ["--force"]):
        finished = generate(stack, "gemini", "--prompt", "x", "--output", str(tmp_path / "a.jpg"), "--json", *options)
        assert finished.returncode == 0, finished
        (file,) = json.loads(finished.stdout)["files"]
        assert file["mediaType"] == "image/png"
        assert_png(Path(file["path"]).read_bytes())
    assert (tmp_path / "a.png").read_bytes() == b"precious"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a-2.png", "a-3.png", "a.png"]


def test_who_may_read_a_picture_is_as_elsewhere(stack, database, tmp_path):
    store_key(stack, "gemini")
    file = tmp_path / "a.png"
    assert generate(stack, "gemini", "--prompt", "x", "--output", str(file)).returncode == 0
    mask = os.umask(0)
    os.umask(mask)
    assert file.stat().st_mode & 0o777 == 0o666 & ~mask
    # One that is written over keeps its readers.
    file.chmod(0o600)
    assert generate(stack, "gemini", "--prompt", "y", "--output", str(file), "--force").returncode == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


def test_a_link_in_the_place_of_the_file_is_not_followed(stack, database, tmp_path):
    store_key(stack, "gemini")
    (tmp_path / "elsewhere").write_bytes(b"precious")
    (tmp_path / "a.png").symlink_to(tmp_path / "elsewhere")
    assert generate(stack, "gemini", "--prompt", "x", "--output", str(tmp_path / "a.png")).returncode == 1
    assert generate(stack, "gemini", "--prompt", "x", "--output", str(tmp_path / "a.png"), "--force").returncode == 0
    assert (tmp_path / "elsewhere").read_bytes() == b"precious"
    assert_png((tmp_path / "a.png").read_bytes())
    assert not (tmp_path / "a.png").is_symlink()


@pytest.mark.parametrize("name", ["cut", "empty", "deep-json", "endless", "redirect", "model-gone"])
@pytest.mark.parametrize("slug", MODELS)
def test_a_broken_answer_is_a_failure_in_our_words(stack, database, tmp_path, slug, name):
    store_key(stack, slug, f"sk-fault={name}")
    finished = generate(stack, slug, "--prompt", "x", "--output", str(tmp_path / "a.png"))
    assert finished.returncode == 1 and finished.stdout == ""
    assert finished.stderr.startswith("providerctl: ") and len(finished.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
    assert last_request(database, slug)["status"] == "failed"


@pytest.mark.parametrize("slug", MODELS)
def test_the_successor_of_a_model_is_asked_for_by_its_name(stack, database, simulator_requests, tmp_path, slug):
    store_key(stack, slug)
    name = "gemini-3.1-flash-image" if slug == "gemini" else "google/gemini-3.1-flash-image"
    file = tmp_path / "a.png"
    options = ["--model", name, "--aspect-ratio", "21:9", "--size", "2K", "--output", str(file)]
    assert generate(stack, slug, "--prompt", "x", *options).returncode == 0
    assert_png(file.read_bytes())
    body = simulator_requests.last(slug)["body"]
    if slug == "gemini":
        assert body["generationConfig"]["imageConfig"] == {"aspectRatio": "21:9", "imageSize": "2K"}
    else:
        assert body["image_config"] == {"aspect_ratio": "21:9", "image_size": "2K"}
    row = last_request(database, slug)
    assert (row["model"], row["status"], row["resolution"]) == (name, "completed", "2K") and row["cost"] > 0
