"""The well-known names, credentials and resources (spec 6.1)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import Enum
from typing import Any, NoReturn


class CloudProvider(Enum):
    """The well-known providers. A third party's is a string: an Enum cannot be extended."""

    AWS = "aws"
    GCP = "gcp"
    AZURE = "azure"
    INFOMANIAK = "infomaniak"
    LOCAL = "local"


class ResourceType(Enum):
    """The well-known services."""

    COMPUTE = "compute"
    STORAGE = "storage"
    DATABASE = "database"
    NETWORK = "network"
    SERVERLESS = "serverless"
    CONTAINER = "container"
    QUEUE = "queue"


@dataclass(frozen=True, repr=False)
class CloudCredentials:
    """Credentials for one provider. ``repr`` and ``str`` show no secret, and it does not pickle.

    To send credentials to another process on purpose, send ``credentials.reveal()``.
    """

    provider: CloudProvider | str
    access_key: str | None = None
    secret_key: str | None = None
    region: str | None = None
    project_id: str | None = None
    profile: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict, hash=False)
    """What else the provider needs, such as a session token; treated as secret."""

    def reveal(self) -> dict[str, Any]:
        """All fields as a plain dict, secrets included: ``CloudCredentials(**revealed)`` rebuilds it."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def __repr__(self) -> str:
        shown = {"access_key": "***", "secret_key": "***", "metadata": "{***}"}
        values = {k: v for k, v in self.reveal().items() if v}
        return f"CloudCredentials({', '.join(f'{k}={shown.get(k) or repr(v)}' for k, v in values.items())})"

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> CloudCredentials:
        return self

    __copy__ = __deepcopy__

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("CloudCredentials does not pickle; send credentials.reveal() if that is what you want")


@dataclass
class CloudResource:
    """Anything a provider keeps for its user: a server, a bucket, a zone."""

    id: str
    name: str
    resource_type: ResourceType | str
    provider: CloudProvider | str
    region: str | None = None
    status: str | None = None
    created_at: datetime | None = None
    tags: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: enums by value, times in ISO 8601."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, CloudCredentials):
        return repr(value)
    return value.isoformat() if isinstance(value, datetime) else value
