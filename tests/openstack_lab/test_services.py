"""Every service of the lab answers an ordinary customer, and can be taken away for a test."""

import openstack
import pytest
from openstack_lab.places import EMPTY_REGION
from openstack_lab.services import ENDPOINTS


def connection(lab, credential, region=None):
    return openstack.connect(
        load_yaml_config=False,
        load_envvars=False,
        auth_type="v3applicationcredential",
        region_name=region or lab.region,
        auth={
            "auth_url": lab.auth_url,
            "application_credential_id": credential.id,
            "application_credential_secret": credential.secret,
        },
    )


def test_an_application_credential_opens_it(openstack_lab):
    openstack_lab.require("keystone")
    with connection(openstack_lab, openstack_lab.application_credential()) as cloud:
        assert cloud.current_project_id == openstack_lab.project_id


def test_its_environment_names_a_credential_that_works(openstack_lab):
    openstack_lab.require("keystone")
    told = openstack_lab.environment()
    assert told["INFOMANIAK_REGION"] == openstack_lab.region
    assert told["INFOMANIAK_AUTH_URL"] == openstack_lab.auth_url
    assert told["INFOMANIAK_PROJECT_ID"] == openstack_lab.project_id
    assert told["INFOMANIAK_APP_CREDENTIAL_ID"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ENDPOINTS)
def test_every_service_answers(openstack_lab, name):
    openstack_lab.require(*ENDPOINTS)
    kind, _ = ENDPOINTS[name]
    cloud = openstack_lab.member.connection
    assert cloud.session.get("/", endpoint_filter={"service_type": kind, "region_name": openstack_lab.region})
    assert EMPTY_REGION
