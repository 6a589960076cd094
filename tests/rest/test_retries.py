"""How long to wait before a request is sent again."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from codomyrmex.cloud.rest import retries
from codomyrmex.cloud.rest.retries import MAX_BACKOFF, MAX_RETRY_AFTER, backoff, parse_retry_after, pause
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0), ("5", 5), (" 120 ", 120), ("0.5", 0.5), (None, None), ("", None), ("soon", None), ("-1", None),
     ("nan", None), ("inf", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)  # fmt: skip
def test_retry_after_in_seconds_or_as_a_date(value, seconds):
    assert parse_retry_after(value) == seconds


def test_retry_after_as_a_date_to_come():
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    assert 500 < parse_retry_after(date) <= 600


@given(attempt=st.integers(1, 10_000), first=st.floats(0.01, 100), longest=st.floats(0.01, 1000))
def test_a_pause_doubles_up_to_the_longest_and_is_at_least_half_of_that(attempt, first, longest):
    whole = min(first * 2.0 ** min(attempt - 1, 500), longest)
    assert whole / 2 <= backoff(attempt, first=first, longest=longest) <= whole


def test_clients_that_failed_together_come_back_at_different_times():
    assert len({backoff(3, first=0.1) for _ in range(20)}) > 1


def test_no_pause_is_longer_than_the_longest():
    assert backoff(1000, first=1) <= MAX_BACKOFF


@pytest.mark.parametrize(("asked", "waited"), [(0, 0), (0.5, 0.5), (7, 7), (3600, MAX_RETRY_AFTER)])
def test_what_a_service_asks_for_is_waited_up_to_a_limit(asked, waited):
    assert pause(1, asked, first=0.1) == waited


def test_where_the_service_does_not_ask_the_pause_grows():
    assert 0.2 <= pause(3, first=0.1) <= 0.4


def test_the_limit_is_one_for_all(monkeypatch):
    monkeypatch.setattr(retries, "MAX_RETRY_AFTER", 1.0)
    assert pause(1, 3600, first=0.1) == 1.0


@pytest.mark.parametrize("module", ["retries", "polling", "statuses", "redaction", "credentials", "endpoints"])
def test_it_needs_the_core_alone(module):
    code = (
        f"import sys, codomyrmex.cloud.rest.{module}\n"
        "assert not {'requests', 'urllib3', 'pyrate_limiter'} & set(sys.modules), sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
