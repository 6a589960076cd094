import json
import os
import subprocess
import sys

import pytest
from codomyrmex.cloud import cli
from codomyrmex.cloud.testing.backends import UntrustedServer
from support.completion import complete


def test_help_lists_every_command_with_a_line(run):
    text = run("--help").text
    commands = "call cat completion cp demo doctor ls mb presign providers rb rm serve stat"
    for name in commands.split():
        assert f"\n  {name} " in text
    assert "Exit codes" in text


def test_public_names_are_found_and_no_others():
    assert [name for name in cli.__all__ if not callable(getattr(cli, name))] == []
    assert not hasattr(cli, "transfer_bars")


def test_providers_are_listed_without_importing_them(run):
    rows = run("providers", "--json").json
    local = next(row for row in rows if row["provider"] == "local")
    assert (local["service"], local["distribution"], local["schemes"]) == ("storage", "codomyrmex-cloud", ["local://"])
    assert "local://" in run("providers").text


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("ls", "local://absent"), 3),
        (("ls", "nonsense"), 2),
        (("ls", "nope://bucket"), 3),
        (("ls", "--nonsense", "local://"), 2),
        (("stat", "local://box"), 2),
        (("nonsense",), 2),
        (("mb", "local://NOT_A_BUCKET"), 2),
        (("presign", "local://box/k", "--expires", "soon"), 2),
        (("call", "nope.storage", "list_buckets"), 3),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(run, storage, arguments, code):
    result = run(*arguments)
    assert result.code == code
    assert result.err.startswith("cloud: ")
    assert result.err.count("\n") == 1
    assert result.out == b""


def test_a_certificate_that_is_not_trusted_is_no_reason_to_try_again(run, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with UntrustedServer() as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.endpoint_url)
        result = run("stat", "gs://bucket/key", "--json")
    report = json.loads(result.err)
    assert report["exit_code"] == result.code == 1
    assert report["error"]["type"] == "CertificateError"
    assert report["error"]["retryable"] is False
    assert "REQUESTS_CA_BUNDLE" in report["error"]["message"]


def test_an_error_in_json_has_its_type_and_resource(run, storage):
    result = run("stat", "local://box/absent", "--json")
    report = json.loads(result.err)
    assert report["exit_code"] == result.code == 3
    assert report["error"]["type"] == "ObjectNotFound"
    assert report["error"]["resource"] == "local://box/absent"


def test_debug_shows_the_traceback(run, storage):
    assert "Traceback" in run("stat", "local://box/absent", "--debug").err
    assert "Traceback" not in run("stat", "local://box/absent").err


def test_options_of_all_commands_may_stand_before_the_command(run, storage):
    assert run("--json", "ls", "local://").json == [{"bucket": "box", "url": "local://box"}]


def test_a_reader_that_stops_early_is_no_error(storage):
    for number in range(3000):
        storage.upload_file("box", f"{number:04}", b"")
    command = f"{sys.executable} -m codomyrmex.cloud.cli ls -r local://box | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, env=os.environ)
    assert done.stdout.endswith(" 0000\n")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_printed(run, shell):
    assert "_CLOUD_COMPLETE" in run("completion", shell).text


def test_the_shell_completes_commands_schemes_buckets_and_keys(storage):
    storage.upload_file("box", "dir/a.txt", b"")
    assert complete("pro") == ["providers"]
    assert complete("ls", "lo") == ["local://"]
    assert complete("ls", "local://b") == ["local://box/"]
    assert complete("cat", "local://box/d") == ["local://box/dir/"]
    assert complete("cat", "local://box/dir/a") == ["local://box/dir/a.txt"]
    assert complete("cat", "nope://box/d") == []


def test_the_shell_completes_the_methods_of_a_client(storage):
    assert complete("call", "local.") == ["local.storage"]
    assert complete("call", "local.storage", "list_b") == ["list_buckets"]
    assert complete("call", "local.storage", "stat", "--b") == ["--bucket"]


def test_closed_streams_are_no_bug(storage):
    command = f"{sys.executable} -m codomyrmex.cloud.cli ls local:// <&- >&- 2>/dev/null"
    assert subprocess.run(["bash", "-c", command], env=os.environ).returncode == 0


def test_a_full_disk_behind_the_output_is_a_failure(storage):
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "codomyrmex.cloud.cli", "ls", "local://"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=os.environ)
    assert done.returncode == 1


def test_a_broken_command_leaves_the_others_working(run, findings, install_plugin):
    points = {"commands": {"zone": "acme_cmd:zone"}}
    install_plugin("acme-cmd", "import nothing_of_that_name", points, summary="DNS zones of Acme")
    assert "  DNS zones of Acme\n" in run("--help").text
    result = run("zone", "--anything", "x")
    assert result.code == 1
    assert "acme-cmd 1.0" in result.err
    assert [problem for problem, _ in findings()] == ["broken"]


def test_a_bug_in_a_command_is_one_line_too(run, install_plugin):
    source = """
import click

@click.command()
def zone() -> None:
    {}["missing"]
"""
    install_plugin("acme-cmd", source, {"commands": {"zone": "acme_cmd:zone"}})
    result = run("zone")
    assert (result.code, result.err) == (1, "cloud: KeyError: 'missing'. This is a bug; --debug shows where.\n")


def test_a_plugin_adds_a_command(run, install_plugin):
    source = """
import click
from codomyrmex.cloud.cli import command, show

@command()
@click.argument("name")
def zone(name: str) -> None:
    "Tell about a zone."
    show({"name": name})
"""
    install_plugin("acme-cmd", source, {"commands": {"zone": "acme_cmd:zone"}}, summary="DNS zones of Acme")
    assert "  DNS zones of Acme\n" in run("--help").text
    assert "Tell about a zone." in run("zone", "--help").text
    assert run("zone", "example.org", "--json").json == {"name": "example.org"}
    assert run("zone", "example.org").lines == ["name  example.org"]


@pytest.mark.parametrize("setting", ["CLOUD_IGNORE_PLUGINS", "CLOUD_PLUGINS"])
def test_a_command_that_a_setting_leaves_out_names_the_setting(run, install_plugin, monkeypatch, setting):
    install_plugin("acme-cmd", "import nothing_of_that_name", {"commands": {"zone": "acme_cmd:zone"}})
    monkeypatch.setenv(setting, {"CLOUD_IGNORE_PLUGINS": "acme-cmd", "CLOUD_PLUGINS": "pytest"}[setting])
    result = run("zone", "--anything", "x")
    assert (result.code, result.err) == (
        2,
        f"cloud: Command 'zone' of acme-cmd is left out by {setting}; see 'cloud --help'\n",
    )
    assert "zone" not in run("--help").text
    assert complete("zo") == complete("zone", "x") == []
    assert "No such command 'zine'" in run("zine").err
