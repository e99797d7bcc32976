"""A check of our own for schemathesis: why a request that keeps to every schema is refused all the same.

A schema cannot say that an end is not before its start or that a model exists. Such requests are 400 with a sentence about
the field. This check lets the sentences pass that stand here, each for what no schema can say, and no others: a request that
is refused for another reason is one that the document promises to take.
"""

from __future__ import annotations

import re

import schemathesis

# A field, and what is said about it. The places in lists are left out, moments are <time>.
REASONS = [re.compile(pattern, re.DOTALL) for pattern in (
    # Days that no month has, ends before starts, spans, what is past and what is yet to come.
    r"(startDate|endDate|at|effectiveFrom|expiresAt|expires_at|(requests\[\]\.)?(createdAt|completedAt)) must be a (date|time) such as .*",
    r"endDate must not be before startDate", r"startDate must not be (after today|more than ten years before endDate)",
    r"(expiresAt|expires_at) must be in the future", r"effectiveFrom must not be (in the past|more than a year ahead)",
    r"(requests\[\]\.)?(createdAt|completedAt) must not be (before|after) <time>",
    # Names that lists of the world have: time zones, currencies.
    r"tz must be a time zone of the IANA database, .*", r"(.*\.)?currency must be a currency( code)? of ISO 4217, .*",
    # Names that the installation has: providers, models.
    r"(provider|providers\[\]) must be one of [a-z0-9_, ]+", r"rules\[\]\.providers\[\]\.provider (is not a known provider|does not have the model of the rule)",
    r"updates\[\]\.modelId is not a model of this provider", r"models\[\] (is not a model of this provider|was retired by the provider)",
    r"(activeModel|default_model) must be one of the models of this provider that are switched on",
    r"models must contain the active model, or activeModel must name another one",
    # Cursors are ours; a page begins at one or at an offset.
    r"cursor is not a cursor of this list", r"offset cannot be used together with cursor",
    # One field against another, one element against another, the body against the path.
    r"(requests\[\]\.)?provider must be \w+, the provider in the path",
    r"(.*\.)?creditsPerGeneration differs from the one inside pricing", r"(cachedTokens|cacheWriteTokens) must not be more than .*",
    r"environment cannot be used together with credential_id", r"credential_type (must be .*|can only be given together with credentials)",
    r"test can only be true together with credentials; .*", r"(.*\.)?(provider|model|modelId|minQuantity|resolution) stands twice",
    r"requests\[\]\.id stands also at requests\[\]\.id", r"rules\[\]\.providers must have an enabled provider with a weight above 0",
    r"amount must (not be 0|be positive: only an adjustment may be negative)", r"(requests\[\]\.)?(completedAt|responseTime|cost) cannot be given before the request has ended",
    r"(requests\[\]\.)?(metadata|request)\.n must be a number above 0", r"quantity must be a number above 0 and .*",
    # Numbers are exact, and JSON Schema counts in binary fractions; sizes in bytes.
    r".* must be a number of at most 15 digits before and 10 after the point", r".* must (not be larger than|be at most) \d+ bytes( of JSON)?",
    # What credentials a provider takes, and whether an address may be called.
    r"(credentials|config)\..* is (required|not known)", r"(credentials|config)\..* (must be|must have|may not|is not acceptable:) .*",
    r"config .*", r"metadata .*virtual machines.*",
    # What contract 1 answers with 400 where others have 409 and 502.
    r"The provider \w+ is inactive", r"\w+ could not be reached", r"\w+ refused the API key.*",
    # A NUL, which schemathesis makes in spite of its setting.
    r".* is not valid JSON: a NUL character is not allowed at byte \d+",
)]  # fmt: skip


def sentences(answer: dict) -> list[str]:
    """What each contract's error form says about fields."""
    if isinstance(answer.get("error"), dict):
        return [f"{field} {reason}" for field, reason in answer["error"].get("details", {}).items()]
    if "meta" in answer:
        return [f"{field} {reason}" for field, reason in answer["meta"].get("errors", {}).items()]
    # Contracts 1 and 5 join them; a name in them can be anything that was sent.
    return re.split(r"; (?=(?:\w+\.)*\w+(?:\[\d+\])? )", answer.get("message") or answer.get("error") or "")


def is_known(sentence: str) -> bool:
    plain = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "<time>", re.sub(r"\[\d+\]", "[]", sentence))
    # What stands after "such as" is a moment as well.
    return any(reason.fullmatch(plain) or reason.fullmatch(sentence) for reason in REASONS)


@schemathesis.check
def refused_for_what_no_schema_says(ctx, response, case) -> None:
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    headers = {name.lower(): value for name, value in (case.headers or {}).items()}
    if response.status_code == 422:
        assert "idempotency-key" in headers, "only the retry of another request is 422"
    if response.status_code != 400:
        return
    found = sentences(response.json())
    if any(one.startswith("If-Match must be ") for one in found):
        # In its coverage phase schemathesis counts values as right that are not of the pattern, such as 0.
        assert not re.fullmatch(r'\*|(W/)?"[!#-+.-~-]*"( *, *(W/)?"[!#-+.-~-]*")*', str(headers["if-match"])), headers["if-match"]
        return
    assert found and all(found), f"refused without a reason: {response.text}"
    wrong = [one for one in found if not is_known(one)]
    assert not wrong, f"a schema should have said: {'; '.join(wrong)}"
