"""User metadata as headers. What no header can hold goes as an encoded word (RFC 2047), as S3 itself
gives it back ("Working with object metadata", user-defined metadata).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

_PLAIN = re.compile(r"[!-~]([ -~]*[!-~])?")
_WORD = re.compile(r"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=", re.IGNORECASE)


def encode(metadata: Mapping[str, str]) -> dict[str, str]:
    """Keys are those of headers: S3 makes them lower case, and refuses what is not ASCII."""
    return {key: value if _is_plain(value) else _word(value) for key, value in metadata.items()}


def decode(metadata: Mapping[str, str]) -> dict[str, str]:
    """What `encode` was given."""
    return {key.lower(): _WORD.sub(_text, value) for key, value in metadata.items()}


def _is_plain(value: str) -> bool:
    return _PLAIN.fullmatch(value) is not None and "=?" not in value


def _word(value: str) -> str:
    return f"=?utf-8?b?{base64.b64encode(value.encode()).decode()}?="


def _text(word: re.Match[str]) -> str:
    try:
        return base64.b64decode(word[1]).decode("utf-8", "replace")
    except ValueError:  # another program's text that looks like one
        return word[0]
