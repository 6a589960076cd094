"""What hooks are told that an operation does, for every client: a policy by effect holds if, and only if, this does."""

import base64
import inspect
import select
import socket
from contextlib import contextmanager

import pytest
from codomyrmex import cloud
from codomyrmex.cloud import hooks
from codomyrmex.cloud.common import CloudClient, CloudCredentials
from codomyrmex.cloud.common.operations import spec_of
from codomyrmex.cloud.errors import OperationRefused
from codomyrmex.cloud.hooks import hookimpl
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

ASK_NO_SERVICE = {
    "close", "credential_source", "from_credentials", "from_env", "from_url", "resource_name", "split_url",
    "translate_error", "typed_error", "url",
    "from_identity",  # which has an identity client make keys, by an operation of that
}  # fmt: skip

# Faces have a storage do all their work: hooks are told of its operations.
FACES = {
    "S3Client": {
        "read": "download_file get_metadata",
        "list": "list_objects",
        "write": "ensure_bucket upload_file",
    },
    "GCSClient": {
        "read": "download_blob get_metadata",
        "list": "list_blobs",
        "write": "ensure_bucket upload_blob",
    },
    "AzureBlobClient": {
        "read": "download_blob get_metadata",
        "list": "list_blobs",
        "write": "ensure_container upload_blob",
    },
    "InfomaniakS3Client": {
        "read": "bucket_exists download_data download_file generate_presigned_url get_metadata",
        "list": "list_buckets list_objects validate_connection",
        "write": "create_bucket ensure_bucket upload_data upload_file",
        "delete": "delete_bucket delete_object",
    },
    "InfomaniakObjectStorageClient": {
        "read": "download_file download_object get_account get_container get_object_metadata",
        "list": "list_containers list_objects",
        "write": "create_container generate_temp_url upload_file upload_object",
        "delete": "delete_container delete_object",
        "admin": "set_container_acl",
    },
}

EFFECTS = {
    "AzureStorage": {"write": "create_bucket upload_stream", "delete": "delete_many"},
    "CodaClient": {
        "read": "export_page get_doc list_rows resolve_browser_link wait_for_mutation whoami",
        "list": "iter_docs list_columns list_tables",
        "write": "create_doc insert_rows push_button update_page update_row",
        "delete": "delete_doc delete_page delete_row delete_rows",
    },
    "ComputeClient": {"list": "list_instances", "write": "start_instance", "delete": "terminate_instance"},
    "GCSStorage": {"read": "stat", "list": "iter_objects", "write": "copy"},
    "InfomaniakComputeClient": {
        "read": "get_console_log validate_connection",
        "list": "list_images list_keypairs",
        "write": "add_security_group confirm_resize create_image reboot_instance remove_security_group stop_instance",
        "delete": "delete_image delete_instance terminate_instance",
        "admin": "create_keypair delete_keypair",
    },
    "InfomaniakDNSClient": {
        "read": "export_zone get_record",
        "list": "list_ptr_records list_records",
        "write": "import_zone set_ptr_record",
        "delete": "delete_ptr_record delete_zone",
    },
    "InfomaniakHeatClient": {
        "read": "get_stack_outputs list_stack_events validate_template",
        "list": "list_stack_resources",
        "write": "create_stack suspend_stack",
        "delete": "delete_stack update_stack",
    },
    "InfomaniakIdentityClient": {
        "read": "get_application_credential get_current_user",
        "list": "list_application_credentials list_ec2_credentials list_projects",
        "admin": (
            "create_application_credential create_ec2_credentials delete_application_credential delete_ec2_credentials"
        ),
    },
    "InfomaniakMeteringClient": {"read": "get_all_usage get_network_quotas get_rating"},
    "InfomaniakNetworkClient": {
        "read": "get_router",
        "list": "list_pool_members list_security_group_rules",
        "write": "add_security_group_rule create_listener disassociate_floating_ip remove_router_interface",
        "delete": "delete_port delete_security_group_rule release_floating_ip remove_pool_member",
    },
    "InfomaniakNewsletterClient": {
        "read": "get_campaign_activity get_list_contacts list_contacts wait_for_task wait_until_sent",
        "list": "list_campaigns list_mailing_lists",
        "write": "import_contacts manage_contact schedule_campaign send_campaign send_test unschedule_campaign",
        "delete": "delete_contact delete_field forget_contact unsubscribe_contacts",
    },
    "InfomaniakS3Storage": {"write": "generate_presigned_upload", "delete": "abort_multipart_uploads"},
    "InfomaniakSwiftStorage": {
        "read": "account_info container_info open_read",
        "list": "iter_unfinished_uploads list_buckets",
        "write": "generate_presigned_upload generate_presigned_url upload_path",  # a signing key may have to be set
        "delete": "delete_bucket generate_temp_url remove_unfinished_uploads",
        "admin": "set_container_acl set_container_metadata",
    },
    "InfomaniakVolumeClient": {
        "read": "get_backup",
        "list": "list_volume_types",
        "write": "attach_volume create_snapshot detach_volume extend_volume restore_backup restore_snapshot",
        "delete": "delete_backup delete_volume",
    },
    "LocalStorage": {"read": "exists generate_presigned_url", "write": "ensure_bucket", "delete": "sweep"},
    "S3Storage": {
        "read": "generate_presigned_url read_range",
        "list": "iter_multipart_uploads",
        "write": "generate_presigned_upload upload_file",
        "delete": "abort_multipart_uploads delete_file",
    },
    "ServerlessClient": {"write": "invoke_function", "delete": "delete_function"},
    "StorageClient": {
        "read": "bucket_exists download_path generate_presigned_url",
        "list": "iter_objects list_buckets",
        "write": "copy generate_presigned_upload",
        "delete": "delete_bucket delete_many",
    },
}
CLIENTS = [*EFFECTS, *FACES]


def flat(table):
    return [
        (client, effect, name) for client, effects in table.items() for effect, names in effects.items()
        for name in names.split()
    ]  # fmt: skip


def methods(client_class):
    """The public methods, by name, of a class and what it derives from."""
    return {
        name: getattr(client_class, name)
        for name in dir(client_class)
        if not name.startswith("_") and inspect.isroutine(getattr(client_class, name))
    }


def test_no_exported_client_is_left_out():
    exported = {name: getattr(cloud, name) for name in dir(cloud) if name[0].isupper()}
    clients = {name for name, value in exported.items() if inspect.isclass(value) and issubclass(value, CloudClient)}
    assert clients == {"CloudClient", *CLIENTS}


@pytest.mark.parametrize("client", CLIENTS)
def test_every_operation_has_an_effect_that_its_author_gave(client):
    specs = {name: spec_of(method) for name, method in methods(getattr(cloud, client)).items()}
    assert [name for name, spec in specs.items() if spec and spec.effect is None] == []


@pytest.mark.parametrize("client", CLIENTS)
def test_what_asks_a_service_is_an_operation(client):
    others = {name for name, method in methods(getattr(cloud, client)).items() if spec_of(method) is None}
    delegated = {name for face, _, name in flat(FACES) if face == client}
    assert others - ASK_NO_SERVICE == delegated


@pytest.mark.parametrize(("client", "effect", "name"), flat(EFFECTS))
def test_the_effect_of_an_operation(client, effect, name):
    assert spec_of(getattr(getattr(cloud, client), name)).effect == effect


class Refuser:
    """A policy that lets nothing through, and writes down what it refused."""

    def __init__(self):
        self.refused = []

    @hookimpl
    def cloud_before_operation(self, operation):
        self.refused.append((operation.service, operation.effect))
        raise OperationRefused("nothing passes")


@contextmanager
def refusing():
    refuser = Refuser()
    hooks.register(refuser)
    try:
        yield refuser
    finally:
        hooks.unregister(refuser)


@pytest.fixture
def service():
    """A service that would hear of any request: a socket that listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def face_of(service, monkeypatch):
    """Make a face, over the real SDK, of a client of that service."""
    url = f"http://127.0.0.1:{service.getsockname()[1]}"
    keys = CloudCredentials("infomaniak", "access", "secret")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "access")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    google = storage.Client("project", AnonymousCredentials(), client_options={"api_endpoint": url})
    azure = {"account_name": "account", "account_key": base64.b64encode(b"secret").decode()}
    options = {
        "S3Client": {"region_name": "eu-west-1", "endpoint_url": url},
        "GCSClient": {"client": google},
        "AzureBlobClient": {"account_url": f"{url}/account", "credential": azure},
        "InfomaniakS3Client": {"endpoint_url": url, "credentials": keys},
        "InfomaniakObjectStorageClient": {"auth_url": f"{url}/v3", "credentials": keys},
    }
    return lambda name: getattr(cloud, name)(**options[name], strict=True)


def was_asked(service):
    """Whether anything connected to it."""
    return bool(select.select([service], [], [], 0)[0])


@pytest.mark.parametrize(("client", "effect", "name"), flat(FACES))
def test_a_face_asks_hooks_before_it_asks_the_service(client, effect, name, face_of, service):
    face = face_of(client)
    with refusing() as refuser, pytest.raises(OperationRefused):
        call(getattr(face, name))
    assert refuser.refused == [("storage", effect)]
    assert not was_asked(service)


@pytest.mark.parametrize(
    ("client", "name", "method", "effect"),
    [
        ("InfomaniakS3Client", "generate_presigned_url", "PUT", "write"),
        ("InfomaniakObjectStorageClient", "generate_temp_url", "PUT", "write"),
        ("InfomaniakObjectStorageClient", "generate_temp_url", "POST", "delete"),
        ("InfomaniakObjectStorageClient", "generate_temp_url", "DELETE", "delete"),
    ],
)
def test_a_url_to_change_an_object_is_no_read(client, name, method, effect, face_of, service):
    face = face_of(client)
    with refusing() as refuser, pytest.raises(OperationRefused):
        call(getattr(face, name), method=method)
    assert refuser.refused == [("storage", effect)]
    assert not was_asked(service)


def call(method, /, **options):
    """Call it with something for each parameter that has no default."""
    required = [p.name for p in inspect.signature(method).parameters.values() if p.default is p.empty]
    return method(**{name: b"data" if name == "data" else "name" for name in required}, **options)
