"""``cloud call`` around the call itself: secrets, progress, interrupts, failures of a part, where ``--json`` stands."""

import fcntl
import json
import os
import pty
import subprocess
import sys
import termios

import pytest

CLOUD = [sys.executable, "-m", "codomyrmex.cloud.cli"]
STRANGER = '''
import os
import signal
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from codomyrmex.cloud.common import CloudClient, CloudCredentials, operation
from codomyrmex.cloud.errors import CloudError, Timeout

class State(NamedTuple):
    id: str
    state: str
    percent: int | None

    def __str__(self):
        return f"server {self.id}: {self.state}"

class Servers(CloudClient):
    """Servers.

    Args:
        region: where they are.
        key_path (str): of a key's
            file.

    They cost.
    """

    provider, service = "acme", "servers"

    def __init__(self, region: str = "north", *, api_token: str | None = None, password: str = "",
                 key_path: str = "", keyring=True, public_key: str | None = None, session: Any = None,
                 credentials: CloudCredentials | None = None, strict: bool = False, json: bool = False,
                 **more: Any) -> None:
        self.options = {k: v for k, v in vars().items() if k not in ("self", "__class__") and v}
        if credentials:
            self.options["credentials"] = credentials.reveal()

    @operation(effect="read")
    def options_given(self) -> dict[str, Any]:
        """Tell with what the client was made."""
        return {name: str(value) for name, value in self.options.items()}

    @operation(effect="write")
    def create(self, name: str, secret: str | None = None, page_token: str = "", *,
               progress: Callable[[State], object] | None = None,
               choose: Callable[[str], bool] | None = None, interrupt: bool = False) -> str:
        """Make a server.

        Args:
            name: of the server, which
                others see.
            secret: nobody sees it.

        Returns:
            Its id.
        """
        assert choose is None
        for state in ("BUILD", "BUILD", "ACTIVE"):
            if progress:
                progress(State("s-1", state, None))
        if interrupt:
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt as error:
                error.add_note("server s-1 goes on")
                raise
        return f"{name} {secret} {page_token}"

    @operation(effect="list")
    def list_names(self, wait: bool = True) -> list[str]:
        signal.raise_signal(signal.SIGINT)

    @operation(effect="delete")
    def delete(self, name: str) -> bool:
        signal.raise_signal(signal.SIGINT)

    @operation(effect="delete", batched="names")
    def delete_all(self, names: Iterable[str]) -> dict[str, CloudError]:
        return {name: Timeout("too slow") for name in names if name.startswith("bad")}

    @operation(effect="write")
    def import_all(self, names: Iterable[str]) -> dict[str, Any]:
        return {"imported": 1, "failed": [{"name": name, "error": "odd"} for name in names if name.startswith("bad")]}

    @operation(effect="read")
    def text(self) -> str:
        return os.environ["ACME_TEXT"]

    @operation(effect="write")
    def begin(self) -> str:
        error = Timeout("too slow")
        error.add_note("it had been accepted")
        error.add_note("and goes on")
        raise error

    @operation(effect="list")
    def list_nothing(self) -> list[str]:
        return []

    @operation(effect="write")
    def download(self, size: int, *, progress: Callable[[int], None] | None = None) -> str:
        for _ in range(size):
            progress and progress(1_000_000)
        return "done"
'''


@pytest.fixture(autouse=True)
def acme(install_plugin):
    return install_plugin("acme-servers", STRANGER, {"providers": {"acme.servers": "acme_servers:Servers"}})


@pytest.fixture
def made(run):
    """What the client was made with, for these options."""

    def call(*options, stdin=b""):
        result = run("call", "acme.servers", *options, "options_given", "--json", stdin=stdin)
        assert result.code == 0, result.err
        return result.json

    return call


# Constructors and secrets


def test_an_option_is_no_secret_for_having_key_in_its_name(made):
    options = ("--key-path", "k.pem", "--keyring", "--public-key", "ssh-ed25519 AAAA")
    assert made(*options) == {
        "region": "north",
        "key_path": "k.pem",
        "keyring": "True",
        "public_key": "ssh-ed25519 AAAA",
    }
    assert "keyring" not in made("--no-keyring")


def test_a_secret_comes_from_a_variable_a_file_or_standard_input(made, tmp_path, monkeypatch):
    monkeypatch.setenv("ACME", "from a variable")
    (tmp_path / "token").write_text("from a file\n")
    assert made("--api-token", "env:ACME")["api_token"] == "from a variable"
    assert made("--api-token", f"@{tmp_path / 'token'}")["api_token"] == "from a file"
    assert made("--api-token", "-", stdin=b"from a pipe\n")["api_token"] == "from a pipe"
    monkeypatch.setenv("ACME", json.dumps({"secret_key": "s"}))
    credentials = made("--credentials", "env:ACME")["credentials"]
    assert "'provider': 'acme'" in credentials
    assert "'secret_key': 's'" in credentials
    monkeypatch.setenv("ACME", json.dumps({"provider": "other"}))
    assert "'provider': 'other'" in made("--credentials", "env:ACME")["credentials"]


@pytest.mark.parametrize(
    ("option", "source", "message"),
    [
        ("--api-token", "s3cr3t", "can be read by others: give env:NAME, @FILE, - for standard input, or ask"),
        ("--password", "env:ABSENT", "there is no variable of the name behind env:"),
        ("--password", "env:", "there is no variable"),
        ("--password", "env:s3cr3t", "there is no variable"),
        ("--password", "ask", "there is no terminal to ask at"),
        ("--password", "@s3cr3t", "what stands behind @ is no file that can be read"),
        ("--credentials", "env:BROKEN", "what it was given is not a JSON object of provider, access_key"),
    ],
)
def test_a_secret_that_is_typed_or_not_there_is_refused_and_not_shown(run, monkeypatch, option, source, message):
    monkeypatch.setenv("BROKEN", "{s3cr3t")
    result = run("call", "acme.servers", option, source, "options_given")
    assert (result.code != 0, result.out) == (True, b"")
    assert message in result.err
    assert "s3cr3t" not in result.err


def test_a_method_s_secret_is_one_too_and_a_page_s_token_is_none(run, monkeypatch):
    monkeypatch.setenv("ACME", "x")
    create = ("call", "acme.servers", "create", "--name", "web", "--page-token", "2")
    assert run(*create, "--secret", "env:ACME").text == "web x 2\n"
    assert run(*create, "--secret", "x").code == 2


def test_a_secret_is_asked_for_at_a_terminal_and_not_shown(root):
    ours, theirs = pty.openpty()

    def control():
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    command = [*CLOUD, "call", "acme.servers", "--api-token", "ask"]
    process = subprocess.Popen(
        [*command, "options_given", "--json"], stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, preexec_fn=control
    )
    shown = b""
    while b"api-token" not in shown and process.poll() is None:
        shown += os.read(ours, 1024)
    os.write(ours, b"s3cr3t\n")
    out, _ = process.communicate(timeout=60)
    os.write(theirs, b"end")
    while not shown.endswith(b"end"):
        shown += os.read(ours, 1024)
    os.close(ours)
    os.close(theirs)
    assert json.loads(out)["api_token"] == "s3cr3t"
    assert b"s3cr3t" not in shown


def test_what_only_a_program_has_is_no_option_and_what_has_no_option_is_set(run, made):
    text = run("call", "acme.servers", "--help").text
    assert "--session" not in text
    assert "--strict" not in text
    assert "--key-path" in text
    assert made("--set", "json=true", "--set", "zone=a")["json"] == "True"
    assert "--choose" not in run("call", "acme.servers", "create", "--help").text


def test_help_comes_from_docstrings_in_the_form_of_google(run):
    text = " ".join(run("call", "acme.servers", "create", "--help").text.split())
    assert "--name TEXT of the server, which others see. [required]" in text
    assert "Returns: Its id." in text
    assert "Args:" not in text
    text = " ".join(run("call", "acme.servers", "--help").text.split())
    assert "--key-path TEXT of a key's file." in text
    assert "They cost." in text


# Progress and interrupts


def test_progress_is_told_as_it_changes_on_standard_error(run):
    result = run("call", "acme.servers", "create", "--name", "web")
    assert (result.text, result.err) == ("web None \n", "server s-1: BUILD\nserver s-1: ACTIVE\n")
    assert run("call", "acme.servers", "create", "--name", "web", "--json").err == ""


def test_bytes_are_shown_as_a_bar_where_there_is_a_terminal(run, root):
    ours, theirs = pty.openpty()
    command = [*CLOUD, "call", "acme.servers", "download", "--size", "3"]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=theirs, env=os.environ | {"TERM": "xterm"}, check=True)
    shown = os.read(ours, 65536)
    os.close(ours)
    os.close(theirs)
    assert b"download" in shown
    assert b"2.9/? MiB" in shown
    assert run("call", "acme.servers", "download", "--size", "3").err == ""


def test_an_error_is_told_with_its_notes(run):
    result = run("call", "acme.servers", "begin")
    assert (result.code, result.err) == (5, "cloud: Timeout: too slow. it had been accepted. and goes on\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("create", "--name", "web", "--interrupt"), "interrupted; server s-1 goes on"),
        (("delete", "--name", "web"), "interrupted; delete may have been done, or go on"),
        (("list_names",), "interrupted"),
    ],
)
def test_an_interrupt_tells_what_goes_on(run, arguments, message):
    result = run("call", "acme.servers", *arguments)
    assert (result.code, result.err.splitlines()[-1]) == (130, f"cloud: {message}")
    result = run("call", "acme.servers", *arguments, "--json")
    report = json.loads(result.err)
    assert (result.code, report["exit_code"], report["error"]["message"]) == (130, 130, message)


# Results


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("delete_all", "cloud: 2 failed, such as 'bad1': too slow\n"),
        ("import_all", "cloud: 2 failed, such as {'name': 'bad1', 'error': 'odd'}\n"),
    ],
)
def test_a_failure_of_a_part_is_told_and_exits_with_1(run, method, message):
    names = ("--names", "bad1", "--names", "good", "--names", "bad2")
    result = run("call", "acme.servers", method, *names)
    assert (result.code, result.err) == (1, message)
    assert "bad2" in result.text
    assert run("call", "acme.servers", method, "--names", "good").code == 0
    result = run("call", "acme.servers", method, *names, "--json")
    assert "bad2" in str(result.json)
    assert json.loads(result.err)["exit_code"] == result.code == 1


@pytest.mark.parametrize(("text", "printed"), [("a\n\x1b[2J\n", "a\n\x1b[2J\n"), ("a\nb", "a\nb\n")])
def test_a_text_of_several_lines_goes_into_a_pipe_as_it_is(run, monkeypatch, text, printed):
    monkeypatch.setenv("ACME_TEXT", text)
    assert run("call", "acme.servers", "text").text == printed
    assert run("call", "acme.servers", "text", "--json").json == text


def test_a_text_of_several_lines_commands_no_terminal(monkeypatch):
    monkeypatch.setenv("ACME_TEXT", "a\n\x1b[2J\n")
    ours, theirs = pty.openpty()
    subprocess.run([*CLOUD, "call", "acme.servers", "text"], stdout=theirs, check=True)
    shown = os.read(ours, 65536)
    os.close(ours)
    os.close(theirs)
    assert shown == b"a\r\n\\x1b[2J\r\n"


@pytest.mark.parametrize("method", ["delete_all", "list_nothing"])
def test_nothing_is_printed_as_nothing(run, method):
    assert run("call", "acme.servers", method, *(["--names", "good"] if method == "delete_all" else [])).out == b""


def test_a_closed_stream_is_not_an_empty_one(storage, tmp_path):
    storage.upload_file("box", "k", b"kept")
    place = "local.storage upload_file --bucket box --key k --data"
    lines = {
        f"call {place} - <&-": 2,
        "cp - local://box/k <&-": 1,
        "call local.storage download_file --bucket box --key k >&-": 1,
        "cat local://box/k >&-": 1,
        "cp local://box/k - >&-": 1,
    }
    command = f"{sys.executable} -m codomyrmex.cloud.cli"
    codes = {
        line: subprocess.run(["bash", "-c", f"{command} {line}"], capture_output=True).returncode for line in lines
    }
    assert codes == lines
    assert storage.download_file("box", "k") == b"kept"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("local", "list_buckets"), "'local' is no service such as local.storage"),
        (("nope",), "'nope' is no service such as local.storage"),
        (("local.storage", "list_bucket"), "no method 'list_bucket'; did you mean list_buckets?"),
        (("local.storage", "zzz"), "no method 'zzz'; see"),
    ],
)
def test_a_name_that_is_none_is_told_with_the_one_that_was_meant(run, root, arguments, message):
    result = run("call", *arguments)
    assert (result.code, message in result.err) == (2, True), result.err


def test_hyphens_stand_for_underscores(run, storage):
    assert run("call", "local.storage", "list-buckets").text == "box\n"


JSON_PLACES = [
    ("--json", "call", "local.storage", "list_buckets"),
    ("call", "--json", "local.storage", "list_buckets"),
    ("call", "local.storage", "--json", "list_buckets"),
    ("call", "local.storage", "list_buckets", "--json"),
]


@pytest.mark.parametrize("arguments", JSON_PLACES)
def test_json_may_stand_anywhere(run, storage, arguments):
    assert run(*arguments).json == ["box"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("call", "nope.storage", "list_buckets", "--json"), 3),
        (("call", "local.storage", "nope", "--json"), 2),
        (("call", "local.storage", "stat", "--nope", "--json"), 2),
        (("call", "local.storage", "stat", "--bucket", "box", "--json"), 2),
        (("nope", "--json"), 2),
    ],
)
def test_an_error_is_json_wherever_that_was_asked_for(run, storage, arguments, code):
    result = run(*arguments)
    assert json.loads(result.err)["exit_code"] == result.code == code
    assert "Traceback" in run(*arguments[:-1], "--debug").err
