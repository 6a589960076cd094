"""E-mail addresses: which are certainly none, and which are the same."""

from __future__ import annotations

import re
import unicodedata

import idna
from email_validator import EmailNotValidError, validate_email

_QUOTES = "'`´‘’‚“”„‹›«»"  # noqa: RUF001 - quotes alike are meant
_DANGLING = re.compile(f"[{_QUOTES}]|.*[{_QUOTES}]@")
_NAMED = re.compile(r"[^<>]*<([^<>]*)>")


def parse_address(text: str) -> str:
    """The address in a text, which may have blanks around it and a name before it, as ``Ada <ada@example.org>``.

    It is judged by its form alone, without a request, and stays as it is written. Refused is what cannot receive mail
    over the internet by RFC 5321 and RFC 5322; a local part with a quote left over at one of its ends; and a domain
    that is not public, such as ``localhost``.

    Raises ValueError with the reason. See https://datatracker.ietf.org/doc/html/rfc5321#section-4.5.3.1 and
    https://github.com/JoshData/python-email-validator.
    """
    address = text.strip()
    if named := _NAMED.fullmatch(address):
        address = named[1].strip()
    try:
        validate_email(address, allow_quoted_local=True, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    if _DANGLING.match(address):
        raise ValueError("There is a quote at an end of the part before the @-sign.")
    return address


def checked_address(text: str, name: str) -> str:
    """The address in an argument of this name. TypeError or ValueError says what is wrong with it."""
    if not isinstance(text, str):
        raise TypeError(f"{name} is str, not {type(text).__name__}")
    try:
        return parse_address(text)
    except ValueError as error:
        raise ValueError(f"{name}: {text!r} is not an e-mail address: {error}") from None


def same_address(email: str) -> str:
    """What two addresses have in common exactly if they are the same one.

    Case does not count, nor how Unicode composes a letter, nor whether a domain such as ``münchen.example`` is written
    in ASCII, by RFC 5891, in which ``ß`` is no ``ss``.
    """
    email = email.lower()
    if email.isascii():
        return email
    local, at, domain = unicodedata.normalize("NFC", email).rpartition("@")
    try:
        return local + at + idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return local + at + domain
