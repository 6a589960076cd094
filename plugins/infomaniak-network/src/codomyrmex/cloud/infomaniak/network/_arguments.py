"""What the requests of several parts have in common."""

from __future__ import annotations

from typing import Any


def given(**options: Any) -> dict[str, Any]:
    """The options that have a value: what is not sent, the service chooses."""
    return {name: value for name, value in options.items() if value is not None}


def check_exactly_one(**options: str | None) -> None:
    """Raise ValueError unless exactly one of these has a value."""
    if len(given(**options)) != 1:
        raise ValueError(f"give {' or '.join(options)}, and only one of them")
