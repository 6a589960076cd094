"""Imports of many subscribers, by an upload of CSV."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterator
from typing import Any

from codomyrmex.cloud.testing.services._api_server import Refused
from codomyrmex.cloud.testing.services.newsletter._addresses import is_acceptable
from codomyrmex.cloud.testing.services.newsletter._envelope import invalid, success
from codomyrmex.cloud.testing.services.newsletter._operations import (
    Call,
    forbid,
    operation,
)
from codomyrmex.cloud.testing.services.newsletter._state import NewsletterState, Record
from codomyrmex.cloud.testing.services.newsletter._subscribers import known_groups, update

EMAIL = "email"
"""What the key of the column of addresses is here."""


@operation
def upload(newsletter: NewsletterState, call: Call) -> Record:
    key = newsletter.new_key(newsletter.uploads)
    newsletter.uploads[key] = str(call.body.get("content", call.body.get("file", "")))
    return success(newsletter.upload_answer(key))


@operation
def import_subscribers(newsletter: NewsletterState, call: Call) -> Record:
    """Take the rows of an upload whose address is acceptable. Which those are, the service never says.

    A first row that names the columns is left out by that, too. Subscribers who are there are updated, whatever their
    status, which stays. Of rows with the same address the last one counts.
    """
    body = call.body
    if body.get("upload_id") not in newsletter.uploads:
        raise Refused(invalid("upload_id", "there is no such upload"))
    separator, enclosure = body.get("csv_separator", ","), body.get("csv_enclosure", '"')
    if len(separator) != 1 or len(enclosure) != 1 or separator == enclosure or {"\r", "\n"} & {separator, enclosure}:
        forbid(newsletter, "csv_separator", "it and csv_enclosure are two characters, one each")
    groups = known_groups(newsletter, body.get("groups", []))
    columns = [_column(newsletter, column) for column in body["fields"]]
    if EMAIL not in columns:
        forbid(newsletter, "fields", "none is of the type email")
    replaces = body.get("replace_fields", True)
    rows = list(_rows(newsletter.uploads[body["upload_id"]], separator, enclosure, columns))

    def apply() -> None:
        known = {subscriber["email"].lower(): subscriber for subscriber in newsletter.subscribers.values()}
        for email, fields in rows:
            if email.lower() not in known:
                known[email.lower()] = newsletter.subscribers[newsletter.add_subscriber(email)]
            subscriber = known[email.lower()]
            update(subscriber, fields if replaces else fields | subscriber["fields"], groups)

    newsletter.effects.append(("import_subscribers", body["upload_id"]))
    if not newsletter.import_fails:
        newsletter.later(newsletter.import_delay, apply)
    if newsletter.import_answers == "nothing":
        return {"result": "success"}
    task = newsletter.add_task() if newsletter.import_answers == "task" else str(uuid.uuid4())
    return success(task, "asynchronous")


def _column(newsletter: NewsletterState, column: int | dict[str, str]) -> str:
    """The key of a column's field, which is made if it is new; `EMAIL` for addresses."""
    if isinstance(column, int):
        if column not in newsletter.fields:
            raise Refused(invalid("fields", f"there is no field {column}"))
        key: str = newsletter.fields[column]["key"]
        return key
    if column["type"] == "email":
        return EMAIL
    made: dict[str, Any] = newsletter.fields[newsletter.add_field(column["name"], column["type"])]
    newsletter.effects.append(("create_field", made["id"]))
    return str(made["key"])


def _rows(text: str, separator: str, enclosure: str, columns: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The address and the fields of each row that is taken. One with too many cells is not."""
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator, quotechar=enclosure):
            values = dict(zip(columns, cells, strict=False))
            email = values.pop(EMAIL, "").strip()
            if len(cells) <= len(columns) and is_acceptable(email):
                yield email, values
    except csv.Error as error:
        raise Refused(invalid("upload_id", f"the upload is no CSV: {error}")) from error
