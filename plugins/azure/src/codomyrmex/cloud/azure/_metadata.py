"""User metadata as Azure takes it: names are C# identifiers, values what a header can hold.

What else a name has goes as ``_x002d_`` (as .NET's XmlConvert.EncodeName does it), a value as an encoded
word (RFC 2047).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from codomyrmex.cloud.rest.headers import decode_text, encode_text

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]|\A[0-9]|_(?=x[0-9a-fA-F]{4}_)")
_ESCAPED = re.compile(r"(?:_x[0-9a-fA-F]{4}_)+")


def encode(metadata: Mapping[str, str]) -> dict[str, str]:
    """As the service takes it."""
    return {_NOT_IN_NAMES.sub(_escaped, name): encode_text(value) for name, value in metadata.items()}


def decode(metadata: Mapping[str, str]) -> dict[str, str]:
    """What `encode` was given."""
    return {_ESCAPED.sub(_characters, name): decode_text(value) for name, value in metadata.items()}


def _escaped(found: re.Match[str]) -> str:
    utf16 = found[0].encode("utf-16-be")
    return "".join(f"_x{utf16[i : i + 2].hex()}_" for i in range(0, len(utf16), 2))


def _characters(escaped: re.Match[str]) -> str:
    return bytes.fromhex(re.sub("_x?", "", escaped[0])).decode("utf-16-be", "replace")
