"""Labs start what is asked for, side by side, say what fails and why, and are gone afterwards, however it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from multiprocessing import AuthenticationError

import pytest
from codomyrmex.cloud.testing.backends import ServerError

from . import installation
from .keeper import ask
from .lab import LAB_FOLDER, Lab, LabServer
from .places import Places
from .services import NEEDS, with_needs

COMMAND = [sys.executable, installation.HERE]


@pytest.fixture
def installed():
    """Skips where no lab can run, as the fixture ``openstack_lab`` does."""
    if reason := installation.missing():
        pytest.fail(reason) if os.environ.get("CLOUD_REQUIRE_BACKENDS") == "1" else pytest.skip(reason)


def is_open(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def test_services_bring_what_they_need():
    assert with_needs(["nova", "cinder"]) == ["keystone", "placement", "glance", "neutron", "cinder", "nova"]
    assert with_needs(NEEDS) == list(NEEDS)
    with pytest.raises(ValueError, match="there is no service 'novo', only: keystone, placement,"):
        with_needs(["novo"])


def test_one_that_is_not_installed_says_how_to(monkeypatch, tmp_path):
    monkeypatch.setenv("CLOUD_BACKENDS_DIR", str(tmp_path))
    assert "the OpenStack lab is not installed; run: tox run -e lab -- install" in LabServer.missing()


def test_tests_are_not_led_to_a_lab_that_does_not_run(monkeypatch, tmp_path):
    (tmp_path / "test_it.py").write_text(
        "from openstack_lab.fixtures import openstack_lab\ndef test_it(openstack_lab): pass"
    )
    environment = {**os.environ, "CLOUD_OPENSTACK_LAB": "/no/lab", "PYTHONPATH": os.path.dirname(installation.HERE)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no lab runs in CLOUD_OPENSTACK_LAB=/no/lab" in done.stdout


def test_labs_run_side_by_side_each_on_ports_of_its_own(installed, left_over):
    with LabServer() as one, LabServer() as other:
        places = [Places.load(server.folder) for server in (one, other)]
        assert not set(places[0].ports.values()) & set(places[1].ports.values())
        with pytest.raises(AuthenticationError):
            ask(Places(places[0].folder, places[0].ports, places[1].password), "running")
        folders = [one.folder, other.folder]
    assert left_over() == []
    assert not any(map(os.path.exists, folders))
    assert not any(is_open(place.ports["keeper"]) for place in places)


def test_a_service_that_does_not_start_says_why_and_stops_those_that_need_it(installed, left_over):
    with LabServer() as server:
        lab = Lab(server.folder)
        os.makedirs(lab.places.path("keystone", "keystone.db"))  # in the place of the file
        start = time.monotonic()
        with pytest.raises(ServerError) as caught:
            lab.require("placement")
        took = time.monotonic() - start
        assert str(caught.value).startswith("keystone did not start\n--- keystone: keystone\n")
        assert "sqlite3.OperationalError: unable to open database file" in str(caught.value)
        assert "placement" not in str(caught.value)
        assert lab.running() == []

        start = time.monotonic()
        with pytest.raises(ServerError, match="unable to open database file"):
            lab.require("placement")  # another test
        assert time.monotonic() - start < took / 2
    assert left_over() == []


@pytest.mark.slow
def test_a_lab_by_hand_runs_until_it_is_taken_down(installed, left_over, tmp_path):
    def run(*arguments):
        command = [*COMMAND, *arguments, "--folder", str(tmp_path / "lab")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    assert run("status") == (1, f"no lab runs in {tmp_path / 'lab'}\n")
    code, said = run("up", "--services", "keystone")
    assert code == 0, said
    assert "export INFOMANIAK_APP_CREDENTIAL_ID=" in said
    places = Places.load(tmp_path / "lab")
    assert run("status") == (0, f"keystone: {places.url('keystone')}\n")
    code, said = run("up", "--services", "placement")  # beside what runs
    assert code == 0, said
    assert said.count("export") == 6
    assert run("status")[1].count("\n") == 2
    assert run("down") == (0, f"down; logs: {tmp_path / 'lab'}/*/*.log\n")
    assert left_over() == []
    assert not any(map(is_open, places.ports.values()))
    assert (tmp_path / "lab" / "placement" / "placement.log").read_text()


@pytest.mark.slow
def test_a_run_that_fails_shows_what_services_logged_as_errors(installed):
    """The first line of each, without the traceback, which oslo.log begins with the same words."""
    fail = """
import os, sys
with open(os.path.join(os.environ["CLOUD_OPENSTACK_LAB"], "nova.log"), "w") as log:
    log.write("2026-11-30 06:50:03.172 7 INFO nova.compute [None req-1 - - - -] all is well\\n")
    log.write("2026-11-30 06:50:03.173 7 ERROR nova.compute [None req-1 - - - -] no host\\n")
    log.write("2026-11-30 06:50:03.173 7 ERROR nova.compute Traceback (most recent call last):\\n")
sys.exit(3)
"""
    command = [*COMMAND, "run", sys.executable, "-c", fail]
    no_lab = {name: value for name, value in os.environ.items() if name != LAB_FOLDER}
    done = subprocess.run(command, env=no_lab, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "nova.log: 2026-11-30 06:50:03.173 7 ERROR nova.compute [None req-1 - - - -] no host" in done.stderr
    assert "all is well" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_lab_whose_owner_is_killed_is_gone(installed, left_over):
    code = (
        "import os\nfrom openstack_lab.lab import Lab, LabServer\n"
        "server = LabServer().start()\nLab(server.folder).require('keystone')\n"
        "print(server.folder, flush=True)\nos.kill(os.getpid(), 9)"
    )
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(installation.HERE)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    deadline = time.monotonic() + 30
    while left_over():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not os.path.exists(done.stdout.strip())
