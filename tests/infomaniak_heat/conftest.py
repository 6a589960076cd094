from secrets import token_hex

import pytest
from codomyrmex.cloud.infomaniak.heat import InfomaniakHeatClient


@pytest.fixture(scope="session")
def heat_lab(openstack_lab):
    openstack_lab.require("heat")
    return openstack_lab


@pytest.fixture(scope="session")
def client(heat_lab):
    """Raises; Heat wants an application credential that may make trusts."""
    credential = heat_lab.application_credential(unrestricted=True)
    with InfomaniakHeatClient.from_credentials(
        credential.id, credential.secret, heat_lab.auth_url, heat_lab.region, strict=True
    ) as client:
        yield client


@pytest.fixture
def name(client):
    """Of a stack, which the end of the test deletes if it is there."""
    name = f"stack-{token_hex(4)}"
    yield name
    for stack in client.list_stacks():
        if stack["name"] == name:
            client.delete_stack(name)
