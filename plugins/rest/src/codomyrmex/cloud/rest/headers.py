"""User metadata in headers: what they cannot hold as it is."""

from __future__ import annotations

import base64
import re

_PLAIN = re.compile(r"[!-~]([ -~]*[!-~])?")
_WORD = re.compile(r"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=", re.IGNORECASE)


def encode_text(text: str) -> str:
    """A value of user metadata as a header holds it: what none can hold goes as an encoded word (RFC 2047).

    S3 writes it so too ("Working with object metadata", user-defined metadata).
    """
    if _PLAIN.fullmatch(text) and "=?" not in text:
        return text
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


def decode_text(value: str) -> str:
    """What `encode_text` was given. What is no encoded word of UTF-8 in base 64 stays as it is."""
    return _WORD.sub(_text, value)


def _text(word: re.Match[str]) -> str:
    try:
        return base64.b64decode(word[1]).decode("utf-8", "replace")
    except ValueError:  # another program's text that looks like one
        return word[0]
