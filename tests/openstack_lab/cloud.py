"""The cloud that a lab is, as its admin and its customers see it."""

from functools import cached_property
from secrets import token_hex
from typing import NamedTuple

from keystoneauth1.identity import v3
from keystoneauth1.session import Session
from openstack.connection import Connection


def connect(places, username="admin", project_name="admin", password=None):
    """A connection of this user, by password; close it."""
    auth = v3.Password(
        places.auth_url,
        username=username,
        password=password or places.password,
        project_name=project_name,
        user_domain_id="default",
        project_domain_id="default",
    )
    return Connection(session=Session(auth), region_name=places.region)


class ApplicationCredential(NamedTuple):
    id: str
    secret: str
    name: str


class Member:
    """A user in a project, and how that user comes in.

    Has ``project``, as the SDK gives it, its ``project_id`` and ``project_name``, and the user's ``user_id``,
    ``username`` and ``password``.
    """

    def __init__(self, places, project, user, password):
        self.places = places
        self.project, self.project_id, self.project_name = project, project.id, project.name
        self.user_id, self.username, self.password = user.id, user.name, password

    @cached_property
    def connection(self):
        """By password; closed with the lab."""
        return connect(self.places, self.username, self.project_name, self.password)

    def application_credential(self, *, unrestricted=False, roles=None, expires_at=None):
        """A new one of this user's, with all of its roles or those named; only an unrestricted one makes others."""
        options = {"roles": [{"name": role} for role in roles]} if roles else {}
        if expires_at:
            options["expires_at"] = expires_at
        made = self.connection.identity.create_application_credential(
            self.user_id, name=f"lab-{token_hex(4)}", unrestricted=unrestricted, **options
        )
        return ApplicationCredential(made.id, made.secret, made.name)

    def environment(self, **options):
        """The variables that lead a client here, with a new `application_credential` of these options."""
        credential = self.application_credential(**options)
        return {
            "INFOMANIAK_APP_CREDENTIAL_ID": credential.id,
            "INFOMANIAK_APP_CREDENTIAL_SECRET": credential.secret,
            "INFOMANIAK_AUTH_URL": self.places.auth_url,
            "INFOMANIAK_PROJECT_ID": self.project_id,
            "INFOMANIAK_REGION": self.places.region,
        }

    def close(self):
        if "connection" in self.__dict__:
            self.connection.close()
