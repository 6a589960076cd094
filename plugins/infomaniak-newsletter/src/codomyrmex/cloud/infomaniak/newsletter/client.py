"""`InfomaniakNewsletterClient`: campaigns, mailing lists, contacts (spec 4.10; developer.infomaniak.com)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, Unpack

from codomyrmex.cloud.common import CloudCredentials, lenient, operation
from codomyrmex.cloud.infomaniak.newsletter import _settings, params
from codomyrmex.cloud.infomaniak.newsletter._calls import Calls
from codomyrmex.cloud.infomaniak.newsletter._campaigns import Campaigns
from codomyrmex.cloud.infomaniak.newsletter._dispatch import Dispatcher
from codomyrmex.cloud.infomaniak.newsletter._lists import Lists
from codomyrmex.cloud.infomaniak.newsletter._record import Record
from codomyrmex.cloud.infomaniak.newsletter._segments import Segments
from codomyrmex.cloud.infomaniak.newsletter._waiting import wait_for_task
from codomyrmex.cloud.infomaniak.newsletter.errors import ERRORS
from codomyrmex.cloud.rest.endpoints import endpoint_source, find_endpoint
from codomyrmex.cloud.rest.polling import WAIT_CHECKS, note_on_interrupt
from codomyrmex.cloud.rest.rates import Rate
from codomyrmex.cloud.rest.transport import Transport

_URL = "https://api.infomaniak.com"
REQUESTS_PER_MINUTE = 60
"""What the service allows (developer.infomaniak.com/getting-started)."""
_PATH = {
    "campaign_id": "campaigns", "list_id": "lists", "contact_id": "contacts", "segment_id": "segments",
    "field_id": "fields", "template_id": "templates", "task_id": "tasks",
}  # fmt: skip


class InfomaniakNewsletterClient(Campaigns, Lists, Segments):
    """One newsletter of Infomaniak's, by its current API (``/1/newsletters/{id}``).

    A failure is False, [] or None, with the reason in the log and in ``last_error``; with
    ``strict=True`` it is raised as an InfomaniakCloudError. Ids are integers, times unix seconds.
    Requests wait for their turn at the service's rate limit, shared by all clients of this process
    with the same token. One client may be used by several threads.

    :param token: a token with access to the newsletter; default: ``INFOMANIAK_NEWSLETTER_TOKEN``.
    :param newsletter_id: its number, which the service calls domain; default: ``INFOMANIAK_NEWSLETTER_ID``.
    :param base_url: default: ``INFOMANIAK_NEWSLETTER_BASE_URL``, or else ``https://api.infomaniak.com``.
    :param timeout: seconds that connecting, and each wait for data, may take.
    :param credentials: the token as ``secret_key`` and the number as ``project_id``, instead.
    :param requests_per_minute: the rate to keep; None to keep none.
    :param retry_budget: seconds that one request may wait in all between its repeats.
    """

    provider: ClassVar[str] = "infomaniak"
    service: ClassVar[str] = "newsletter"
    recipe: ClassVar[tuple[str, ...]] = (
        "newsletter_id", "base_url", "timeout", "requests_per_minute", "retry_budget",
    )  # fmt: skip

    def __init__(
        self,
        token: str | None = None,
        newsletter_id: int | str | None = None,
        *,
        base_url: str | None = None,
        timeout: float = 30,
        credentials: CloudCredentials | None = None,
        requests_per_minute: int | None = REQUESTS_PER_MINUTE,
        retry_budget: float = 60.0,
        strict: bool = False,
    ) -> None:
        if requests_per_minute is not None and requests_per_minute < 1:
            raise ValueError(f"requests_per_minute is 1 or more, or None, not {requests_per_minute}")
        self.base_url = find_endpoint(base_url, "base_url", _settings.BASE_URL, _URL)
        self.timeout, self.strict = timeout, strict
        self.requests_per_minute, self.retry_budget = requests_per_minute, retry_budget
        settings = _settings.find(token, newsletter_id, credentials)
        self.newsletter_id = settings.newsletter_id
        transport = Transport(
            f"{self.base_url}/1", settings.token, timeout=timeout, retry_budget=retry_budget, errors=ERRORS,
            rates={"": Rate(requests_per_minute or REQUESTS_PER_MINUTE, 60.0)},
            keep_rates=requests_per_minute is not None,
        )  # fmt: skip
        self._calls = Calls(transport, self.newsletter_id)
        self._dispatcher = Dispatcher(self._calls, Record(self.base_url, settings.token, self.newsletter_id))

    @classmethod
    def from_env(cls, **options: Unpack[params.ClientOptions]) -> Self:
        """The client of ``INFOMANIAK_NEWSLETTER_TOKEN`` and ``INFOMANIAK_NEWSLETTER_ID``; options as the constructor's.

        Raises InfomaniakAuthError that names each variable that is missing.
        """
        return cls(**options)

    @classmethod
    def from_credentials(cls, token: str, newsletter_id: int | str, **options: Unpack[params.ClientOptions]) -> Self:
        """The client of this token and newsletter; options as the constructor's."""
        return cls(token, newsletter_id, **options)

    @classmethod
    def credential_source(cls) -> str | None:
        """The environment variables, for ``cloud doctor``."""
        settings = _settings.find()
        url = endpoint_source(_settings.BASE_URL, _URL)
        return f"{_settings.TOKEN}=***, {_settings.NEWSLETTER}={settings.newsletter_id}{url}"

    def resource_name(self, arguments: Mapping[str, Any]) -> str | None:
        """Such as ``lists/3/contacts/77``."""
        named = [f"{part}/{arguments[name]}" for name, part in _PATH.items() if name in arguments]
        return "/".join(named) or f"newsletters/{self.newsletter_id}"

    def close(self) -> None:
        """Close the pooled connections."""
        self._calls.transport.close()

    @lenient(False)
    @operation(effect="read")
    def validate_connection(self) -> bool:
        """Whether the service knows the token and the newsletter: one request."""
        self._calls.get("")
        return True

    @lenient(None)
    @operation(effect="read")
    def get_credits(self) -> dict[str, Any] | None:
        """What the account can still send: ``total``, in e-mails to one contact each, and what else there is."""
        details = self._calls.data("credits/details", kinds=(dict, list))
        return details if isinstance(details, dict) else {"data": details}

    @lenient(None)
    @operation(effect="read")
    def get_task_status(self, task_id: str) -> dict[str, Any] | None:
        """A task: ``status`` is spooled, running, executed or failed; ``response`` or ``error`` tell more."""
        return self._calls.task(task_id)

    @lenient(None)
    @operation(effect="read", checks=WAIT_CHECKS)
    def wait_for_task(self, task_id: str, timeout: float = 120) -> dict[str, Any] | None:
        """A task once it is executed or failed. InfomaniakTimeoutError after ``timeout`` seconds.

        :param timeout: seconds until it is over; ``math.inf`` for no end.

        A KeyboardInterrupt has a note with the task's id, as the task goes on.
        """
        with note_on_interrupt(f"task {task_id}"):
            return wait_for_task(self._calls, task_id, timeout)
