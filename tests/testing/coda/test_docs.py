"""What the documents say of the Coda in this process is true."""

import re
import signal
import subprocess
import sys

import pytest
from codomyrmex.cloud.coda import CodaClient
from codomyrmex.cloud.testing.services import CodaServer
from support.documents import README, check_examples_pass, defaults, not_told, section

SECTION = section("## What servers have in common") + section("## Coda")


@pytest.mark.parametrize("document", [SECTION, README], ids=["page", "readme"])
def test_the_examples_pass(document, tmp_path):
    check_examples_pass(document, "coda_server", tmp_path)


def test_the_page_tells_all_that_a_test_may_use():
    internal = {
        "contract", "root", "released", "connections", "faults", "lock", "count_request", "handle", "respond",
        "refusal", "accept", "write", "apply_due", "apply_all", "read_docs", "ledger", "cursors", "sync_tokens",
        "exports", "pending", "mutations",
    }  # fmt: skip
    assert not_told(CodaServer(), internal, SECTION) == []


def test_the_page_tells_the_defaults_that_hold():
    server = CodaServer()
    assert len(defaults(SECTION)) == 9
    for name, default in defaults(SECTION):
        assert str(getattr(server, name)) == default, name


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_the_program_prints_what_leads_a_client_to_it(end):
    command = [sys.executable, "-m", "codomyrmex.cloud.testing.services.coda", "--rows", "30", "--faster", "0.1"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*command, "--delay", "60"], text=True, **pipes) as process:
        try:
            exports = [re.fullmatch(r"export (\w+)=(\S+)\n", process.stdout.readline()).groups() for _ in range(2)]
            options = dict(exports)
            with CodaClient(options["CODA_API_TOKEN"], options["CODA_BASE_URL"], limits=None, retry_budget=0) as client:
                assert len(list(client.iter_rows("doc", "Things"))) == 30
                request_id = client.update_row("doc", "Things", "thing 1", {"Count": 9}, wait=False)["requestId"]
                assert not client.get_mutation_status(request_id).completed
            process.send_signal(end)
            printed, _ = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, printed) == (0, "0 requests were beyond the limits\n")


@pytest.mark.parametrize("wrong", [["--faster", "0"], ["--rows", "x"], ["more"]])
def test_the_program_refuses_what_it_cannot_do(wrong):
    command = [sys.executable, "-m", "codomyrmex.cloud.testing.services.coda", *wrong]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "usage:" in done.stderr) == (2, True)
