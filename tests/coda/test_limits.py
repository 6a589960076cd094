"""Rate limits: requests wait for their turn, and no 429 reaches the caller."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from codomyrmex.cloud.coda import CodaAuthenticationError, CodaClient, Rate, RateLimits
from codomyrmex.cloud.testing.services.coda import TOKEN, VENDOR_RATES, faster

FASTER = 50
LIMITS = RateLimits(**{kind: Rate(n, seconds / FASTER) for kind, (n, seconds) in VENDOR_RATES.items()})


@pytest.fixture
def limited(connect, coda):
    """A client that keeps the vendor's limits, 50 times faster, of a service that enforces them so."""
    coda.rates = faster(VENDOR_RATES, FASTER)
    return connect(limits=LIMITS)


def test_the_default_limits_are_the_vendors():
    assert {kind: tuple(rate) for kind, rate in RateLimits()._asdict().items()} == VENDOR_RATES


def test_ten_thousand_rows_are_read_and_five_thousand_upserted_without_a_429(limited, coda):
    table = coda.docs["doc"].tables["grid-1"]
    table.rows.clear()
    table.add_rows({"Name": f"thing {n}", "Count": n} for n in range(10_000))
    coda.largest_page = 100
    assert [row["Count"] for row in limited.iter_rows("doc", "grid-1", use_column_names=True)] == list(range(10_000))
    rows = [{"Name": f"thing {n}", "Count": -n} for n in range(5_000)]
    limited.insert_rows("doc", "grid-1", rows, ["Name"])
    assert len(table.rows) == 10_000
    assert [row["Count"] for row in coda.rows()[:5_001]] == [*range(0, -5_000, -1), 5_000]
    assert coda.refused == 0


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        ("list_docs", lambda c: c.list_docs()),
        ("writes", lambda c: c.update_doc("doc", title="x")),
        ("content_writes", lambda c: c.update_row("doc", "grid-1", "i-00", {"Name": "x"})),
    ],
)
def test_each_class_of_requests_takes_the_time_of_its_limit_and_no_more(limited, coda, kind, call):
    allowed, seconds = coda.rates[kind]
    started = time.monotonic()
    for _ in range(3 * allowed + 1):
        call(limited)
    taken = time.monotonic() - started
    assert coda.refused == 0
    assert 3 * seconds <= taken < 3 * seconds + 5  # how near it comes is what bench/coda.py measures


def test_classes_do_not_wait_for_each_other(connect):
    client = connect(limits=RateLimits(content_writes=Rate(1, 60.0)))
    started = time.monotonic()
    client.delete_rows("doc", "grid-1", ["x"])  # the window is full now
    for _ in range(5):
        client.get_doc("doc")
    assert time.monotonic() - started < 30


def test_threads_and_clients_of_one_token_share_the_limits(connect, coda):
    coda.rates = {**VENDOR_RATES, "content_writes": (3, 0.5)}  # windows longer than a request may be on its way
    clients = [connect(limits=RateLimits(content_writes=Rate(3, 0.5))) for _ in range(3)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda n: clients[n % 3].update_row("doc", "grid-1", "i-00", {"Count": n}), range(24)))
    assert coda.refused == 0
    assert len(coda.received("updateRow")) == 24


def test_another_token_has_limits_of_its_own(coda):
    limits = RateLimits(reads=Rate(1, 60))
    with CodaClient(TOKEN, coda.url, limits=limits) as one, CodaClient("another", coda.url, limits=limits) as other:
        one.whoami()
        done = threading.Event()

        def ask():
            with pytest.raises(CodaAuthenticationError):
                other.whoami()
            done.set()

        threading.Thread(target=ask, daemon=True).start()
        assert done.wait(30)


def test_a_429_from_others_with_the_same_token_is_waited_for(connect, coda):
    coda.rates = {**faster(VENDOR_RATES, FASTER), "content_writes": (1, 1)}  # less than the client knows of
    client = connect(limits=LIMITS)
    for n in range(4):
        client.update_row("doc", "grid-1", "i-00", {"Count": n})
    assert coda.refused > 0
    assert coda.rows()[0]["Count"] == 3


def test_a_client_without_limits_waits_only_when_it_is_refused(connect, coda):
    coda.rates, coda.retry_after = {**VENDOR_RATES, "reads": (5, 1.5)}, "0"
    client = connect(limits=None)
    for _ in range(8):
        client.get_doc("doc")
    assert coda.refused > 0


@pytest.mark.parametrize("rate", [Rate(0, 1), Rate(1, 0), Rate(-1, 1)])
def test_limits_that_let_nothing_through_are_refused(rate):
    with pytest.raises(ValueError, match="a rate is"):
        CodaClient(TOKEN, limits=RateLimits(reads=rate))


def test_limits_are_rates():
    with pytest.raises(TypeError, match="Rate"):
        CodaClient(TOKEN, limits=RateLimits(reads=(100, 6)))
