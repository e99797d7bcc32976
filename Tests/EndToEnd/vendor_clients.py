"""The vendors' own clients behind one face, so that one test can be asked of all of them.

No client retries: an error must show itself the first time. Every client trusts the local authority only.
"""

import ssl
from dataclasses import dataclass

import anthropic
import cohere
import cohere.core.api_error
import httpx
import httpx2
import ollama
import openai
from google import genai
from google.genai import errors as gemini_errors
from google.genai import types as gemini_types

TIMEOUT = 20


@dataclass(frozen=True)
class Usage:
    """Tokens as this project counts them: the prompt includes what came from a cache."""

    prompt: int
    completion: int


class OpenAI:
    provider = "openai"
    has_embeddings = True
    authentication_error = openai.AuthenticationError
    rate_limit_error = openai.RateLimitError
    not_found_error = openai.NotFoundError

    def __init__(self, simulator, key="sk-test"):
        trust = ssl.create_default_context(cafile=simulator.ca)
        self.client = openai.OpenAI(
            base_url=f"{simulator.url}/openai/v1",
            api_key=key,
            max_retries=0,
            timeout=TIMEOUT,
            http_client=httpx2.Client(verify=trust),
        )

    def models(self):
        return [model.id for model in self.client.models.list()]

    def chat(self, text, model="gpt-4o"):
        reply = self.client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}])
        return reply.choices[0].message.content, Usage(reply.usage.prompt_tokens, reply.usage.completion_tokens)

    def stream(self, text):
        pieces, usage = [], None
        for chunk in self.client.chat.completions.create(
            model="gpt-4o",
            messages=[{"role": "user", "content": text}],
            stream=True,
            stream_options={"include_usage": True},
        ):
            pieces += [choice.delta.content for choice in chunk.choices if choice.delta.content]
            if chunk.usage:
                usage = Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
        return pieces, usage

    def embeddings(self, texts):
        reply = self.client.embeddings.create(model="text-embedding-3-small", input=texts)
        return [item.embedding for item in reply.data]

    def waiting_time(self, error):
        return error.response.headers["retry-after"]


class Claude:
    provider = "claude"
    has_embeddings = False
    authentication_error = anthropic.AuthenticationError
    rate_limit_error = anthropic.RateLimitError
    not_found_error = anthropic.NotFoundError

    def __init__(self, simulator, key="sk-ant-test"):
        trust = ssl.create_default_context(cafile=simulator.ca)
        self.client = anthropic.Anthropic(
            base_url=f"{simulator.url}/claude",
            api_key=key,
            max_retries=0,
            timeout=TIMEOUT,
            http_client=httpx2.Client(verify=trust),
        )

    def models(self):
        # Small pages, so that the client has to follow them.
        return [model.id for model in self.client.models.list(limit=3)]

    def chat(self, text, model="claude-opus-5-5"):
        reply = self.client.messages.create(
            model=model, max_tokens=200, messages=[{"role": "user", "content": text}]
        )
        return "".join(block.text for block in reply.content if block.type == "text"), self._usage(reply.usage)

    def stream(self, text):
        pieces = []
        with self.client.messages.stream(
            model="claude-opus-5-5", max_tokens=200, messages=[{"role": "user", "content": text}]
        ) as stream:
            pieces += stream.text_stream
            usage = stream.get_final_message().usage
        return pieces, self._usage(usage)

    @staticmethod
    def _usage(usage):
        prompt = usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens
        return Usage(prompt, usage.output_tokens)

    def waiting_time(self, error):
        return error.response.headers["retry-after"]


class Gemini:
    provider = "gemini"
    has_embeddings = True
    # This client has one class for every 4xx; the code and the reason tell them apart.
    authentication_error = gemini_errors.ClientError
    rate_limit_error = gemini_errors.ClientError
    not_found_error = gemini_errors.ClientError

    def __init__(self, simulator, key="AIza-test", version=None):
        trust = ssl.create_default_context(cafile=simulator.ca)
        self.client = genai.Client(
            api_key=key,
            vertexai=False,
            http_options=gemini_types.HttpOptions(
                base_url=f"{simulator.url}/gemini",
                api_version=version,
                timeout=TIMEOUT * 1000,
                client_args={"verify": trust},
                retry_options=gemini_types.HttpRetryOptions(attempts=1),
            ),
        )

    def models(self):
        return [model.name.removeprefix("models/") for model in self.client.models.list(config={"page_size": 3})]

    def chat(self, text, model="gemini-2.5-flash"):
        reply = self.client.models.generate_content(model=model, contents=text)
        return reply.text, self._usage(reply.usage_metadata)

    def stream(self, text):
        pieces, usage = [], None
        for chunk in self.client.models.generate_content_stream(model="gemini-2.5-flash", contents=text):
            pieces.append(chunk.text)
            usage = self._usage(chunk.usage_metadata)
        return pieces, usage

    def embeddings(self, texts):
        reply = self.client.models.embed_content(model="gemini-embedding-001", contents=texts)
        return [item.values for item in reply.embeddings]

    @staticmethod
    def _usage(usage):
        return Usage(usage.prompt_token_count, usage.candidates_token_count + (usage.thoughts_token_count or 0))

    def waiting_time(self, error):
        delays = [item["retryDelay"] for item in error.details["error"]["details"] if "retryDelay" in item]
        return delays[0].removesuffix("s")


class Cohere:
    provider = "cohere"
    has_embeddings = True
    authentication_error = cohere.UnauthorizedError
    rate_limit_error = cohere.TooManyRequestsError
    not_found_error = cohere.NotFoundError
    once = {"max_retries": 0}

    def __init__(self, simulator, key="co-test"):
        trust = ssl.create_default_context(cafile=simulator.ca)
        self.client = cohere.ClientV2(
            api_key=key, base_url=f"{simulator.url}/cohere", httpx_client=httpx.Client(verify=trust, timeout=TIMEOUT)
        )

    def models(self):
        names, token = [], None
        while True:
            page = self.client.models.list(page_size=3, page_token=token, request_options=self.once)
            names += [model.name for model in page.models]
            token = page.next_page_token
            if not token:
                return names

    def chat(self, text, model="command-r-08-2024"):
        reply = self.client.chat(
            model=model, messages=[{"role": "user", "content": text}], request_options=self.once
        )
        return "".join(part.text for part in reply.message.content), self._usage(reply.usage)

    def stream(self, text):
        pieces, usage = [], None
        for event in self.client.chat_stream(
            model="command-r-08-2024", messages=[{"role": "user", "content": text}], request_options=self.once
        ):
            if event.type == "content-delta":
                pieces.append(event.delta.message.content.text)
            if event.type == "message-end":
                usage = self._usage(event.delta.usage)
        return pieces, usage

    def embeddings(self, texts):
        reply = self.client.embed(
            model="embed-v4.0",
            input_type="search_document",
            texts=texts,
            embedding_types=["float"],
            request_options=self.once,
        )
        return reply.embeddings.float_

    @staticmethod
    def _usage(usage):
        return Usage(int(usage.billed_units.input_tokens), int(usage.billed_units.output_tokens))

    def waiting_time(self, error):
        # The vendor documents none; the limit is in the message.
        assert "retry-after" not in error.headers
        return None


class Ollama:
    provider = "ollama"
    has_embeddings = True
    authentication_error = ollama.ResponseError
    rate_limit_error = ollama.ResponseError
    not_found_error = ollama.ResponseError

    def __init__(self, simulator, key=None):
        trust = ssl.create_default_context(cafile=simulator.ca)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.client = ollama.Client(
            host=f"{simulator.url}/ollama", verify=trust, timeout=TIMEOUT, headers=headers
        )

    def models(self):
        return [model.model for model in self.client.list().models]

    def chat(self, text, model="llama3.2"):
        reply = self.client.chat(model=model, messages=[{"role": "user", "content": text}])
        return reply.message.content, Usage(reply.prompt_eval_count, reply.eval_count)

    def stream(self, text):
        pieces, usage = [], None
        for part in self.client.chat(model="llama3.2", messages=[{"role": "user", "content": text}], stream=True):
            if part.message.content:
                pieces.append(part.message.content)
            if part.done:
                usage = Usage(part.prompt_eval_count, part.eval_count)
        return pieces, usage

    def embeddings(self, texts):
        return self.client.embed(model="nomic-embed-text", input=texts).embeddings

    def waiting_time(self, error):
        # Nothing documented, and the client keeps no headers.
        return None


ALL = [OpenAI, Claude, Gemini, Cohere, Ollama]
