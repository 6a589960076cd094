"""Every service of the lab answers an ordinary customer, and can be taken away for a test."""

import time

import keystoneauth1.exceptions
import pytest
from keystoneauth1.identity import v3
from keystoneauth1.session import Session
from openstack.connection import Connection
from openstack.exceptions import ForbiddenException, HttpException

from .lab import Lab, LabServer
from .seed import FLAVORS, IMAGES, NETWORKS, VOLUME_TYPES
from .services import ENDPOINTS


@pytest.fixture
def lab(openstack_lab):
    """With identity alone, unless a test asks for more."""
    openstack_lab.require("keystone")
    return openstack_lab


def enter(lab, credential):
    """A connection by application credential, as the clients under test make it."""
    auth = v3.ApplicationCredential(
        lab.auth_url, application_credential_id=credential.id, application_credential_secret=credential.secret
    )
    return Connection(session=Session(auth), region_name=lab.region)


def test_an_application_credential_leads_into_its_project(lab):
    with enter(lab, lab.application_credential()) as cloud:
        assert cloud.current_project_id == lab.project_id


def test_an_unrestricted_one_makes_others_and_a_restricted_one_does_not(lab):
    member = lab.new_project()
    with enter(lab, member.application_credential(unrestricted=True)) as cloud:
        assert cloud.identity.create_application_credential(member.user_id, name="another").secret
    with enter(lab, member.application_credential()) as cloud, pytest.raises(ForbiddenException):
        cloud.identity.create_application_credential(member.user_id, name="a third")


def test_a_credential_may_have_fewer_roles_than_its_user(lab):
    with enter(lab, lab.application_credential(roles=["reader"])) as cloud:
        assert cloud.session.auth.get_access(cloud.session).role_names == ["reader"]


def test_the_environment_is_that_of_a_credential_that_works(lab):
    told = lab.environment()
    assert (told["INFOMANIAK_REGION"], told["INFOMANIAK_AUTH_URL"]) == (lab.region, lab.auth_url)
    auth = v3.ApplicationCredential(
        told["INFOMANIAK_AUTH_URL"],
        application_credential_id=told["INFOMANIAK_APP_CREDENTIAL_ID"],
        application_credential_secret=told["INFOMANIAK_APP_CREDENTIAL_SECRET"],
    )
    assert Session(auth).get_project_id() == told["INFOMANIAK_PROJECT_ID"]


def test_a_token_that_is_revoked_is_worth_nothing_at_once(lab):
    lab.require("glance")
    with enter(lab, lab.application_credential()) as cloud:
        token = cloud.session.get_token()
        url, headers = f"{lab.endpoint('glance')}/v2/images", {"X-Auth-Token": token}
        assert cloud.session.get(url, headers=headers, authenticated=False).status_code == 200
        lab.revoke(token)
        with pytest.raises(keystoneauth1.exceptions.Unauthorized):
            cloud.session.get(url, headers=headers, authenticated=False)
        assert cloud.session.get(url).status_code == 200  # with a token that it got by itself


@pytest.fixture
def own_lab(lab):
    """A lab that no other test uses; ``lab`` skips or fails where none can run."""
    with LabServer() as server:
        own = Lab(server.folder)
        yield own
        own.close()


def test_a_service_that_is_stopped_is_down_and_comes_back_with_its_data(own_lab):
    own_lab.require("glance")
    images = own_lab.member.connection.image
    with own_lab.stopped("glance"):
        assert "glance" not in own_lab.running()
        with pytest.raises(keystoneauth1.exceptions.ConnectFailure):
            images.get("/v2/images")
    assert set(IMAGES) <= {image.name for image in images.images()}


def urls(lab, kind, region):
    """What the catalogue of a new token lists."""
    with enter(lab, lab.application_credential()) as cloud:
        return cloud.session.auth.get_access(cloud.session).service_catalog.get_urls(
            service_type=kind, interface="public", region_name=region
        )


def test_a_service_may_be_missing_from_the_catalogue(lab):
    with lab.unlisted("glance", lab.member):
        assert urls(lab, "image", lab.region) == ()
        assert urls(lab, "compute", lab.region)
        assert lab.admin.endpoint_for("image")  # as all others see it
    assert urls(lab, "image", lab.region) == (lab.endpoint("glance"),)


def test_the_empty_region_has_identity_alone(lab):
    assert urls(lab, "identity", lab.empty_region) == (lab.auth_url,)
    assert [kind for kind, _ in ENDPOINTS.values() if urls(lab, kind, lab.empty_region)] == []


@pytest.mark.slow
def test_all_services_answer_a_customer(lab):
    lab.require(*ENDPOINTS)
    cloud = lab.member.connection
    assert {flavor.name for flavor in cloud.compute.flavors()} == {name for name, *_ in FLAVORS}
    assert {image.name for image in cloud.image.images()} >= set(IMAGES)
    assert {network.name for network in cloud.network.networks()} >= set(NETWORKS)
    assert {kind.name for kind in cloud.block_storage.types()} >= set(VOLUME_TYPES)
    assert list(cloud.object_store.containers()) == []
    assert list(cloud.dns.zones()) == []
    assert list(cloud.orchestration.stacks()) == []
    assert list(cloud.load_balancer.load_balancers()) == []
    with pytest.raises(HttpException):
        list(cloud.compute.hypervisors())


@pytest.mark.slow
def test_a_project_has_the_quota_that_is_asked_for(lab):
    lab.require("nova", "cinder")
    member = lab.new_project(quota={"nova": {"instances": 1}, "cinder": {"volumes": 2}, "neutron": {"network": 3}})
    cloud = member.connection
    assert cloud.compute.get_limits().absolute.instances == 1
    assert cloud.block_storage.get_limits().absolute.max_total_volumes == 2
    assert cloud.network.get_quota(member.project_id).networks == 3


@pytest.mark.slow
def test_the_workers_do_what_the_services_promise(lab):
    lab.require("nova", "cinder", "designate", "heat", "octavia")
    cloud = lab.member.connection
    network = cloud.network.create_network(name="workers")
    subnet = cloud.network.create_subnet(network_id=network.id, name="workers", ip_version=4, cidr="10.1.0.0/24")
    flavor, image = cloud.compute.find_flavor(FLAVORS[0][0]), cloud.image.find_image(IMAGES[0])
    server = {"name": "workers", "flavor_id": flavor.id, "image_id": image.id, "networks": [{"uuid": network.id}]}
    template = {"heat_template_version": "2021-04-16", "resources": {"word": {"type": "OS::Heat::RandomString"}}}
    made = {
        cloud.compute.get_server: cloud.compute.create_server(**server),
        cloud.block_storage.get_volume: cloud.block_storage.create_volume(name="workers", size=1),
        cloud.dns.get_zone: cloud.dns.create_zone(name="workers.test.", email="admin@workers.test"),
        cloud.orchestration.get_stack: cloud.orchestration.create_stack(name="workers", template=template),
        cloud.load_balancer.get_load_balancer: cloud.load_balancer.create_load_balancer(
            name="workers", vip_subnet_id=subnet.id
        ),
    }
    deadline = time.monotonic() + 200
    states = {}
    while set(states.values()) != {"ACTIVE", "AVAILABLE", "CREATE_COMPLETE"}:
        assert time.monotonic() < deadline, states
        time.sleep(0.5)
        states = {get.__name__: state(get(thing.id)) for get, thing in made.items()}
        assert not any(text.endswith(("ERROR", "FAILED")) for text in states.values()), states


def state(thing):
    return (getattr(thing, "provisioning_status", None) or thing.status).upper()
