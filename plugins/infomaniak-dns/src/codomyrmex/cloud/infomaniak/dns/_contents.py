"""What record sets hold, as Designate wants it written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from codomyrmex.cloud.infomaniak.dns._names import target

_LONGEST_STRING = 253
"""Characters of one string of a TXT record. DNS allows 255 bytes; Designate counts its two quotes too
(designate/objects/rrdata_txt.py)."""
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_STRINGS = re.compile(rf"\s*{_QUOTED.pattern}(?:\s+{_QUOTED.pattern})*\s*", re.DOTALL)
_CHARACTER = re.compile(r"\\\d{3}|\\.|.", re.DOTALL)

_NAME_LAST = ("CNAME", "NS", "PTR", "MX", "SRV", "NAPTR")
"""Types whose content ends with a name."""
_NAME_SECOND = ("SVCB", "HTTPS")
_TEXT = ("TXT", "SPF")


def contents(records: Sequence[str], kind: str, zone: str) -> list[str]:
    """Each record of a set as Designate takes it. TypeError or ValueError for what no set can hold."""
    if isinstance(records, (str, bytes)) or not all(isinstance(record, str) for record in records):
        raise TypeError("records are a list of str, one for each record of the set")
    if not records:
        raise ValueError("a record set has at least one record")
    return [_content(record, kind, zone) for record in records]


def _content(record: str, kind: str, zone: str) -> str:
    if kind in _TEXT:
        return quoted(record)
    fields = record.split()
    if kind == "CAA":
        # others write CAA values in quotes, which Designate refuses
        return " ".join(fields).replace('"', "")
    if kind in _NAME_LAST and fields:
        fields[-1] = target(fields[-1], zone)
    elif kind in _NAME_SECOND and len(fields) > 1:
        fields[1] = target(fields[1], zone)
    return " ".join(fields)


def quoted(text: str) -> str:
    """A text in quotes, split into strings of a length that DNS and Designate take.

    What is in quotes already is taken for the same text written so, in one string or several: those
    who read TXT records join the strings (RFC 7208 3.3, RFC 6376 3.6.2.2).
    """
    if _STRINGS.fullmatch(text):
        escaped = "".join(string[1:-1] for string in _QUOTED.findall(text))
    else:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    strings = [""]
    for character in _CHARACTER.findall("".join(map(_ascii, _CHARACTER.findall(escaped)))):
        if len(strings[-1]) + len(character) > _LONGEST_STRING:
            strings.append("")
        strings[-1] += character
    return " ".join(f'"{string}"' for string in strings)


def _ascii(character: str) -> str:
    r"""A character as master files hold it, ``\DDD`` for each byte that is not printable ASCII (RFC 1035 5.1)."""
    if character.isascii() and character.isprintable():
        return character
    return "".join(f"\\{byte:03}" for byte in character.encode())
