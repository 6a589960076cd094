"""The key by which a gateway over a storage knows the URLs that it gave."""

from __future__ import annotations

import hmac

import platformdirs
from codomyrmex.cloud.common import StorageClient
from codomyrmex.cloud.local import LocalStorage
from codomyrmex.cloud.local.signing import Signer, signing_key


def signer_for(storage: StorageClient) -> Signer:
    """What signs for a gateway over ``storage``: the local provider's own key for that, so that its
    presigned URLs are answered; for any other a key of its own, made of this user's.
    """
    if isinstance(storage, LocalStorage):
        return Signer(signing_key(storage.root))
    key = signing_key(platformdirs.user_data_dir("codomyrmex-cloud", appauthor=False))
    return Signer(hmac.digest(key, f"{storage.provider} {storage!r}".encode(), "sha256"))
