"""What ``codomyrmex.cloud.infomaniak`` gives, when, and what it loads for that."""

import pickle
import subprocess
import sys

import pytest
from codomyrmex.cloud import infomaniak
from codomyrmex.cloud.common import CloudClient
from codomyrmex.cloud.infomaniak import InfomaniakCloud, InfomaniakIdentityClient
from codomyrmex.cloud.infomaniak.openstack import OpenStackClient

HEAVY = """
import sys
print(*sorted({m.partition(".")[0] for m in sys.modules} & {"openstack", "keystoneauth1", "requests", "urllib3"}))
"""


@pytest.mark.parametrize(
    "code",
    [
        "import codomyrmex.cloud.infomaniak",
        "import codomyrmex.cloud.infomaniak.errors",
        "from codomyrmex.cloud.infomaniak import InfomaniakCloud, InfomaniakAuthError",
        "from codomyrmex.cloud import InfomaniakCloudError",
        "import codomyrmex.cloud.infomaniak as i; assert 'InfomaniakIdentityClient' in dir(i)",
    ],
)
def test_the_sdk_is_not_loaded_before_a_client_is(run_python, code):
    assert run_python(code + HEAVY) == "\n"


def test_a_client_has_its_name_in_both_places():
    from codomyrmex.cloud import InfomaniakIdentityClient as FromCloud

    assert FromCloud is InfomaniakIdentityClient is infomaniak.InfomaniakIdentityClient


def test_a_service_that_is_not_installed_says_what_brings_it(run_python, uninstalled):
    message = "InfomaniakIdentityClient is not installed: 'pip install codomyrmex-cloud-infomaniak-identity' brings it"
    code = """
import codomyrmex.cloud.infomaniak as infomaniak
try:
    infomaniak.InfomaniakIdentityClient
except AttributeError as error:
    print(error)
try:
    from codomyrmex.cloud.infomaniak import InfomaniakIdentityClient
except ImportError as error:
    print(error)
"""
    assert run_python(uninstalled + code) == f"{message}\n" * 2


def test_a_cloud_says_what_brings_a_service_too(run_python, uninstalled):
    code = """
from codomyrmex.cloud.infomaniak import InfomaniakCloud
with InfomaniakCloud.from_credentials("x", "y") as cloud:
    try:
        cloud.identity
    except AttributeError as error:
        print(error)
"""
    assert "'pip install codomyrmex-cloud-infomaniak-identity' brings it" in run_python(uninstalled + code)


@pytest.fixture
def uninstalled():
    """Code that hides the identity client, as where it is not installed: its entry points are not there."""
    return """
from codomyrmex.cloud import _entry_points
real, hidden = _entry_points._entry_points, "codomyrmex-cloud-infomaniak-identity"
_entry_points._entry_points = lambda distribution: [] if distribution.name == hidden else real(distribution)
"""


@pytest.mark.parametrize("name", ["NoSuchClient", "InfomaniakNoSuchClient", "S3Client", "_private"])
def test_other_names_are_not_there(name):
    with pytest.raises(AttributeError, match=name):
        getattr(infomaniak, name)


def test_a_client_pickles_as_a_recipe_without_its_secret(member, settle):
    environment = member.environment()
    settle(environment)
    with InfomaniakIdentityClient(timeout=7, strict=True) as client:
        recipe = pickle.dumps(client)
    assert environment["INFOMANIAK_APP_CREDENTIAL_SECRET"].encode() not in recipe
    assert environment["INFOMANIAK_APP_CREDENTIAL_ID"].encode() not in recipe
    code = """
import pickle, sys
with pickle.load(sys.stdin.buffer) as client:
    print(client.get_current_user()["id"], client.timeout, client.strict)
"""
    done = subprocess.run([sys.executable, "-c", code], input=recipe, capture_output=True, check=True)
    assert done.stdout.decode().split() == [member.user_id, "7", "True"]


def test_a_client_of_a_connection_does_not_pickle(by_password):
    with pytest.raises(TypeError, match="InfomaniakIdentityClient was made of a connection"):
        pickle.dumps(InfomaniakIdentityClient(by_password))


@pytest.mark.parametrize("kind", [OpenStackClient, InfomaniakIdentityClient, InfomaniakCloud])
def test_no_secret_is_shown(kind, credential, lab, capture_logs):
    with capture_logs() as log:
        made = kind.from_credentials(credential.id, credential.secret, lab.auth_url, lab.region)
        with made as client:
            assert client.validate_connection()
            token = client.connection.session.get_token()
            shown = repr(client) + str(client) + repr(client.connection)
    assert log.getvalue()
    for secret in (credential.secret, token):
        assert secret not in shown + log.getvalue()


def test_every_client_is_a_client_of_the_core():
    assert issubclass(OpenStackClient, CloudClient)
    assert InfomaniakIdentityClient.provider == "infomaniak"
