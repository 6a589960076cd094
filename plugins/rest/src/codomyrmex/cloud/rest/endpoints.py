"""What can be the URL of a service."""

from __future__ import annotations

import os
from urllib.parse import SplitResult, urlsplit


def find_endpoint(given: str | None, name: str, variable: str, default: str) -> str:
    """The URL that requests are to be sent to: what is given, or is in the environment, or else the default.

    Args:
        given: the argument's value.
        name: of the argument.
        variable: of the environment; an empty one counts for none.
        default: the service's own URL.

    Returns:
        The URL, without a slash at its end.

    Raises:
        ValueError: as of `split_endpoint`, naming what the URL is from.
    """
    url = given if given is not None else os.environ.get(variable) or default
    split_endpoint(url, name if given is not None else variable, default)
    return url.rstrip("/")


def endpoint_source(variable: str, example: str) -> str:
    """What ``cloud doctor`` shows of a variable with a URL, ``, ACME_URL=https://...``; nothing where it is not set.

    Raises:
        ValueError: as of `split_endpoint`; a URL that holds a password is not shown.
    """
    url = os.environ.get(variable)
    if not url:
        return ""
    split_endpoint(url, variable, example)
    return f", {variable}={url}"


def split_endpoint(url: str, name: str, example: str) -> SplitResult:
    """Take a URL apart that requests are to be sent to.

    Args:
        url: what was given for it.
        name: of the argument or variable, for the message.
        example: of a URL, for the message.

    Returns:
        Its parts.

    Raises:
        ValueError: it is not http:// or https:// and a host; or it holds a user or password, which would show in logs.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{name} is http:// or https:// and a host, such as {example}")
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"{name} holds a user or password; give those as credentials")
    return parts
