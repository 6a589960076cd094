"""What the requests of several parts have in common."""

from __future__ import annotations

from typing import Any, get_args


def given(**options: Any) -> dict[str, Any]:
    """The options that have a value: what is not sent, the service chooses."""
    return {name: value for name, value in options.items() if value is not None}


def check_exactly_one(**options: str | None) -> None:
    """Raise ValueError unless exactly one of these has a value."""
    if len(given(**options)) != 1:
        raise ValueError(f"give {' or '.join(options)}, and only one of them")


def check_choice(name: str, value: str, choices: Any) -> None:
    """Raise ValueError unless the argument is one of the choices, a ``Literal``."""
    if value not in get_args(choices):
        raise ValueError(f"{name} is {' or '.join(get_args(choices))}, not {value!r}")
