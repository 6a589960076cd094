"""Where the application credential and the place to use it come from."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from codomyrmex.cloud.common.resources import CloudCredentials
from codomyrmex.cloud.infomaniak.errors import InfomaniakAuthError
from codomyrmex.cloud.rest.credentials import missing
from codomyrmex.cloud.rest.endpoints import split_endpoint
from codomyrmex.cloud.rest.redaction import ending

AUTH_URL = "https://api.pub1.infomaniak.cloud/identity/v3"
"""Keystone, one for all regions."""
DEFAULT_REGION = "dc3-a"
_ID, _SECRET = "INFOMANIAK_APP_CREDENTIAL_ID", "INFOMANIAK_APP_CREDENTIAL_SECRET"


@dataclass(frozen=True)
class Settings:
    """An application credential, and where it is used."""

    id: str
    secret: str = field(repr=False)
    auth_url: str
    region: str
    project_id: str | None


def find_settings(
    credentials: CloudCredentials | None = None,
    auth_url: str | None = None,
    region: str | None = None,
    project_id: str | None = None,
) -> Settings:
    """Settings by the arguments, else by the environment.

    InfomaniakAuthError names each variable that is missing.
    """
    given = credentials or CloudCredentials("infomaniak", os.environ.get(_ID), os.environ.get(_SECRET))
    if not given.access_key or not given.secret_key:
        variables = (_ID, _SECRET) if credentials is None else None
        message = missing_message(given, "application credential", variables)
        hint = "" if variables else ": the id and the secret of an application credential"
        raise InfomaniakAuthError(message + hint)
    return Settings(
        given.access_key.strip(),
        given.secret_key.strip(),
        _versioned(auth_url or os.environ.get("INFOMANIAK_AUTH_URL") or AUTH_URL),
        region or given.region or os.environ.get("INFOMANIAK_REGION") or DEFAULT_REGION,
        project_id or given.project_id or os.environ.get("INFOMANIAK_PROJECT_ID") or None,
    )


def credential_source() -> str:
    """What the environment gives, without the secret."""
    found = find_settings()
    project = f", project {found.project_id}" if found.project_id else ""
    return f"environment, application credential {ending(found.id)} at {found.auth_url}, region {found.region}{project}"


def missing_message(credentials: CloudCredentials, what: str, variables: tuple[str, str] | None) -> str:
    """The message where credentials lack ``access_key`` or ``secret_key``.

    Args:
        credentials: What was given, or what the environment has.
        what: What there is none of, such as ``"application credential"``.
        variables: Of the environment, which were to give the two, and are named; None: the fields are.
    """
    names = variables or ("access_key", "secret_key")
    values = (credentials.access_key, credentials.secret_key)
    lacking = [name for name, value in zip(names, values, strict=True) if not value]
    if variables is not None:
        return missing(what, lacking, "give credentials")
    return f"the credentials have no {' and no '.join(lacking)}"


def _versioned(url: str) -> str:
    """Keystone's URL with the version, which many leave out. ValueError for what cannot be one."""
    parts = split_endpoint(url.strip(), "the auth URL", AUTH_URL)
    path = parts.path.rstrip("/")
    return parts._replace(path=path if path.endswith("/v3") else f"{path}/v3", query="", fragment="").geturl()
