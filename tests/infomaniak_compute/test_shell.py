"""``cloud call infomaniak.compute``, as a person in a shell runs it."""

import os
import signal
import subprocess
import sys

import pytest
from support.project import FLAVOR

CALL = [sys.executable, "-m", "codomyrmex.cloud.cli", "call", "infomaniak.compute"]


@pytest.fixture
def environment(project):
    return os.environ | project.environment()


def test_progress_and_an_interrupt_tell_which_server_is_made(openstack_lab, compute, environment):
    with openstack_lab.held() as name:
        arguments = ["create_instance", "--name", name, "--flavor", FLAVOR, "--image", "Tiny 1.0", "--network", "[]"]
        process = subprocess.Popen([*CALL, *arguments], env=environment, stderr=subprocess.PIPE, text=True)
        progress = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=60)
        made = compute.get_instance(name)["id"]
    compute.delete_instance(made)
    assert progress == f"server {made}: BUILD\n"
    assert rest.splitlines()[-1] == f"cloud: interrupted; the service goes on with server {made}"
    assert process.returncode == 130


def test_what_is_typed_reaches_nova(compute, environment, tmp_path):
    (tmp_path / "setup.sh").write_bytes(b"#!/bin/sh\n")
    typed = [
        "create_instance", "--name", "typed", "--flavor", FLAVOR, "--image", "Tiny 1.0", "--network", "inside",
        "--security-groups", "default", "--security-groups", "web", "--user-data", f"@{tmp_path / 'setup.sh'}",
        "--set", 'metadata={"team": "blue"}', "--json",
    ]  # fmt: skip
    subprocess.run([*CALL, *typed], env=environment, check=True, stdout=subprocess.DEVNULL)
    server = compute.native.compute.find_server("typed", details=True)
    assert sorted(group["name"] for group in server.security_groups) == ["default", "web"]
    assert server.metadata == {"team": "blue"}
    compute.delete_instance(server.id)
