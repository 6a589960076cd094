"""The contacts of an import: from mappings or a CSV file, judged before anything is sent; and as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from codomyrmex.cloud.infomaniak.newsletter import _header_names as header_names
from codomyrmex.cloud.infomaniak.newsletter._addresses import parse_address, same_address
from codomyrmex.cloud.infomaniak.newsletter._csv_files import Readable, is_readable, open_table
from codomyrmex.cloud.rest.frames import Frame, is_frame, plain, rows_of

ContactLike = Mapping[str, Any]
Contacts = Iterable[ContactLike] | Frame | Readable


class Contact(NamedTuple):
    """One contact to import."""

    email: str
    fields: dict[str, Any]
    """Values by what their columns are called, or by the key of the field; only those there are."""
    line: int | None = None
    """Where it was found first, in a file."""


@dataclass
class Judged:
    """All contacts of an import, each address once."""

    contacts: dict[str, Contact] = field(default_factory=dict)
    """By `same_address`."""
    failed: list[dict[str, Any]] = field(default_factory=list)
    duplicates: int = 0
    """How many had the address of one before, whose values theirs replaced."""
    unsubscribed: set[str] = field(default_factory=set)
    """The addresses whose own values say that they want no newsletters, by `same_address`."""
    shapes: set[tuple[str, ...]] = field(default_factory=set)
    """The columns that contacts have together, without the one of addresses."""
    named: set[str] = field(default_factory=set)
    """Columns that the user asks for by name, so that they are taken whatever they are."""

    def add(self, contact: Contact, *, wants_none: bool) -> None:
        """Take one more, or note what is wrong with it."""
        try:
            if not contact.email:
                raise ValueError("no e-mail address")
            contact = contact._replace(email=_parsed(contact.email))
        except ValueError as error:
            self.fail(contact, str(error))
            return
        key = same_address(contact.email)
        known = self.contacts.get(key)
        if known or key in self.unsubscribed:
            self.duplicates += 1
        if wants_none or key in self.unsubscribed:
            self.unsubscribed.add(key)
            self.contacts.pop(key, None)
        elif known:
            known.fields.update({k: v for k, v in contact.fields.items() if v != "" or k not in known.fields})
        else:
            self.contacts[key] = contact

    def fail(self, contact: Contact, error: str) -> None:
        """Note why a contact is not imported."""
        line = {} if contact.line is None else {"line": contact.line}
        self.failed.append({"email": contact.email, "error": error, **line})

    def columns(self) -> list[str]:
        """The columns in which a contact has a value."""
        return list(dict.fromkeys(name for contact in self.contacts.values() for name in contact.fields))


class Columns:
    """Which columns to take, as the user says, and what they are."""

    def __init__(self, fields: Iterable[str] | Mapping[str, str] | None) -> None:
        if isinstance(fields, str | bytes):
            raise TypeError("fields is a list of columns, or a mapping of columns to fields, not one text")
        named = fields if isinstance(fields, Mapping) else None if fields is None else {name: name for name in fields}
        self._chosen = None if named is None else {_plain_name(name): key for name, key in named.items()}
        self.named = set((self._chosen or {}).values())
        """What the columns that the user chose are to be called."""

    def check_header(self, header: Collection[str], place: str) -> None:
        """Raise ValueError if a column that the user names is missing, or two have the same name."""
        names = [_plain_name(name) for name in header if name]
        if missing := [name for name in self._chosen or () if name not in names]:
            raise ValueError(f"{place} has no column {', '.join(map(repr, missing))}; it has {', '.join(header)}")
        twice = {name for name in names if names.count(name) > 1}
        if twice := {name for name in twice if self._chosen is None or name in self._chosen}:
            raise ValueError(
                f"{place} has two columns {', '.join(map(repr, sorted(twice)))}: give each a name of its own"
            )

    def email(self, names: Collection[str], place: str) -> str | None:
        """The column of addresses, or None. ValueError if it may be one or another."""
        chosen = [name for name in names if self.is_email(name)]
        possible = header_names.emails(names)
        exact = chosen or [name for name in possible if header_names.simple(name) == "email"] or possible
        if len(exact) > 1:
            raise ValueError(
                f"{place} has several columns of addresses: {', '.join(exact)}; say which one is to be taken, by "
                f"fields={{{exact[0]!r}: 'email', ...}} with all columns that are to be taken"
            )
        return exact[0] if exact else None

    def name_of(self, column: str) -> str | None:
        """What to call the values of a column that is not of addresses, or None to leave it out."""
        if self._chosen is None:
            return column or None
        return self._chosen.get(_plain_name(column))

    def is_email(self, column: str) -> bool:
        """Whether the user says that this is the column of addresses."""
        return str((self._chosen or {}).get(_plain_name(column))).lower() == "email"


def judge(contacts: Contacts, columns: Columns, *, encoding: str | None, delimiter: str | None) -> Judged:
    """All the contacts: of a CSV file if it is a path or a file, else of mappings or a DataFrame.

    Raises TypeError for what is neither, ValueError for a file whose structure is wrong, and what the iterable raises.
    """
    judged = Judged(named={*columns.named})
    if is_readable(contacts):
        _judge_file(contacts, columns, judged, encoding, delimiter)
        return judged
    if isinstance(contacts, (bytes, Mapping)) or not isinstance(contacts, Iterable):
        raise TypeError(f"contacts are several mappings or a CSV file, not {type(contacts).__name__}")
    if encoding is not None or delimiter is not None:
        raise TypeError("encoding and delimiter are for a CSV file: these contacts are no path and no file")
    for number, contact in enumerate(rows_of(contacts) if is_frame(contacts) else contacts, 1):
        _judge_mapping(contact, columns, judged, f"contact {number}")
    return judged


def as_csv(keys: list[str], contacts: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """A CSV text of addresses with their values by these keys, a header above.

    The header is needed because the service may take the first line for one.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["email", *keys])
    writer.writerows([email, *(values.get(key, "") for key in keys)] for email, values in contacts)
    return text.getvalue()


def _judge_file(file: Readable, columns: Columns, judged: Judged, encoding: str | None, delimiter: str | None) -> None:
    def is_header(cells: list[str]) -> bool:
        return bool(header_names.emails(cells)) or any(map(columns.is_email, cells))

    with open_table(file, encoding=encoding, delimiter=delimiter, is_header=is_header) as table:
        place = f"{table.name}, line {table.header_line},"
        columns.check_header(table.header, place)
        if (email := columns.email(table.header, place)) is None:
            raise ValueError(f"{place} has no column 'email', but {', '.join(map(repr, table.header))}")
        at_email = table.header.index(email)
        names = [None if at == at_email else columns.name_of(name) for at, name in enumerate(table.header)]
        consent = [(at, name) for at, name in enumerate(table.header) if header_names.tells_consent(name)]
        judged.shapes.add(tuple(name for name in names if name))
        for line, cells in table.rows:
            values = zip(names, cells, strict=False)
            fields = {name: text for name, cell in values if name and (text := cell.strip())}
            contact = Contact(cells[at_email].strip() if at_email < len(cells) else "", fields, line)
            wants_none = any(header_names.refuses(name, cells[at]) for at, name in consent if at < len(cells))
            if not wants_none and any(cell.strip() for cell in cells[len(names) :]):
                judged.fail(contact, f"{len(cells)} cells, where the header has {len(names)} columns")
            else:
                judged.add(contact, wants_none=wants_none)


def _judge_mapping(contact: Any, columns: Columns, judged: Judged, place: str) -> None:
    if not isinstance(contact, Mapping):
        raise TypeError(f"a contact is a mapping such as {{'email': 'ada@example.org'}}, not {type(contact).__name__}")
    nested = contact.get("fields") or {}
    if not isinstance(nested, Mapping):
        raise TypeError(f"fields of {place} is a mapping such as {{'firstname': 'Ada'}}, not {type(nested).__name__}")
    own = ((name, value) for name, value in contact.items() if name not in ("fields", None))
    values, nested_values = _values(own, place), _values(nested.items(), place)
    email = columns.email(values, place)
    names = {column: name for column in values if column != email and (name := columns.name_of(column))}
    judged.shapes.add(tuple(names.values()))
    fields = {name: values[column] for column, name in names.items()} | nested_values
    judged.named.update(nested_values)
    wants_none = any(header_names.refuses(column, str(value)) for column, value in values.items())
    judged_contact = Contact(str(values.get(email or "", "")).strip(), fields)
    if not wants_none and _has_too_many_cells(contact):
        judged.fail(judged_contact, "more cells than the header has columns")
    else:
        judged.add(judged_contact, wants_none=wants_none)


def _has_too_many_cells(row: Mapping[Any, Any]) -> bool:
    """Whether csv.DictReader found more than the header has columns, which it keeps by the name None."""
    cells = row.get(None)
    return isinstance(cells, list) and any(str(cell).strip() for cell in cells)


def _parsed(email: str) -> str:
    try:
        return parse_address(email)
    except ValueError as error:
        raise ValueError(f"not an e-mail address: {error}") from None


def _plain_name(name: str) -> str:
    return name.strip().casefold()


def _values(named: Iterable[tuple[Any, Any]], place: str) -> dict[str, Any]:
    """Values by their names, as JSON and CSV can have them, without those that are missing, such as None and NaN."""
    values = {str(name).strip(): plain(value) for name, value in named}
    for name, value in values.items():
        if isinstance(value, Iterable) and not isinstance(value, str):
            raise TypeError(f"{name!r} of {place} is text, a number or a date, not {type(value).__name__}")
    return {name: _as_json(value) for name, value in values.items() if value is not None}


def _as_json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    is_json = isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value))
    return value if is_json else str(value)
