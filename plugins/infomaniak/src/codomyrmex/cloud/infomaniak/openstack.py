"""What the clients of Infomaniak's OpenStack services are made of: `OpenStackClient`, `wait`, `iso`, `check_id`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar, Self, TypedDict, TypeVar, Unpack, get_args

import keystoneauth1.exceptions
from codomyrmex.cloud.common import CloudClient, CloudCredentials, lenient, operation
from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.infomaniak._connection import connect, was_repeated
from codomyrmex.cloud.infomaniak._errors import SDK_ERRORS, from_answer, missing_service, translate
from codomyrmex.cloud.infomaniak._waiting import Progress, ResourceStatus, errors_about, wait, wait_gone
from codomyrmex.cloud.infomaniak.credentials import DEFAULT_REGION, credential_source, find_settings
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakConflictError,
    InfomaniakNotFoundError,
    InfomaniakUnsupportedError,
)
from codomyrmex.cloud.rest.polling import WAIT_CHECKS
from openstack.connection import Connection
from openstack.exceptions import DuplicateResource, NotFoundException

__all__ = [
    "SDK_ERRORS",
    "WAIT_CHECKS",
    "ClientOptions",
    "OpenStackClient",
    "Progress",
    "ProjectOptions",
    "ResourceStatus",
    "check_choice",
    "check_id",
    "check_name_or_id",
    "check_size",
    "errors_about",
    "from_answer",
    "iso",
    "translate",
    "wait",
    "wait_gone",
    "was_repeated",
]

R = TypeVar("R")
_NO_ID = set("/?#%\\")
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class ProjectOptions(TypedDict, total=False):
    """What `OpenStackClient.from_credentials` takes besides."""

    project_id: str | None
    timeout: float
    """Seconds for each answer."""


class ClientOptions(ProjectOptions, total=False):
    """What `OpenStackClient` takes beside a connection and ``strict``."""

    credentials: CloudCredentials | None
    auth_url: str | None
    region: str | None


class OpenStackClient(CloudClient):
    """The base of every client of one OpenStack service.

    :param connection: an existing connection, which stays the caller's to close; all else is then its own.
    :param credentials: an application credential, its id as ``access_key``, its secret as ``secret_key``.
    :param auth_url: Keystone's URL.
    :param region: such as ``dc3-a`` or ``dc4-a``.
    :param project_id: the project the credential must belong to; it belongs to one, so there is nothing to choose.
    :param timeout: seconds for each answer.
    :param strict: raise instead of giving the spec's results on failure.

    What is not given comes from the environment: INFOMANIAK_APP_CREDENTIAL_ID, INFOMANIAK_APP_CREDENTIAL_SECRET,
    INFOMANIAK_AUTH_URL, INFOMANIAK_REGION, INFOMANIAK_PROJECT_ID. InfomaniakAuthError names what is missing.
    Nothing is sent before the first call. May be used by several threads at once.
    """

    provider: ClassVar[str] = "infomaniak"
    recipe: ClassVar[tuple[str, ...] | None] = ("auth_url", "region", "project_id", "timeout")
    service_type: ClassVar[str | None] = None
    """The service's type in OpenStack's catalogue, such as ``compute``."""

    def __init__(
        self,
        connection: Connection | None = None,
        *,
        credentials: CloudCredentials | None = None,
        auth_url: str | None = None,
        region: str | None = None,
        project_id: str | None = None,
        timeout: float = 60,
        strict: bool = False,
    ) -> None:
        self.strict, self.timeout = strict, timeout
        self._http = None
        if connection is not None:
            self._connection = connection
            self.auth_url: str | None = getattr(connection.session.auth, "auth_url", None)
            self.region: str | None = connection.config.get_region_name()
            self.project_id = project_id
            return
        settings = find_settings(credentials, auth_url, region, project_id)
        self.auth_url, self.region, self.project_id = settings.auth_url, settings.region, settings.project_id
        self._connection, self._http = connect(settings, timeout)

    @classmethod
    def from_env(cls, *, strict: bool = False, **options: Unpack[ClientOptions]) -> Self:
        """A client by the environment alone; ``options`` are those of the class."""
        return cls(strict=strict, **options)

    @classmethod
    def from_credentials(
        cls,
        application_credential_id: str,
        application_credential_secret: str,
        auth_url: str | None = None,
        region: str = DEFAULT_REGION,
        *,
        strict: bool = False,
        **options: Unpack[ProjectOptions],
    ) -> Self:
        """A client by this application credential; ``options`` are those of the class."""
        given = CloudCredentials("infomaniak", application_credential_id, application_credential_secret)
        return cls(credentials=given, auth_url=auth_url, region=region, strict=strict, **options)

    @classmethod
    def credential_source(cls) -> str | None:
        """Where the environment's application credential would be used, without the secret."""
        return credential_source()

    @property
    def connection(self) -> Connection:
        """The openstack connection, which several clients may share."""
        return self._connection

    @property
    def native(self) -> Connection:
        """The same as `connection`, for what this interface does not cover."""
        return self._connection

    @lenient(on_failure=False)
    @operation(effect="read")
    def validate_connection(self) -> bool:
        """Get a new token: whether the credentials hold now, and this service is offered in the region."""
        session = self._connection.session
        session.invalidate()
        session.get_token()
        if self.service_type and not self._connection.endpoint_for(self.service_type):
            raise self._missing_endpoint()
        return True

    def close(self) -> None:
        """Close the connection, if it was made here. Safe to call twice."""
        if self._http is not None:
            self._connection.close()
            self._http.close()

    def translate_error(self, error: Exception) -> CloudError | None:  # noqa: D102 - as inherited
        if (service := missing_service(error)) is not None:
            return self._missing_endpoint(service)
        return translate(error) or super().translate_error(error)

    def __reduce__(self) -> Any:
        if self._http is None:
            raise TypeError(f"{type(self).__name__} was made of a connection, and does not pickle")
        return super().__reduce__()

    def _find(
        self,
        find: Callable[..., R | None],
        name_or_id: str,
        what: str,
        listing: Callable[..., Iterable[Any]] | None = None,
    ) -> R:
        """The resource of this id or name.

        :param find: the SDK's, such as ``connection.network.find_network``.
        :param what: the kind of resource, for messages.
        :param listing: the SDK's, such as ``connection.network.networks``: it tells the ids of a name that means
            several, and finds names that cannot stand in a URL.

        InfomaniakNotFoundError if there is none; InfomaniakConflictError with the ids if there are several.
        """
        check_name_or_id(name_or_id)
        try:
            if not _fits_url(name_or_id):
                named: list[R] = list(listing(name=name_or_id)) if listing else []
                if len(named) > 1:
                    raise DuplicateResource
                found = named[0] if named else None
            else:
                found = find(name_or_id, ignore_missing=False)  # the default is deprecated
        except NotFoundException:
            found = None
        except DuplicateResource:
            ids = ", ".join(str(each.id) for each in listing(name=name_or_id)) if listing else "use the id"
            raise InfomaniakConflictError(f"more than one {what} is named {name_or_id!r}: {ids}") from None
        if found is None:
            raise InfomaniakNotFoundError(f"no {what} has the id or name {name_or_id!r}", resource=name_or_id)
        return found

    def _id(self, name_or_id: str, what: str, named: Callable[[str], Iterable[Any]]) -> str:
        """The id of the resource of this id or name, where no more than the id is needed.

        A UUID is taken for an id, and costs no request: the services give no other ids, but for flavors.

        :param what: the kind of resource, for messages.
        :param named: lists the resources of a name, and maybe others that are named alike.

        Errors as those of `_find`.
        """
        check_name_or_id(name_or_id)
        if _UUID.fullmatch(name_or_id):
            return name_or_id
        ids = [str(found.id) for found in named(name_or_id) if found.name == name_or_id]
        if len(ids) > 1:
            raise InfomaniakConflictError(f"more than one {what} is named {name_or_id!r}: {', '.join(ids)}")
        if not ids:
            raise InfomaniakNotFoundError(f"no {what} has the id or name {name_or_id!r}", resource=name_or_id)
        return ids[0]

    def _server_id(self, server: str) -> str:
        def named(name: str) -> Iterable[Any]:
            # a pattern in Nova: a plain name may be no pattern, or that of other names
            return self.connection.compute.servers(details=False, name=f"^{re.escape(name)}$")

        return self._id(server, "server", named)

    def _volume_id(self, volume: str) -> str:
        return self._id(volume, "volume", lambda n: self.connection.block_storage.volumes(details=False, name=n))

    def _image_id(self, image: str) -> str:
        return self._id(image, "image", lambda name: self.connection.image.images(name=name))

    def _missing_endpoint(self, service: str = "") -> InfomaniakUnsupportedError:
        service = service or self.service_type or self.service
        return InfomaniakUnsupportedError(
            f"region {self.region!r} offers no {service} service; {self._offer()}", code="EndpointNotFound"
        )

    def _offer(self) -> str:
        """What the catalogue has, in words."""
        session: Any = self._connection.session
        try:
            catalogue = session.auth.get_access(session).service_catalog.catalog
        except (AttributeError, keystoneauth1.exceptions.ClientException):
            return "its catalogue cannot be read"
        regions = sorted({e.get("region") for entry in catalogue for e in entry["endpoints"] if e.get("region")})
        here = sorted(
            {entry["type"] for entry in catalogue if any(e.get("region") == self.region for e in entry["endpoints"])}
        )
        offer = f"it offers {', '.join(here)}" if here else "there is no such region"
        return f"{offer}; the regions are {', '.join(regions) or 'none'}"


def check_name_or_id(value: object) -> None:
    """Raise TypeError or ValueError for what can be neither the name nor the id of a resource."""
    if not isinstance(value, str):
        raise TypeError(f"a name or id is str, not {type(value).__name__}")
    if not value:
        raise ValueError("a name or id is not empty")


def check_id(value: object) -> None:
    """Raise TypeError or ValueError for what cannot be an id: it would lead elsewhere in a URL.

    For `operation`: ``@operation(effect="read", checks={"server_id": check_id})``.
    """
    check_name_or_id(value)
    if not _fits_url(str(value)):
        raise ValueError(f"not an id: {value!r}")


def check_choice(name: str, choices: Any, value: object) -> None:
    """Raise ValueError for a value of the argument ``name`` that is none of ``choices``, a ``Literal``."""
    if value not in get_args(choices):
        raise ValueError(f"{name} is one of {', '.join(get_args(choices))}, not {value!r}")


def check_size(value: object) -> None:
    """Raise TypeError or ValueError for what is not a size in whole GiB."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"a size is whole GiB, not {type(value).__name__}")
    if value < 1:
        raise ValueError(f"a size is at least 1 GiB, not {value}")


def _fits_url(value: str) -> bool:
    return not _NO_ID & set(value) and value not in (".", "..")


def iso(time: str | datetime | None) -> str | None:
    """A time as ISO 8601 in UTC, such as ``2026-01-31T12:00:00Z``; the services' own have many forms."""
    if not time:
        return None
    moment = datetime.fromisoformat(time) if isinstance(time, str) else time
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat() + "Z"
