"""Presigned requests: a SAS of one blob ("Create a service SAS", "Create a user delegation SAS")."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.storage.blob import BlobSasPermissions, BlobServiceClient, UserDelegationKey, generate_blob_sas
from codomyrmex.cloud.errors import UnsupportedOperation

LONGEST_DELEGATION = timedelta(days=7)
"""What a user delegation key is valid for at most."""
_DELEGATION = timedelta(days=1)
_CLOCKS_DIFFER = timedelta(minutes=5)


class Signer:
    """Signs with the account's key or, where the client has a token credential, with a user delegation key."""

    def __init__(self, client: BlobServiceClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._delegation: tuple[datetime, UserDelegationKey] | None = None  # and when it expires

    @property
    def can_sign(self) -> bool:
        """Whether the client has a credential for it."""
        return self._account_key is not None or self._has_token

    def sign(self, blob: Any, permission: BlobSasPermissions, expires_in: int, **options: Any) -> str:
        """The blob's URL with a SAS.

        :param options: further ones of `generate_blob_sas`.
        """
        now = datetime.now(UTC)
        sas = generate_blob_sas(
            account_name=self._client.account_name or "",
            container_name=blob.container_name,
            blob_name=blob.blob_name,
            permission=permission,
            expiry=now + timedelta(seconds=expires_in),
            protocol="https" if self._client.scheme == "https" else None,
            **self._key(now, timedelta(seconds=expires_in)),
            **options,
        )
        return f"{blob.url.partition('?')[0]}?{sas}"

    @property
    def _account_key(self) -> str | None:
        key: str | None = getattr(self._client.credential, "account_key", None)
        return key

    @property
    def _has_token(self) -> bool:
        return hasattr(self._client.credential, "get_token")

    def _key(self, now: datetime, validity: timedelta) -> dict[str, Any]:
        if self._account_key is not None:
            return {"account_key": self._account_key}
        if self._has_token:
            if validity > LONGEST_DELEGATION:
                seconds = int(LONGEST_DELEGATION.total_seconds())
                raise ValueError(f"expires_in is at most {seconds} seconds (7 days), unless an account key signs")
            return {"user_delegation_key": self._user_delegation_key(now, now + validity)}
        raise UnsupportedOperation(
            "a SAS, or no credential, signs no URL; give an account key (credential= or connection_string=) "
            "or a token credential, such as DefaultAzureCredential"
        )

    def _user_delegation_key(self, now: datetime, until: datetime) -> UserDelegationKey:
        with self._lock:
            if self._delegation is None or self._delegation[0] < until:
                expiry = max(until, now + _DELEGATION)
                key = self._client.get_user_delegation_key(now - _CLOCKS_DIFFER, expiry)
                self._delegation = expiry, key
            return self._delegation[1]
