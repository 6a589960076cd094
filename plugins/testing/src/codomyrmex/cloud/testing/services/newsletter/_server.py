"""`NewsletterServer`: an Infomaniak newsletter on loopback, which keeps what it is told."""

from __future__ import annotations

from collections import deque
from typing import Any, ClassVar, TypedDict

from codomyrmex.cloud.testing.services._api_server import Contract, Match
from codomyrmex.cloud.testing.services._http import ReceivedRequest, Response

# the modules that have the operations
from codomyrmex.cloud.testing.services.newsletter import (  # noqa: F401
    _account,
    _campaigns,
    _content,
    _contract,
    _groups,
    _imports,
    _subscribers,
)
from codomyrmex.cloud.testing.services.newsletter._envelope import error
from codomyrmex.cloud.testing.services.newsletter._operations import HANDLERS, Call
from codomyrmex.cloud.testing.services.newsletter._state import NewsletterState


class ClientOptions(TypedDict):
    """The arguments of a client of the server."""

    token: str
    newsletter_id: int
    base_url: str
    requests_per_minute: int | None


class NewsletterServer(NewsletterState):
    """An Infomaniak newsletter for the tests of programs that use one: campaigns, mailing lists, contacts.

    It is served while it is a context manager; the fixture ``newsletter_server`` gives one for a test::

        with NewsletterServer() as server:
            server.add_subscriber("ada@example.org", server.add_group("Readers"))
            client = InfomaniakNewsletterClient(**server.client_options)
            ...
            assert server.outbox[0].to == ("ada@example.org",)

    It takes what the vendor's document allows, and more than a good service would: a campaign leaves as often as it is
    asked to, so that a test sees a second time. What the API forbids is in `violations`.

    Args:
        token: the one that it takes; default: one of its own.
        newsletter_id: the number of the newsletter.
        port: the one of 127.0.0.1 to serve at; 0 for a free one.
    """

    contract: ClassVar[Contract] = _contract

    def __init__(self, *, token: str | None = None, newsletter_id: int = 12345, port: int = 0) -> None:
        super().__init__(token=token, newsletter_id=newsletter_id, port=port)
        self._sent_at: deque[float] = deque()

    @property
    def client_options(self) -> ClientOptions:
        """The arguments of a client: ``InfomaniakNewsletterClient(**server.client_options)``, or `get_client`'s."""
        return {
            "token": self.token, "newsletter_id": self.newsletter_id, "base_url": self.url, "requests_per_minute": None,
        }  # fmt: skip

    def environment(self) -> dict[str, str]:
        """The environment variables that lead a client here: with the token, the number and the URL."""
        return {
            "INFOMANIAK_NEWSLETTER_TOKEN": self.token,
            "INFOMANIAK_NEWSLETTER_ID": str(self.newsletter_id),
            "INFOMANIAK_NEWSLETTER_BASE_URL": self.url,
        }

    def refusal(self, status: int, description: str) -> Response:
        """An error in the service's envelope."""
        return error(status, description, code=None if status == 500 else "bad_request")

    def respond(self, request: ReceivedRequest, match: Match | None) -> Response:
        """Carry out what is asked, as far as the contract allows it."""
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return error(401, "the token is not known")
        if self.rate and not self.count_request(self.rate, self._sent_at):
            return error(429, "too many requests")
        if match is None:
            self.violations.append(f"no such operation: {request.method} {request.target}")
            return error(404, "no such operation")
        operation, parts = match
        if int(parts.get("domain", self.newsletter_id)) != self.newsletter_id:
            return error(403, "the token is of another newsletter")
        content_type = request.headers.get("content-type")
        if wrong := _contract.problems(request.method, request.target, content_type, request.body):
            self.violations.append(f"{request.method} {request.target}: {wrong}")
            return error(422, "; ".join(wrong))
        self.settle()
        body = request.json if request.body else {}
        data = HANDLERS[operation.name](self, Call(_contract.parameters(request.target), body, _key(parts)))
        return Response(operation.ok, data)


def _key(parts: dict[str, str]) -> Any:
    """The id that a path ends with; None of a path with none."""
    for name, part in parts.items():
        if name != "domain":
            return part if name == "task_uuid" else int(part)
    return None
