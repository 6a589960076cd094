"""What the documents say of the Coda in this process is true."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from codomyrmex.cloud.coda import CodaClient
from codomyrmex.cloud.testing.services import CodaServer

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/testing.md").read_text("utf-8")
README = (ROOT / "plugins/testing/README.md").read_text("utf-8")
SECTION = PAGE.partition("### Coda\n")[2].partition("\n## ")[0].partition("\n### ")[0]


@pytest.mark.parametrize("document", [SECTION, README], ids=["page", "readme"])
def test_the_examples_pass(document, tmp_path):
    examples = [e for e in re.findall(r"```python.*?\n(.*?)```", document, re.DOTALL) if "coda_server" in e]
    assert examples
    for number, example in enumerate(examples):
        (tmp_path / f"test_{number}.py").write_text(example, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"{sum(e.count('def test_') for e in examples)} passed", done.stdout)


def test_the_page_tells_all_that_a_test_may_use():
    server = CodaServer()
    public = {name for name in {*vars(server), *dir(server)} if not name.startswith("_")}
    internal = {
        "contract", "root", "released", "connections", "faults", "lock", "count_request", "handle", "respond",
        "refusal", "accept", "write", "apply_due", "apply_all", "read_docs", "ledger", "cursors", "sync_tokens",
        "exports", "pending", "mutations",
    }  # fmt: skip
    assert [name for name in sorted(public - internal) if not re.search(rf"`{name}[`(]", SECTION)] == []


def test_the_page_tells_the_defaults_that_hold():
    server = CodaServer()
    settings = SECTION.partition("| Attribute | Default |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| `?([^|`]+?)`? \|", settings, re.MULTILINE)
    assert len(rows) == 9
    for name, default in rows:
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
