"""Periods at the ends of the calendar: a day after 9999-12-31 has five digits, an hour before 1970 is 1969."""

from __future__ import annotations

import pytest

BASE = "/api/admin/third-party-apis"
LISTS = ("/providers/fal_ai/transactions", "/providers/fal_ai/requests", "/audit")
USAGE = ("/providers/fal_ai/usage", "/providers/fal_ai/usage/by-model", "/providers/usage/summary")
LAST = ("9999-12-31", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999-18:00")


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
@pytest.mark.parametrize("end", LAST)
@pytest.mark.parametrize("path", LISTS)
def test_a_period_may_be_open_to_the_last_day_of_the_calendar(client, path, end, zone):
    answer = client.get(BASE + path, params={"startDate": "1970-01-01", "endDate": end, "tz": zone})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
@pytest.mark.parametrize("end", LAST)
@pytest.mark.parametrize("path", USAGE)
def test_usage_of_the_last_year_of_the_calendar_is_nothing(client, path, end, zone):
    answer = client.get(BASE + path, params={"startDate": "9999-01-01", "endDate": end, "tz": zone})
    assert answer.status_code == 200, answer.text
    period = answer.json()["data"]["period"]
    assert all(len(moment) == len("9999-12-31T23:59:59Z") for moment in period.values()), period


def test_a_period_may_begin_before_1970_in_utc(client):
    answer = client.get(BASE + "/audit", params={"startDate": "1970-01-01", "tz": "Pacific/Kiritimati"})
    assert answer.status_code == 200, answer.text


def test_a_price_may_be_asked_for_in_any_year(client):
    models = client.get(BASE + "/providers/fal_ai/models").json()["data"]["models"]
    path = f"{BASE}/providers/fal_ai/models/{models[0]['modelId']}/pricing/explain"
    for moment in LAST:
        assert client.get(path, params={"at": moment}).status_code == 200
