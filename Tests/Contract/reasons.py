"""A check of our own for schemathesis: why a request that keeps to every schema is refused all the same.

A schema cannot say that an end is not before its start or that a model exists. Such requests are 400 with a sentence about
the field. This check lets those sentences pass that stand here, each for what no schema can say, and no others: a request
that is refused for another reason is one that the document promises to take.
"""

from __future__ import annotations

import re

import schemathesis

# Field, and what is said about it. Numbers in square brackets are places in lists.
REASONS = [re.compile(pattern) for pattern in (
    # Dates: days that no month has, ends before starts, spans.
    r"(startDate|endDate) must be a date such as .*", r"endDate must not be before startDate",
    r"startDate must not be (after today|more than ten years before endDate)", r"at must be a time such as .*",
    r"tz must be a time zone of the IANA database.*",
    # Pages.
    r"cursor is not a cursor of this list", r"offset cannot be used together with cursor",
)]


def sentences(answer: dict) -> list[str]:
    """What each contract's error form says about fields, as sentences."""
    if "error" in answer and isinstance(answer["error"], dict):
        return [f"{field} {reason}" for field, reason in answer["error"].get("details", {}).items()]
    if "meta" in answer:
        return [f"{field} {reason}" for field, reason in answer["meta"].get("errors", {}).items()]
    text = answer.get("message") or answer.get("error") or ""
    return text.split("; ")


@schemathesis.check
def refused_for_what_no_schema_says(ctx, response, case) -> None:
    if response.status_code != 400 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    found = sentences(response.json())
    assert found, f"refused without a reason: {response.text}"
    wrong = [one for one in found if not any(reason.fullmatch(re.sub(r"\[\d+\]", "[]", one)) for reason in REASONS)]
    assert not wrong, f"a schema should have said: {'; '.join(wrong)}"
