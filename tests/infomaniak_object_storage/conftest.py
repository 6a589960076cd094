"""The lab, and none of the machine's own accounts."""

import os

import pytest

from .swift_fixtures import behind, container, faulty, member, proxy, segments, start, swift  # noqa: F401  # fixtures


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    """The machine's own account is not what these tests use."""
    for name in [name for name in os.environ if name.startswith(("INFOMANIAK_", "OS_", "AWS_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def lab(openstack_lab):
    openstack_lab.require("swift")
    return openstack_lab
