"""What the conformance suite found: ``pytest --cloud-report DIR`` writes conformance.json and conformance.html."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from codomyrmex.cloud.testing._outcomes import Outcome, split_reason

if TYPE_CHECKING:
    from codomyrmex.cloud.testing.conformance import Topic

_REQUIREMENT, _STORAGE = "cloud_requirement", "cloud_storage"
_PROPER_NAMES = {"url": "URL", "urls": "URLs", "repr": "`repr`", "stat": "`stat`", "true": "True"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--cloud-report``."""
    group = parser.getgroup("codomyrmex-cloud")
    group.addoption(
        "--cloud-report",
        metavar="DIR",
        help="write what the conformance suite finds to DIR, as conformance.json and conformance.html",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Write a report where one is asked for."""
    if folder := config.getoption("cloud_report"):
        config.pluginmanager.register(Report(folder, writes=not hasattr(config, "workerinput")), "cloud-report")


class Report:
    """Collects the results, also of the workers of pytest-xdist, and writes the files at the end.

    conformance.json holds ``made`` (UTC), the versions, and ``storages``: each with its ``name``,
    ``class``, ``provider``, ``capabilities``, ``summary`` (outcome to number) and ``requirements``, each
    with ``topic``, ``requirement`` (in words), ``case`` (of a requirement with several), ``test`` (its
    node id), ``outcome``, ``reason`` and ``seconds``. Outcomes are those of `Outcome`.
    """

    def __init__(self, folder: str, *, writes: bool) -> None:
        self._folder = folder
        self._writes = writes
        self._storages: dict[str, dict[str, Any]] = {}
        self._written = ""
        if writes:
            os.makedirs(folder, exist_ok=True)

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Note which requirement a test is of, for its results."""
        suite = sys.modules.get("codomyrmex.cloud.testing.conformance")  # else no test can be of it
        if suite and isinstance(item, pytest.Function) and item.cls and issubclass(item.cls, suite.Topic):
            item.user_properties.append((_REQUIREMENT, _requirement(item, item.cls)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a phase of a test came out."""
        properties: dict[str, Any] = dict(report.user_properties)
        if not (requirement := properties.get(_REQUIREMENT)):
            return
        storage = self._storages.setdefault(
            requirement["class"], {"name": requirement["storage"], "class": "", "provider": "", "capabilities": []}
        )
        storage.update(properties.get(_STORAGE, {}))
        entry = storage.setdefault("tests", {}).setdefault(
            report.nodeid,
            {
                **{name: requirement[name] for name in ("topic", "requirement", "case")},
                "test": report.nodeid,
                "outcome": Outcome.PASSED,
                "reason": "",
                "seconds": 0.0,
            },
        )
        entry["seconds"] = round(entry["seconds"] + report.duration, 3)
        outcome, reason = _outcome(report)
        if outcome is not Outcome.PASSED and entry["outcome"] is not Outcome.FAILED:
            entry.update(outcome=outcome, reason=reason)

    def pytest_sessionfinish(self) -> None:
        """Write the files."""
        if self._writes and self._storages:
            from codomyrmex.cloud.testing._page import page

            document = self._document()
            for name, text in (("json", json.dumps(document, indent=1)), ("html", page(document))):
                self._written = os.path.join(self._folder, f"conformance.{name}")
                with open(self._written, "w", encoding="utf-8") as file:
                    file.write(f"{text}\n")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where they are."""
        if self._writes:
            told = self._written or "not written, as no test of the conformance suite ran"
            terminalreporter.write_line(f"conformance report: {told}")

    def _document(self) -> dict[str, Any]:
        from importlib.metadata import version

        storages = []
        for storage in self._storages.values():
            requirements = list(storage["tests"].values())
            outcomes = [entry["outcome"] for entry in requirements]
            summary = {str(o): outcomes.count(o) for o in Outcome if o in outcomes}
            rest = {name: value for name, value in storage.items() if name != "tests"}
            storages.append({**rest, "summary": summary, "requirements": requirements})
        return {
            "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "versions": {
                "codomyrmex-cloud": version("codomyrmex-cloud"),
                "codomyrmex-cloud-testing": version("codomyrmex-cloud-testing"),
                "Python": platform.python_version(),
            },
            "storages": storages,
        }


def _requirement(item: pytest.Function, cls: type[Topic]) -> dict[str, str]:
    name = item.originalname
    topics = [vars(c)["topic"] for c in cls.__mro__ if name in vars(c) and "topic" in vars(c)]
    return {
        "class": item.parent.nodeid if item.parent else "",
        "storage": cls.title or cls.__name__.removeprefix("Test"),
        "topic": topics[0] if topics else "Others",
        "requirement": _words(name),
        "case": item.callspec.id if hasattr(item, "callspec") else "",
    }


def _words(name: str) -> str:
    words = [_PROPER_NAMES.get(word, word) for word in name.removeprefix("test_").split("_")]
    return re.sub("^[a-z]", lambda first: first[0].upper(), " ".join(words))


def _outcome(report: pytest.TestReport) -> tuple[Outcome, str]:
    if report.passed:
        return Outcome.PASSED, ""
    if report.failed:
        crash = getattr(report.longrepr, "reprcrash", None)
        return Outcome.FAILED, str(crash.message if crash else report.longreprtext).strip()
    if hasattr(report, "wasxfail"):
        return Outcome.KNOWN_DEFECT, report.wasxfail
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    return split_reason(str(reason).removeprefix("Skipped: "))
