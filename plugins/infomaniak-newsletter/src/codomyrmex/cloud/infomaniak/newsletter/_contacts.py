"""The contacts of an import: from mappings or a CSV file, and as CSV for the service."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sized
from contextlib import closing
from datetime import date
from typing import Any, NamedTuple

ContactLike = Mapping[str, Any]
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_SAMPLE_CHARACTERS = 64 * 1024


class Contact(NamedTuple):
    """One contact to import."""

    email: str
    fields: dict[str, Any]
    """Values by the key of the field; only those there are."""

    @property
    def wrong(self) -> str | None:
        """Why the service cannot take it, as far as can be told from here."""
        if not self.email:
            return "no e-mail address"
        return None if _ADDRESS.fullmatch(self.email) else "not an e-mail address"


def read(contacts: Iterable[ContactLike] | str | os.PathLike[str]) -> Iterator[Contact]:
    """The contacts, one by one: of a CSV file if it is a path.

    Each is ``{"email": ..., "firstname": ...}``, or ``{"email": ..., "fields": {...}}``. Raises
    TypeError for what is no mapping (of a list before anything is sent), ValueError for a file
    without a column of addresses.
    """
    if isinstance(contacts, (str, os.PathLike)):
        return _of_file(contacts)
    if isinstance(contacts, (bytes, Mapping)) or not isinstance(contacts, Iterable):
        raise TypeError(f"contacts are several mappings or the path of a CSV file, not {type(contacts).__name__}")
    return iter([_contact(c) for c in contacts]) if isinstance(contacts, Sized) else map(_contact, contacts)


def as_csv(contacts: list[Contact]) -> tuple[list[str], str]:
    """The names of the fields, and a CSV text: the address first, then the fields, a header above.

    The header is needed because the service may take the first line for one.
    """
    names = list(dict.fromkeys(name for contact in contacts for name in contact.fields))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["email", *names])
    writer.writerows([c.email, *(c.fields.get(name, "") for name in names)] for c in contacts)
    return names, text.getvalue()


def _contact(contact: ContactLike) -> Contact:
    if not isinstance(contact, Mapping):
        raise TypeError(f"a contact is a mapping such as {{'email': 'ada@example.org'}}, not {type(contact).__name__}")
    fields = {**contact, **(contact.get("fields") or {})}
    fields.pop("fields", None)
    email = next((fields.pop(key) for key in list(fields) if _is_email(key)), None)
    return Contact(str(email or "").strip(), {k: _plain(v) for k, v in fields.items() if v is not None})


def _of_file(path: str | os.PathLike[str]) -> Iterator[Contact]:
    file = open(path, encoding="utf-8-sig", newline="")  # noqa: SIM115 - closed with the rows
    with closing(file):
        sample = file.read(_SAMPLE_CHARACTERS)
        file.seek(0)
        header = sample.partition("\n")[0]
        delimiter = max(",;\t", key=header.count)
        rows = csv.DictReader(file, delimiter=delimiter)
        if not any(_is_email(name) for name in rows.fieldnames or ()):
            raise ValueError(f"{os.fspath(path)} has no column 'email' in its first line")
        for row in rows:
            row.pop(None, None)  # cells beyond the header
            yield _contact({name: value for name, value in row.items() if value})


def _is_email(name: str) -> bool:
    return name.strip().lower() in ("email", "e-mail")


def _plain(value: Any) -> Any:
    """As JSON and CSV can have it."""
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, (str, int, float)) else str(value)
