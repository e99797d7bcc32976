"""The official clients of the media providers behind one face, so that one test can be asked of all of them.

No client retries: an error must show itself the first time. Every client trusts the local authority only.
"""

import ssl

import fal_client
import fal_client.client
import httpx
import replicate
import replicate.client
import replicate.exceptions
import runwayml

TIMEOUT = 20


class Fal:
    """fal-client. It always speaks TLS and knows its hosts from its environment when it is imported."""

    provider = "fal_ai"
    model = "fal-ai/flux/schnell"
    error = fal_client.client.FalClientHTTPError
    queued, running, done, failed = "Queued", "InProgress", "Completed", "Completed"
    no_money_status = 403

    def __init__(self, simulator, key="id:secret", patch=None):
        patch.setenv("SSL_CERT_FILE", simulator.ca)
        patch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{simulator.url}/fal_ai/")
        patch.setattr(fal_client.client, "MAX_ATTEMPTS", 1)
        self.client = fal_client.SyncClient(key=key, default_timeout=TIMEOUT)

    def submit(self, prompt, model=None):
        return self.client.submit(model or self.model, {"prompt": prompt})

    def again(self, job):
        """The job as a client sees it that knows its ID only."""
        return self.client.get_handle(self.model, job.request_id)

    def status(self, job):
        return type(job.status(with_logs=True)).__name__

    def output(self, job):
        return job.get()["images"][0]["url"]

    def failure(self, job):
        return job.status().error_type

    def cancel(self, job):
        job.cancel()

    def was_cancelled(self, job):
        return job.status().error_type == "client_cancelled"

    def status_of(self, error):
        return error.status_code


class Replicate:
    """replicate. Its errors carry the status; retries are in its transport, which is replaced."""

    provider = "replicate"
    model = "black-forest-labs/flux-1.1-pro"
    error = replicate.exceptions.ReplicateError
    queued, running, done, failed = "starting", "processing", "succeeded", "failed"
    no_money_status = 402

    def __init__(self, simulator, key="r8_test", patch=None):
        patch.setattr(replicate.client.RetryTransport, "RETRYABLE_STATUS_CODES", frozenset([599]))
        trust = ssl.create_default_context(cafile=simulator.ca)
        self.client = replicate.Client(
            api_token=key,
            base_url=f"{simulator.url}/replicate",
            transport=httpx.HTTPTransport(verify=trust),
            timeout=TIMEOUT,
        )
        self.client.poll_interval = 0.2

    def submit(self, prompt, model=None):
        return self.client.models.predictions.create(model or self.model, input={"prompt": prompt})

    def again(self, job):
        return self.client.predictions.get(job.id)

    def status(self, job):
        job.reload()
        return job.status

    def output(self, job):
        return job.output

    def failure(self, job):
        return job.error

    def cancel(self, job):
        job.cancel()

    def was_cancelled(self, job):
        return self.status(job) == "canceled"

    def status_of(self, error):
        return error.status


class Runway:
    """runwayml. Its tasks are new objects each time."""

    provider = "runway_ml"
    model = "gen4.5"
    error = runwayml.APIStatusError
    queued, running, done, failed = "PENDING", "RUNNING", "SUCCEEDED", "FAILED"
    no_money_status = 400

    def __init__(self, simulator, key="key_test", patch=None):
        trust = ssl.create_default_context(cafile=simulator.ca)
        self.client = runwayml.RunwayML(
            api_key=key,
            base_url=f"{simulator.url}/runway_ml",
            max_retries=0,
            timeout=TIMEOUT,
            http_client=httpx.Client(verify=trust),
        )

    def submit(self, prompt, model=None):
        return self.client.text_to_video.create(
            model=model or self.model, prompt_text=prompt, ratio="1280:720", duration=5
        )

    def again(self, job):
        return self.client.tasks.retrieve(job.id)

    def status(self, job):
        return self.again(job).status

    def output(self, job):
        return self.again(job).output[0]

    def failure(self, job):
        return self.again(job).failure_code

    def cancel(self, job):
        self.client.tasks.delete(job.id)

    def was_cancelled(self, job):
        return self.status(job) == "CANCELLED"

    def status_of(self, error):
        return error.status_code


ALL = [Fal, Replicate, Runway]
