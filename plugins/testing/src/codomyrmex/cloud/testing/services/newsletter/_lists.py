"""Lists: what is searched, sorted, and given in pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from codomyrmex.cloud.testing.services.newsletter._envelope import success

Item = dict[str, Any]
Query = dict[str, list[str]]
ITEMS_PER_PAGE = 15
"""Where a page is asked for without ``per_page``: as in the vendor's example; it publishes no default."""


def search(items: Iterable[Item], text: str | None, key: str) -> list[Item]:
    """Those with this text in the value of ``key``, whatever its case; all where there is none."""
    return [item for item in items if not text or text.lower() in str(item[key]).lower()]


def respond_with_page(items: list[Item], query: Query, *, largest_page: int, tells_pages: bool) -> Item:
    """What is asked for of a list, in its order: a page, or what ``limit`` and ``skip`` say, or how many there are."""
    if "return" in query:
        return success(len(items))
    ordered = _sorted(items, query)
    if "page" not in query:
        skipped, limit = int(query.get("skip", ["0"])[-1]), int(query.get("limit", [str(largest_page)])[-1])
        return success(ordered[skipped : skipped + min(limit, largest_page)])
    size = min(int(query.get("per_page", [str(ITEMS_PER_PAGE)])[-1]), largest_page)
    page = int(query["page"][-1])
    shown = ordered[(page - 1) * size : page * size]
    if not tells_pages:
        return success(shown)
    pages = max(1, -(-len(items) // size))
    return success(shown, total=len(items), page=page, pages=pages, items_per_page=size)


def sort_keys(query: Query) -> list[str]:
    """What a list is to be sorted by, the first before the others."""
    return [name for value in query.get("order_by", []) for name in value.split(",") if name]


def _sorted(items: list[Item], query: Query) -> list[Item]:
    ordered = list(items)
    for name in reversed(sort_keys(query)):  # as sorting is stable, the first counts most
        direction = query.get(f"order_for[{name}]", query.get("order", ["asc"]))[-1]
        ordered.sort(key=lambda item: _sort_key(item[name]), reverse=direction == "desc")
    return ordered


def _sort_key(value: Any) -> tuple[bool, float, str]:
    """Numbers by value, all else by its text; what is missing last."""
    is_number = isinstance(value, int | float)
    return value is None, float(value) if is_number else 0.0, "" if is_number else str(value)
