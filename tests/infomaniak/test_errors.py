"""What each service refuses, in its own way, and the error that tells it."""

import json
import pickle
import traceback

import pytest
from codomyrmex.cloud import errors as tree
from codomyrmex.cloud import infomaniak
from codomyrmex.cloud.infomaniak import (
    InfomaniakAlreadyExistsError,
    InfomaniakCloudError,
    InfomaniakConflictError,
    InfomaniakConnectionError,
    InfomaniakForbiddenError,
    InfomaniakNotFoundError,
    InfomaniakPreconditionFailedError,
    InfomaniakQuotaExceededError,
    InfomaniakRateLimitError,
    InfomaniakServerError,
    InfomaniakUnsupportedError,
    InfomaniakValidationError,
)
from codomyrmex.cloud.infomaniak import errors as module
from codomyrmex.cloud.testing.backends import Status

NOBODY = "00000000-0000-4000-8000-000000000000"

STATUSES = {
    400: (InfomaniakValidationError, ValueError),
    402: (InfomaniakQuotaExceededError, tree.QuotaExceeded),
    403: (InfomaniakForbiddenError, PermissionError),
    404: (InfomaniakNotFoundError, tree.NotFound),
    405: (InfomaniakUnsupportedError, NotImplementedError),
    406: (InfomaniakUnsupportedError, NotImplementedError),
    408: (infomaniak.InfomaniakTimeoutError, TimeoutError),
    409: (InfomaniakConflictError, tree.Conflict),
    410: (InfomaniakNotFoundError, tree.NotFound),
    412: (InfomaniakPreconditionFailedError, tree.PreconditionFailed),
    413: (InfomaniakValidationError, ValueError),
    418: (InfomaniakCloudError, tree.CloudError),
    422: (InfomaniakValidationError, ValueError),
    429: (InfomaniakRateLimitError, tree.RateLimited),
    500: (InfomaniakServerError, ConnectionError),
    501: (InfomaniakUnsupportedError, NotImplementedError),
    503: (InfomaniakServerError, ConnectionError),
    504: (InfomaniakServerError, ConnectionError),
    599: (InfomaniakServerError, ConnectionError),
}

BODIES = {
    "nova": (400, {"badRequest": {"code": 400, "message": "No flavor."}}, "No flavor.", "400"),
    "neutron": (
        404,
        {"NeutronError": {"type": "PortNotFound", "message": "No port.", "detail": ""}},
        "No port.",
        "PortNotFound",
    ),
    "keystone": (403, {"error": {"code": 403, "message": "Not you.", "title": "Forbidden"}}, "Not you.", "403"),
    "designate": (400, {"code": 400, "type": "invalid_zone", "message": "No dot."}, "No dot.", "invalid_zone"),
    "heat": (
        404,
        {"code": 404, "explanation": "Not found.", "error": {"message": "No stack.", "type": "EntityNotFound"}},
        "No stack.",
        "EntityNotFound",
    ),
    "octavia": (404, {"faultcode": "Client", "faultstring": "No pool.", "debuginfo": None}, "No pool.", "404"),
    "placement": (409, {"errors": [{"status": 409, "title": "Conflict", "detail": "Busy."}]}, "Busy.", "409"),
    "glance": (403, "<html><head><title>403</title></head><body><h1>403</h1>Too&nbsp;big</body></html>", "big", "403"),
    "null": (400, {"error": None}, "Bad Request", "400"),
    "list": (400, [], "Bad Request", "400"),
    "text": (400, "<b>Oops</b>\n no JSON", "Oops no JSON", "400"),
}


def refused(client, call):
    """The error of this call."""
    with pytest.raises(InfomaniakCloudError) as caught:
        client.run(call)
    return caught.value


@pytest.fixture
def refusing(proxied_client, proxy):
    """``refusing(status, body)``: the error where the service answers that."""

    def refusing(status, body="{}", **options):
        text = body if isinstance(body, str) else json.dumps(body)
        kind = "text/html" if text.startswith("<") else "application/json"
        headers = {"Content-Type": kind, "x-openstack-request-id": "req-1"}
        proxy.inject(Status(status, body=text.encode(), headers=headers, **options), path="/v3/users/", times=None)
        return refused(proxied_client, lambda c: c.identity.get_user(c.current_user_id))

    return refusing


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_is_an_error_of_both_trees(refusing, status):
    kind, builtin = STATUSES[status]
    error = refusing(status, retry_after=3600)
    assert type(error) is kind
    assert isinstance(error, builtin)
    assert (error.status_code, error.code, error.request_id) == (status, str(status), "req-1")
    assert (error.provider, error.service, error.operation) == ("infomaniak", "anything", "run")
    assert error.retry_after == 3600


@pytest.mark.parametrize("service", BODIES)
def test_the_message_is_what_the_service_says(refusing, service):
    status, body, message, code = BODIES[service]
    error = refusing(status, body)
    assert error.message.endswith(message)
    assert error.code == code
    assert "url" not in str(error)


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (403, "Quota exceeded for instances: Requested 1, but already used 10 of 10 instances", "quota"),
        (403, "Quota exceeded, too many key pairs.", "quota"),
        (403, "Quota has been met for resources: Load Balancer", "quota"),
        (403, "You have reached the maximum stacks per tenant, 512. Please delete some stacks.", "quota"),
        (403, "Policy doesn't allow os_compute_api:os-quota-sets:show to be performed.", "forbidden"),
        (409, "Quota exceeded for resources: ['network'].", "quota"),
        (413, "VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded for quota 'volumes'.", "quota"),
        (413, "VolumeSizeExceedsAvailableQuota: Requested volume exceeds allowed gigabytes quota.", "quota"),
        (413, "Quota exceeded for zones", "quota"),
        (413, "over_quota", "quota"),
        (413, "This request was rate-limited.", "rate"),
        (413, "The body of your request was too large for this server.", "invalid"),
        (409, "Conflict occurred attempting to store user - Duplicate entry found with name x.", "exists"),
        (409, "Key pair 'x' already exists.", "exists"),
        (409, "Cannot 'start' instance while it is in vm_state active", "conflict"),
    ],
)
def test_one_status_means_different_things(refusing, status, text, kind):
    kinds = {
        "quota": InfomaniakQuotaExceededError,
        "forbidden": InfomaniakForbiddenError,
        "rate": InfomaniakRateLimitError,
        "invalid": InfomaniakValidationError,
        "exists": InfomaniakAlreadyExistsError,
        "conflict": InfomaniakConflictError,
    }
    assert type(refusing(status, {"error": {"message": text}})) is kinds[kind]


def test_an_answer_that_is_no_json_is_the_servers_failure(connect, proxied, proxy):
    client = connect(infomaniak.InfomaniakIdentityClient, **proxied)
    proxy.inject(Status(200, body=b"<html>Sign in to the hotel's network</html>"), path="/v3/auth/projects")
    with pytest.raises(InfomaniakServerError):
        client.list_projects()


def test_a_url_that_leads_to_no_keystone(connect, lab):
    with pytest.raises(InfomaniakConnectionError, match=r"no Keystone at .*/elsewhere/v3; check INFOMANIAK_AUTH_URL"):
        connect(auth_url=f"{lab.auth_url.removesuffix('/v3')}/elsewhere").validate_connection()


def test_a_url_where_a_web_site_says_yes(connect, proxied, proxy):
    proxy.inject(Status(200, body=b"<html>Welcome"), path="/auth/tokens")
    with pytest.raises(InfomaniakConnectionError, match="no Keystone at"):
        connect(**proxied).validate_connection()


def test_a_host_that_nobody_listens_on(connect, free_port):
    with pytest.raises(InfomaniakConnectionError, match=f"127.0.0.1:{free_port}.*: Connection refused$") as caught:
        connect(auth_url=f"http://127.0.0.1:{free_port}").validate_connection()
    assert caught.value.retryable


@pytest.mark.parametrize("path", ["/v2.1", ""], ids=["version_in_its_url", "version_to_discover"])
@pytest.mark.parametrize("service", ["compute", "dns"])
def test_a_service_that_is_down(connect, new_region, free_port, service, path):
    client = connect(region=new_region({service: f"http://127.0.0.1:{free_port}{path}"}))
    error = refused(client, lambda c: list(c.compute.servers() if service == "compute" else c.dns.zones()))
    assert isinstance(error, InfomaniakConnectionError)
    assert service in error.message or str(free_port) in error.message


def test_a_service_that_the_region_does_not_offer(connect, new_region, lab):
    region = new_region({"identity": lab.auth_url})
    error = refused(connect(region=region), lambda c: list(c.compute.servers()))
    assert isinstance(error, InfomaniakUnsupportedError)
    assert error.message.startswith(f"region '{region}' offers no compute service; it offers identity; the regions are")
    assert lab.region in error.message


def test_a_region_that_does_not_exist(connect, lab):
    error = refused(connect(region="dc9-z"), lambda c: list(c.network.networks()))
    assert isinstance(error, InfomaniakUnsupportedError)
    assert "offers no network service; there is no such region" in error.message
    assert lab.region in error.message


def test_validating_tells_a_region_without_the_service(connect, lab):
    client = connect(infomaniak.InfomaniakIdentityClient, region="dc9-z")
    with pytest.raises(InfomaniakUnsupportedError, match="no such region"):
        client.validate_connection()


def test_a_missing_role(connect, lab, member):
    reader = lab.new_user(member.project, roles=["reader"])
    client = connect(of=reader.application_credential())
    error = refused(client, lambda c: list(c.identity.users()))
    assert isinstance(error, InfomaniakForbiddenError)
    assert "not authorized" in error.message


@pytest.mark.parametrize(
    ("service", "quota", "call", "status"),
    [
        ("nova", {"key_pairs": 0}, lambda c: c.compute.create_keypair(name="k"), 403),
        ("neutron", {"network": 0}, lambda c: c.network.create_network(name="n"), 409),
        ("cinder", {"volumes": 0}, lambda c: c.block_storage.create_volume(size=1), 413),
    ],
    ids=["nova", "neutron", "cinder"],
)
def test_an_exhausted_quota(openstack_lab, connect, service, quota, call, status):
    openstack_lab.require(service)
    project = openstack_lab.new_project(quota={service: quota})
    error = refused(connect(of=project.application_credential()), call)
    assert isinstance(error, InfomaniakQuotaExceededError)
    assert error.status_code == status
    assert "exceed" in error.message.lower()


def test_a_conflict(openstack_lab, client):
    openstack_lab.require("neutron")
    network = client.connection.network.create_network(name="in-use")
    port = client.connection.network.create_port(network_id=network.id)
    try:
        error = refused(client, lambda c: c.network.delete_network(network, ignore_missing=False))
        assert type(error) is InfomaniakConflictError
        assert error.code == "NetworkInUse"
    finally:
        client.connection.network.delete_port(port)
        client.connection.network.delete_network(network)


def test_what_is_there_already(openstack_lab, client):
    openstack_lab.require("neutron")
    group = client.connection.network.create_security_group(name="twice")
    try:
        make = lambda c: c.network.create_security_group_rule(  # noqa: E731
            security_group_id=group.id, direction="ingress", protocol="tcp", port_range_min=22, port_range_max=22
        )
        client.run(make)
        assert isinstance(refused(client, make), InfomaniakAlreadyExistsError)
    finally:
        client.connection.network.delete_security_group(group)


def test_what_does_not_exist(openstack_lab, client):
    openstack_lab.require("nova")
    error = refused(client, lambda c: c.compute.delete_server(NOBODY, ignore_missing=False))
    assert isinstance(error, InfomaniakNotFoundError)
    assert NOBODY in error.message
    assert error.request_id.startswith("req-")


def test_a_bug_of_the_caller_stays_what_it_is(client):
    with pytest.raises(AttributeError):
        client.run(lambda c: c.no_such_service)


def test_no_secret_is_in_what_an_error_holds(connect, credential, capture_logs):
    secret = "a-secret-that-is-wrong"
    with capture_logs() as log, pytest.raises(InfomaniakCloudError) as caught:
        connect(of=credential._replace(secret=secret)).validate_connection()
    link, held = caught.value, []
    while link is not None:
        answer = getattr(link, "response", None)
        requests = [request for holder in (link, answer) if (request := getattr(holder, "request", None))]
        held += [repr(link), str(vars(link)), *(str(vars(request)) for request in requests)]
        link = link.__cause__ or link.__context__
    held += traceback.format_exception(caught.value)
    assert secret not in "".join(held) + log.getvalue()
    assert secret.encode() not in pickle.dumps(caught.value)


def test_errors_pickle(refusing):
    error = refusing(409, {"NeutronError": {"type": "NetworkInUse", "message": "In use."}})
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert vars(copy) == vars(error)


def test_every_error_is_in_the_drawing_and_can_be_imported_from_anywhere():
    names = [name for name, value in vars(module).items() if name.startswith("Infomaniak") and isinstance(value, type)]
    assert len(names) == 18
    for name in names:
        assert name in module.__doc__
        assert getattr(infomaniak, name) is getattr(module, name)
        exec(f"from codomyrmex.cloud import {name}")
