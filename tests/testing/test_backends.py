"""Servers start on free ports, tell what they do, and are gone afterwards, however it ends."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import botocore.exceptions
import pytest
from codomyrmex.cloud.testing import backends
from codomyrmex.cloud.testing.backends import BackendMissing, ServerError
from codomyrmex.cloud.testing.backends._server import Program, free_ports
from codomyrmex.cloud.testing.backends._venv import Venv
from support.distributions import build, write_project

from .tiny import Tiny

FOLDER = os.path.dirname(__file__)
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for in /proc")


def until(condition, seconds=15):
    """Wait until this is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_open(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


# Of any server


def test_a_server_runs_until_it_is_stopped_and_leaves_nothing(left_over):
    server = Tiny()
    server.stop()  # which never started
    with server as entered:
        assert entered is server
        assert server.is_running
        assert left_over()
        folder, port = server.folder, server.port
    assert not server.is_running
    assert left_over() == []
    assert not os.path.exists(folder)
    assert not is_open(port)
    assert server.log() == ""


def test_it_may_be_started_again_and_is_new():
    server = Tiny()
    with server, open(os.path.join(server.folder, "old"), "w"):
        pass
    with server:
        assert not os.path.exists(os.path.join(server.folder, "old"))
        with pytest.raises(ServerError, match="runs already"):
            server.start()
        assert server._answers()


def test_several_run_side_by_side():
    with Tiny() as one, Tiny() as other:
        assert one._answers()
        assert other._answers()
    assert len({one.port, other.port}) == 2


def test_a_port_that_is_taken_in_the_meantime_is_another_next_time():
    class Unlucky(Tiny):
        attempts = 0

        def _programs(self, ports):
            self.attempts += 1
            return super()._programs([taken.getsockname()[1]] if self.attempts == 1 else ports)

    with closing(socket.create_server(("127.0.0.1", 0))) as taken, Unlucky() as server:
        assert server.attempts == 2


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (
            "import sys; sys.exit('no configuration')",
            "no configuration\n--- tiny: supervisor\nother ended with exit status 1",
        ),
        ("import os; os.kill(os.getpid(), 9)", "other ended with exit status -9"),
    ],
)
def test_one_that_does_not_start_says_why(left_over, code, reason):
    class Failing(Tiny):
        def _answers(self):
            return False

    server = Failing()
    server.code = code
    with pytest.raises(ServerError) as caught:
        server.start()
    assert str(caught.value).startswith("tiny did not start\n--- tiny: ")
    assert reason in str(caught.value)
    assert left_over() == []
    assert not os.path.exists(server.folder)


def test_one_whose_program_is_not_there_says_so():
    class Lacking(Tiny):
        def _programs(self, ports):
            return [Program("lacking", ["/no/such/program"])]

        def _answers(self):
            return False

    with pytest.raises(ServerError, match="No such file or directory: '/no/such/program'"):
        Lacking().start()


def test_one_that_never_answers_is_given_up(left_over):
    class Silent(Tiny):
        start_seconds = 0.3

        def _answers(self):
            return False

    with pytest.raises(ServerError, match=r"tiny did not answer within 0\.3 s"):
        Silent().start()
    assert left_over() == []


def test_one_whose_program_ends_has_ended_and_says_why(left_over):
    server = Tiny()
    server.code = "import os, time\nwhile not os.path.exists('end'): time.sleep(0.02)\nprint('out of luck')"
    with server:
        assert server.is_running
        with open(os.path.join(server.folder, "end"), "w"):
            until(lambda: not server.is_running)
        assert "out of luck" in server.log()
        assert "other ended with exit status 0" in server.log()
        assert left_over() == []


@pytest.mark.slow
def test_programs_that_will_not_stop_are_killed_with_what_they_started(left_over):
    server = Tiny()
    server.code = (
        "import os, signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "subprocess.run([sys.executable, '-c', 'import time, signal; signal.pause()'])"
    )
    with server:
        until(lambda: len(left_over()) == 4)
    assert left_over() == []


def test_the_log_may_begin_where_it_ended_before():
    with Tiny() as server:
        server.get("/first")
        before = server.log_sizes()
        server.get("/second")
        until(lambda: "second" in server.log())
        assert "first" in server.log()
        log = server.log(since=before)
        assert "/second" in log
        assert "/first" not in log
        assert server.log(lines=1).count("\n") == 1


def test_programs_get_the_environment_and_what_is_added():
    server = Tiny()
    server.code = "import os, time; print(os.environ['HOME'], os.environ['ADDED'], os.getcwd()); time.sleep(99)"
    with server:
        until(lambda: f"{os.environ['HOME']} added {server.folder}" in server.log())


def test_free_ports_are_different_ones():
    assert len(set(free_ports(20))) == 20


KILLED = """
import os, sys
sys.path.insert(0, {folder!r})
from tiny import Tiny

server = Tiny().start()
print(server.folder, server.port, flush=True)
{end}
"""


@pytest.mark.parametrize(
    "end",
    [
        "os.kill(os.getpid(), 9)",
        "os.kill(os.getpid(), 15)",
        "os._exit(0)",
        "sys.exit()",
        "os.fork() or sys.exit(); os.wait(); assert server._answers()",
    ],
)
def test_a_server_ends_with_the_process_that_started_it_however_that_ends(left_over, end):
    code = KILLED.format(folder=FOLDER, end=end)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    folder, port = done.stdout.split()
    assert done.stderr == ""
    until(lambda: not left_over())
    assert not os.path.exists(folder)
    assert not is_open(int(port))


# Under pytest

CONFTEST = """
import pytest
from codomyrmex.cloud.testing.fixtures import running
from tiny import Tiny

@pytest.fixture(scope="session")
def tiny():
    with running(Tiny) as server:
        yield server

class Lacking(Tiny):
    @classmethod
    def missing(cls):
        return "tiny lacks everything; run: make tiny"

@pytest.fixture(scope="session")
def lacking():
    with running(Lacking) as server:
        yield server
"""


@pytest.fixture
def run_pytest(tmp_path, monkeypatch):
    """What a pytest of its own says about these tests."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.setenv("PYTHONPATH", FOLDER, prepend=os.pathsep)
    monkeypatch.delenv("CLOUD_REQUIRE_BACKENDS", raising=False)

    def start(source, *arguments):
        (tmp_path / "test_it.py").write_text(source)
        plugins = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
        command = [sys.executable, "-m", "pytest", "-q", "-rs", *plugins, *arguments, str(tmp_path)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path)

    return start


def test_a_missing_back_end_skips_its_tests_and_says_what_to_do(run_pytest):
    said = run_pytest("def test_a(lacking): pass\ndef test_b(lacking): pass\ndef test_c(): pass").communicate()[0]
    assert "1 passed, 2 skipped" in said
    assert said.count("tiny lacks everything; run: make tiny") == 2


def test_a_missing_back_end_fails_its_tests_where_it_is_required(run_pytest, monkeypatch):
    monkeypatch.setenv("CLOUD_REQUIRE_BACKENDS", "1")
    said = run_pytest("def test_a(lacking): pass\ndef test_c(): pass").communicate()[0]
    assert "1 passed, 1 error" in said
    assert "tiny lacks everything; run: make tiny" in said


def test_a_test_that_fails_shows_what_the_server_logged_during_it(run_pytest):
    said = run_pytest(
        "def test_before(tiny): tiny.get('/before')\n"
        "def test_good(tiny): tiny.get('/good')\n"
        "def test_bad(tiny): tiny.get('/bad'); assert 0\n"
    ).communicate()[0]
    assert "1 failed, 2 passed" in said
    assert "tiny since the test began" in said
    assert '"GET /bad HTTP/1.1" 404' in said
    assert "/good" not in said.partition("tiny since the test began")[2]


def test_a_pytest_that_is_killed_leaves_no_server(run_pytest, left_over):
    pytest_run = run_pytest(
        "import os, signal\ndef test_it(tiny): print(tiny.folder, tiny.port, flush=True); os.kill(os.getpid(), 9)", "-s"
    )
    folder, port = pytest_run.communicate()[0].split()
    assert pytest_run.returncode == -signal.SIGKILL
    until(lambda: not left_over())
    assert not os.path.exists(folder)
    assert not is_open(int(port))


def test_a_run_that_uses_no_back_end_imports_none(tmp_path):
    source = "import sys\ndef test_it(): assert 'codomyrmex.cloud.testing.backends._server' not in sys.modules"
    (tmp_path / "test_it.py").write_text(source)
    subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tmp_path)], check=True, cwd=tmp_path)


# Installing


@pytest.fixture
def no_backends(tmp_path, monkeypatch):
    """As on a machine where nothing was installed."""
    folder = tmp_path / "backends"
    monkeypatch.setenv("CLOUD_BACKENDS_DIR", str(folder))
    return folder


@pytest.mark.parametrize("name", backends.BACKENDS)
def test_a_server_that_is_not_installed_names_the_command(no_backends, name):
    kind = getattr(backends, backends.BACKENDS[name])
    command = f"run: python -m codomyrmex.cloud.testing.backends install {name}"
    assert command in kind.missing()
    with pytest.raises(BackendMissing, match=command):
        kind().start()


@pytest.fixture
def acme_wheel(tmp_path):
    project = tmp_path / "project"
    write_project(project, "acme-cloud", "ANSWER = 42\n", {}, "1.0")
    (project / "pyproject.toml").write_text(
        (project / "pyproject.toml").read_text().replace('dependencies = ["codomyrmex-cloud"]', "dependencies = []")
    )
    return str(build(project, tmp_path / "wheels"))


@pytest.mark.slow
def test_a_server_is_installed_once_into_an_environment_of_its_own(no_backends, acme_wheel):
    venv = Venv("acme", (acme_wheel,))
    assert not venv.is_whole()
    with ThreadPoolExecutor() as executor:
        for installing in [executor.submit(venv.install) for _ in range(2)]:
            installing.result()
    assert venv.is_whole()
    command = [venv.python, "-c", "import acme_cloud; print(acme_cloud.ANSWER)"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "42\n"
    made = os.stat(venv.python, follow_symlinks=False).st_ino
    venv.install()
    assert os.stat(venv.python, follow_symlinks=False).st_ino == made
    assert not Venv("acme", (acme_wheel, "more")).is_whole()


@pytest.mark.slow
def test_an_installation_that_fails_says_why_and_counts_as_none(no_backends, tmp_path):
    venv = Venv("acme", (str(tmp_path / "lost.whl"),))
    with pytest.raises(RuntimeError, match=r"(?s)pip install.*failed:.*lost\.whl"):
        venv.install()
    assert not venv.is_whole()


# The command


@pytest.fixture
def command():
    """Start ``python -m codomyrmex.cloud.testing.backends`` with these arguments."""
    started = []

    def command(*arguments):
        line = [sys.executable, "-u", "-m", "codomyrmex.cloud.testing.backends", *arguments]
        started.append(subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        return started[-1]

    yield command
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_command_lists_what_is_missing(no_backends, command):
    said = command("list").communicate()[0].splitlines()
    assert [line.partition(":")[0] for line in said] == list(backends.BACKENDS)
    assert all("is not installed; run: python -m" in line for line in said)


def test_the_command_knows_the_names(command):
    process = command("install", "acme")
    assert "there is no 'acme', only: swift, moto" in process.communicate()[0]
    assert process.returncode == 2


def test_the_command_does_not_run_what_is_missing(no_backends, command):
    process = command("run", "moto")
    assert process.communicate()[0].startswith("moto is not installed; run: python -m")
    assert process.returncode == 1


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_command_runs_a_server_until_it_is_interrupted(moto_server, command, left_over, signum):
    process = command("run", "moto")
    variables = dict(process.stdout.readline().strip().removeprefix("export ").split("=") for _ in range(4))
    assert "Ctrl-C" in process.stdout.readline()
    assert is_open(urlsplit(variables["AWS_ENDPOINT_URL"]).port)
    process.send_signal(signum)
    assert process.wait() == (0 if signum == signal.SIGINT else -signum)
    until(lambda: not left_over())


# Each of ours


@pytest.fixture
def connect():
    """A client of boto3's: ``connect(server, keys, "s3")``."""
    with contextlib.ExitStack() as stack:

        def connect(server, keys=None, service="s3", token=None):
            access_key, secret_key = keys or (server.access_key, server.secret_key)
            return stack.enter_context(
                closing(
                    boto3.Session().client(
                        service,
                        endpoint_url=server.endpoint_url,
                        region_name=server.region,
                        aws_access_key_id=access_key,
                        aws_secret_access_key=secret_key,
                        aws_session_token=token,
                    )
                )
            )

        yield connect


def code_of(call, **arguments):
    """The error's code, or the status."""
    try:
        return call(**arguments)["ResponseMetadata"]["HTTPStatusCode"]
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]


@pytest.mark.parametrize("name", ["swift", "moto_server"])
def test_each_starts_beside_another_within_seconds_and_is_gone_afterwards(request, connect, name):
    other = request.getfixturevalue(name)
    left_over = request.getfixturevalue("left_over")
    began = time.monotonic()
    with type(other)() as server:
        assert time.monotonic() - began < 45
        client = connect(server)
        assert client.list_buckets()["Buckets"] == []
        client.create_bucket(Bucket="box")
        folder = server.folder
    assert left_over() == []
    assert not os.path.exists(folder)
    assert code_of(connect(other).list_buckets) == 200


@pytest.mark.parametrize("kind", ["swift", "moto"])
def test_its_environment_leads_the_sdk_to_it(request, monkeypatch, kind):
    server = request.getfixturevalue(kind)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    with closing(boto3.Session().client("s3")) as client:
        assert client.meta.endpoint_url == server.endpoint_url
        assert code_of(client.list_buckets) == 200


def test_swift_denies_a_reader_to_write_and_a_stranger_everything(swift, connect):
    name = f"denied-{uuid4()}"
    connect(swift).create_bucket(Bucket=name)
    connect(swift).put_object(Bucket=name, Key="key", Body=b"data")
    reader, stranger, liar = (connect(swift, k) for k in (swift.reader, swift.stranger, (swift.access_key, "wrong")))
    assert [code_of(client.head_bucket, Bucket=name) for client in (reader, stranger, liar)] == [200, "403", "403"]
    read = {client: code_of(client.get_object, Bucket=name, Key="key") for client in (reader, stranger, liar)}
    assert list(read.values()) == [200, "AccessDenied", "SignatureDoesNotMatch"]
    for client in (reader, stranger):
        assert code_of(client.put_object, Bucket=name, Key="key") == "AccessDenied"
        assert code_of(client.delete_object, Bucket=name, Key="key") == "AccessDenied"
        assert code_of(client.create_bucket, Bucket=f"{name}-2") == "AccessDenied"


def test_swift_lists_what_many_wrote_at_once(swift, connect):
    name = f"listed-{uuid4()}"
    client = connect(swift)
    client.create_bucket(Bucket=name)
    keys = [f"{number:04}" for number in range(400)]
    with ThreadPoolExecutor(10) as executor:
        for _ in executor.map(lambda key: client.put_object(Bucket=name, Key=key, Body=b""), keys):
            pass
    assert [item["Key"] for item in client.list_objects_v2(Bucket=name)["Contents"]] == keys


def test_swift_takes_parts_up_to_number_10000(swift, connect):
    name = f"parts-{uuid4()}"
    client = connect(swift)
    client.create_bucket(Bucket=name)
    upload = {
        "Bucket": name,
        "Key": "key",
        "UploadId": client.create_multipart_upload(Bucket=name, Key="key")["UploadId"],
    }
    parts = [
        {"PartNumber": number, "ETag": client.upload_part(**upload, PartNumber=number, Body=b"x" * size)["ETag"]}
        for number, size in ((1, 5 << 20), (10_000, 1))
    ]
    client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert client.head_object(Bucket=name, Key="key")["ContentLength"] == (5 << 20) + 1


def test_moto_enforces_iam_when_told_and_forgets_it_when_reset(moto, connect):
    iam = connect(moto, service="iam")
    connect(moto).create_bucket(Bucket="box")
    iam.create_user(UserName="user")
    created = iam.create_access_key(UserName="user")["AccessKey"]
    keys = created["AccessKeyId"], created["SecretAccessKey"]
    allow = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}'
    iam.put_user_policy(UserName="user", PolicyName="policy", PolicyDocument=allow)
    moto.enforce_iam()
    user, liar = connect(moto, keys), connect(moto, (keys[0], "wrong"))
    assert code_of(user.list_objects_v2, Bucket="box") == 200
    assert code_of(user.put_object, Bucket="box", Key="key") == "AccessDenied"
    assert code_of(liar.list_objects_v2, Bucket="box") == "SignatureDoesNotMatch"
    assert code_of(connect(moto).list_buckets) == "InvalidAccessKeyId"
    moto.reset()
    assert connect(moto).list_buckets()["Buckets"] == []
