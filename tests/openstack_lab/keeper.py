"""The process that owns the services of a lab, starts and stops them as it is asked, and ends with them."""

import fcntl
import os
import secrets
import signal
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener

from codomyrmex.cloud.testing.backends import ServerError

from . import seed
from .cloud import connect
from .places import new_places
from .services import service, with_needs

_PID_FILE = "keeper.pid"


def keep(folder):
    """Keep a lab in this folder, until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(0))
    pid_file = os.open(os.path.join(folder, _PID_FILE), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    fcntl.flock(pid_file, fcntl.LOCK_EX)  # nothing closes it: the lock is free when this process has ended, however
    os.write(pid_file, str(os.getpid()).encode())
    keeper = Keeper(folder)
    try:
        keeper.serve()
    finally:
        keeper.stop(list(keeper.services))


def end(folder):
    """End the keeper of this folder, and return when it is gone with all its services."""
    with open(os.path.join(folder, _PID_FILE)) as file:
        os.kill(int(file.read()), signal.SIGTERM)
        fcntl.flock(file, fcntl.LOCK_SH)


def ask(places, action, names=()):
    """What the keeper of these places answers to one of its methods. ServerError where that failed, OSError: none."""
    with Client(("127.0.0.1", places.ports["keeper"]), authkey=places.password.encode()) as connection:
        connection.send((action, list(names)))
        result, error = connection.recv()
    if error:
        raise ServerError(error)
    return result


class Keeper:
    def __init__(self, folder):
        self.services = {}
        """By name, all that were started once."""
        self._password = secrets.token_hex(16)
        self.places = new_places(folder, self._password, self._listen)
        self.places.save()

    def _listen(self, port):
        self._listener = Listener(("127.0.0.1", port), backlog=16, authkey=self._password.encode())

    def serve(self):
        """Answer, one client after the other."""
        while True:
            with suppress(AuthenticationError, EOFError, OSError), self._listener.accept() as connection:
                action, names = connection.recv()
                connection.send(self._answer(action, names))

    def _answer(self, action, names):
        try:
            return {"start": self.start, "stop": self.stop, "running": self.running}[action](names), None
        except (ServerError, ValueError) as error:
            return None, str(error)

    def running(self, names=()):
        """The names of those that run."""
        return [name for name, server in self.services.items() if server.is_running]

    def stop(self, names):
        """Stop these alone, at once."""
        with ThreadPoolExecutor(len(names) or 1) as pool:
            list(pool.map(lambda name: self.services[name].stop(), names))

    def start(self, names):
        """Start these and what they need, side by side. ServerError says which failed and why; the others run."""
        names = [name for name in with_needs(names) if name not in self.running()]
        for name in names:
            if name in self.services:
                self.services[name].stop()  # it may have ended by itself
            self.services[name] = service(name, self.places)
        with ThreadPoolExecutor(len(names) or 1) as pool:
            try:
                errors = self._gather({pool.submit(self._start, name): name for name in names})
            except BaseException:  # SIGTERM
                self.stop(names)
                raise
        if errors:
            raise ServerError("\n".join(errors))

    def _gather(self, starting):
        failed, errors = set(), []
        for done in as_completed(starting):
            name = starting[done]
            if failed.intersection(with_needs([name])):  # no fault of its own
                continue
            if error := done.exception():
                failed.add(name)
                errors.append(str(error) if isinstance(error, ServerError) else f"{name}: {error!r}")
                self.stop([other for other in starting.values() if name in with_needs([other])])
        return errors

    def _start(self, name):
        self.services[name].start()
        with connect(self.places) as admin:
            if name == "keystone":
                seed.catalogue(admin, self.places)
                open(self.places.path("catalogue"), "w").close()  # what the others wait for
            elif name in seed.SEEDS:
                seed.SEEDS[name](admin)
