"""Where the keys of the S3 API, its endpoint and the region to sign for come from."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from codomyrmex.cloud.common.resources import CloudCredentials
from codomyrmex.cloud.infomaniak.credentials import DEFAULT_REGION, missing_message
from codomyrmex.cloud.infomaniak.errors import InfomaniakAuthError
from codomyrmex.cloud.rest.redaction import ending

ENDPOINTS = {"dc3-a": "https://s3.pub1.infomaniak.cloud", "dc4-a": "https://s3.pub2.infomaniak.cloud"}
"""Of each region."""
SIGNING_REGION = "us-east-1"
"""What requests to any of them are signed for; it says nothing of a place."""
_MADE_BY = "`openstack ec2 credentials create` makes them, or InfomaniakIdentityClient.create_ec2_credentials()"
_ACCESS_KEY, _SECRET_KEY = "INFOMANIAK_S3_ACCESS_KEY", "INFOMANIAK_S3_SECRET_KEY"


@dataclass(frozen=True)
class Settings:
    """Keys, and where they are used."""

    access_key: str
    secret_key: str = field(repr=False)
    endpoint_url: str
    region_name: str
    """The region to sign for."""


def find(
    credentials: CloudCredentials | None = None, endpoint_url: str | None = None, region_name: str | None = None
) -> Settings:
    """What is given, else what the environment has. What is given comes first, an endpoint before a region.

    :param region_name: one of Infomaniak's, whose endpoint is used; or another, to sign for.

    InfomaniakAuthError names each key that is missing; ValueError for a region whose endpoint nobody told.
    """
    given = credentials or CloudCredentials("infomaniak", os.environ.get(_ACCESS_KEY), os.environ.get(_SECRET_KEY))
    if not given.access_key or not given.secret_key:
        variables = (_ACCESS_KEY, _SECRET_KEY) if credentials is None else None
        raise InfomaniakAuthError(f"{missing_message(given, 'keys for S3', variables)}; {_MADE_BY}")
    region = region_name or given.region or ""
    endpoint_url = endpoint_url or ENDPOINTS.get(region) or os.environ.get("INFOMANIAK_S3_ENDPOINT")
    region = region or os.environ.get("INFOMANIAK_S3_REGION") or SIGNING_REGION
    return Settings(
        given.access_key.strip(),
        given.secret_key.strip(),
        endpoint_url or _endpoint_of(region),
        SIGNING_REGION if region in ENDPOINTS else region,
    )


def credential_source() -> str:
    """What the environment gives, without the secret."""
    found = find()
    return f"environment, access key {ending(found.access_key)} at {found.endpoint_url}"


def _endpoint_of(region: str) -> str:
    place = region if region != SIGNING_REGION else os.environ.get("INFOMANIAK_REGION") or DEFAULT_REGION
    if place not in ENDPOINTS:
        raise ValueError(
            f"no S3 endpoint is known of region {place!r}, only of {' and '.join(ENDPOINTS)}: "
            "set INFOMANIAK_S3_ENDPOINT, or give endpoint_url"
        )
    return ENDPOINTS[place]
