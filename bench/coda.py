"""How much of the throughput that Coda's rate limits allow is reached, beside codaio and a loop by hand.

python bench/coda.py [--rounds N] [--json FILE]

All talk to the server of our tests, which counts requests as Coda does, in windows that are so many
times shorter. A job of k windows' requests and one more cannot end before k windows are over: that
is what times are compared with. The others wait as the specification's example does: on a 429, for
the whole window.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median

import requests
from codomyrmex.cloud.coda import CodaClient, Rate, RateLimits
from codomyrmex.cloud.testing.services.coda import TOKEN
from report import Line, options, report

try:
    from codaio import Coda
    from codaio.err import CodaError
except ImportError:
    Coda, CodaError = None, requests.HTTPError

TABLE = ("doc", "grid-1")
READS, WRITES = Rate(100, 6.0), Rate(3, 10.0)
FASTER = 5
"""Shorter windows would measure the machine: five times is 83 reads a second, and two cores do some 300."""
PAGE, PART = 25, 500
"""Rows of a page and of an insert."""
ROWS_READ = 4 * READS.requests * PAGE + 1
ROWS_WRITTEN = 3 * WRITES.requests * PART + PART
Job = Callable[[str], int]
"""Does the work at a URL, and gives how many rows there were."""


@contextmanager
def server(rows: int) -> Iterator[tuple[str, Callable[[], int]]]:
    """The URL of a fresh server, and what ends it and tells how many requests it refused."""
    module = "codomyrmex.cloud.testing.services.coda"
    command = [sys.executable, "-m", module, f"--rows={rows}", f"--faster={FASTER}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        exports = dict(process.stdout.readline().split()[1].split("=", 1) for _ in range(2))

        def stop() -> int:
            process.terminate()
            return int(process.stdout.read().splitlines()[-1].split()[0])

        try:
            yield exports["CODA_BASE_URL"], stop
        finally:
            process.kill()


def things() -> list[dict[str, object]]:
    return [{"Name": f"thing {n}", "Count": -n} for n in range(ROWS_WRITTEN)]


def bodies() -> Iterator[dict[str, object]]:
    rows = [{"cells": [{"column": key, "value": value} for key, value in row.items()]} for row in things()]
    for start in range(0, len(rows), PART):
        yield {"rows": rows[start : start + PART], "keyColumns": ["Name"]}


def ours(url: str) -> CodaClient:
    limits = RateLimits(*(Rate(count, seconds / FASTER) for count, seconds in RateLimits()))
    return CodaClient(TOKEN, url, limits=limits)


def read_ours(url: str) -> int:
    with ours(url) as client:
        return sum(1 for _ in client.iter_rows(*TABLE, limit=PAGE))


def write_ours(url: str) -> int:
    with ours(url) as client:
        rows = things()
        client.insert_rows(*TABLE, rows, ["Name"], wait=False)  # as the others
        return len(rows)


def patiently(call: Callable[[], dict], window: float) -> dict:
    """As the specification's example: until it is not refused."""
    while True:
        try:
            return call()
        except (CodaError, requests.HTTPError) as error:
            if "429" not in str(error):
                raise
            time.sleep(window)


def read_codaio(url: str) -> int:
    coda, count, token = Coda(TOKEN, href=url), 0, None
    while True:
        # its list_rows sends useColumnNames=False, which is no boolean of the API
        call = partial(coda.get, "/docs/doc/tables/grid-1/rows", limit=PAGE, offset=token)
        page = patiently(call, READS.seconds / FASTER)
        count += len(page["items"])
        token = page.get("nextPageToken")
        if not token:
            return count


def write_codaio(url: str) -> int:
    coda, count = Coda(TOKEN, href=url), 0
    for body in bodies():
        patiently(partial(coda.upsert_row, *TABLE, body), WRITES.seconds / FASTER)
        count += len(body["rows"])
    return count


def by_hand(session: requests.Session, method: str, url: str, window: float, **options: object) -> dict:
    def call() -> dict:
        response = session.request(method, url, timeout=30, **options)
        response.raise_for_status()
        return response.json()

    return patiently(call, window)


def read_by_hand(url: str) -> int:
    count, query = 0, {"limit": PAGE}
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        while True:
            target = f"{url}/docs/doc/tables/grid-1/rows"
            page = by_hand(session, "GET", target, READS.seconds / FASTER, params=query)
            count += len(page["items"])
            if "nextPageToken" not in page:
                return count
            query = {"pageToken": page["nextPageToken"]}


def write_by_hand(url: str) -> int:
    count = 0
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        for body in bodies():
            by_hand(session, "POST", f"{url}/docs/doc/tables/grid-1/rows", WRITES.seconds / FASTER, json=body)
            count += len(body["rows"])
    return count


def compare(what: str, jobs: dict[str, Job], rows: int, allowed: float, rounds: int) -> list[Line]:
    """Each job in turn, each with a server of its own; ``allowed`` seconds is what Coda's limits make it take."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    refused: dict[str, list[int]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            with server(ROWS_READ) as (url, stop):
                started = time.perf_counter()
                assert job(url) == rows
                seconds[name].append(time.perf_counter() - started)
                refused[name].append(stop())
    lines = []
    for name in jobs:
        taken, least = median(seconds[name]), allowed / FASTER
        detail = f"{taken:.2f} s of {least:.2f} s, {median(refused[name]):g} refused"
        target = 5.0 if name == "ours" else None
        lines.append(Line(f"{what} over the limits, {name}", (taken / least - 1) * 100, "%", target, detail))
    return lines


def main() -> None:
    chosen = options(__doc__).parse_args()
    rounds = chosen.rounds or 3
    reads: dict[str, Job] = {"ours": read_ours, "by hand": read_by_hand}
    writes: dict[str, Job] = {"ours": write_ours, "by hand": write_by_hand}
    if Coda:
        reads["codaio"], writes["codaio"] = read_codaio, write_codaio
    read = compare(f"reading {ROWS_READ:,} rows", reads, ROWS_READ, 4 * READS.seconds, rounds)
    write = compare(f"upserting {ROWS_WRITTEN:,} rows", writes, ROWS_WRITTEN, 3 * WRITES.seconds, rounds)
    report(f"Coda, its windows {FASTER} times shorter", read + write, chosen.json)


if __name__ == "__main__":
    main()
