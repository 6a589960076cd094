"""Keystone as it is documented (spec 4.6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar

from codomyrmex.cloud.common import lenient, operation
from codomyrmex.cloud.infomaniak.openstack import OpenStackClient, check_id, check_name_or_id, iso
from openstack.exceptions import ForbiddenException, raise_from_response
from openstack.identity.v3.project import Project

_ADVICE = {
    "Using method 'application_credential'": "an application credential manages others only if it is unrestricted: "
    "make one by `openstack application credential create --unrestricted NAME`, and use that here",
    "Delegated tokens": "this Keystone gives keys for S3 to no application credential: make this client of a "
    "connection by user and password, `InfomaniakIdentityClient(openstack.connect(...))`",
}
"""What to do, by what Keystone says: until 2026 it asked for an unrestricted one, since bug 2159643 for a password."""


class InfomaniakIdentityClient(OpenStackClient):
    """The user of these credentials, the projects in reach, and the user's own credentials.

    Parameters are those of `OpenStackClient`. Results on failure are the spec's; ``strict=True`` raises.
    """

    service: ClassVar[str] = "identity"
    service_type: ClassVar[str | None] = "identity"

    @lenient(on_failure=None)
    @operation(effect="read")
    def get_current_user(self) -> dict[str, Any] | None:
        """The user: id, name, email, domain_id, is_enabled."""
        user = self._identity.get_user(self._user_id)
        return {key: getattr(user, key) for key in ("id", "name", "email", "domain_id", "is_enabled")}

    @lenient(on_failure=[])
    @operation(effect="list")
    def list_projects(self) -> list[dict[str, Any]]:
        """The projects the user has a role in: id, name, description, is_enabled, domain_id.

        https://docs.openstack.org/api-ref/identity/v3/#get-available-project-scopes
        """
        keys = ("id", "name", "description", "is_enabled", "domain_id")
        reachable = Project.list(self._identity, base_path="/auth/projects")
        return [{key: getattr(project, key) for key in keys} for project in reachable]

    @lenient(on_failure=[])
    @operation(effect="list")
    def list_application_credentials(self) -> list[dict[str, Any]]:
        """The user's: id, name, description, expires_at, roles (their names), project_id, unrestricted."""
        return [_application_credential(each) for each in self._identity.application_credentials(self._user_id)]

    @lenient(on_failure=None)
    @operation(effect="read", checks={"cred_id": check_name_or_id})
    def get_application_credential(self, cred_id: str) -> dict[str, Any] | None:
        """One of them, by id or name."""
        return _application_credential(self._application_credential(cred_id))

    @lenient(on_failure=None)
    @operation(effect="admin", checks={"name": check_name_or_id})
    def create_application_credential(
        self,
        name: str,
        *,
        description: str | None = None,
        roles: Sequence[str] | None = None,
        expires_at: datetime | None = None,
        unrestricted: bool = False,
    ) -> dict[str, Any] | None:
        """Make one in the project of this client; ``secret`` is in this answer, and never again.

        :param roles: names of roles that the user has; all of them if not given.
        :param expires_at: aware; never if not given.
        :param unrestricted: whether it may itself make credentials.
        """
        given: dict[str, Any] = {"description": description, "expires_at": _expiry(expires_at)}
        if roles is not None:
            given["roles"] = [{"name": role} for role in _names(roles)]
        with self._advice():
            made = self._identity.create_application_credential(
                self._user_id, name, unrestricted=unrestricted, **{k: v for k, v in given.items() if v is not None}
            )
        return {**_application_credential(made), "secret": made.secret}

    @lenient(on_failure=False)
    @operation(effect="admin", checks={"cred_id": check_name_or_id})
    def delete_application_credential(self, cred_id: str) -> bool:
        """Delete one, by id or name; what uses it is refused from then on."""
        with self._advice():
            found = self._application_credential(cred_id)
            self._identity.delete_application_credential(self._user_id, found, ignore_missing=False)
        return True

    @lenient(on_failure=None)
    @operation(effect="admin")
    def create_ec2_credentials(self, project_id: str | None = None) -> dict[str, Any] | None:
        """Make a key for S3: access, secret, project_id, user_id.

        :param project_id: the project whose objects it opens; that of this client if not given.
        """
        if project_id is not None:
            check_id(project_id)
        body = {"tenant_id": project_id or self._connection.current_project_id}
        with self._advice():
            made = self._ec2("POST", json=body)["credential"]
        return {**_ec2_credential(made), "secret": made["secret"]}

    @lenient(on_failure=[])
    @operation(effect="list")
    def list_ec2_credentials(self) -> list[dict[str, Any]]:
        """The user's keys for S3, as `create_ec2_credentials` gives them, ``secret`` always None."""
        with self._advice():
            return [_ec2_credential(each) for each in self._ec2("GET")["credentials"]]

    @lenient(on_failure=False)
    @operation(effect="admin", checks={"cred_id": check_id})
    def delete_ec2_credentials(self, cred_id: str) -> bool:
        """Delete a key for S3.

        :param cred_id: its access key.
        """
        with self._advice():
            self._ec2("DELETE", cred_id)
        return True

    @property
    def _identity(self) -> Any:
        return self._connection.identity

    @property
    def _user_id(self) -> str:
        return str(self._connection.current_user_id)

    def _application_credential(self, name_or_id: str) -> Any:
        user_id = self._user_id
        return self._find(
            lambda name, **options: self._identity.find_application_credential(user_id, name, **options),
            name_or_id,
            "application credential",
            lambda name: self._identity.application_credentials(user_id, name=name),
        )

    @contextmanager
    def _advice(self) -> Iterator[None]:
        """Have the refusals that come of the kind of credentials say what to do."""
        try:
            yield
        except ForbiddenException as error:
            typed = self.translate_error(error)
            if typed is None:
                raise
            if advice := next((advice for text, advice in _ADVICE.items() if text in typed.message), None):
                typed.message = f"{typed.message.rstrip('.')}; {advice}"
            raise typed from error

    def _ec2(self, method: str, access_key: str = "", json: dict[str, Any] | None = None) -> Any:
        """Keystone's OS-EC2 calls, which the SDK does not have; ``POST /credentials`` makes a useless one."""
        path = f"/users/{self._user_id}/credentials/OS-EC2"
        answer = self._identity.request(f"{path}/{access_key}" if access_key else path, method, json=json)
        raise_from_response(answer)
        return answer.json() if answer.content else None


def _names(roles: Sequence[str]) -> Sequence[str]:
    if isinstance(roles, str):
        raise TypeError("roles is a list of names, not one str")
    return roles


def _expiry(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("expires_at has no time zone; datetime.now(UTC) + timedelta(days=90) has")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _application_credential(credential: Any) -> dict[str, Any]:
    return {
        "id": credential.id,
        "name": credential.name,
        "description": credential.description,
        "expires_at": iso(credential.expires_at),
        "roles": [role["name"] for role in credential.roles or ()],
        "project_id": credential.project_id,
        "unrestricted": bool(credential.unrestricted),
    }


def _ec2_credential(credential: dict[str, Any]) -> dict[str, Any]:
    return {
        "access": credential["access"],
        "secret": None,
        "project_id": credential["tenant_id"],
        "user_id": credential["user_id"],
    }
