"""Signed URLs, version 4, and who may sign them ("Signed URLs")."""

from __future__ import annotations

from typing import Any

from codomyrmex.cloud.errors import AuthenticationError, PermissionDenied
from google.auth.credentials import Credentials, Signing
from google.auth.exceptions import TransportError
from google.auth.transport.requests import Request
from google.cloud.storage import Blob

CURE = (
    "sign with a service account's key file, or name a service account by service_account_email=, for which these "
    "credentials have the role Service Account Token Creator (signBlob of the IAM Credentials API)"
)


def signed_url(blob: Blob, credentials: Credentials, email: str | None, **arguments: Any) -> str:
    """A signed URL of this object; the arguments are those of the SDK's ``generate_signed_url``."""
    signer = _signer(credentials, email)
    try:
        url: str = blob.generate_signed_url(version="v4", **signer, **arguments)
    except TransportError as error:
        if not isinstance(error.args[0], str):
            raise  # not reached
        email = signer.get("service_account_email")
        raise PermissionDenied(f"Google does not sign for {email} with these credentials: {CURE}") from error
    return url


def _signer(credentials: Credentials, email: str | None) -> dict[str, Any]:
    """What ``Blob.generate_signed_url`` needs to sign with these credentials.

    A key signs here. Without one Google signs, by the IAM Credentials API, for the service account that
    is named, or whose credentials these are: of a machine, or of a federated workload.
    """
    if isinstance(credentials, Signing) and email in (None, credentials.signer_email):
        return {"credentials": credentials}
    request = Request()
    try:
        if not credentials.valid:
            credentials.refresh(request)  # also tells a machine the e-mail of its service account
    finally:
        request.session.close()
    email = email or getattr(credentials, "service_account_email", None)
    if not email or not credentials.token:
        raise AuthenticationError(f"these credentials ({type(credentials).__name__}) cannot sign URLs: {CURE}")
    return {"service_account_email": email, "access_token": credentials.token}
