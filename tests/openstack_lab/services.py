"""The services of a lab: what each needs, and how it is started."""

import http.client
import os
from collections.abc import Iterable

from codomyrmex.cloud.testing.backends import Swift, _swift_conf
from codomyrmex.cloud.testing.backends._server import Program, Server

from . import installation, settings

NEEDS = {
    "keystone": (),
    "placement": ("keystone",),
    "glance": ("keystone",),
    "neutron": ("keystone",),
    "cinder": ("glance",),
    "nova": ("placement", "glance", "neutron"),
    "swift": ("keystone",),
    "designate": ("keystone",),
    "heat": ("neutron",),
    "octavia": ("neutron",),
}
"""All services, to what each cannot work without."""

ENDPOINTS = {
    "placement": ("placement", ""),
    "glance": ("image", ""),
    "neutron": ("network", ""),
    "cinder": ("block-storage", "/v3/%(project_id)s"),
    "nova": ("compute", "/v2.1"),
    "swift": ("object-store", "/v1/AUTH_%(project_id)s"),
    "designate": ("dns", ""),
    "heat": ("orchestration", "/v1/%(project_id)s"),
    "octavia": ("load-balancer", ""),
}
"""In the catalogue: type, and what follows the port."""


def with_needs(names: Iterable[str]) -> list[str]:
    """These services and all they need, in the order of `NEEDS`. ValueError for one that is none."""
    wanted = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in NEEDS:
            raise ValueError(f"there is no service {name!r}, only: {', '.join(NEEDS)}")
        wanted.add(name)
        pending += NEEDS[name]
    return [name for name in NEEDS if name in wanted]


def service(name, places):
    """The service of a lab, not started yet."""
    return SwiftService(places) if name == "swift" else Service(name, places)


class InLab(Server):
    """A server with a folder in the lab's, which keeps what is in it when the server stops."""

    keeps_folder = True
    start_seconds = 240  # on two cores that start ten of them

    def __init__(self, places):
        super().__init__()
        self.places = places

    @classmethod
    def missing(cls):
        return installation.missing()

    @classmethod
    def venv(cls):
        return installation.venv()

    def _make_folder(self):
        folder = self.places.path(self.name)
        os.makedirs(folder, exist_ok=True)
        return folder


class Service(InLab):
    """One of the projects that run in a process of their own: see ``inside/``."""

    def __init__(self, name, places):
        super().__init__(places)
        self.name = name

    def _programs(self, ports):
        settings.write(self.name, self.places, os.path.join(self.venv().path, "etc"))
        command = [self.venv().python, "-W", "ignore", "-m", "lab", self.name, self.places.folder]
        inside = os.path.join(installation.HERE, "inside")
        bin_folder = os.path.join(self.venv().path, "bin")  # where projects look for commands of others
        environment = {
            "PYTHONPATH": inside,
            "PYTHONWARNINGS": "ignore",
            "PATH": os.pathsep.join([bin_folder, os.environ.get("PATH", os.defpath)]),
        }
        return [Program(self.name, command, environment)]

    def _answers(self):
        return answers(self.places.ports[self.name])


class SwiftService(InLab, Swift):
    """Swift with users of keystone, and its S3 API with their EC2 credentials."""

    ports = 0  # the lab has them

    def _programs(self, ports):
        names = ("swift", "swift-cache", "swift-account", "swift-container", "swift-object")
        return super()._programs([self.places.ports[name] for name in names])

    def _configure(self, user):
        if not os.path.exists(os.path.join(self.folder, "swift.conf")):  # else it starts again, with its data
            super()._configure(user)

    def _auth(self):
        credentials = settings.credentials(self.places)
        return {
            "authtoken": {
                "use": "egg:keystonemiddleware#auth_token",
                "delay_auth_decision": "true",  # objects may be public
                "include_service_catalog": "false",
                **settings.token_settings(self.places),
                "cache": "swift.cache",  # nothing is revoked in its tests, and a question costs more than its own work
            },
            "s3api": _swift_conf.s3api(self.region),
            "s3token": {
                "auth_uri": self.places.auth_url,
                "reseller_prefix": "AUTH_",
                "secret_cache_duration": 300,
                **credentials,
            },
            "keystoneauth": {"operator_roles": "admin, member, SwiftOperator", "reseller_prefix": "AUTH"},
        }

    def _answers(self):
        return answers(self.places.ports["swift"], "/info")


def answers(port, path="/"):
    """Whether HTTP is spoken there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    finally:
        connection.close()
