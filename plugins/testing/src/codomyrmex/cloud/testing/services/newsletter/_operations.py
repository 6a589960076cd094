"""The API's operations by name; the modules that have them register them here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, NoReturn

from codomyrmex.cloud.testing.services._api_server import Refused
from codomyrmex.cloud.testing.services.newsletter import _lists
from codomyrmex.cloud.testing.services.newsletter._envelope import error, invalid, success
from codomyrmex.cloud.testing.services.newsletter._state import STATUSES, NewsletterState, Record


class Call(NamedTuple):
    """What an operation is asked, as far as the contract has it."""

    query: _lists.Query
    body: dict[str, Any]
    key: Any
    """The id in the path: int, of a task str; None where there is none."""

    @property
    def extras(self) -> set[str]:
        """What is asked for by ``with``."""
        return {name.strip() for value in self.query.get("with", []) for name in value.split(",")}

    def filter(self, name: str) -> str | None:
        """One filter; None where it is not given, or says nothing."""
        return self.query.get(f"filter[{name}]", [""])[-1] or None


Handler = Callable[[NewsletterState, Call], Record]
"""Gives the envelope of a success."""
NOT_IMITATED = "this server does not imitate it, as the vendor does not say what it does"
HANDLERS: dict[str, Handler] = {}
"""By the names of the contract's operations."""


def operation(handler: Handler) -> Handler:
    """Register a function as the operation of its name."""
    HANDLERS[handler.__name__] = handler
    return handler


def page(
    newsletter: NewsletterState,
    call: Call,
    items: Iterable[Record],
    view: Callable[[Record], Record],
    searched: str = "",
) -> Record:
    """The page of a list that is asked for.

    Args:
        newsletter: whose list it is.
        call: which page.
        items: all there are.
        view: makes of an item what is shown.
        searched: the key in whose value ``filter[search]`` looks.
    """
    found = [view(item) for item in _lists.search(items, call.filter("search"), searched)]
    for key in _lists.sort_keys(call.query):
        if any(key not in item for item in found):
            forbid(newsletter, "order_by", f"there is no {key}")
    largest, tells = newsletter.largest_page, newsletter.tells_pages
    return _lists.respond_with_page(found, call.query, largest_page=largest, tells_pages=tells)


def find(things: Mapping[int, Record], key: int) -> Record:
    """A thing; 404 where it is not there."""
    if key not in things:
        raise Refused(error(404, f"there is no {key}"))
    return things[key]


def change(newsletter: NewsletterState, name: str, things: Mapping[int, Record], key: int, values: Record) -> Record:
    """Change a thing. It is an effect of the operation only where it is another one then."""
    thing = find(things, key)
    before = dict(thing)
    thing.update(values)
    if thing != before:
        newsletter.effects.append((name, key))
    return thing


def delete(newsletter: NewsletterState, name: str, things: dict[int, Record], key: int) -> Record:
    """Delete a thing; 404 where it is not there."""
    thing = find(things, key)
    del things[key]
    newsletter.effects.append((name, key))
    return thing


def forbid(newsletter: NewsletterState, attribute: str, reason: str) -> NoReturn:
    """End an operation with 422, for an argument that the API forbids, which is noted in the violations."""
    request = newsletter.requests[-1]
    newsletter.violations.append(f"{request.method} {request.target}: {attribute}: {reason}")
    raise Refused(invalid(attribute, reason))


def made(newsletter: NewsletterState, name: str, key: int, view: Record) -> Record:
    """The success of an operation that made something."""
    newsletter.effects.append((name, key))
    return success(view)


def with_status(newsletter: NewsletterState, items: Iterable[Record], status: str | None, default: str) -> list[Record]:
    """The subscribers of a status, or of ``all``; 422 for what is none."""
    wanted = status or default
    if wanted not in ("all", "under_verification", *STATUSES):
        forbid(newsletter, "filter.status", f"{wanted} is none of all, under_verification, {', '.join(STATUSES)}")
    return [item for item in items if wanted in ("all", item["status"])]


def not_imitated(newsletter: NewsletterState, call: Call, *names: str) -> None:
    """Refuse filters of which nobody knows what the service makes of them, instead of leaving them out."""
    for name in names:
        if call.filter(name):
            forbid(newsletter, f"filter.{name}", NOT_IMITATED)
