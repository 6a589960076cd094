"""The fixture ``openstack_lab``, for the tests of all folders."""

import os

import pytest
from codomyrmex.cloud.testing.fixtures import running


@pytest.fixture(scope="session")
def openstack_lab():
    """The `openstack_lab.lab.Lab` of this run, or with CLOUD_OPENSTACK_LAB the one that runs in that folder.

    Its services start when a test asks for them: ``openstack_lab.require("nova")``. All tests share it: what they
    count they count in a project of their own, ``openstack_lab.new_project()``. Where it is not installed tests are
    skipped, and fail with CLOUD_REQUIRE_BACKENDS=1.
    """
    from openstack_lab.lab import LAB_FOLDER, Lab, LabServer, is_running  # used in few of the runs that import this

    if folder := os.environ.get(LAB_FOLDER):
        if not is_running(folder):
            pytest.fail(f"no lab runs in {LAB_FOLDER}={folder}", pytrace=False)
        yield from _closing(Lab(folder))
        return
    with running(LabServer) as server:
        yield from _closing(Lab(server.folder))


def _closing(lab):
    try:
        yield lab
    finally:
        lab.close()
