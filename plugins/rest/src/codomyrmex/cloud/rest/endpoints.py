"""What can be the URL of a service."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


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
