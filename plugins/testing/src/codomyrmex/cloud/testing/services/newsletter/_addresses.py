"""Which addresses the service takes."""

from __future__ import annotations

import re
from email.errors import MessageError
from email.headerregistry import Address

REFUSED_DOMAIN = "refused.example"
"""Addresses of it are well-formed, and refused: the service knows addresses that no pattern finds wrong."""
_DOMAIN = re.compile(r"(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))+")
_MAX_LOCAL, _MAX_ADDRESS = 64, 254  # characters: RFC 5321, 4.5.3.1


def is_acceptable(email: str) -> bool:
    """Whether it is an address as RFC 5321 has it, of a domain with a dot, and not of `REFUSED_DOMAIN`."""
    if len(email) > _MAX_ADDRESS or not email.isprintable():
        return False
    try:
        address = Address(addr_spec=email)
    except (ValueError, IndexError, MessageError):  # what the standard library raises of one that is malformed
        return False
    return (
        address.addr_spec == email
        and 0 < len(address.username) <= _MAX_LOCAL
        and bool(_DOMAIN.fullmatch(address.domain))
        and address.domain.lower() != REFUSED_DOMAIN
    )
