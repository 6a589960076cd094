"""How a client is made, found, shared, sent elsewhere and closed."""

import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from codomyrmex.cloud import CloudCredentials, get_client, hooks, providers
from codomyrmex.cloud.coda import CodaAuthenticationError, CodaClient, CodaRateLimitError, Rate, RateLimits
from codomyrmex.cloud.errors import OperationRefused
from codomyrmex.cloud.testing.services._http import Response
from codomyrmex.cloud.testing.services.coda import TOKEN, error


def test_the_client_and_its_errors_are_exported_by_the_core():
    from codomyrmex.cloud import CodaClient as Exported
    from codomyrmex.cloud import CodaRateLimitError as Refused
    from codomyrmex.cloud import CodaTimeoutError

    assert Exported is CodaClient
    assert Refused is CodaRateLimitError
    assert issubclass(CodaTimeoutError, TimeoutError)


def test_it_is_found_by_the_registry(coda):
    [info] = [info for info in providers() if info.provider == "coda"]
    assert (info.service, info.distribution) == ("documents", "codomyrmex-cloud-coda")
    with get_client("coda", "documents", api_token=TOKEN, base_url=coda.url) as client:
        assert type(client) is CodaClient
        assert client.whoami().name == "Ada"


def test_the_constructor_takes_what_the_spec_says():
    with CodaClient("token", "https://example.org/api/", 7) as client:
        assert (client.base_url, client.timeout) == ("https://example.org/api", 7)
    with CodaClient(api_token="token") as client:
        assert (client.base_url, client.timeout, client.limits) == ("https://coda.io/apis/v1", 30, RateLimits())


def test_the_token_may_come_from_the_environment(coda, monkeypatch):
    monkeypatch.setenv("CODA_API_TOKEN", f"{TOKEN}\n")  # as `export CODA_API_TOKEN="$(cat file)"` may leave it
    with CodaClient(base_url=coda.url) as client, CodaClient.from_env(base_url=coda.url, timeout=3) as other:
        assert client.whoami() == other.whoami()
        assert other.timeout == 3


def test_the_url_may_come_from_the_environment(coda, monkeypatch):
    for name, value in coda.environment().items():
        monkeypatch.setenv(name, value)
    for make in (CodaClient, CodaClient.from_env, lambda: get_client("coda", "documents")):
        with make() as client:
            assert client.whoami().name == "Ada"
    assert CodaClient.credential_source() == f"CODA_API_TOKEN=***, CODA_BASE_URL={coda.url}"
    with CodaClient(base_url="https://example.org") as client:
        assert client.base_url == "https://example.org"
    monkeypatch.setenv("CODA_BASE_URL", "coda.io")
    with pytest.raises(ValueError, match="CODA_BASE_URL is http"):
        CodaClient()
    monkeypatch.setenv("CODA_BASE_URL", "https://ada:a-secret@coda.example")
    for show in (CodaClient, CodaClient.credential_source):
        with pytest.raises(ValueError, match="CODA_BASE_URL holds a user or password") as caught:
            show()
        assert "a-secret" not in str(caught.value)
    monkeypatch.setenv("CODA_BASE_URL", "")
    with CodaClient() as client:
        assert client.base_url == "https://coda.io/apis/v1"


@pytest.mark.parametrize("make", [CodaClient, CodaClient.from_env, lambda: get_client("coda", "documents")])
@pytest.mark.parametrize("value", [None, ""])
def test_without_a_token_it_is_said_where_to_put_it(make, value, monkeypatch):
    if value is not None:
        monkeypatch.setenv("CODA_API_TOKEN", value)
    with pytest.raises(CodaAuthenticationError, match="CODA_API_TOKEN"):
        make()


@pytest.mark.parametrize("token", ["", " ", "a b", "a\nb", "tökén", "a\x7f"])
def test_what_can_be_no_token_is_refused_without_being_told(token):
    with pytest.raises(ValueError, match="no token") as caught:
        CodaClient(token)
    assert len(token) < 2 or token not in str(caught.value)


@pytest.mark.parametrize("options", [{"base_url": "coda.io"}, {"base_url": "ftp://x"}, {"timeout": 0}, {"timeout": -1}])
def test_wrong_options_are_refused_at_once(options):
    with pytest.raises(ValueError, match=r"base_url|timeout"):
        CodaClient(TOKEN, **options)


def test_credentials_of_a_vault_are_used(coda, clean_slate):
    class Vault:
        @hooks.hookimpl
        def cloud_credentials(self, provider, service):
            return CloudCredentials("coda", secret_key=TOKEN) if (provider, service) == ("coda", "documents") else None

    hooks.register(Vault())
    with get_client("coda", "documents", base_url=coda.url) as client:
        assert client.whoami().name == "Ada"


def test_hooks_see_and_refuse_operations(client, coda, clean_slate):
    seen = []

    class Policy:
        @hooks.hookimpl
        def cloud_before_operation(self, operation):
            seen.append((operation.service, operation.name, operation.resource))
            if operation.name == "delete_doc":
                raise OperationRefused("documents are kept")

    hooks.register(Policy())
    with pytest.raises(OperationRefused):
        client.delete_doc("doc")
    assert coda.requests == []
    assert len(list(client.iter_rows("doc", "grid-1"))) == 3
    assert seen == [("documents", "delete_doc", "docs/doc"), ("documents", "iter_rows", "docs/doc/tables/grid-1")]


def test_a_client_goes_to_another_process_without_its_token(coda, monkeypatch):
    monkeypatch.setenv("CODA_API_TOKEN", TOKEN)
    limits = RateLimits(reads=Rate(50, 6.0))
    with CodaClient(TOKEN, coda.url, 7, limits=limits, retry_budget=3.0) as client:
        data = pickle.dumps(client)
    assert TOKEN.encode() not in data
    with pickle.loads(data) as copied:
        assert (copied.timeout, copied.limits, copied.retry_budget) == (7, limits, 3.0)
        assert copied.whoami().name == "Ada"


def test_one_client_serves_many_threads(client, coda):
    with ThreadPoolExecutor(20) as pool:
        rows = list(pool.map(lambda n: client.get_row("doc", "grid-1", f"i-{n % 3}0").index, range(100)))
    assert rows == [n % 3 for n in range(100)]


def test_connections_are_kept(client, coda):
    for _ in range(5):
        client.get_doc("doc")
    assert len(coda.connections) == 1


def test_a_closed_client_may_be_closed_again(client):
    client.close()
    client.close()


# The token


def test_the_token_is_in_no_text_no_log_and_no_pickle(connect, coda, caplog, monkeypatch):
    monkeypatch.setenv("CODA_API_TOKEN", TOKEN)
    texts = []
    with caplog.at_level(logging.DEBUG):  # urllib3's and ours
        client = connect(timeout=0.2, retry_budget=0.5)
        echo = f"<html>Authorization: Bearer {TOKEN}</html>".encode()
        coda.fail("getDoc", error(429, headers={"Retry-After": "0"}))
        client.get_doc("doc")
        for fault in (
            {"response": Response(502, echo)},
            {"response": Response(200, echo)},
            {"fault": "reset"},
            {"fault": "stalled"},
        ):
            coda.fail("createDoc", **fault)
            with pytest.raises(Exception) as caught:  # noqa: PT011 - any
                client.create_doc("x")
            error_, cause = caught.value, caught.value.__cause__
            texts += [repr(error_), str(error_), repr(vars(error_)), pickle.dumps(error_)]
            texts += [repr(cause), repr(cause and vars(cause)), pickle.dumps(cause)]
    texts += [repr(client), str(client), repr(vars(client)), pickle.dumps(client), CodaClient.credential_source()]
    texts += [repr(vars(client._calls.transport)), repr(client._calls.transport._session.headers), caplog.text]
    assert "Connection" in caplog.text or "HTTP/1.1" in caplog.text
    assert [t for t in texts if TOKEN in (t if isinstance(t, str) else t.decode("latin-1"))] == []


def test_a_netrc_does_not_take_the_place_of_the_token(coda, connect, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert connect().whoami().name == "Ada"


# The shell


@pytest.fixture
def start(coda):
    """Start ``cloud call coda.documents`` with these arguments."""

    def start(*arguments, token=TOKEN):
        command = [sys.executable, "-m", "codomyrmex.cloud.cli", "call", "coda.documents", f"--base-url={coda.url}"]
        environment = {k: v for k, v in os.environ.items() if k != "CODA_API_TOKEN"}
        environment |= {"CODA_API_TOKEN": token} if token else {}
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([*command, *arguments], env=environment, text=True, **streams)

    return start


@pytest.fixture
def cloud(start):
    """Run ``cloud call coda.documents`` with these arguments."""

    def run(*arguments, token=TOKEN):
        process = start(*arguments, token=token)
        out, err = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    return run


def test_it_is_called_from_the_shell(cloud, coda):
    table = ("--doc-id", "doc", "--table-id", "Things")
    inserted = cloud("insert_rows", *table, "--rows", '[{"Name": "new"}]', "--key-columns", "Name", "--wait", "--json")
    assert json.loads(inserted.stdout)["request_ids"] == ["mutate:1"]
    listed = cloud("iter_rows", *table, "--use-column-names", "--query", '"Name":"new"', "--json")
    assert [row["values"] for row in json.loads(listed.stdout)] == [{"Name": "new", "Count": "", "Tags": ""}]
    assert coda.received("listRows")[0].query["useColumnNames"] == "true"


def test_what_changed_is_told_in_the_shell_from_a_token_on(cloud, client):
    table = ("--doc-id", "doc", "--table-id", "Things", "--json")
    token = json.loads(cloud("list_rows", *table, "--limit", "1").stdout)["next_sync_token"]
    client.update_row("doc", "grid-1", "i-20", {"Name": "changed"})
    changed = cloud("iter_changes", *table, "--sync-token", token, "--use-column-names")
    assert [(row["id"], row["values"]["Name"]) for row in json.loads(changed.stdout)] == [("i-20", "changed")]


def test_a_failure_midway_tells_in_the_shell_how_many_rows_were_sent(cloud, tmp_path):
    rows = [{"Nope" if number == 600 else "Name": "x"} for number in range(900)]  # no such column
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    failed = cloud("insert_rows", "--doc-id", "doc", "--table-id", "Things", "--rows", f"@{tmp_path / 'rows.json'}")
    assert (failed.returncode, "insert_rows had sent 500 rows before this" in failed.stderr) == (1, True)


def test_an_interrupt_in_the_shell_tells_which_mutation_goes_on(start, coda):
    coda.fail("getMutationStatus", Response(200, {"completed": False}), times=1000)
    process = start("delete_row", "--doc-id", "doc", "--table-id", "grid-1", "--row-id", "i-00", "--wait")
    while not coda.received("getMutationStatus") and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1].startswith("cloud: interrupted; the service goes on with mutation mutate:1")


def test_its_failures_have_the_exit_codes_of_the_command(cloud):
    assert cloud("get_doc", "--doc-id", "none").returncode == 3
    assert cloud("whoami", token="another").returncode == 4
    without = cloud("whoami", token=None)
    assert (without.returncode, "CODA_API_TOKEN" in without.stderr) == (4, True)


# A crash

UPSERT = """
import sys
from codomyrmex.cloud.coda import CodaClient, RateLimits, Rate
limits = RateLimits(content_writes=Rate(1, 0.05))
with CodaClient.from_env(base_url=sys.argv[1], limits=limits) as client:
    rows = ({"Name": f"thing {n}", "Count": n} for n in range(5000))
    client.insert_rows("doc", "grid-1", rows, ["Name"])
    print("done")
"""


def test_a_client_killed_in_the_middle_of_an_insert_and_run_again_makes_no_duplicates(coda, tmp_path):
    coda.docs["doc"].tables["grid-1"].rows.clear()
    coda.delay = 0.1
    command = [sys.executable, "-c", UPSERT, coda.url]
    environment = {**os.environ, "CODA_API_TOKEN": TOKEN}
    for parts in (1, 4):
        with subprocess.Popen(command, env=environment) as process:
            while len(coda.received("upsertRows")) < parts:
                assert process.poll() is None
            process.kill()
        assert process.returncode != 0
        coda.requests.clear()
    before = len(coda.rows())
    assert 500 <= before < 5000
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "done\n"
    assert coda.rows() == [{"Name": f"thing {n}", "Count": n} for n in range(5000)]


# The specification

EXAMPLE = """
from codomyrmex.cloud import CodaClient, CodaRateLimitError
import time

client = CodaClient(api_token="your-token")

# Handle rate limiting
def safe_list_rows(doc_id, table_id, max_retries=3):
    for attempt in range(max_retries):
        try:
            return client.list_rows(doc_id, table_id)
        except CodaRateLimitError:
            if attempt < max_retries - 1:
                time.sleep(6)  # Wait for rate limit window
            else:
                raise
"""


@pytest.fixture
def example():
    """Section 7.2 of the specification, run as written."""
    names = {}
    exec(EXAMPLE, names)
    assert names["client"].base_url == "https://coda.io/apis/v1"
    names["client"].close()
    return names


def test_the_example_of_the_spec_needs_no_loop_any_more(example, connect, coda):
    example["client"] = connect()  # the same, of our server
    coda.fail("listRows", error(429, headers={"Retry-After": "0"}), times=3)
    assert [row.id for row in example["safe_list_rows"]("doc", "grid-1")] == ["i-00", "i-10", "i-20"]


@pytest.mark.slow
def test_the_loop_of_the_spec_works_as_written(example, connect, coda):
    example["client"] = connect(retry_budget=0)
    coda.fail("listRows", error(429), times=1)
    assert len(example["safe_list_rows"]("doc", "grid-1")) == 3
    coda.fail("listRows", error(429), times=2)
    with pytest.raises(CodaRateLimitError):
        example["safe_list_rows"]("doc", "grid-1", max_retries=2)
