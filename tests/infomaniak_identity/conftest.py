import os

import pytest
from codomyrmex.cloud.infomaniak import InfomaniakIdentityClient


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    """The machine's own account is not what these tests use."""
    for name in [name for name in os.environ if name.startswith(("INFOMANIAK_", "OS_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def member(openstack_lab):
    openstack_lab.require("keystone")
    return openstack_lab.new_project()


@pytest.fixture
def connect(openstack_lab, member):
    """``connect(**options)``: a client by a new application credential; strict unless told otherwise."""
    made = []

    def connect(*, strict=True, **options):
        given = member.application_credential(**options)
        made.append(
            InfomaniakIdentityClient.from_credentials(
                given.id, given.secret, openstack_lab.auth_url, openstack_lab.region, strict=strict
            )
        )
        return made[-1]

    yield connect
    for client in made:
        client.close()


@pytest.fixture
def client(connect):
    """By an unrestricted application credential."""
    return connect(unrestricted=True)


@pytest.fixture
def by_password(member):
    """A client of a connection by password, which alone Keystone gives keys for S3."""
    return InfomaniakIdentityClient(member.connection, strict=True)
