"""What the tests of the Infomaniak clients need in a project of the lab."""

import io
import uuid
from contextlib import contextmanager
from urllib.parse import urlsplit

FLAVOR = "a1-ram2-disk20-perf1"


def connect(kind, member, **options):
    """A client of this class by a new application credential of the member; it raises unless told otherwise."""
    credential = member.application_credential()
    place = {"auth_url": member.places.auth_url, "region": member.places.region}
    return kind.from_credentials(credential.id, credential.secret, **place, **{"strict": True, **options})


def make_image(member, name):
    """An image of no use but to start servers from."""
    return member.connection.image.create_image(
        name=name,
        data=io.BytesIO(bytes(1024)),
        disk_format="raw",
        container_format="bare",
        min_disk=1,
        allow_duplicates=True,
    )


def make_network(member, name, subnet):
    network = member.connection.network.create_network(name=name)
    member.connection.network.create_subnet(network_id=network.id, ip_version=4, cidr=subnet)
    return network


def nowhere():
    """The id of nothing."""
    return str(uuid.uuid4())


@contextmanager
def recorded(client):
    """The requests that a client sends, each as method and path."""
    sent, hooks = [], client.connection.session.session.hooks["response"]

    def record(response, **options):
        sent.append((response.request.method, urlsplit(response.request.url).path))

    hooks.append(record)
    try:
        yield sent
    finally:
        hooks.remove(record)
