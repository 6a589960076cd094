"""A lab by hand: ``python tests/openstack_lab up``, ``status``, ``down``. See ``--help``."""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import time

if not __package__:  # run as a folder
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    __package__ = "openstack_lab"

from codomyrmex.cloud.testing.backends._venv import backends_folder

from . import installation
from .keeper import end, keep
from .lab import KEEP, LAB_FOLDER, Lab, LabServer, is_running
from .services import NEEDS


def main(arguments=None):
    """The exit status: 1 where something failed."""
    parser = argparse.ArgumentParser(prog="python tests/openstack_lab", description="Real OpenStack on loopback.")
    folder = argparse.ArgumentParser(add_help=False)
    folder.add_argument("--folder", default=os.path.join(backends_folder(), "openstack-lab"), help="[%(default)s]")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, function, about):
        added = commands.add_parser(name, help=about, parents=[folder])
        added.set_defaults(command=function)
        return added

    command("install", install, "install what it needs; quick where that is done")
    starting = command("up", up, "install, start services, and say what leads a client to them")
    starting.add_argument(
        "--services",
        nargs="+",
        choices=NEEDS,
        default=list(NEEDS),
        metavar="NAME",
        help="these and what they need; all if none is given: %(choices)s",
    )
    running = command("run", run, "run a command, such as pytest, with a lab that ends with it")
    running.add_argument("arguments", nargs=argparse.REMAINDER, metavar="COMMAND ...")
    command("status", status, "say which services run, and where")
    command("down", down, "stop all of it; logs stay until the next up")
    command("keep", lambda options: keep(os.path.abspath(options.folder)), "what up runs in the background")
    options = parser.parse_args(arguments)
    try:
        return options.command(options)
    except (RuntimeError, OSError) as error:  # ServerError is one
        print(error, file=sys.stderr)
        return 1


def install(options):
    start = time.monotonic()
    installation.install()
    print(f"installed in {time.monotonic() - start:.0f} s: {installation.venv().path}")


def up(options):
    install(options)
    start = time.monotonic()
    if not is_running(options.folder):
        _start_keeper(os.path.abspath(options.folder))
    lab = Lab(options.folder)
    try:
        lab.require(*options.services)
        print(f"{', '.join(lab.running())} run after {time.monotonic() - start:.0f} s\n", flush=True)
        for variable, value in lab.environment().items():
            print(f"export {variable}={shlex.quote(value)}")
        print(f"export {LAB_FOLDER}={shlex.quote(lab.folder)}  # tests use this lab, and need not start one")
    finally:
        lab.close()
    print(f"\nlogs: {lab.folder}/*/*.log\ndown: {_line('down', lab.folder)}")


def _start_keeper(folder):
    if os.path.exists(os.path.join(folder, "keeper.log")):
        shutil.rmtree(folder)  # what an earlier lab left
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if os.listdir(folder):
        raise RuntimeError(f"{folder} is not empty, and no lab's")
    with open(os.path.join(folder, "keeper.log"), "wb") as log:
        keeper = subprocess.Popen(
            [*KEEP, folder], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    while not is_running(folder):
        if keeper.poll() is not None:
            with open(os.path.join(folder, "keeper.log")) as log:
                raise RuntimeError(f"the lab did not start:\n{log.read()}")
        time.sleep(0.05)


def run(options):
    """The exit status of the command, whose processes all use one lab: that of CLOUD_OPENSTACK_LAB, or a new one."""
    if os.environ.get(LAB_FOLDER):
        return subprocess.run(options.arguments, check=False).returncode
    with LabServer() as server:
        environment = {**os.environ, LAB_FOLDER: server.folder}
        status = subprocess.run(options.arguments, env=environment, check=False).returncode
        if status:  # the logs go with the lab
            print("errors that services logged:", *server.errors(), sep="\n", file=sys.stderr)
        return status


def status(options):
    if not is_running(options.folder):
        print(f"no lab runs in {options.folder}")
        return 1
    lab = Lab(options.folder)
    for name in lab.running():
        print(f"{name}: {lab.endpoint(name)}")
    return 0


def down(options):
    if not is_running(options.folder):
        print(f"no lab runs in {options.folder}")
        return
    end(options.folder)
    print(f"down; logs: {options.folder}/*/*.log")


def _line(command, folder):
    return shlex.join([sys.executable, installation.HERE, command, "--folder", folder])


if __name__ == "__main__":
    sys.exit(main())
