"""What the tests of the conformance suite share: a third party's test module, run by a pytest of its own."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest

HEAD = """
import pytest
from codomyrmex.cloud.local import LocalStorage
from codomyrmex.cloud.common import Capability
from codomyrmex.cloud.testing import StorageConformance, not_applicable

class Local(StorageConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def storage(cls):
        with LocalStorage("root") as storage:
            yield storage
"""


class Run(NamedTuple):
    """What a run of pytest gave."""

    folder: Path
    """Where it ran; ``root`` in it is the LocalStorage's."""
    code: int
    text: str
    report: dict
    """conformance.json, empty where it was not written."""
    page: str
    """conformance.html."""

    @property
    def storage(self):
        """The one storage of the report."""
        (storage,) = self.report["storages"]
        return storage

    def entry(self, test):
        """The requirement of this test, as ``test_name`` or ``test_name[case]``."""
        (entry,) = [entry for entry in self.storage["requirements"] if entry["test"].endswith(f"::{test}")]
        return entry

    def outcome(self, test):
        """Outcome and reason of a test."""
        return self.entry(test)["outcome"], self.entry(test)["reason"]


@pytest.fixture(scope="module")
def run_suite(tmp_path_factory):
    """``run_suite(source, *options)``: run a test module in which ``Local`` is the suite on a LocalStorage."""

    def run(source, *options, report="report", folder=None):
        folder = folder or tmp_path_factory.mktemp("suite")
        (folder / "test_it.py").write_text(HEAD + textwrap.dedent(source), encoding="utf-8")
        plugins = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest"]  # the second takes half of a start
        command = [sys.executable, "-m", "pytest", "-W", "error", *plugins, "--rootdir", folder]
        command += ["--cloud-report", report] if report else []
        done = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, check=False)
        written = folder / "report" / "conformance.json"
        document = json.loads(written.read_text(encoding="utf-8")) if written.exists() else {}
        page = written.with_suffix(".html").read_text(encoding="utf-8") if document else ""
        return Run(folder, done.returncode, done.stdout + done.stderr, document, page)

    return run
