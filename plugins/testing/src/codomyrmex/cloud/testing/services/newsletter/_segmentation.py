"""The conditions by which a segment chooses subscribers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Protocol

from codomyrmex.cloud.testing.services.newsletter._mail import Mail

MONTH_SECONDS = 30 * 86_400
LAST_CAMPAIGNS = 5
OPERATORS = {
    "campaign": ("open", "click", "sent", "noopen", "noclick", "nosent"),
    "created_at": ("=", ">", "<", "between"),
    "mailinglist": ("include", "exclude"),
    "meta": ("=", "<>", "like", "not like", "start", "finish"),
}
"""By the type of a condition, as the vendor's document lists them."""
REQUIRED = {
    "campaign": ("actionId",),
    "created_at": ("date1",),
    "mailinglist": ("mailinglist_id",),
    "meta": ("meta_id", "value"),
}
CAMPAIGN_CHOICES = ("all", "any", "custom", "last5")
Record = Mapping[str, Any]


class Newsletter(Protocol):
    """What conditions are about."""

    @property
    def fields(self) -> Mapping[int, Record]:
        """By id."""

    @property
    def subscribers(self) -> Mapping[int, Record]:
        """By id."""

    @property
    def segments(self) -> Mapping[int, Record]:
        """By id."""

    @property
    def outbox(self) -> list[Mail]:
        """The campaigns that left."""

    def segment_members(self, segment: int, /) -> list[Any]:
        """The subscribers that are in a segment."""

    def now(self) -> float:
        """In unix seconds."""


def problems(data: Any) -> Iterator[str]:
    """What is wrong with conditions, as the vendor's document has them: any of ``conds``, of each of which all."""
    if data == {}:
        return
    if not isinstance(data, dict) or data.get("closure") != "OR" or not isinstance(data.get("conds"), list):
        yield "it is no {'closure': 'OR', 'conds': [...]}"
        return
    for group in data["conds"]:
        if not isinstance(group, dict) or group.get("closure") != "AND" or not isinstance(group.get("conds"), list):
            yield f"{group!r} is no {{'closure': 'AND', 'conds': [...]}}"
            return
        for condition in group["conds"]:
            yield from _wrong_condition(condition)


def _wrong_condition(condition: Any) -> Iterator[str]:
    kind = condition.get("type") if isinstance(condition, dict) else None
    if not isinstance(kind, str) or kind not in OPERATORS:
        yield f"{condition!r} has no type of {', '.join(OPERATORS)}"
        return
    operator = condition.get("operator")
    if operator not in OPERATORS[kind]:
        yield f"the operator of a condition about {kind} is one of {', '.join(OPERATORS[kind])}, not {operator!r}"
    required = REQUIRED[kind]
    if operator == "between":
        required += ("date2",)
    if condition.get("actionId") == "custom":
        required += ("campaign_id",)
    yield from (f"a condition about {kind} needs {key}" for key in required if condition.get(key) is None)
    if condition.get("actionId", "all") not in CAMPAIGN_CHOICES:
        yield f"actionId is one of {', '.join(CAMPAIGN_CHOICES)}"
    for key in ("date1", "date2"):
        if condition.get(key) is not None and not _is_date(condition[key]):
            yield f"{key} is {condition[key]!r}, and no date such as 2026-12-24"
    for key in ("campaign_id", "mailinglist_id", "meta_id"):
        if key in condition and type(condition[key]) is not int:
            yield f"{key} is no integer"
    if "value" in condition and not isinstance(condition["value"], str):
        yield "value is no text"


def is_in_segment(subscriber: Record, data: Any, newsletter: Newsletter, now: float) -> bool:
    """Whether conditions without `problems` hold for a subscriber. No conditions hold for everybody."""
    groups = (data or {}).get("conds", [])
    return not groups or any(
        all(_holds(condition, subscriber, newsletter, now) for condition in group["conds"]) for group in groups
    )


def _holds(condition: Record, subscriber: Record, newsletter: Newsletter, now: float) -> bool:
    kind, operator = str(condition["type"]), str(condition["operator"])
    if kind == "mailinglist":
        is_member = condition["mailinglist_id"] in set(subscriber["groups"])
        return is_member is (operator == "include")
    if kind == "created_at":
        created = datetime.fromtimestamp(subscriber["created_at"], UTC).date().isoformat()
        return _DATES[operator](created, condition["date1"], condition.get("date2") or "")
    if kind == "meta":
        key = newsletter.fields.get(condition["meta_id"], {}).get("key")
        value = str(subscriber["fields"].get(key, "")).lower()
        return _TEXTS[operator](value, condition["value"].lower())
    was_done: bool = operator.endswith("sent") and subscriber["email"] in _mailed(condition, newsletter, now)
    return was_done != operator.startswith("no")  # nobody opens or clicks anything here


def _mailed(condition: Record, newsletter: Newsletter, now: float) -> set[str]:
    """Who got any of the campaigns that a condition is about."""
    mails = newsletter.outbox
    if condition["actionId"] == "any":
        mails = [mail for mail in mails if mail.sent_at >= now - MONTH_SECONDS]
    elif condition["actionId"] == "last5":
        mails = mails[-LAST_CAMPAIGNS:]
    elif condition["actionId"] == "custom":
        mails = [mail for mail in mails if mail.campaign_id == condition["campaign_id"]]
    return {email for mail in mails for email in mail.to}


_DATES: dict[str, Callable[[str, str, str], bool]] = {
    "=": lambda created, first, last: created == first,
    ">": lambda created, first, last: created > first,
    "<": lambda created, first, last: created < first,
    "between": lambda created, first, last: first <= created <= last,
}
_TEXTS: dict[str, Callable[[str, str], bool]] = {
    "=": lambda value, wanted: value == wanted,
    "<>": lambda value, wanted: value != wanted,
    "like": lambda value, wanted: wanted in value,
    "not like": lambda value, wanted: wanted not in value,
    "start": lambda value, wanted: value.startswith(wanted),
    "finish": lambda value, wanted: value.endswith(wanted),
}


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) == len("2026-12-24") and bool(date.fromisoformat(value))
    except ValueError:
        return False
