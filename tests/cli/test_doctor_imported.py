"""What ``cloud doctor`` finds by importing plugins, which may end, crash or keep their process."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from support.distributions import DNS_CLIENT

PROVIDERS = "providers"
CLIENT = "acme_dns:Client"


@pytest.fixture
def finding(doctor, install_plugin):
    """What ``cloud doctor`` says of a provider with this source: problem and advice. Its sound neighbours are sound."""

    def ask(source, *arguments, name="acme.dns"):
        for neighbour in ("aaa-first", "zzz-last"):
            module = neighbour.replace("-", "_")
            client = DNS_CLIENT.replace('"acme", "dns"', f'"{neighbour}", "dns"')
            install_plugin(neighbour, client, {PROVIDERS: {f"{neighbour}.dns": f"{module}:Client"}})
        install_plugin("acme-dns", source, {PROVIDERS: {name: CLIENT}})
        report = doctor("--json", *arguments).json
        sources = {row["provider"]: row["credentials"] for row in report["credentials"]}
        assert sources["aaa-first.dns"] == sources["zzz-last.dns"] == "ACME_TOKEN=abcd***"
        [finding] = report["findings"]
        assert finding["what"] == f"codomyrmex.cloud.providers: {name} = acme_dns:Client (acme-dns 1.0)"
        return finding["problem"], finding["advice"]

    return ask


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import os; os._exit(0)", "ends the process, with status 0, while it is imported;"),
        ("import os; os._exit(3)", "ends the process, with status 3, while it is imported;"),
        ("import ctypes; ctypes.string_at(0)", "ends the process, by SIGSEGV, while it is imported;"),
        ("import sys; sys.exit(5)", "cannot be imported: SystemExit: 5;"),
        ("raise KeyboardInterrupt", "raises KeyboardInterrupt when it is imported;"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGINT)", "raises KeyboardInterrupt when it is imported;"),
        ("import os; os.closerange(0, 100); 1 / 0", "cannot be imported: ZeroDivisionError: division by zero;"),
        ("import os; os.chdir('/'); os._exit(0)", "ends the process, with status 0, while it is imported;"),
    ],
)
def test_a_plugin_that_ends_the_process_is_broken(finding, source, reason):
    problem, advice = finding(source)
    assert problem == "broken"
    assert reason in advice
    assert "'pip uninstall acme-dns' removes it" in advice


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("import os; os._exit(7)", "ends the process, with status 7, while it is asked for its credentials;"),
        ("import time; time.sleep(600)", "takes longer than 1 s while it is asked for its credentials;"),
    ],
)
def test_a_plugin_that_ends_the_process_when_it_is_asked_for_credentials_is_broken(finding, body, reason):
    source = DNS_CLIENT.replace('return "ACME_TOKEN=abcd***"', body)
    assert reason in finding(source, "--timeout", "1")[1]


def test_a_plugin_that_never_ends_is_broken(findings, install_plugin, left_over):
    source = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    groups = {PROVIDERS: {"acme.dns": CLIENT}, "exports": {"Acme": CLIENT}}
    install_plugin("acme-dns", source, groups)
    start = time.monotonic()
    told = [what for problem, what in findings("--timeout", "1") if problem == "broken" and "acme" in what]
    assert time.monotonic() - start < 60
    assert told == [
        "codomyrmex.cloud.providers: acme.dns = acme_dns:Client (acme-dns 1.0)",
        "codomyrmex.cloud.exports: Acme = acme_dns:Client (acme-dns 1.0)",
    ]
    assert left_over() == []


def test_a_plugin_that_works_alone_and_not_after_others_is_told_so(findings, advice, install_plugin):
    ends_later = "import os, threading; threading.Timer(0.5, os._exit, [0]).start()\n"
    first = ends_later + DNS_CLIENT.replace('"dns"', '"any"')
    site = install_plugin("acme-dns", first, {PROVIDERS: {"acme.any": CLIENT, "acme.dns": "acme_slow:Client"}})
    (site / "acme_slow.py").write_text(f"import time; time.sleep(2)\n{DNS_CLIENT}")
    assert findings() == [("broken", "codomyrmex.cloud.providers: acme.dns = acme_slow:Client (acme-dns 1.0)")]
    assert "ends the process, with status 0, while it is imported after others, though not alone;" in advice()


SPOILERS = {
    "takes folders from sys.path": "import sys; sys.path[:] = [p for p in sys.path if 'site-packages' not in p]",
    "imports what the next forgets": "import xml.etree.ElementTree",
    "goes on in a fork": "import os; os.fork()",
}


@pytest.mark.parametrize("spoiler", SPOILERS)
def test_a_plugin_neither_harms_nor_helps_those_of_another_distribution(findings, install_plugin, spoiler):
    needs_imports = "import click, xml; click.Group; xml.etree" if "forgets" in spoiler else "import click; click.Group"
    source = f"{SPOILERS[spoiler]}\n{DNS_CLIENT}".replace('"dns"', '"first"')
    install_plugin("acme-first", source, {PROVIDERS: {"acme.first": "acme_first:Client"}}, site="first")
    install_plugin("acme-dns", f"{needs_imports}\n{DNS_CLIENT}", {PROVIDERS: {"acme.dns": CLIENT}})
    broken = ["codomyrmex.cloud.providers: acme.dns = acme_dns:Client (acme-dns 1.0)"] if "forgets" in spoiler else []
    assert [what for _, what in findings()] == broken


@pytest.mark.parametrize("then", ["", "import time; time.sleep(600)"], ids=["goes on", "hangs"])
def test_a_plugin_that_deletes_the_report_is_broken(install_plugin, tmp_path, then):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    deletes = f"import shutil, pathlib\nfor path in pathlib.Path({str(temporary)!r}).iterdir(): shutil.rmtree(path)"
    deletes = f"import time; time.sleep(0.5)  # the report has been seen\n{deletes}"
    install_plugin("acme-dns", f"{deletes}\n{then}\n{DNS_CLIENT}", {PROVIDERS: {"acme.dns": CLIENT}})
    environment = os.environ | {"CLOUD_PLUGINS": "acme-dns", "TMPDIR": str(temporary)}
    command = [sys.executable, "-m", "codomyrmex.cloud.cli", "doctor", "--json", "--timeout", "1"]
    report = json.loads(subprocess.run(command, env=environment, capture_output=True, check=False).stdout)
    told = [finding["what"] for finding in report["findings"] if finding["problem"] == "broken"]
    assert "codomyrmex.cloud.providers: acme.dns = acme_dns:Client (acme-dns 1.0)" in told


def test_text_that_is_no_unicode_does_no_harm(findings, install_plugin):
    install_plugin("acme-dns", "raise ImportError('\\ud800 \\udcff')", {PROVIDERS: {"acme.dns": CLIENT}})
    assert [problem for problem, _ in findings()] == ["broken"]


def test_a_doctor_that_is_terminated_leaves_nothing_behind(install_plugin, left_over):
    install_plugin("acme-dns", "import time; time.sleep(600)", {PROVIDERS: {"acme.dns": CLIENT}})
    process = subprocess.Popen([sys.executable, "-m", "codomyrmex.cloud.cli", "doctor"], stdout=subprocess.DEVNULL)
    while len(left_over()) < 2:
        time.sleep(0.05)
    process.terminate()
    process.wait(60)
    deadline = time.monotonic() + 30
    while left_over() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left_over() == []


def test_hooks_that_name_one_object_twice_are_duplicates(findings, install_plugin):
    source = """
from codomyrmex.cloud.hooks import hookimpl

@hookimpl
def cloud_client_created(client):
    pass
"""
    install_plugin("acme-dns", source, {"hooks": {"a": "acme_dns", "b": "acme_dns"}})
    assert [problem for problem, _ in findings()] == ["duplicate"]


@pytest.mark.parametrize(
    "noise", ["print('{}')", "import os; os.write(1, b'{}'); os.write(2, b'{}')", "import os; os.close(1)"]
)
def test_what_a_plugin_does_with_its_output_is_no_matter(doctor, install_plugin, noise):
    install_plugin("acme-dns", f"{noise}\n{DNS_CLIENT}", {PROVIDERS: {"acme.dns": CLIENT}})
    result = doctor("--json")
    assert (result.code, result.err) == (0, "")
    assert {"provider": "acme.dns", "credentials": "ACME_TOKEN=abcd***"} in result.json["credentials"]


def test_a_plugin_that_waits_for_input_gets_its_end(findings, install_plugin):
    install_plugin(
        "acme-dns", f"import sys; assert sys.stdin.read() == ''\n{DNS_CLIENT}", {PROVIDERS: {"acme.dns": CLIENT}}
    )
    assert findings() == []


def test_a_plugin_is_imported_with_the_path_and_environment_of_the_program(
    findings, install_plugin, tmp_path, monkeypatch
):
    (tmp_path / "late").mkdir()
    (tmp_path / "late" / "only_on_the_path.py").touch()
    source = f"import os, only_on_the_path; assert os.environ['ACME'] == 'here'\n{DNS_CLIENT}"
    install_plugin("acme-dns", source, {PROVIDERS: {"acme.dns": CLIENT}})
    monkeypatch.setenv("ACME", "here")
    assert [problem for problem, _ in findings()] == ["broken"]
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "late")])
    assert findings() == []


def test_an_error_about_credentials_tells_its_class_alone(doctor, install_plugin):
    source = DNS_CLIENT.replace('return "ACME_TOKEN=abcd***"', 'raise {}("s3cret")')
    for error, text in [("ValueError", "cannot be told: ValueError"), ("SystemExit", "cannot be told: SystemExit")]:
        install_plugin("acme-dns", source.replace("{}", error), {PROVIDERS: {"acme.dns": CLIENT}})
        result = doctor("--json")
        assert {"provider": "acme.dns", "credentials": text} in result.json["credentials"]
        assert "s3cret" not in result.text


STORAGE = """
from codomyrmex.cloud.common import StorageClient

class Client(StorageClient):
    provider = "acme"

    def list_buckets(self):
        return []
"""


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (STORAGE, "is abstract: it lacks "),
        ("class Client:\n    pass", "is no client: its class does not derive from CloudClient"),
        ("Client = 7", "names no class and no function"),
    ],
)
def test_a_provider_that_makes_no_clients_is_broken(finding, source, reason):
    problem, advice = finding(source)
    assert problem == "broken"
    assert reason in advice


def test_an_abstract_class_is_told_with_what_it_lacks(finding):
    _, advice = finding(STORAGE)
    assert "create_bucket, delete_file, download_file" in advice
    assert "list_buckets" not in advice


@pytest.mark.parametrize("attributes", ['"other", "dns"', '"acme", "zones"', '"custom", "custom"'])
def test_a_class_whose_provider_is_not_its_entry_points_is_misnamed(finding, attributes):
    problem, advice = finding(DNS_CLIENT.replace('"acme", "dns"', attributes))
    assert problem == "misnamed"
    assert "provider = 'acme' and service = 'dns'" in advice


@pytest.mark.parametrize(
    "source", ["def Client(**options):\n    pass", "import functools\nClient = functools.partial(dict)"]
)
def test_a_function_may_make_clients(findings, install_plugin, source):
    install_plugin("acme-dns", source, {PROVIDERS: {"acme.dns": CLIENT}})
    assert findings() == []


def test_a_command_that_is_none_is_broken(findings, install_plugin):
    install_plugin("acme-cmd", "def zone(): pass", {"commands": {"zone": "acme_cmd:zone"}})
    assert findings() == [("broken", "codomyrmex.cloud.commands: zone = acme_cmd:zone (acme-cmd 1.0)")]


def test_ctrl_c_ends_the_doctor_and_what_it_started(install_plugin, tmp_path, left_over):
    source = f"open({str(tmp_path / 'begun')!r}, 'w').close()\nimport time; time.sleep(600)"
    install_plugin("acme-dns", source, {PROVIDERS: {"acme.dns": CLIENT}})
    environment = os.environ | {"CLOUD_PLUGINS": "acme-dns"}
    process = subprocess.Popen(
        [sys.executable, "-m", "codomyrmex.cloud.cli", "doctor"], env=environment, stderr=subprocess.PIPE
    )
    while not (tmp_path / "begun").exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.strip()) == (130, b"cloud: interrupted")
    assert left_over() == []


def test_a_frozen_program_imports_plugins_itself(findings, install_plugin, monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)  # as PyInstaller does: there is no interpreter to start
    monkeypatch.setattr(sys, "executable", "/nowhere")
    install_plugin("acme-dns", "raise SystemExit(3)", {PROVIDERS: {"acme.dns": CLIENT}})
    assert [problem for problem, _ in findings()] == ["broken"]


@pytest.mark.parametrize(
    "source", ["import nothing_of_that_name", "raise SystemExit(3)", "assert False", "class Other: pass"]
)
def test_a_plugin_that_cannot_be_imported_is_broken(findings, install_plugin, source):
    install_plugin("acme-dns", source, {PROVIDERS: {"acme.dns": "acme_dns:Client"}})
    [(problem, what)] = findings()
    assert problem == "broken"
    assert "acme-dns 1.0" in what


MISSPELT = """
from codomyrmex.cloud.hooks import hookimpl

@hookimpl
def cloud_before_opertion(operation):
    pass
"""


@pytest.mark.parametrize("source", [MISSPELT, MISSPELT.replace("@hookimpl", "")], ids=["misspelt", "not marked"])
def test_hooks_that_would_never_run_are_broken(findings, install_plugin, source):
    install_plugin("acme-audit", source, {"hooks": {"audit": "acme_audit"}})
    [(problem, what)] = findings()
    assert problem == "broken"
    assert "acme-audit 1.0" in what


def test_a_plugin_for_another_version_is_incompatible(findings, install_plugin):
    source = DNS_CLIENT + "    API_VERSION = 99\n"
    install_plugin("acme-dns", source, {PROVIDERS: {"acme.dns": "acme_dns:Client"}})
    assert [problem for problem, _ in findings()] == ["incompatible"]
