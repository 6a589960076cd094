"""Keep secrets out of what is shown: messages, logs, bodies of answers, URLs."""

from __future__ import annotations

import re
from typing import AnyStr

MASK = "***"
"""What stands where a secret was."""
_SHORTEST_SHOWN = 8


def redact(text: AnyStr, *secrets: str) -> AnyStr:
    """Replace secrets by `MASK`: gateways echo headers, and services what was sent.

    Args:
        text: text, or bytes that hold UTF-8.
        secrets: what is not to be shown. Empty ones are passed over.

    Returns:
        ``text`` without them.
    """
    if isinstance(text, bytes):
        return redact(text.decode(errors="surrogateescape"), *secrets).encode(errors="surrogateescape")
    for secret in filter(None, secrets):
        text = text.replace(secret, MASK)
    return text


def redact_parameters(text: str, *names: str) -> str:
    """Replace the values of parameters by `MASK` in all URLs and query strings of a text, such as signatures.

    Args:
        text: any text.
        names: of the parameters, in capitals or not, such as ``"sig"``.

    Returns:
        ``text`` with ``sig=***``.
    """
    pattern = rf"\b({'|'.join(map(re.escape, names))})=[^&\s'\"]+"
    return re.sub(pattern, rf"\1={MASK}", text, flags=re.IGNORECASE)


def ending(key: str) -> str:
    """Show by its last four characters which key is meant: ``****WXYZ``. Of a short one nothing is shown.

    For ids of keys, whose secret is another text.
    """
    return f"****{key[-4:] if len(key) >= _SHORTEST_SHOWN else ''}"
