"""Many threads, many clients, and programs that are killed, while exchanges break: nothing is done twice."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle

import pytest
from codomyrmex.cloud.testing.services.coda import TOKEN, CodaServer
from support import relay as faults
from support.matrix import told

from .relayed import connect, violations, wrong_unknown

# Many at once


@pytest.mark.parametrize("lag", [0.0, 60.0], ids=["up to date", "reads lag"])
@pytest.mark.parametrize("clients", [1, 8])
def test_eight_threads_do_nothing_twice(matrix, clients, lag):
    """Through one client or each through its own, while every third exchange breaks in another way."""
    some = cycle([name for name in faults.CUTS if "at accept" not in name] + list(faults.REFUSALS))
    with matrix.place() as (coda, relay):
        coda.reads_lag = lag
        for n in range(8):
            coda.docs["doc"].tables["grid-1"].add_row({"Name": f"old {n}"}, row_id=f"i-9{n}")
        several = [connect(relay) for _ in range(clients)]
        for number in range(40):
            harmless = faults.Fault()
            relay.arm(harmless if number % 3 else faults.ALL[next(some)], "(POST|DELETE) ")

        def work(number):
            client = several[number % clients]
            outcomes = {}
            for again in range(3):
                name = f"new {number} {again}"
                outcomes[name] = told(lambda name=name: client.insert_rows("doc", "grid-1", [{"Name": name}]))
            outcomes[f"i-9{number}"] = told(lambda: client.delete_row("doc", "grid-1", f"i-9{number}"))
            return outcomes

        with ThreadPoolExecutor(8) as pool:
            outcomes = {name: out for part in pool.map(work, range(8)) for name, out in part.items()}
        for client in several:
            client.close()
        names = [row.get("Name") for row in coda.rows()]
        for name, (result, error, stranger) in outcomes.items():
            deleted = name.startswith("i-")
            done = coda.changed("deleteRow").count(name) if deleted else names.count(name)
            assert not stranger, (name, stranger)
            assert done == 1 if error is None else done <= 1, (name, done, result, error)
            if error is not None and not deleted and error.maybe_executed:
                assert not list(wrong_unknown(error)), (name, error)
        assert violations(coda) == []


PROGRAM = """
import os
from codomyrmex.cloud.coda import CodaClient
with CodaClient(os.environ["TOKEN"], os.environ["URL"], timeout=30, limits=None) as c:
    {call}
"""
KILLED = {
    "insert_rows of a key": ("upsertRows", 'c.insert_rows("doc", "grid-1", [{"Name": "x"}], ["Name"])'),
    "update_row": ("updateRow", 'c.update_row("doc", "grid-1", "i-00", {"Name": "z"})'),
    "delete_row": ("deleteRow", 'c.delete_row("doc", "grid-1", "i-00")'),
    "delete_rows": ("deleteRows", 'c.delete_rows("doc", "grid-1", ["i-00"])'),
    "update_doc": ("updateDoc", 'c.update_doc("doc", title="x")'),
}


def test_a_program_that_was_killed_and_runs_again_does_nothing_twice(matrix):
    """Of what may be repeated. Of the others nobody knows, as a dead program raises no error."""

    def case(operation, call, coda, relay):
        relay.arm(faults.ALL["stall before the answer"], "(POST|PUT|PATCH|DELETE) ")
        environment = os.environ | {"TOKEN": TOKEN, "URL": relay.url + CodaServer.root}
        command = [sys.executable, "-c", PROGRAM.replace("{call}", call)]
        with subprocess.Popen(command, env=environment) as process:
            while not coda.effects and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        again = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        if len(coda.changed(operation)) != 1:
            yield f"done {len(coda.changed(operation))} times: {again.stderr[-300:]}"
        if again.returncode and "CodaNotFoundError" not in again.stderr:
            yield again.stderr[-300:]

    matrix.check({name: partial(case, *what) for name, what in KILLED.items()})
