"""A server that needs nothing but Python."""

import http.client
import os
import sys
from contextlib import closing

from codomyrmex.cloud.testing.backends import Server
from codomyrmex.cloud.testing.backends._server import Program


class Tiny(Server):
    """A server of the files in its folder."""

    name = "tiny"
    code = ""
    """What another program of it does."""

    @classmethod
    def missing(cls):
        return None

    def _programs(self, ports):
        (self.port,) = ports
        with open(os.path.join(self.folder, "token"), "w") as file:
            file.write(self.folder)
        serve = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", str(self.port)]
        programs = [Program("files", serve)]
        if self.code:
            programs.append(Program("other", [sys.executable, "-u", "-c", self.code], {"ADDED": "added"}))
        return programs

    def _answers(self):
        return self.get("/token") == self.folder.encode()

    def get(self, path):
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)) as connection:
            connection.request("GET", path)
            return connection.getresponse().read()
