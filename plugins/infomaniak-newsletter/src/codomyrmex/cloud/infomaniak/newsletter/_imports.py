"""Importing contacts: one by one where they are few, else through the service's CSV upload."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakCloudError,
    InfomaniakNotFoundError,
    InfomaniakValidationError,
)
from codomyrmex.cloud.infomaniak.newsletter._calls import BY_ID, SUBSCRIBERS_PER_PAGE, Calls
from codomyrmex.cloud.infomaniak.newsletter._contacts import Contact, as_csv
from codomyrmex.cloud.infomaniak.newsletter._waiting import looks, wait_for_task
from codomyrmex.cloud.infomaniak.newsletter.errors import InfomaniakOutcomeUnknownError
from codomyrmex.cloud.rest.polling import note_on_interrupt

MAX_ONE_BY_ONE = 20
"""So many contacts go one by one: each takes one of 60 requests a minute, and is answered for itself."""
_MAX_ROWS = 10_000


class Import:
    """One import into one list."""

    def __init__(self, calls: Calls, list_id: int, *, timeout: float, settle: float) -> None:
        self._calls, self._list, self._timeout, self._settle = calls, list_id, timeout, settle
        self._accepted: list[str] = []
        self._failed: list[dict[str, str]] = []
        self._tasks: list[str] = []

    def run(self, contacts: Iterator[Contact]) -> dict[str, Any]:
        """Import them all. Repeating it does no harm: contacts that are there already are updated."""
        first = list(islice(contacts, MAX_ONE_BY_ONE + 1))
        try:
            if len(first) <= MAX_ONE_BY_ONE:
                self._one_by_one(first)
            else:
                self._by_upload(chain(first, contacts))
        except (InfomaniakCloudError, KeyboardInterrupt) as error:
            again = (
                "after that look the import may"
                if isinstance(error, InfomaniakOutcomeUnknownError)
                else "the import may simply"
            )
            error.add_note(f"{len(self._accepted)} contacts were accepted before; {again} be repeated")
            raise
        return {"imported": len(self._accepted), "failed": self._failed, "tasks": self._tasks}

    def _one_by_one(self, contacts: list[Contact]) -> None:
        for contact in self._possible(contacts):
            try:
                self._calls.write("POST", "subscribers", body=subscriber(contact.email, contact.fields, [self._list]))
            except InfomaniakValidationError as error:
                if error.maybe_executed:  # by an attempt before the one that was refused
                    raise
                self._fail(contact.email, error.message)
            else:
                self._accepted.append(contact.email)

    def _by_upload(self, contacts: Iterator[Contact]) -> None:
        known = self._fields()
        while batch := list(islice(contacts, _MAX_ROWS)):
            possible = list(self._possible(batch))
            if possible:
                self._upload(possible, known)
        begun = [f"the import into list {self._list}", *(f"task {task_id}" for task_id in self._tasks)]
        with note_on_interrupt(", ".join(begun)):
            since = time.monotonic()
            may_come, reason = self._finish(since)
            missing = self._missing(since, wait=may_come)
        for email in self._accepted:
            if email.lower() in missing:
                self._fail(email, reason)
        self._accepted = [email for email in self._accepted if email.lower() not in missing]

    def _possible(self, contacts: list[Contact]) -> Iterator[Contact]:
        """Those that the service may take; the others failed."""
        for contact in contacts:
            if contact.wrong:
                self._fail(contact.email, contact.wrong)
            else:
                yield contact

    def _upload(self, contacts: list[Contact], known: dict[str, Any]) -> None:
        names, text = as_csv(contacts)
        for name in names:
            if name.lower() not in known:  # by the import itself a repeat of it would make it again
                known[name.lower()] = self._make_field(name)
        address = known.get("email", {"type": "email", "name": "email"})
        body = {
            "upload_id": self._calls.upload(text),
            "fields": [address, *(known[name.lower()] for name in names)],
            "groups": [self._list],
            "csv_separator": ",",
            "csv_enclosure": '"',
        }
        if task := self._calls.start("POST", "subscribers/import", body=body, if_told=True)["task_id"]:
            self._tasks.append(task)
        self._accepted += [contact.email for contact in contacts]

    def _fields(self) -> dict[str, int]:
        """The ids of the fields there are, by their names and keys in lower case."""
        return {
            name.lower(): field["id"] for field in self._calls.walk("fields") for name in (field["name"], field["key"])
        }

    def _make_field(self, name: str) -> int:
        """Make a field. Returns its id, also where the answer was lost and the field is there."""
        unsure = f"look at list_fields() for {name!r} before repeating the import, which makes it if it is not there"
        try:
            field = self._calls.write("POST", "fields", body={"name": name, "type": "text"}, unsure=unsure)
        except InfomaniakOutcomeUnknownError:
            if (field_id := self._fields().get(name.lower())) is None:
                raise
            return field_id
        return int(field["id"])

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
        missing = {email.lower() for email in self._accepted}
        changed = 0.0
        for passed in looks(max(0.0, since + self._timeout - time.monotonic())):
            before = len(missing)
            missing -= {member["email"].lower() for member in members(self._calls, self._list)} if missing else set()
            changed = passed if len(missing) < before else changed
            if not (wait and missing) or passed - changed >= self._settle:
                break
        return missing

    def _fail(self, email: str, error: str) -> None:
        self._failed.append({"email": email, "error": error})


def subscriber(email: str, fields: Mapping[str, Any] | None, groups: Sequence[int | str] | None) -> dict[str, Any]:
    """The body that makes a contact, or updates it: what is left out stays."""
    body = {"email": email, "fields": fields, "groups": groups}
    return {key: value for key, value in body.items() if value}


def members(calls: Calls, list_id: int) -> Iterator[dict[str, Any]]:
    """The contacts of a list, whatever their status."""
    body = {"filter": {"groups": [list_id], "status": "all"}}
    return calls.walk("subscribers/filter", method="POST", body=body, per_page=SUBSCRIBERS_PER_PAGE, query=BY_ID)
