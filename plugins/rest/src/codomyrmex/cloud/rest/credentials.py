"""What a client says where it was given no credentials, and what can be a token."""

from __future__ import annotations

from collections.abc import Iterable


def missing(what: str, variables: Iterable[str], otherwise: str) -> str:
    """The message where there are no credentials: "no API token: set ACME_TOKEN, or give api_token".

    Args:
        what: what there is none of, such as ``"API token"``.
        variables: the environment variables that would give it, all of those that are not set.
        otherwise: what else gives it, such as ``"give api_token"``.
    """
    return f"no {what}: set {' and '.join(variables)}, or {otherwise}"


def checked_token(token: str, name: str) -> str:
    """A token as a header holds it, without the line end that a file gave it.

    Args:
        token: what was given for one.
        name: of the argument, for the message, which does not tell the token.

    Raises:
        TypeError: it is no text.
        ValueError: no header can hold it: it is empty, or holds a space, a control character or one beyond ASCII.
    """
    if not isinstance(token, str):
        raise TypeError(f"{name} is str, not {type(token).__name__}")
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError(f"{name} is no token: it is empty, or holds a space or a special character")
    return token
