"""Fixtures that give real back ends, for tests of any project.

They are ``swift``, ``moto_server``, ``moto``, ``azurite``, ``azurite_oauth``, ``fake_gcs`` and ``fault_proxy``; and, in
this process, ``coda_server`` and ``newsletter_server``, which are always there.

A back end that is missing skips the tests that ask for it, with the line that installs it. With
``CLOUD_REQUIRE_BACKENDS=1`` in the environment it fails them instead.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

import pytest
from codomyrmex.cloud.testing import backends, services

_Server = TypeVar("_Server", bound="backends.Server")

_logged: dict[backends.Server, dict[str, int]] = {}
"""The servers that run, to how long their logs were when they started, or when the test did."""


@contextmanager
def running(kind: type[_Server]) -> Iterator[_Server]:
    """A server of this kind, for a fixture; the report of a test that fails meanwhile shows its logs."""
    if reason := kind.missing():
        if os.environ.get("CLOUD_REQUIRE_BACKENDS") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    with kind() as server:
        _logged[server] = server.log_sizes()
        try:
            yield server
        finally:
            del _logged[server]


@pytest.fixture(scope="session")
def swift() -> Iterator[backends.Swift]:
    """OpenStack Swift with its S3 API: `codomyrmex.cloud.testing.backends.Swift`. One for all tests, never emptied."""
    with running(backends.Swift) as server:
        yield server


@pytest.fixture(scope="session")
def moto_server() -> Iterator[backends.Moto]:
    """Moto as a server: `codomyrmex.cloud.testing.backends.Moto`. One for all tests."""
    with running(backends.Moto) as server:
        yield server


@pytest.fixture
def moto(moto_server: backends.Moto) -> backends.Moto:
    """The same, as new."""
    moto_server.reset()
    return moto_server


@pytest.fixture(scope="session")
def azurite() -> Iterator[backends.Azurite]:
    """Azurite over HTTP: `codomyrmex.cloud.testing.backends.Azurite`. One for all tests, never emptied."""
    with running(backends.Azurite) as server:
        yield server


@pytest.fixture(scope="session")
def azurite_oauth() -> Iterator[backends.AzuriteOAuth]:
    """Azurite over HTTPS, which takes tokens: `codomyrmex.cloud.testing.backends.AzuriteOAuth`."""
    with running(backends.AzuriteOAuth) as server:
        yield server


@pytest.fixture(scope="session")
def fake_gcs() -> Iterator[backends.FakeGCS]:
    """fake-gcs-server: `codomyrmex.cloud.testing.backends.FakeGCS`. One for all tests, never emptied."""
    with running(backends.FakeGCS) as server:
        yield server


@pytest.fixture
def fault_proxy() -> Iterator[Callable[[str], backends.FaultProxy]]:
    """``fault_proxy(url)`` gives a `codomyrmex.cloud.testing.backends.FaultProxy` before a server, for this test."""
    with ExitStack() as stack:
        yield lambda upstream_url: stack.enter_context(backends.FaultProxy(upstream_url))


@pytest.fixture
def coda_server() -> Iterator[services.CodaServer]:
    """A Coda of this test's own: `codomyrmex.cloud.testing.services.CodaServer`."""
    with services.CodaServer() as server:
        yield server


@pytest.fixture
def newsletter_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[services.NewsletterServer]:
    """A newsletter of this test's own: `codomyrmex.cloud.testing.services.NewsletterServer`.

    Meanwhile ``CLOUD_STATE_DIR`` is a folder of the test: clients record there which campaigns they sent.
    """
    with pytest.MonkeyPatch.context() as patch, services.NewsletterServer() as server:
        patch.setenv("CLOUD_STATE_DIR", str(tmp_path_factory.mktemp("newsletter-state")))
        yield server


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Note where the logs of the servers end before the test."""
    for server in _logged:
        _logged[server] = server.log_sizes()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the servers logged since then to the report of a test that failed."""
    report = yield
    if report.failed:
        for server, sizes in _logged.items():
            if log := server.log(since=sizes):
                report.sections.append((f"{server.name} since the test began", log))
    return report
