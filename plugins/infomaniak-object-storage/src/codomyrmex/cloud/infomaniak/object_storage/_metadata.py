"""User metadata as headers X-Object-Meta-*: names of any case and script, values of any text.

Swift keeps neither the case of a header's name nor the difference of ``-`` and ``_``. What else than lower-case
letters, digits and hyphens a name has goes percent-encoded; what no header can hold of a value goes as an encoded
word (RFC 2047), as S3 has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from codomyrmex.cloud.rest.headers import decode_text, encode_text

OBJECT = "X-Object-Meta-"
CONTAINER = "X-Container-Meta-"
ACCOUNT = "X-Account-Meta-"
_NOT_IN_NAMES = re.compile(rb"[^a-z0-9-]")


def encode(metadata: Mapping[str, str], prefix: str = OBJECT) -> dict[str, str]:
    """The headers."""
    return {prefix + name_of(name): encode_text(value) for name, value in metadata.items()}


def decode(headers: Mapping[str, str], prefix: str = OBJECT) -> dict[str, str]:
    """What `encode` was given; names that other programs wrote are in lower case."""
    found = {}
    for name, value in headers.items():
        if name.lower().startswith(prefix.lower()):
            text = value.encode("latin-1").decode("utf-8", "replace")  # as others send it
            found[unquote(name[len(prefix) :].lower())] = decode_text(text)
    return found


def name_of(name: str) -> str:
    """The name as a part of a header's."""
    return _NOT_IN_NAMES.sub(lambda byte: b"%%%02x" % byte[0][0], name.encode()).decode()
