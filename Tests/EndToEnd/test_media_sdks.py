"""The media vendors' own clients judge the simulator; MiniMax and Black Forest Labs have none and are asked plainly."""

from __future__ import annotations

import ssl
import time

import httpx
import media_clients
import pytest
import replicate
import runwayml

each_vendor = pytest.mark.parametrize("vendor", media_clients.ALL, ids=lambda vendor: vendor.provider)

PROMPT = "A lighthouse in a storm"


@pytest.fixture
def open_client(simulator, monkeypatch):
    """Makes a vendor's client with a key."""
    return lambda vendor, **arguments: vendor(simulator, patch=monkeypatch, **arguments)


@pytest.fixture
def plain(simulator):
    """A client without a vendor's manners."""
    trust = ssl.create_default_context(cafile=simulator.ca)
    with httpx.Client(base_url=simulator.url, verify=trust, timeout=20) as client:
        yield client


def wait_for(client, job, wanted, seconds=10):
    """The statuses that are seen until the wanted one, each once."""
    seen = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        status = client.status(job)
        if status not in seen:
            seen.append(status)
        if status == wanted:
            return seen
        time.sleep(0.1)
    raise AssertionError(f"{wanted} was never seen, only {seen}")


@each_vendor
def test_a_job_is_queued_runs_and_ends_with_a_result(open_client, plain, vendor):
    client = open_client(vendor)
    job = client.submit(PROMPT)
    assert wait_for(client, job, client.done) == [client.queued, client.running, client.done]
    result = plain.get(client.output(job))
    assert result.status_code == 200
    kind = "image/png" if vendor is not media_clients.Runway else "video/mp4"
    assert result.headers["content-type"] == kind


@each_vendor
def test_a_job_can_be_asked_for_by_its_id(open_client, vendor):
    client = open_client(vendor)
    job = client.submit(f"{PROMPT} [[job instant]]")
    assert client.status(client.again(job)) == client.done


@each_vendor
def test_a_job_can_fail(open_client, vendor):
    client = open_client(vendor)
    job = client.submit(f"{PROMPT} [[job failed]]")
    wait_for(client, job, client.failed)
    assert "INTERNAL" in client.failure(job).upper() or "failed" in client.failure(job)


@each_vendor
def test_a_running_job_can_be_cancelled(open_client, vendor):
    client = open_client(vendor)
    job = client.submit(f"{PROMPT} [[job endless]]")
    wait_for(client, job, client.running)
    client.cancel(job)
    assert client.was_cancelled(job)


@pytest.mark.parametrize("word", ["bad", "expired", "revoked"])
@each_vendor
def test_a_bad_key_is_the_clients_own_error(open_client, vendor, word):
    client = open_client(vendor, key=f"{word}:0123456789")
    with pytest.raises(vendor.error) as caught:
        client.submit(PROMPT)
    assert client.status_of(caught.value) == 401


@each_vendor
def test_too_many_requests_are_told_apart(open_client, vendor):
    client = open_client(vendor, key="test:fault=rate-limit")
    with pytest.raises(vendor.error) as caught:
        client.submit(PROMPT)
    assert client.status_of(caught.value) == 429


@each_vendor
def test_no_money_has_the_vendors_status(open_client, vendor):
    client = open_client(vendor, key="test:fault=no-money")
    with pytest.raises(vendor.error) as caught:
        client.submit(PROMPT)
    assert client.status_of(caught.value) == vendor.no_money_status
    assert "credit" in str(caught.value) or "Exhausted balance" in str(caught.value)


@each_vendor
def test_an_unknown_model_is_refused(open_client, vendor):
    client = open_client(vendor)
    unknown = {"fal_ai": "fal-ai/flux-99", "replicate": "nobody/nothing", "runway_ml": "gen3a_turbo"}
    with pytest.raises(vendor.error) as caught:
        client.submit(PROMPT, model=unknown[vendor.provider])
    assert client.status_of(caught.value) == (400 if vendor.provider == "runway_ml" else 404)


@each_vendor
def test_an_order_in_the_prompt_spoils_that_submission_only(open_client, vendor):
    client = open_client(vendor)
    with pytest.raises(vendor.error) as caught:
        client.submit(f"{PROMPT} [[fault server-error]]")
    assert client.status_of(caught.value) == 500
    assert client.submit(PROMPT)


def test_fal_runs_a_model_to_its_end(open_client):
    client = open_client(media_clients.Fal)
    answer = client.client.subscribe("fal-ai/flux-pro/v1.1", {"prompt": PROMPT}, with_logs=True)
    assert answer["images"][0]["content_type"] == "image/png"


def test_fal_says_what_the_content_rules_stopped(open_client):
    client = open_client(media_clients.Fal)
    job = client.submit(f"{PROMPT} [[job moderated]]")
    wait_for(client, job, client.done)
    with pytest.raises(client.error) as caught:
        job.get()
    assert caught.value.status_code == 422
    assert caught.value.message[0]["type"] == "content_policy_violation"


def test_replicate_lists_models_page_by_page(open_client):
    client = open_client(media_clients.Replicate).client
    first = client.models.list()
    names = {f"{model.owner}/{model.name}" for model in first.results}
    second = client.models.list(cursor=first.next)
    assert len(names) == 5 and second.previous is not None
    assert names.isdisjoint({f"{model.owner}/{model.name}" for model in second.results})
    assert client.models.get("minimax/video-01").run_count == 1000
    assert client.accounts.current().username == "simulated"


def test_replicate_runs_a_model_to_its_end(open_client):
    client = open_client(media_clients.Replicate).client
    output = client.run("black-forest-labs/flux-schnell", input={"prompt": PROMPT}, use_file_output=False)
    assert output.endswith(".png")


def test_replicate_runs_a_version_and_tells_a_models_error(open_client):
    client = open_client(media_clients.Replicate).client
    version = client.models.get("black-forest-labs/flux-dev").latest_version.id
    prediction = client.predictions.create(version=version, input={"prompt": f"{PROMPT} [[job failed]]"})
    prediction.wait()
    assert prediction.status == "failed" and prediction.error
    with pytest.raises(replicate.exceptions.ReplicateError) as caught:
        client.predictions.create(version="0" * 64, input={"prompt": PROMPT})
    assert caught.value.status == 422


def test_runway_tells_credits_limits_progress_and_cost(open_client):
    client = open_client(media_clients.Runway, key="key_balance=1234")
    organization = client.client.organization.retrieve()
    assert organization.credit_balance == 1234
    assert organization.tier.models["gen4_turbo"].max_daily_generations is None
    task = client.client.image_to_video.create(
        model="gen4_turbo", prompt_image="https://example.com/a.png", ratio="1280:720", duration=10
    )
    assert task.estimated_cost.credits == 50
    wait_for(client, task, "RUNNING")
    assert 0 <= client.again(task).progress < 1
    wait_for(client, task, "SUCCEEDED")
    assert client.again(task).cost.credits == 50


def test_runway_waits_for_a_task_with_its_own_means(open_client):
    client = open_client(media_clients.Runway).client
    created = client.text_to_image.create(
        model="gen4_image", prompt_text=f"{PROMPT} [[job instant]]", ratio="1920:1080"
    )
    assert created.wait_for_task_output().output[0].endswith(".png")


def test_runway_deletes_a_task_that_has_finished(open_client):
    client = open_client(media_clients.Runway)
    task = client.submit(f"{PROMPT} [[job instant]]")
    client.cancel(task)
    with pytest.raises(runwayml.NotFoundError):
        client.again(task)


def test_black_forest_labs_works_as_its_document_says(plain):
    key = {"x-key": "test-balance=250.5"}
    assert plain.get("/black_forest_labs/v1/credits", headers=key).json() == {"credits": 250.5}
    body = {"prompt": f"{PROMPT} [[job instant]]", "width": 1024, "height": 768}
    created = plain.post("/black_forest_labs/v1/flux-2-pro", headers=key, json=body).json()
    found = plain.get(created["polling_url"], headers=key).json()
    assert found["status"] == "Ready" and plain.get(found["result"]["sample"]).status_code == 200
    refused = plain.get("/black_forest_labs/v1/credits", headers={"x-key": "bad"})
    assert (refused.status_code, refused.json()["detail"]) == (403, "Not authenticated - Invalid Authentication")


def test_minimax_hides_errors_behind_success_in_version_1_only(plain):
    good, bad = {"Authorization": "Bearer test"}, {"Authorization": "Bearer invalid"}
    body = {"model": "MiniMax-Hailuo-02", "prompt": f"{PROMPT} [[job instant]]"}
    refused = plain.post("/minimax/v1/video_generation", headers=bad, json=body)
    assert (refused.status_code, refused.json()["base_resp"]["status_code"]) == (200, 2049)
    assert plain.get("/minimax/v1/models", headers=bad).status_code == 401
    new = {"model": "MiniMax-H3", "content": [{"type": "text", "text": PROMPT}]}
    assert plain.post("/minimax/v2/video_generation", headers=bad, json=new).status_code == 401
    task = plain.post("/minimax/v1/video_generation", headers=good, json=body).json()["task_id"]
    found = plain.get("/minimax/v1/query/video_generation", headers=good, params={"task_id": task}).json()
    assert found["status"] == "Success"
    params = {"file_id": found["file_id"]}
    file = plain.get("/minimax/v1/files/retrieve", headers=good, params=params).json()["file"]
    assert plain.get(file["download_url"]).headers["content-type"] == "video/mp4"
