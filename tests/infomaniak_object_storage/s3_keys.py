"""Keys for S3 of users of the lab."""

from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.infomaniak import InfomaniakIdentityClient

IMPATIENT = {"connect_timeout": 2, "read_timeout": 5, "retries": {"total_max_attempts": 2}}
"""Options of a client that a test sees fail."""
HASTY = {**IMPATIENT, "read_timeout": 0.5}
"""Options of a client whose service falls silent."""


def identity_of(member, **options):
    """A client by the member's password, which alone Keystone gives keys."""
    return InfomaniakIdentityClient(member.connection, **{"strict": True, **options})


def keys_of(member):
    """New keys of the member's for S3."""
    made = identity_of(member).create_ec2_credentials()
    return CloudCredentials("infomaniak", made["access"], made["secret"])


def keys_of_a_reader(lab, member):
    """Keys of another user of the member's project, who lost the role that object storage asks for."""
    user = lab.new_user(member.project, roles=["member", "reader"])  # a reader may make no keys
    keys, identity = keys_of(user), lab.admin.identity
    identity.unassign_project_role_from_user(member.project, user.user_id, identity.find_role("member"))
    return keys


def environment(lab, keys):
    """The variables that lead a client to the lab by these keys."""
    return {
        "INFOMANIAK_S3_ACCESS_KEY": keys.access_key,
        "INFOMANIAK_S3_SECRET_KEY": keys.secret_key,
        "INFOMANIAK_S3_ENDPOINT": lab.endpoint("swift"),
    }
