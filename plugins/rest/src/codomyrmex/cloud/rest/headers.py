"""What headers hold, and what they cannot hold as it is."""

from __future__ import annotations

import base64
import re
import time
from email.utils import mktime_tz, parsedate_tz

_PLAIN = re.compile(r"[!-~]([ -~]*[!-~])?")
_WORD = re.compile(r"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=", re.IGNORECASE)
_SECONDS = re.compile(r"\d+(\.\d+)?")


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


def retry_after(value: str | None) -> float | None:
    """Seconds from now that the header Retry-After asks for, as a number or a date (RFC 9110, 10.2.3).

    0 for a date that has passed; None where there is no such header, or none that can be read.
    """
    if value is None:
        return None
    if _SECONDS.fullmatch(value.strip()):
        return float(value)
    date = parsedate_tz(value)
    return max(0.0, mktime_tz(date) - time.time()) if date else None
