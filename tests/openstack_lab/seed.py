"""What a cloud's operator makes before its customers come: the catalogue, roles, flavors, networks.

Names are those of Infomaniak's Public Cloud, as its documentation shows them.
"""

import io

from .places import EMPTY_REGION
from .services import ENDPOINTS
from .settings import DEFAULT_VOLUME_TYPE, SERVICE_PROJECT, SERVICE_USER

MEMBER_ROLES = ("member", "load-balancer_member", "SwiftOperator", "creator", "heat_stack_owner")
"""What a customer's user has in a project of its own."""

FLAVORS = (  # name, GiB of memory, cores, GB of disk
    ("a1-ram2-disk20-perf1", 2, 1, 20),
    ("a1-ram4-disk50-perf1", 4, 1, 50),
    ("a2-ram4-disk20-perf1", 4, 2, 20),
    ("a2-ram4-disk0", 4, 2, 0),
    ("a4-ram8-disk50-perf1", 8, 4, 50),
)
IMAGES = ("Debian 12 bookworm", "Ubuntu 22.04 LTS Jammy Jellyfish")
VOLUME_TYPES = (DEFAULT_VOLUME_TYPE, "CEPH_1_perf2")
NETWORKS = {"ext-net1": "203.0.113.0/24", "ext-floating1": "198.51.100.0/24"}
"""Those of RFC 5737."""


def catalogue(admin, places):
    """Endpoints, roles, and the users of the services; nothing where it is done."""
    identity = admin.identity
    if identity.find_project(SERVICE_PROJECT):
        return
    identity.create_region(id=EMPTY_REGION)
    _endpoint(identity, identity.find_service("keystone"), places.auth_url, EMPTY_REGION)
    for name, (kind, path) in ENDPOINTS.items():
        service = identity.create_service(name=name, type=kind)
        _endpoint(identity, service, places.url(name) + path, places.region)
    for role in ("service", "heat_stack_user", *MEMBER_ROLES):
        identity.find_role(role) or identity.create_role(name=role)
    project = identity.create_project(name=SERVICE_PROJECT, domain_id="default")
    user = identity.create_user(name=SERVICE_USER, password=places.password, domain_id="default")
    for role in ("admin", "service"):
        identity.assign_project_role_to_user(project, user, identity.find_role(role))
    domain = identity.create_domain(name="heat")
    user = identity.create_user(name="heat_domain_admin", password=places.password, domain_id=domain.id)
    identity.assign_domain_role_to_user(domain, user, identity.find_role("admin"))


def _endpoint(identity, service, url, region):
    for interface in ("public", "internal", "admin"):
        identity.create_endpoint(service_id=service.id, interface=interface, url=url, region_id=region)


def nova(admin):
    have = {flavor.name for flavor in admin.compute.flavors()}
    for name, memory, cores, disk in FLAVORS:
        if name not in have:
            admin.compute.create_flavor(name=name, ram=memory * 1024, vcpus=cores, disk=disk)


def cinder(admin):
    have = {kind.name for kind in admin.block_storage.types()}
    for name in VOLUME_TYPES:
        if name not in have:
            admin.block_storage.create_type(name=name, extra_specs={"volume_backend_name": "files"})


def neutron(admin):
    have = {network.name for network in admin.network.networks()}
    for name, cidr in NETWORKS.items():
        if name not in have:
            network = admin.network.create_network(
                name=name,
                is_router_external=True,
                is_shared=name == "ext-net1",  # where servers are put directly
                provider_network_type="flat",
                provider_physical_network=name,
            )
            admin.network.create_subnet(
                network_id=network.id, name=name, ip_version=4, cidr=cidr, is_dhcp_enabled=name == "ext-net1"
            )


def glance(admin):
    have = {image.name for image in admin.image.images()}
    for name in IMAGES:
        if name not in have:
            admin.image.create_image(
                name=name,
                disk_format="raw",
                container_format="bare",
                visibility="public",
                min_disk=1,
                data=io.BytesIO(bytes(1 << 20)),
                timeout=60,
            )


SEEDS = {"nova": nova, "cinder": cinder, "neutron": neutron, "glance": glance}
