"""The fields that a newsletter has for its contacts, and which of them the columns of an import are."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from codomyrmex.cloud.infomaniak.newsletter import _header_names as header_names
from codomyrmex.cloud.infomaniak.newsletter._calls import Calls
from codomyrmex.cloud.infomaniak.newsletter.errors import InfomaniakOutcomeUnknownError

_log = logging.getLogger(__name__)


class Fields:
    """The fields of a newsletter, as they are when this is made."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._known = self._read()

    def find(self, name: str) -> dict[str, Any] | None:
        """The field with this name or key, whatever its case."""
        return self._known.get(name.lower())

    def key_for(self, name: str) -> str | None:
        """The key of the field that a column of this name is of, or what to call a new one; None for no field.

        A field that the newsletter has by this name comes first; then what other services call first and last names.
        """
        if field := self.find(name):
            return str(field["key"])
        for key, names in header_names.FIELDS.items():
            if header_names.simple(name) in names:
                return self._key_of_any(names, key)
        if header_names.simple(name) in header_names.NOT_IMPORTED or header_names.tells_consent(name):
            return None
        return name

    def of_columns(
        self, columns: Iterable[str], shapes: Iterable[Iterable[str]], named: Collection[str]
    ) -> dict[str, dict[str, Any]]:
        """The field of each column that is one. Those that are new are made, after all was found right.

        Raises ValueError if two columns of the same contact are the same field.

        :param columns: those with values.
        :param shapes: the columns that contacts have together.
        :param named: those that are asked for by name.
        """
        keys = {name: self.key_for(name) or (name if name in named else None) for name in columns}
        for shape in shapes:
            _check_different(shape, keys)
        if left_out := [name for name, key in keys.items() if key is None]:
            _log.warning("the columns %s are not imported; fields= takes them", ", ".join(map(repr, left_out)))
        return {name: self.find(key) or self._make(key) for name, key in keys.items() if key is not None}

    def _make(self, name: str) -> dict[str, Any]:
        """Make a field, once. Returns it, also where the answer was lost and the field is there."""
        unsure = f"look at list_fields() for {name!r} before repeating the import, which makes it if it is not there"
        try:
            field = self._calls.write("POST", "fields", body={"name": name, "type": "text"}, unsure=unsure)
        except InfomaniakOutcomeUnknownError:
            if (made := self._read().get(name.lower())) is None:
                raise
            field = made
        self._known[name.lower()] = field
        return field

    def _key_of_any(self, names: Iterable[str], key: str) -> str:
        """The key of the first field whose name or key is like one of these; ``key`` if there is none."""
        for name, field in self._known.items():
            if header_names.simple(name) in names:
                return str(field["key"])
        return key

    def _read(self) -> dict[str, dict[str, Any]]:
        """The fields by their names and keys in lower case."""
        return {name.lower(): field for field in self._calls.walk("fields") for name in (field["name"], field["key"])}


def _check_different(shape: Iterable[str], keys: Mapping[str, str | None]) -> None:
    seen: dict[str, str] = {}
    for name in shape:
        key = keys.get(name)
        if key is not None and (other := seen.setdefault(key.lower(), name)) != name:
            raise ValueError(
                f"the columns {other!r} and {name!r} are both the field {key!r}: take one of them by fields="
            )
