"""What a stack holds before its interface is tried out: something in every list."""

from __future__ import annotations

from urllib.parse import quote

import httpx

MEDIA_PROVIDERS = {
    "fal_ai": "flux-2-pro", "replicate": "black-forest-labs/flux-1.1-pro", "minimax": "image-01",
    "runway_ml": "gen4_turbo", "black_forest_labs": "flux-2-pro",
}
LANGUAGE_PROVIDERS = {
    "OpenAI": "gpt-4o", "Claude": "claude-haiku-4-5", "Gemini": "gemini-2.5-flash-lite", "Cohere": "command-r7b-12-2024",
}


def fill(client: httpx.Client) -> list[str]:
    """Puts data into every list of contracts 1 and 2; the IDs of the AI providers of contract 1."""
    admin = "/api/admin/third-party-apis/providers"
    for provider, model in MEDIA_PROVIDERS.items():
        expect(client.put(f"{admin}/{provider}/api-key", json={"apiKey": f"contract-{provider}"}))
        expect(client.post(f"{admin}/{provider}/health-check"))
        credits = {"type": "purchase", "amount": 1000, "description": "Bought for the contract"}
        expect(client.post(f"{admin}/{provider}/credits/add", json=credits))
        price = {"pricing": {"costPerGeneration": 0.05, "currency": "USD"}, "reason": "Known"}
        expect(client.put(f"{admin}/{provider}/models/{quote(model, safe='')}/pricing", json=price))
        calls = [
            {"id": f"contract-{number}", "model": model, "status": status, "userId": "user_456"}
            for number, status in enumerate(["completed", "failed", "pending", "processing"], 1)
        ]
        expect(client.post(f"{admin}/{provider}/requests", json={"requests": calls}))
        for severity in ("low", "medium", "high"):
            expect(client.post(f"{admin}/{provider}/alerts", json={"severity": severity, "message": "Somebody look"}))
    rule = {"model": "flux-2-pro", "providers": [{"provider": "fal_ai", "priority": 1, "weight": 70}]}
    expect(client.put(f"{admin}/routing", json={"rules": [rule]}))
    return [connect(client, provider, model) for provider, model in LANGUAGE_PROVIDERS.items()]


def credentials(client: httpx.Client) -> list[str]:
    """Stores credentials of OpenAI, more than are going to be deleted; their IDs."""
    path = "/api/providers/openai/credentials"
    return [
        expect(client.post(path, json={"credentials": {"apiKey": "sk-contract"}, "environment": f"dev-{number}"}))["data"]["id"]
        for number in range(60)
    ]


def machines(client: httpx.Client) -> None:
    """Configures a vCenter, which is the simulator's."""
    config = {"host": "vcenter.example.com", "username": "administrator@vsphere.local", "password": "contract-4711"}
    expect(client.post("/api/providers/add", json={"provider": "vsphere", "config": config}))


def health_runs(client: httpx.Client) -> list[str]:
    """Starts a check of many providers for each, and cancels the first; their IDs."""
    path, keys = "/api/providers/health-check", "/api/providers/cohere/credentials"
    # The provider never answers to this key: its check is still under way when it is cancelled.
    key = expect(client.post(keys, json={"credentials": {"apiKey": "sk-contract-fault=hang"}}))["data"]["id"]
    runs = [expect(client.post(path, json={"providers": [slug]}))["data"]["id"] for slug in ("cohere", "gemini", "claude")]
    expect(client.delete(f"{path}/{runs[0]}"))
    expect(client.delete(f"{keys}/{key}"))
    return runs


def connect(client: httpx.Client, provider: str, model: str) -> str:
    """Configures an AI provider of contract 1; its ID."""
    body = {"provider": provider, "credentials": {"apiKey": "sk-contract"}, "modelConfig": {"model": model}}
    return expect(client.post("/api/v1/ai/providers", json=body))["data"]["id"]


def expect(response: httpx.Response) -> dict:
    """The answer, which has to be a good one."""
    assert response.is_success, f"{response.request.method} {response.request.url}: {response.status_code} {response.text}"
    return response.json()
