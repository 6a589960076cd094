"""Who receives a campaign, from what users write to what the service takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codomyrmex.cloud.infomaniak.newsletter._addresses import checked_address
from codomyrmex.cloud.infomaniak.newsletter._values import ids, one_or_several

BY_ID = {
    "mailing_list_id": ("groups", "include"),
    "exclude_mailing_list_id": ("groups", "exclude"),
    "segment_id": ("segments", "include"),
    "exclude_segment_id": ("segments", "exclude"),
}
"""The arguments with ids, and where the service has them."""
NAMES = (*BY_ID, "recipients")
"""The arguments that say who receives a campaign."""
_PARTS = ("all_subscribers", "emails", "expert", "groups", "segments")
_SIDES = ("include", "exclude")
_NOBODY = "nobody would receive it: give mailing_list_id, segment_id, or recipients such as {'all_subscribers': True}"


def recipients(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The recipients by these arguments, whose names are some of `NAMES`.

    Raises:
        TypeError: the arguments contradict each other, name nobody, or ``recipients`` has what the API does not know.
        ValueError: what should hold ids holds none, ``recipients`` names nobody, or one is both to receive it and not.
    """
    if "recipients" in arguments:
        if names := [name for name in arguments if name != "recipients"]:
            raise TypeError(f"a campaign takes {' and '.join(names)}, or recipients, not both")
        wanted = _checked(arguments["recipients"])
    else:
        wanted = {}
        for name, value in arguments.items():
            part, side = BY_ID[name]
            wanted.setdefault(part, {})[side] = ids(value, name)
        if not _has_anybody(wanted):
            raise TypeError(_NOBODY)
    for part in ("groups", "segments"):
        choice = wanted.get(part, {})
        if both := sorted({*choice.get("include", ())} & {*choice.get("exclude", ())}):
            raise ValueError(f"{part} {', '.join(map(str, both))} are both to receive it and excluded")
    return wanted


def _checked(wanted: Any) -> dict[str, Any]:
    """Recipients as the API has them, with their ids as numbers."""
    if not isinstance(wanted, Mapping):
        raise TypeError(f"recipients is a mapping such as {{'all_subscribers': True}}, not {type(wanted).__name__}")
    _check_names("recipients", wanted, _PARTS)
    checked = dict(wanted)
    for part in ("groups", "segments"):
        if part in wanted:
            checked[part] = _choice(part, wanted[part])
    if emails := wanted.get("emails"):
        checked["emails"] = [checked_address(email, "recipients.emails") for email in one_or_several(emails, "emails")]
    if not _has_anybody(checked):
        raise ValueError(_NOBODY)
    return checked


def _choice(part: str, choice: Any) -> dict[str, list[int]]:
    if not isinstance(choice, Mapping):
        raise TypeError(f"{part} of recipients is {{'include': [...], 'exclude': [...]}}, not {type(choice).__name__}")
    _check_names(f"{part} of recipients", choice, _SIDES)
    return {side: ids(value, f"{side} of {part}") for side, value in choice.items()}


def _check_names(what: str, mapping: Mapping[str, Any], known: tuple[str, ...]) -> None:
    if unknown := [name for name in mapping if name not in known]:
        raise TypeError(f"{what} holds {', '.join(known)}, not {', '.join(map(repr, unknown))}")


def _has_anybody(wanted: Mapping[str, Any]) -> bool:
    return any("include" in wanted.get(part, ()) for part in ("groups", "segments")) or any(
        wanted.get(part) for part in ("all_subscribers", "emails", "expert")
    )
