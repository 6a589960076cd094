"""Domain names as Designate wants them: complete, in ASCII, with a dot at the end."""

from __future__ import annotations

import re

import idna

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""What is an id rather than a name."""


def absolute(name: str) -> str:
    """``example.ch`` as ``example.ch.``; what has its dot already is not changed. ValueError if it is no name."""
    return f"{_ascii(name).rstrip('.')}."


def within(name: str, zone: str) -> str:
    """A record's name in a zone, as in a zone file: ``@`` is the zone itself, ``www`` is ``www.example.ch.``.

    A name that ends as the zone does is complete, with or without its dot.
    """
    if name == "@":
        return zone
    complete = absolute(name)
    if name.endswith(".") or f".{complete}".casefold().endswith(f".{zone}".casefold()):
        return complete
    return f"{complete}{zone}"


def target(name: str, zone: str) -> str:
    """A name that a record holds: of one label (``mail``, ``@``) it is one of the zone's, else it is complete.

    ``.`` stands for none, as in ``0 .`` for MX (RFC 7505).
    """
    if name == ".":
        return name
    return within(name, zone) if "." not in name else absolute(name)


def _ascii(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"a domain name is str, not {type(name).__name__}")
    if not name.strip("."):
        raise ValueError(f"not a domain name: {name!r}")
    # label by label: of ASCII ones DNS allows more than IDNA does, such as _dmarc and *
    return ".".join(label if label.isascii() else _encoded(label) for label in name.split("."))


def _encoded(label: str) -> str:
    try:
        return idna.encode(label, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValueError(f"not a domain name: {error}") from error
