"""What the tests of Infomaniak's object storage share."""

import os

import pytest

from .swift_fixtures import behind, container, faulty, member, proxy, segments, start, swift  # noqa: F401  # fixtures


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    """The machine's own accounts are not what these tests use."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "INFOMANIAK_", "OS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


@pytest.fixture(scope="session")
def lab(openstack_lab):
    openstack_lab.require("keystone", "swift")
    return openstack_lab
