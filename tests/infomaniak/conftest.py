import io
import logging
import os
import socket
from contextlib import contextmanager
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


@pytest.fixture(scope="session")
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
            endpoint = identity.create_endpoint(service_id=service.id, interface="public", url=url, region_id=region.id)
            made.append((identity.delete_endpoint, endpoint))
        return region.id

    yield new_region
    for delete, resource in reversed(made):
        delete(resource)


@pytest.fixture(scope="session")
def keystone_proxy(lab):
    with FaultProxy(lab.auth_url) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def proxied(new_region, keystone_proxy):
    """Options of a client whose every request goes through ``proxy``."""
    url = keystone_proxy.endpoint_url
    return {"auth_url": url, "region": new_region({"identity": url}), "strict": True, "timeout": 20}


@pytest.fixture(scope="session")
def proxied_client(credential, proxied):
    with Anything.from_credentials(credential.id, credential.secret, **proxied) as client:
        yield client


@pytest.fixture
def proxy(keystone_proxy):
    """A proxy before Keystone, that saw nothing yet; ``tokens()`` are the requests for one."""
    keystone_proxy.clear()
    keystone_proxy.tokens = lambda: [r for r in keystone_proxy.requests if r.method == "POST" and "tokens" in r.path]
    yield keystone_proxy
    keystone_proxy.clear()


@pytest.fixture
def by_password(member):
    """A connection of the member's by password, which the lab closes."""
    return member.connection


@pytest.fixture
def free_port():
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


@pytest.fixture
def capture_logs():
    """``with capture_logs() as log``: all that any logger says, from DEBUG on, is in ``log.getvalue()``."""

    @contextmanager
    def capture():
        log = io.StringIO()
        handler, root = logging.StreamHandler(log), logging.getLogger()
        handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
        named = [logging.getLogger(name) for name in ("keystoneauth", "openstack", "urllib3", "codomyrmex")]
        levels = [(logger, logger.level) for logger in (root, *named)]
        for logger, _ in levels:
            logger.setLevel(logging.DEBUG)
        root.addHandler(handler)
        try:
            yield log
        finally:
            root.removeHandler(handler)
            for logger, level in levels:
                logger.setLevel(level)

    return capture
