"""`CodaClient`: the calls of Coda's API (spec section 3; coda.io/developers/apis/v1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, Unpack

from codomyrmex.cloud.coda import params
from codomyrmex.cloud.coda._account import Account
from codomyrmex.cloud.coda._calls import Calls
from codomyrmex.cloud.coda._docs import Docs
from codomyrmex.cloud.coda._limits import RateLimits, check_limits
from codomyrmex.cloud.coda._pages import Pages
from codomyrmex.cloud.coda._rows import Rows
from codomyrmex.cloud.coda._tables import Tables
from codomyrmex.cloud.coda._token import TOKEN, find_token, token_of_environment
from codomyrmex.cloud.coda.errors import ERRORS
from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.rest.endpoints import endpoint_source, find_endpoint
from codomyrmex.cloud.rest.transport import Transport

BASE_URL, _URL = "CODA_BASE_URL", "https://coda.io/apis/v1"
_PATH = {"doc_id": "docs", "page_id": "pages", "table_id": "tables", "column_id": "columns", "row_id": "rows"}


class CodaClient(Docs, Pages, Tables, Rows, Account):
    """Coda.io's documents, through API v1. Every method raises `CodaAPIError` on failure.

    Pages, tables, columns and rows are named by id or by name. A write is accepted at once and
    applied some seconds later: methods return after that, or with ``wait=False`` at once; reads may
    lag behind it a little more. Requests wait for their turn at Coda's rate limits, shared by all
    clients of this process with the same token. One client may be used by several threads.

    :param api_token: default: environment variable ``CODA_API_TOKEN``.
    :param base_url: default: ``CODA_BASE_URL``, or else ``https://coda.io/apis/v1``.
    :param timeout: seconds that connecting, and each wait for data, may take.
    :param credentials: the token as ``secret_key``, instead of ``api_token``.
    :param limits: the rate limits to keep; None to keep none.
    :param retry_budget: seconds that one request may wait in all between its repeats.
    """

    provider: ClassVar[str] = "coda"
    service: ClassVar[str] = "documents"
    recipe: ClassVar[tuple[str, ...]] = ("base_url", "timeout", "limits", "retry_budget")

    def __init__(
        self,
        api_token: str | None = None,
        base_url: str | None = None,
        timeout: float = 30,
        *,
        credentials: CloudCredentials | None = None,
        limits: RateLimits | None = RateLimits(),  # noqa: B008 - immutable
        retry_budget: float = 60.0,
    ) -> None:
        if limits is not None:
            check_limits(limits)
        self.base_url = find_endpoint(base_url, "base_url", BASE_URL, _URL)
        self.timeout = timeout
        self.limits, self.retry_budget = limits, retry_budget
        transport = Transport(
            self.base_url, find_token(api_token, credentials), timeout=timeout, retry_budget=retry_budget,
            errors=ERRORS, rates=(limits or RateLimits())._asdict(), keep_rates=limits is not None,
        )  # fmt: skip
        self._calls = Calls(transport)

    @classmethod
    def from_env(cls, **options: Unpack[params.ClientOptions]) -> Self:
        """The client whose token is in ``CODA_API_TOKEN``; options as the constructor's.

        Raises `CodaAuthenticationError` if the variable is not set.
        """
        return cls(token_of_environment(), **options)

    @classmethod
    def credential_source(cls) -> str | None:
        """The environment variables, for ``cloud doctor``."""
        token_of_environment()
        return f"{TOKEN}=***{endpoint_source(BASE_URL, _URL)}"

    def resource_name(self, arguments: Mapping[str, Any]) -> str | None:
        """Such as ``docs/AbCDeFGH/tables/grid-1``."""
        named = [f"{part}/{arguments[name]}" for name, part in _PATH.items() if name in arguments]
        return "/".join(named) or super().resource_name(arguments)

    def close(self) -> None:
        """Close the pooled connections."""
        self._calls.transport.close()
