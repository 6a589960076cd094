"""Where a project finds its settings and the others."""

import json
import os
import sys
import time
import urllib.error
import urllib.request

_START = time.monotonic()
_CONFIGURATION = {"glance": "glance-api.conf"}


class Context:
    """The project ``name`` of the lab in ``folder``."""

    def __init__(self, name, folder):
        self.name = name
        self.lab_folder = folder
        self.folder = os.path.join(folder, name)
        self.conf = os.path.join(self.folder, _CONFIGURATION.get(name, f"{name}.conf"))
        with open(os.path.join(folder, "lab.json"), encoding="utf-8") as file:
            self.lab = json.load(file)
        self.port = self.lab["ports"][name]

    def be_configured(self):
        """Lead the project to its settings: some look at the command line, some at the environment."""
        sys.argv = [self.name] if self.name == "neutron" else [self.name, "--config-file", self.conf]
        prefix = f"OS_{self.name.upper()}"
        os.environ[f"{prefix}_CONFIG_DIR"] = self.folder
        os.environ["OS_NEUTRON_CONFIG_FILES"] = "neutron.conf"
        os.environ[f"{prefix}_DISABLE_EVENTLET_PATCHING"] = "true"

    def database(self, name=None):
        """The path of this project's database, or of another of its databases."""
        return os.path.join(self.folder, f"{name or self.name}.db")

    def url(self, name):
        return f"http://127.0.0.1:{self.lab['ports'][name]}"

    def once(self, what, action):
        """Do this, unless it was done before: a project that starts again keeps its data."""
        mark = os.path.join(self.folder, what)
        if not os.path.exists(mark):
            action()
            with open(mark, "w"):
                self.say(what)

    def await_file(self, name):
        """Wait for this file of the lab's folder. Who started this process ends it when that took too long."""
        while not os.path.exists(os.path.join(self.lab_folder, name)):
            time.sleep(0.05)

    def await_service(self, name):
        """Wait until this other service answers."""
        while True:
            try:
                urllib.request.urlopen(self.url(name), timeout=5).close()
                return
            except urllib.error.HTTPError:  # an answer
                return
            except OSError:
                time.sleep(0.1)

    def say(self, text):
        print(f"{time.monotonic() - _START:.1f} s: {self.name} {text}", flush=True)
