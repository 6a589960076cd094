"""A lab that runs, whoever keeps it."""

import glob
import os
import re
import sys
from contextlib import contextmanager
from functools import cached_property
from multiprocessing import AuthenticationError
from secrets import token_hex

from codomyrmex.cloud.testing.backends import ServerError
from codomyrmex.cloud.testing.backends._server import Program, Server

from . import installation, seed
from .cloud import Member, connect
from .keeper import ask
from .places import EMPTY_REGION, Places

LAB_FOLDER = "CLOUD_OPENSTACK_LAB"
"""The variable that names the folder of a lab which runs, for tests to use it."""
_ERROR = re.compile(r" ERROR \S+ \[(None |req-|-\])")
"""In the first line of an error as oslo.log writes it; the lines of its traceback name no request."""
KEEP = [sys.executable, os.path.join(installation.HERE, "__main__.py"), "keep", "--folder"]


class LabServer(Server):
    """The keeper of a lab that ends with this process. Services start when a `Lab` asks for them."""

    name = "openstack"

    @classmethod
    def missing(cls):
        return installation.missing()

    def _programs(self, ports):
        return [Program("keeper", [*KEEP, self.folder])]

    def _answers(self):
        return is_running(self.folder)

    def errors(self, most=30):
        """The last errors that each service logged: their first lines, ``most`` of one file."""
        for path in self._log_paths():
            with open(path, encoding="utf-8", errors="replace") as log:
                errors = [line.rstrip()[:500] for line in log if _ERROR.search(line)]
            yield from (f"{os.path.relpath(path, self.folder)}: {line}" for line in errors[-most:])

    def _log_paths(self):
        return sorted(glob.glob(os.path.join(self.folder, "**", "*.log"), recursive=True))


def is_running(folder):
    """Whether a keeper answers for this folder."""
    try:
        ask(Places.load(folder), "running")
    except (OSError, EOFError, AuthenticationError, ValueError):  # none, another on its port, half of a lab.json
        return False
    return True


class Lab:
    """The lab in ``folder``; FileNotFoundError where there is none.

    Its services start when they are asked for. `admin` may do everything; all else here is of a project of its own,
    made for this object.
    """

    empty_region = EMPTY_REGION
    """A region that lists identity alone: a catalogue without the endpoint of any other service."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        self.places = Places.load(self.folder)
        self.auth_url, self.region = self.places.auth_url, self.places.region
        self._members = []
        self._failed = {}

    def running(self):
        """The names of the services that run."""
        return ask(self.places, "running")

    def require(self, *names):
        """Start these services and what they need, unless they run. ServerError says which failed, and why."""
        if names not in self._failed:
            try:
                ask(self.places, "start", names)
            except ServerError as error:
                self._failed[names] = error
        if names in self._failed:  # each later test would wait for minutes to learn the same
            raise ServerError(str(self._failed[names]))

    def endpoint(self, name):
        """Where this service listens, without what projects append."""
        return self.places.url(name)

    @cached_property
    def admin(self):
        """A connection of the cloud's admin."""
        self.require("keystone")
        return connect(self.places)

    @cached_property
    def member(self):
        """An ordinary customer: the user of a project with what quotas upstream gives."""
        return self.new_project()

    @property
    def project_id(self):
        return self.member.project_id

    def application_credential(self, **options):
        """A new one of `member`'s: see `Member.application_credential`."""
        return self.member.application_credential(**options)

    def environment(self, **options):
        """The variables that lead a client to `member`'s project: see `Member.environment`."""
        return self.member.environment(**options)

    def new_project(self, *, quota=None, roles=seed.MEMBER_ROLES):
        """A project of its own with a `Member`.

        ``quota`` is by service: ``{"nova": {"instances": 1}, "cinder": {"volumes": 1}, "neutron": {"network": 1}}``,
        as the services name them. They must run.
        """
        project = self.admin.identity.create_project(name=f"PCP-{token_hex(4).upper()}", domain_id="default")
        for service, limits in (quota or {}).items():
            set_quota = {
                "nova": self.admin.set_compute_quotas,
                "cinder": self.admin.set_volume_quotas,
                "neutron": self.admin.set_network_quotas,
            }[service]
            set_quota(project.id, **limits)
        return self.new_user(project, roles=roles)

    def new_user(self, project, *, roles):
        """A `Member` with these roles alone in a project, as in ``new_user(member.project, roles=["reader"])``."""
        identity = self.admin.identity
        password = token_hex(8)
        user = identity.create_user(name=f"PCU-{token_hex(4).upper()}", password=password, domain_id="default")
        for role in roles:
            identity.assign_project_role_to_user(project, user, self._roles[role])
        self._members.append(Member(self.places, project, user, password))
        return self._members[-1]

    @cached_property
    def _roles(self):
        return {role.name: role.id for role in self.admin.identity.roles()}

    def revoke(self, token):
        """Make this token worthless before its time, as when it expires in a long job; Swift may take it for longer."""
        url = f"{self.auth_url}/auth/tokens"
        self.admin.session.delete(url, headers={"X-Subject-Token": token})
        with open(self.places.path("revoked"), "ab") as file:
            file.write(b".")  # services remember what they validated: see inside/lab/tokens.py

    @contextmanager
    def stopped(self, name):
        """This service is down in here: nobody listens on its port."""
        ask(self.places, "stop", [name])
        try:
            yield
        finally:
            ask(self.places, "start", [name])

    @contextmanager
    def held(self, name=None):
        """The name, a new one unless given, of a server, volume or load balancer that does not become ready in here.

        So tests need not be quicker than the service to see something unfinished. ``held("faults")`` is about servers
        that fail: nova writes their reasons down after it.
        """
        name = name or f"held-{token_hex(4)}"
        path = self.places.path("held", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, "w").close()
        try:
            yield name
        finally:
            os.unlink(path)

    @contextmanager
    def unlisted(self, name, member):
        """The catalogue lists no endpoint of this service in here, for this member's project alone.

        Tokens that were there before still list it. A project that is associated with endpoints sees these and no
        other: https://docs.openstack.org/api-ref/identity/v3-ext/#os-ep-filter-api
        """
        identity = self.admin.identity
        service = identity.find_service(name, ignore_missing=False)
        listed = f"/OS-EP-FILTER/projects/{member.project_id}/endpoints"
        others = [f"{listed}/{endpoint.id}" for endpoint in identity.endpoints() if endpoint.service_id != service.id]
        for association in others:
            identity.put(association)
        try:
            yield
        finally:
            for association in others:
                identity.delete(association)

    def close(self):
        """Close the connections of this object. The lab runs on."""
        for member in self._members:
            member.close()
        if "admin" in self.__dict__:
            self.admin.close()
