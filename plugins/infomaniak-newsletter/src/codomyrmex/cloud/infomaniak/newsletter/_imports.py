"""Importing contacts: one by one where they are few, else through the service's CSV upload."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakCloudError,
    InfomaniakNotFoundError,
    InfomaniakValidationError,
)
from codomyrmex.cloud.infomaniak.newsletter._addresses import same_address
from codomyrmex.cloud.infomaniak.newsletter._calls import BY_ID, SUBSCRIBERS_PER_PAGE, Calls
from codomyrmex.cloud.infomaniak.newsletter._contacts import Contact, Judged, as_csv
from codomyrmex.cloud.infomaniak.newsletter._fields import Fields
from codomyrmex.cloud.infomaniak.newsletter._waiting import looks, wait_for_task
from codomyrmex.cloud.infomaniak.newsletter.errors import InfomaniakOutcomeUnknownError
from codomyrmex.cloud.rest.polling import note_on_interrupt

MAX_ONE_BY_ONE = 20
"""So many contacts go one by one: each takes one of 60 requests a minute, and is answered for itself."""
_MAX_ROWS = 10_000
_MANY_UPLOADS = 20
_log = logging.getLogger(__name__)
_ADDRESS = {"type": "email", "name": "email"}
"""The column of addresses, where the newsletter has no field for it."""


class Import:
    """One import into one list."""

    def __init__(self, calls: Calls, list_id: int, judged: Judged, *, timeout: float, settle: float) -> None:
        self._calls, self._list, self._timeout, self._settle = calls, list_id, timeout, settle
        self._judged = judged
        self._accepted: list[Contact] = []
        self._tasks: list[str] = []
        self._fields: dict[str, dict[str, Any]] = {}
        """By the columns of the contacts."""

    def run(self) -> dict[str, Any]:
        """Import them all. Repeating it does no harm: contacts that are there already are updated."""
        contacts = list(self._judged.contacts.values())
        if contacts:
            self._calls.get("groups/{}", self._list)  # the service takes names of lists, too, and makes those
        try:
            if len(contacts) <= MAX_ONE_BY_ONE:
                self._one_by_one(contacts)
            else:
                self._by_upload(contacts)
        except (InfomaniakCloudError, KeyboardInterrupt) as error:
            again = (
                "after that look the import may"
                if isinstance(error, InfomaniakOutcomeUnknownError)
                else "the import may simply"
            )
            error.add_note(f"{len(self._accepted)} contacts were accepted before; {again} be repeated")
            raise
        judged = self._judged
        return {
            "imported": len(self._accepted), "failed": judged.failed, "duplicates": judged.duplicates,
            "unsubscribed": len(judged.unsubscribed), "tasks": self._tasks,
        }  # fmt: skip

    def _one_by_one(self, contacts: list[Contact]) -> None:
        if columns := self._judged.columns():
            self._find_fields(Fields(self._calls), columns)
        for contact in contacts:
            body = subscriber(contact.email, self._values(contact), [self._list])
            try:
                self._calls.write("POST", "subscribers", body=body)
            except InfomaniakValidationError as error:
                if error.maybe_executed:  # by an attempt before the one that was refused
                    raise
                self._judged.fail(contact, error.message)
            else:
                self._accepted.append(contact)

    def _by_upload(self, contacts: list[Contact]) -> None:
        fields = Fields(self._calls)
        self._find_fields(fields, self._judged.columns())
        address = fields.find("email")
        alike = self._by_keys(contacts)
        if len(alike) > _MANY_UPLOADS:
            _log.warning("these contacts take %d uploads, as they have values in so many sets of columns", len(alike))
        for rows in alike:
            for first in range(0, len(rows), _MAX_ROWS):
                self._upload(rows[first : first + _MAX_ROWS], address["id"] if address else _ADDRESS)
        begun = [f"the import into list {self._list}", *(f"task {task_id}" for task_id in self._tasks)]
        with note_on_interrupt(", ".join(begun)):
            since = time.monotonic()
            may_come, reason = self._finish(since)
            missing = self._missing(since, wait=may_come)
        for contact in self._accepted:
            if same_address(contact.email) in missing:
                self._judged.fail(contact, reason)
        self._accepted = [contact for contact in self._accepted if same_address(contact.email) not in missing]

    def _find_fields(self, fields: Fields, columns: list[str]) -> None:
        self._fields = fields.of_columns(columns, self._judged.shapes, self._judged.named)

    def _values(self, contact: Contact) -> dict[str, Any]:
        """Its values by the keys of the fields."""
        return {self._fields[name]["key"]: value for name, value in contact.fields.items() if name in self._fields}

    def _by_keys(self, contacts: Iterable[Contact]) -> list[list[Contact]]:
        """The contacts by the fields of which they have a value: an empty cell would delete what is there already."""
        by_keys: dict[frozenset[str], list[Contact]] = {}
        for contact in contacts:
            by_keys.setdefault(frozenset(self._values(contact)), []).append(contact)
        return list(by_keys.values())

    def _upload(self, contacts: list[Contact], address: int | dict[str, str]) -> None:
        values = [self._values(contact) for contact in contacts]
        ids = {field["key"]: field["id"] for field in self._fields.values()}
        keys = list(values[0])  # all have the same
        body = {
            "upload_id": self._calls.upload(as_csv(keys, zip((c.email for c in contacts), values, strict=True))),
            "fields": [address, *(ids[key] for key in keys)],
            "groups": [self._list],
            "csv_separator": ",",
            "csv_enclosure": '"',
        }
        if task := self._calls.start("POST", "subscribers/import", body=body, if_told=True)["task_id"]:
            self._tasks.append(task)
        self._accepted += contacts

    def _finish(self, since: float) -> tuple[bool, str]:
        """Wait for the tasks, for ``timeout`` seconds in all.

        Returns whether more contacts may come, as not all tasks failed, and why some are missing.
        """
        reason, failed = "the service did not take it into the list", 0
        try:
            for task_id in self._tasks:
                task = wait_for_task(self._calls, task_id, self._timeout, since)
                if task["status"] == "failed":
                    reason = f"the import failed: {task.get('error')}"
                    failed += 1
        except InfomaniakNotFoundError:  # the id was none of a task
            return True, reason
        return not self._tasks or failed < len(self._tasks), reason

    def _missing(self, since: float, *, wait: bool) -> set[str]:
        """The addresses that are not in the list: which lines it left out, the service says nowhere else.

        The list may lag behind the task, and there may be no task at all.

        :param wait: as long as more of them come, with no more than ``settle`` seconds between two.
        """
        missing = {same_address(contact.email) for contact in self._accepted}
        changed = 0.0
        for passed in looks(max(0.0, since + self._timeout - time.monotonic())):
            before = len(missing)
            missing -= (
                {same_address(member["email"]) for member in members(self._calls, self._list)} if missing else set()
            )
            changed = passed if len(missing) < before else changed
            if not (wait and missing) or passed - changed >= self._settle:
                break
        return missing


def subscriber(email: str, fields: Mapping[str, Any] | None, groups: Sequence[int | str] | None) -> dict[str, Any]:
    """The body that makes a contact, or updates it: what is left out stays."""
    body = {"email": email, "fields": fields, "groups": groups}
    return {key: value for key, value in body.items() if value}


def members(calls: Calls, list_id: int) -> Iterator[dict[str, Any]]:
    """The contacts of a list, whatever their status."""
    body = {"filter": {"groups": [list_id], "status": "all"}}
    return calls.walk("subscribers/filter", method="POST", body=body, per_page=SUBSCRIBERS_PER_PAGE, query=BY_ID)
