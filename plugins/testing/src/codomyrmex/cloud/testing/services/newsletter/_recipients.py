"""Who gets a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from codomyrmex.cloud.testing.services.newsletter._segmentation import is_in_segment

if TYPE_CHECKING:
    from codomyrmex.cloud.testing.services.newsletter._segmentation import Newsletter


def recipients(newsletter: Newsletter, wanted: Mapping[str, Any]) -> set[str]:
    """The addresses that ``recipients`` of a campaign are now.

    Those are in it who are in any of its parts and in none that is excluded: ``all_subscribers``, ``groups``,
    ``segments``, ``expert`` conditions, and ``emails``, which need be no subscribers. Whoever is not active gets
    nothing, by whatever part.
    """
    included, excluded = set(), set()
    groups, segments = wanted.get("groups") or {}, wanted.get("segments") or {}
    conditions = (wanted.get("expert") or {}).get("conditions")
    members = {
        key: {subscriber["id"] for subscriber in newsletter.segment_members(key)}
        for key in {*segments.get("include", ()), *segments.get("exclude", ())}
        if key in newsletter.segments
    }
    for key, subscriber in newsletter.subscribers.items():
        in_groups, in_segments = set(subscriber["groups"]), {s for s, found in members.items() if key in found}
        is_excluded = _any(groups, "exclude", in_groups) or _any(segments, "exclude", in_segments)
        if is_excluded or subscriber["status"] != "active":
            excluded.add(subscriber["email"].lower())
        elif (
            wanted.get("all_subscribers")
            or _any(groups, "include", in_groups)
            or _any(segments, "include", in_segments)
            or (conditions and is_in_segment(subscriber, conditions, newsletter, newsletter.now()))
        ):
            included.add(subscriber["email"])
    known = {email.lower() for email in included}
    return included | {e for e in wanted.get("emails") or () if e.lower() not in excluded | known}


def _any(choice: Mapping[str, Any], part: str, having: set[int]) -> bool:
    return not having.isdisjoint(choice.get(part, ()))
