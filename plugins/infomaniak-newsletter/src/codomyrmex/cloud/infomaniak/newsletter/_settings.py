"""The token and the newsletter's id: where they come from, and what can be one. Nothing here ever tells the token."""

from __future__ import annotations

import os
from typing import NamedTuple

from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.infomaniak.errors import InfomaniakAuthError
from codomyrmex.cloud.infomaniak.newsletter._values import number
from codomyrmex.cloud.rest.credentials import checked_token, missing

TOKEN, NEWSLETTER = "INFOMANIAK_NEWSLETTER_TOKEN", "INFOMANIAK_NEWSLETTER_ID"
BASE_URL = "INFOMANIAK_NEWSLETTER_BASE_URL"


class Settings(NamedTuple):
    """What a client needs to know."""

    token: str
    newsletter_id: int

    def __repr__(self) -> str:
        return f"Settings(newsletter_id={self.newsletter_id})"


def find(
    token: str | None = None, newsletter_id: int | str | None = None, credentials: CloudCredentials | None = None
) -> Settings:
    """What is given, else what is in the credentials, else what is in the environment.

    InfomaniakAuthError names each variable that is missing.
    """
    if credentials is not None:
        token = credentials.secret_key if token is None else token
        newsletter_id = credentials.project_id if newsletter_id is None else newsletter_id
    if token is None:
        token = os.environ.get("INFOMANIAK_NEWSLETTER_TOKEN") or None
    if newsletter_id is None:
        newsletter_id = os.environ.get("INFOMANIAK_NEWSLETTER_ID") or None
    if token is None or newsletter_id is None:
        unset = [name for name, value in ((TOKEN, token), (NEWSLETTER, newsletter_id)) if value is None]
        raise InfomaniakAuthError(missing("token or no newsletter", unset, "give token and newsletter_id"))
    return Settings(checked_token(token, "token"), number(newsletter_id, "newsletter_id"))
