import os
from contextlib import closing
from secrets import token_hex

import pytest
from codomyrmex.cloud.common import operation
from codomyrmex.cloud.infomaniak.openstack import OpenStackClient
from codomyrmex.cloud.testing.backends import FaultProxy


class Anything(OpenStackClient):
    """A client of whatever a test calls, as the clients of the services are."""

    service = "anything"

    @operation
    def run(self, call):
        return call(self.connection)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    """The machine's own account is not what these tests use."""
    for name in [name for name in os.environ if name.startswith(("INFOMANIAK_", "OS_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def lab(openstack_lab):
    openstack_lab.require("keystone")
    return openstack_lab


@pytest.fixture(scope="session")
def member(lab):
    return lab.new_project()


@pytest.fixture(scope="session")
def credential(member):
    """An unrestricted application credential."""
    return member.application_credential(unrestricted=True)


@pytest.fixture
def settle(monkeypatch):
    """``settle(variables)`` puts them into the environment."""

    def settle(variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return settle


@pytest.fixture
def connect(lab, credential):
    """``connect(**options)``: a client of the member's, strict unless told otherwise; closed after the test."""
    made = []

    def connect(kind=Anything, *, of=credential, **options):
        options = {"auth_url": lab.auth_url, "region": lab.region, "strict": True, "timeout": 20, **options}
        made.append(kind.from_credentials(of.id, of.secret, **options))
        return made[-1]

    yield connect
    for client in made:
        client.close()


@pytest.fixture
def client(connect):
    return connect()


@pytest.fixture
def new_region(lab):
    """``new_region({"identity": url, ...})``: a region of the catalogue whose services are there."""
    identity, made = lab.admin.identity, []

    def new_region(urls):
        region = identity.create_region(id=f"test-{token_hex(4)}")
        made.append((identity.delete_region, region))
        for service_type, url in urls.items():
            service = next(identity.services(type=service_type), None)
            if service is None:
                service = identity.create_service(type=service_type, name=service_type)
                made.append((identity.delete_service, service))
            endpoint = identity.create_endpoint(
                service_id=service.id, interface="public", url=url, region_id=region.id
            )
            made.append((identity.delete_endpoint, endpoint))
        return region.id

    yield new_region
    for delete, resource in reversed(made):
        delete(resource)


@pytest.fixture
def proxy(lab):
    """A proxy before Keystone."""
    with FaultProxy(lab.auth_url) as proxy:
        proxy.tokens = lambda: [r for r in proxy.requests if (r.method, r.path) == ("POST", "/v3/auth/tokens")]
        yield proxy


@pytest.fixture
def proxied(connect, new_region, proxy):
    """Options of a client whose every request goes through ``proxy``."""
    return {"auth_url": proxy.endpoint_url, "region": new_region({"identity": proxy.endpoint_url})}


@pytest.fixture
def by_password(member):
    """A connection of the member's by password."""
    with closing(member.connection) as connection:
        yield connection
