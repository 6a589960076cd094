"""What the tests of all distributions share: real small distributions, made and installed in milliseconds."""

import contextlib
import importlib
import os
import signal
import subprocess
import sys
from collections import Counter
from uuid import uuid4

import pytest
from codomyrmex.cloud.registry import isolated
from openstack_lab.fixtures import openstack_lab  # noqa: F401  # a fixture
from support.distributions import build, unpack, write_project


def pytest_terminal_summary(terminalreporter):
    """Why tests were skipped, a line for each reason."""
    reasons = Counter(report.longrepr[2] for report in terminalreporter.stats.get("skipped", ()))
    for reason, tests in reasons.most_common():
        terminalreporter.write_line(f"{tests} {reason.replace('Skipped: ', 'skipped: ', 1)}")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Tests of a class or a module run on one worker, for their fixtures; of a conformance suite, those of a topic."""
    from codomyrmex.cloud.testing.conformance import StorageConformance
    from xdist.scheduler import LoadScopeScheduling

    topics = {name: topic.__name__ for topic in StorageConformance.__mro__ for name in vars(topic)}

    class ByTopic(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            scope, _, test = nodeid.rpartition("::")
            topic = topics.get(test.partition("[")[0]) if "::" in scope else None
            return f"{scope}::{topic}" if topic else scope

    return ByTopic(config, log)


@pytest.fixture
def clean_slate(tmp_path):
    """The test has a registry and hooks of its own, and what it imports from its folder is forgotten after it."""
    before = set(sys.modules)
    with isolated():
        yield
    for name in sys.modules.keys() - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def install_plugin(tmp_path, monkeypatch, clean_slate):
    """Make a real distribution of one module, and install it for this test.

    ``install_plugin("acme-cloud", source, {"providers": {"acme.storage": "acme_cloud:Acme"}})`` writes
    ``source`` as the module ``acme_cloud``, has hatchling build the wheel and unpacks it into a
    folder that is put first on ``sys.path``, here and in the processes that the test starts
    (``PYTHONPATH``). Returns that folder.

    Entry points are given by the last part of their group: providers, schemes, exports, hooks or
    commands. ``editable`` installs what ``pip install -e`` does: the metadata, and a .pth file to the
    source. Installing the same name again replaces it; another ``site`` puts it elsewhere, in front. ``summary`` is
    the Summary of its metadata, which by default it has none of.
    """

    def install(name, source, entry_points, *, version="1.0", editable=False, site="site", summary=""):
        project = tmp_path / "projects" / site / name
        write_project(project, name, source, entry_points, version, summary)
        target = "wheel:editable" if editable else "wheel"
        folders = unpack(build(project, tmp_path / "wheels" / site, target), tmp_path / site)
        for folder in reversed(folders):
            if str(folder) not in sys.path:
                monkeypatch.syspath_prepend(folder)
                monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
        importlib.invalidate_caches()
        return folders[0]

    return install


@pytest.fixture
def run_python():
    """What this code prints, run by a Python of its own that sees the plugins installed so far."""

    def run(code, *arguments, **options):
        command = [sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session", autouse=True)
def sigint_interrupts():
    """SIGINT interrupts the tests and what they start, also where a shell ignores it for them (``nohup``, ``&``).

    Children inherit what is ignored: https://docs.python.org/3/library/signal.html
    """
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, inherited)


@pytest.fixture
def left_over(monkeypatch):
    """The processes that were started in this test, by it or by what it started, and still run."""
    mark = f"CLOUD_TEST={uuid4()}"
    monkeypatch.setenv(*mark.split("="))

    def left_over():
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as environ:
                if mark.encode() in environ.read():
                    found.append(int(pid))
        return found

    return left_over
