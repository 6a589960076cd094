"""Threads, clients and killed programs that send a campaign while exchanges break: it goes out once."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from codomyrmex.cloud.infomaniak.errors import InfomaniakConflictError
from codomyrmex.cloud.testing.services.newsletter import NewsletterServer, error
from support import relay as faults
from support.matrix import told

from .account import DOMAIN, TOKEN
from .relayed import DISPATCHES, WHEN, WRITES, connect, wrong_unknown


def obstinate(method: str, name: str, lags: bool, several: int, service: NewsletterServer, relay):
    """A case: a campaign is sent although it went wrong, by one client, by another, by eight of them at once."""
    call, campaign = WRITES[method].call, service.ids.campaign
    service.state_lags = lags
    if fault := faults.ALL.get(name):
        relay.arm(fault, "PUT ")
    clients = [connect(relay) for _ in range(several)]
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda n: told(lambda: call(clients[n % several], service.ids)), range(8)))
    outcomes += [told(lambda: call(clients[0], service.ids)) for _ in range(2)]
    with connect(relay) as restarted:
        outcomes.append(told(lambda: call(restarted, service.ids)))
    for client in clients:
        client.close()
    sends = [key for key, _ in service.sends].count(campaign)
    successes = [result for result, raised, stranger in outcomes if not raised and not stranger]
    yield from (stranger for _, _, stranger in outcomes if stranger)
    if sends > 1 or len(successes) > 1 or (successes and not sends):
        yield f"sent {sends} times, and {len(successes)} times told so: {outcomes}"
    if fault is None and not sends:
        yield f"not sent: {outcomes}"
    for _, raised, _ in outcomes:
        if raised and not raised.retryable and not isinstance(raised, InfomaniakConflictError):
            yield from wrong_unknown(raised)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("nothing", "429", *faults.FEW[:3]), id="few"),
        pytest.param(list(faults.ALL), id="all", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("several", [1, 8])
def test_eight_threads_send_a_campaign_once(matrix, names, several):
    matrix.check(
        {
            f"{method}, {name}, {'lags' if lags else 'up to date'}": partial(obstinate, method, name, lags, several)
            for method in DISPATCHES
            for name in names
            for lags in (False, True)
        }
    )


def test_a_refusal_that_is_cut_is_no_success(matrix):
    """The service refuses with status 200 too; without its headers' end that looks like a success without a body."""

    def case(write, name, service, relay):
        service.fail(write.operation, error(400, "not now")._replace(status=200))
        relay.arm(faults.ALL[name], write.request)
        with connect(relay) as client:
            result, raised, stranger = told(lambda: write.call(client, service.ids))
        if stranger or (not raised and not write.effects(service)):
            yield stranger or f"told a success: {result!r}"

    names = [name for name in faults.CUTS if name.startswith("end") and ("header" in name or "line" in name)]
    matrix.check(
        {f"{method}, {name}": partial(case, write, name) for method, write in WRITES.items() for name in names[::4]}
    )


PROGRAM = """
import os
from codomyrmex.cloud.infomaniak.newsletter import InfomaniakNewsletterClient
c = InfomaniakNewsletterClient(
    os.environ["TOKEN"], os.environ["DOMAIN"], base_url=os.environ["URL"], timeout=30, requests_per_minute=None,
    strict=True,
)
{call}
"""


def test_a_program_that_was_killed_and_runs_again_sends_nothing_twice(matrix):
    def case(call, fault, lags, service, relay):
        service.state_lags = lags
        relay.arm(faults.ALL[fault], "PUT ")
        environment = os.environ | {"TOKEN": TOKEN, "DOMAIN": str(DOMAIN), "URL": relay.url}
        command = [sys.executable, "-c", PROGRAM.replace("{call}", call.format(service.ids.campaign, WHEN))]
        with subprocess.Popen(command, env=environment) as process:
            while not relay.broken and process.poll() is None:
                time.sleep(0.01)
            while faults.ALL[fault].executed and not service.sends and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        for _ in range(2):
            again = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
            known = "OutcomeUnknownError" in again.stderr or "ConflictError" in again.stderr
            if again.returncode == 0 or not known:
                yield f"it was not told that this may be sent already: {again.stderr[-300:]}"
        if len(service.sends) != faults.ALL[fault].executed:
            yield f"sent {len(service.sends)} times"

    calls = {"send": "c.send_campaign({})", "schedule": "c.schedule_campaign({}, {})"}
    matrix.check(
        {
            f"{name}, {fault}, {'lags' if lags else 'up to date'}": partial(case, call, fault, lags)
            for name, call in calls.items()
            for fault in ("stall before the answer", "stall before the request")
            for lags in (False, True)
        }
    )
