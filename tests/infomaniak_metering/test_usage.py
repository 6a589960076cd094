"""What a project uses, told by the real services, and by how many requests."""

from datetime import UTC, datetime, timedelta

import pytest
from codomyrmex.cloud import get_client
from codomyrmex.cloud.errors import AuthenticationError
from codomyrmex.cloud.infomaniak.errors import InfomaniakUnsupportedError
from codomyrmex.cloud.infomaniak.metering import InfomaniakMeteringClient
from codomyrmex.cloud.testing.backends import FaultProxy

COMPUTE = {
    "instance_count", "total_vcpus", "total_ram_mb", "total_disk_gb",
    "period_start", "period_end", "vcpu_hours", "ram_mb_hours", "disk_gb_hours",
}  # fmt: skip
STORAGE = {"volume_count", "total_size_gb", "attached_count", "unattached_count"}
NETWORK = {"network_count", "router_count", "security_group_count", "floating_ip_count", "floating_ips_in_use"}


@pytest.fixture(scope="module")
def used(new_project):
    """A project with two servers, two volumes of which one is attached, two addresses of which one is in use, and
    an object.
    """
    project = new_project()
    network = project.network()
    server, _ = project.servers(2, network)
    cloud = project.cloud
    volumes = [cloud.block_storage.create_volume(size=size, name=f"v{size}") for size in (1, 2)]
    for volume in volumes:
        cloud.block_storage.wait_for_status(volume, "available", interval=0.5)
    cloud.compute.create_volume_attachment(server, volume_id=volumes[0].id)
    cloud.block_storage.wait_for_status(volumes[0], "in-use", interval=0.5)
    router = cloud.network.create_router(
        name="r", external_gateway_info={"network_id": cloud.network.find_network("ext-floating1").id}
    )
    cloud.network.add_interface_to_router(router, subnet=next(cloud.network.subnets(network_id=network.id)).id)
    outside = cloud.network.find_network("ext-floating1")
    port = next(cloud.network.ports(device_id=server.id))
    cloud.network.create_ip(floating_network_id=outside.id, port_id=port.id)
    cloud.network.create_ip(floating_network_id=outside.id)
    cloud.object_store.create_container(name="c")
    cloud.object_store.upload_object("c", "o", data=b"12345")
    return project


@pytest.fixture(scope="module")
def client(used):
    with used.client(strict=True) as client:
        yield client


def test_compute_counts_the_servers_that_there_are(client):
    usage = client.get_compute_usage()
    assert usage.keys() == COMPUTE
    assert usage == {
        "instance_count": 2, "total_vcpus": 2, "total_ram_mb": 4096, "total_disk_gb": 40,
        "period_start": None, "period_end": None, "vcpu_hours": None, "ram_mb_hours": None, "disk_gb_hours": None,
    }  # fmt: skip


def test_a_stopped_server_still_counts_and_a_deleted_one_no_more(new_project):
    project = new_project()
    kept, gone = project.servers(2)
    compute = project.cloud.compute
    compute.stop_server(kept)
    compute.wait_for_server(kept, "SHUTOFF", interval=0.5)
    compute.delete_server(gone)
    compute.wait_for_delete(gone, interval=0.5)
    with project.client(strict=True) as client:
        assert client.get_compute_usage()["instance_count"] == 1
        today = client.get_compute_usage(datetime.now(UTC) - timedelta(hours=1))
    assert today["instance_count"] == 2
    assert today["vcpu_hours"] > 0


def test_a_period_has_its_hours(client):
    end = datetime.now(UTC)
    start = end - timedelta(hours=2)
    usage = client.get_compute_usage(start, end.isoformat())
    assert usage["instance_count"] == 2
    assert (usage["period_start"], usage["period_end"]) == tuple(
        moment.isoformat(timespec="seconds").replace("+00:00", "Z") for moment in (start, end)
    )
    assert 0 < usage["vcpu_hours"] < 2
    assert usage["ram_mb_hours"] == pytest.approx(usage["vcpu_hours"] * 2048)
    assert usage["disk_gb_hours"] == pytest.approx(usage["vcpu_hours"] * 20)


def test_a_period_before_there_was_anything_is_empty(client):
    usage = client.get_compute_usage("2026-01-01T00:00:00+01:00", "2026-02-01T00:00:00+01:00")
    assert (usage["instance_count"], usage["vcpu_hours"]) == (0, 0.0)
    assert usage["period_start"] == "2025-12-31T23:00:00Z"


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        ("2026-01-01", None, r"start needs an offset from UTC, such as 2026-01-01T00:00:00\+00:00"),
        (None, "2026-01-01T00:00:00Z", "a period that has an end has a start"),
        ("2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z", "a period ends after its start"),
        ("yesterday", None, "isoformat"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_a_period_that_is_none_is_a_mistake_of_the_caller(used, strict, start, end, reason):
    with used.client(strict=strict) as client, pytest.raises(ValueError, match=reason):
        client.get_compute_usage(start, end)


def test_storage_counts_volumes_by_whether_they_are_attached(client):
    usage = client.get_storage_usage()
    assert usage.keys() >= STORAGE
    assert {key: usage[key] for key in STORAGE} == {
        "volume_count": 2, "total_size_gb": 3, "attached_count": 1, "unattached_count": 1,
    }  # fmt: skip


def test_network_counts_what_the_project_has(client):
    usage = client.get_network_usage()
    assert usage == {
        "network_count": 1, "router_count": 1, "security_group_count": 1,
        "floating_ip_count": 2, "floating_ips_in_use": 1,
    }  # fmt: skip


def test_object_storage_is_told_as_swift_knows_it(client):
    usage = client.get_object_storage_usage()
    assert usage.keys() == {"container_count", "object_count", "bytes_used"}
    assert all(isinstance(number, int) for number in usage.values())


def test_all_usage_holds_each_part(client):
    usage = client.get_all_usage()
    assert usage.keys() == {"compute", "storage", "network", "object_storage", "timestamp"}
    assert usage["compute"] == client.get_compute_usage()
    assert datetime.fromisoformat(usage["timestamp"]).tzinfo == UTC


def test_a_service_that_the_region_does_not_have_is_none_in_all_usage(used):
    with used.lab.unlisted("cinder", used.member), used.client(strict=True) as client:
        usage = client.get_all_usage()
        assert usage["storage"] is None
        assert usage["compute"]["instance_count"] == 2
        with pytest.raises(InfomaniakUnsupportedError, match="offers no block-storage service"):
            client.get_storage_usage()


def test_quotas_are_those_of_the_project_with_what_is_used(new_project):
    quota = {
        "nova": {"instances": 7, "cores": -1, "ram": 8192},
        "cinder": {"volumes": 3},
        "neutron": {"network": 4},
    }
    with new_project(quota=quota).client(strict=True) as client:
        compute = client.get_compute_quotas()
        assert compute.keys() == {"instances", "cores", "ram_mb", "key_pairs", "server_groups", "used"}
        assert (compute["instances"], compute["cores"], compute["ram_mb"]) == (7, -1, 8192)
        assert compute["used"]["instances"] == 0
        assert client.get_storage_quotas()["volumes"] == 3
        assert client.get_network_quotas()["networks"] == 4
        assert client.get_object_storage_quotas()["bytes"] == -1
        assert client.get_all_quotas()["compute"] == compute


def test_what_is_used_of_a_quota_is_counted(client):
    quotas = client.get_all_quotas()
    assert quotas["compute"]["used"] | {"server_groups": 0} == {
        "instances": 2, "cores": 2, "ram_mb": 4096, "key_pairs": None, "server_groups": 0,
    }  # fmt: skip
    assert (quotas["storage"]["used"]["volumes"], quotas["storage"]["used"]["gigabytes"]) == (2, 3)
    assert quotas["network"]["used"]["floating_ips"] == 2


def test_a_cloud_without_rating_says_so(client):
    with pytest.raises(InfomaniakUnsupportedError, match="offers no rating service"):
        client.get_rating("2026-11-01T00:00:00Z")


METHODS = [name for name in dir(InfomaniakMeteringClient) if name.startswith("get_")]


@pytest.mark.parametrize("method", METHODS)
def test_a_wrong_secret_is_a_failure_in_both_faces(metered_lab, method):
    credential = metered_lab.application_credential()
    arguments = ["2026-11-01T00:00:00Z"] if method == "get_rating" else []
    with InfomaniakMeteringClient.from_credentials(
        credential.id, "wrong", metered_lab.auth_url, metered_lab.region
    ) as client:
        assert getattr(client, method)(*arguments) in ({}, [])
        assert isinstance(client.last_error, AuthenticationError)
        client.strict = True
        with pytest.raises(AuthenticationError):
            getattr(client, method)(*arguments)


def test_get_client_gives_it(used, monkeypatch):
    for variable, value in used.member.environment().items():
        monkeypatch.setenv(variable, value)
    with get_client("infomaniak", "metering") as client:
        assert client.get_compute_usage()["instance_count"] == 2


def requests_of(project, call):
    """How many requests reach Nova for a call."""
    with FaultProxy(project.lab.endpoint("nova")) as proxy, project.client(strict=True) as client:
        client.connection.config.config["compute_endpoint_override"] = f"{proxy.endpoint_url}/v2.1"
        call(client)
        return len(proxy.requests)


def test_usage_takes_the_same_requests_whatever_the_number_of_servers(new_project):
    project = new_project()
    project.servers(1)
    few = requests_of(project, lambda client: client.get_all_usage())
    project.servers(4)
    assert requests_of(project, lambda client: client.get_all_usage()) == few
    assert few > 0


@pytest.mark.slow
def test_many_servers_are_counted_by_as_many_requests_as_two(new_project):
    project = new_project(quota={"nova": {"instances": 20, "cores": 20, "ram": -1}})
    project.servers(2)
    two = requests_of(project, lambda client: client.get_all_usage())
    project.servers(10)
    counted = {}
    assert requests_of(project, lambda client: counted.update(client.get_all_usage()["compute"])) == two
    assert (counted["instance_count"], counted["total_vcpus"]) == (12, 12)
