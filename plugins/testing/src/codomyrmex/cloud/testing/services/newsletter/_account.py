"""The account: its newsletter, credits, and tasks."""

from __future__ import annotations

from codomyrmex.cloud.testing.services._api_server import Refused
from codomyrmex.cloud.testing.services.newsletter._envelope import error, success
from codomyrmex.cloud.testing.services.newsletter._operations import (
    Call,
    operation,
)
from codomyrmex.cloud.testing.services.newsletter._state import CREATED, NewsletterState, Record


@operation
def domain(newsletter: NewsletterState, call: Call) -> Record:
    found = {
        "id": newsletter.newsletter_id, "name": "example.org", "credit_month": 0, "sender_type": "domain",
        "status": "enabled", "can_use_other_domains": False,
    }  # fmt: skip
    return success(found)


@operation
def credits(newsletter: NewsletterState, call: Call) -> Record:  # noqa: A001 - the API's word
    """What is left. The document has a list of text here; clients of the real service read an object."""
    return success({"total": newsletter.credits_left})


@operation
def task(newsletter: NewsletterState, call: Call) -> Record:
    if call.key not in newsletter.tasks:
        raise Refused(error(404, "there is no such task"))
    found = newsletter.tasks[call.key]
    found["asked"] += 1
    is_over = found["asked"] > newsletter.polls_until_done
    status = ("failed" if newsletter.import_fails else "executed") if is_over else "running"
    shown = {
        "uuid": call.key, "status": status, "created_at": CREATED, "updated_at": CREATED, "executed_at": CREATED,
        "finished_at": CREATED if is_over else None, "response": {"result": "success"},
    }  # fmt: skip
    if newsletter.import_fails and is_over:
        shown["error"] = {"description": newsletter.import_fails}
    return success(shown)
