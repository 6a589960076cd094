"""The part of the client that is about the account, links and mutations."""

from __future__ import annotations

from codomyrmex.cloud.coda import params
from codomyrmex.cloud.coda._calls import Calls
from codomyrmex.cloud.coda._waiting import TIMEOUT
from codomyrmex.cloud.coda.models import ApiLink, MutationStatus, User
from codomyrmex.cloud.common import CloudClient, operation
from codomyrmex.cloud.rest.polling import WAIT_CHECKS


class Account(CloudClient):
    """The account, links of the browser, and what becomes of writes."""

    _calls: Calls

    @operation(effect="read")
    def whoami(self) -> User:
        """Whose token it is: a check that it works."""
        return self._calls.get(User, "whoami")

    @operation(effect="read")
    def resolve_browser_link(self, url: str, *, degrade_gracefully: bool | None = None) -> ApiLink:
        """What a URL of the browser leads to.

        :param degrade_gracefully: where that was deleted, tell what it was in, instead of raising.
        """
        query = {"url": url, **params.flag("degradeGracefully", degrade_gracefully)}
        return self._calls.get(ApiLink, "resolveBrowserLink", query=query)

    @operation(effect="read")
    def get_mutation_status(self, request_id: str) -> MutationStatus:
        """Whether a write was applied; Coda knows for about a day. A 404 in the first seconds means "not yet"."""
        return self._calls.get(MutationStatus, "mutationStatus", request_id)

    @operation(effect="read", checks=WAIT_CHECKS)
    def wait_for_mutation(self, request_id: str, timeout: float = TIMEOUT) -> MutationStatus:
        """Return when a write was applied. `CodaTimeoutError` after ``timeout`` seconds.

        :param timeout: seconds until it is applied; ``math.inf`` for no end.
        """
        return self._calls.applied(request_id, timeout)
