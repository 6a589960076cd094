"""The part of the client that keeps mailing lists and contacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Unpack

from codomyrmex.cloud.common import CloudClient, lenient, operation
from codomyrmex.cloud.infomaniak.newsletter import params
from codomyrmex.cloud.infomaniak.newsletter._addresses import checked_address
from codomyrmex.cloud.infomaniak.newsletter._calls import BY_ID, IS_IT_THERE, SUBSCRIBERS_PER_PAGE, Calls, filters
from codomyrmex.cloud.infomaniak.newsletter._contacts import Columns, Contacts, judge
from codomyrmex.cloud.infomaniak.newsletter._imports import Import, subscriber
from codomyrmex.cloud.infomaniak.newsletter._values import ids, number
from codomyrmex.cloud.rest.polling import WAIT_CHECKS

_ACTIONS = {"subscribe": "assign", "unsubscribe": "unassign"}


class Lists(CloudClient):
    """Mailing lists, and the contacts in them and beside them."""

    _calls: Calls

    @lenient([])
    @operation(effect="list")
    def list_mailing_lists(self, *, search: str | None = None) -> list[dict[str, Any]]:
        """All mailing lists, which the service calls groups."""
        return list(self._calls.walk("groups", query=filters(search=search)))

    @lenient(None)
    @operation(effect="read")
    def get_mailing_list(self, list_id: int) -> dict[str, Any] | None:
        """A mailing list."""
        return self._calls.get("groups/{}", list_id)

    @lenient(None)
    @operation(effect="write")
    def create_mailing_list(self, name: str) -> dict[str, Any] | None:
        """Make a mailing list."""
        return self._calls.write("POST", "groups", body={"name": name}, unsure=IS_IT_THERE)

    @lenient(None)
    @operation(effect="write")
    def update_mailing_list(self, list_id: int, *, name: str) -> dict[str, Any] | None:
        """Give a mailing list another name."""
        return self._calls.write("PUT", "groups/{}", list_id, body={"name": name})

    @lenient(False)
    @operation(effect="delete")
    def delete_mailing_list(self, list_id: int) -> bool:
        """Delete a mailing list; its contacts stay."""
        return self._calls.do("DELETE", "groups/{}", list_id)

    @lenient([])
    @operation(effect="read")
    def get_list_contacts(
        self, list_id: int, *, status: params.ContactStatus | None = None, search: str | None = None
    ) -> list[dict[str, Any]]:
        """All contacts of a list; with ``status`` those in this state, with ``search`` those that the service finds."""
        query = {**BY_ID, **filters(status=params.one_of(status, params.ContactStatus), search=search)}
        return list(self._calls.walk("groups/{}/subscribers", list_id, per_page=SUBSCRIBERS_PER_PAGE, query=query))

    @lenient(None)
    @operation(effect="write", checks=WAIT_CHECKS)
    def import_contacts(
        self,
        list_id: int,
        contacts: Contacts,
        *,
        fields: Iterable[str] | Mapping[str, str] | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        timeout: float = 600,
        settle: float = 30,
    ) -> dict[str, Any] | None:
        """Import any number of contacts into a list; those there already are updated.

        All of them are read and judged before anything is written: ValueError for a file whose structure is wrong, with
        its line. Up to 20 are sent one by one. More go through the service's CSV upload, and the list is read
        afterwards to see who is in it. Fields that are new are made.

        :param contacts: ``{"email": "ada@example.org", "firstname": "Ada"}`` each, with values by the names or keys of
            the fields; or a pandas DataFrame; or a CSV file with such a header, by its path or opened. What other
            services call address, first and last name in their exports is known.
        :param fields: the columns to take beside the address, or a mapping of columns to fields, in which ``"email"``
            is the address; default: all but those that other services keep for themselves.
        :param encoding: of the file; default: found.
        :param delimiter: one character, between the file's cells; default: found.
        :param timeout: seconds until the service has done it; ``math.inf`` for no end.
        :param settle: seconds without one more contact in the list, after which who is still missing
            is taken to have failed: the list may lag behind what the service says it has done.

        Returns ``imported``, a number; ``failed``, an ``email`` and an ``error`` for each contact that is not in, and
        the ``line`` if it is of a file; ``duplicates``, how many had the address of one before, which got their values;
        ``unsubscribed``, how many were left out because their own values say that they want no newsletters; and
        ``tasks``, the ids of the service's. The first four are as many as there were contacts.
        """
        into = number(list_id, "list_id")
        judged = judge(contacts, Columns(fields), encoding=encoding, delimiter=delimiter)
        return Import(self._calls, into, judged, timeout=timeout, settle=settle).run()

    @lenient(False)
    @operation(effect="write")
    def manage_contact(self, list_id: int, contact_id: int, action: Literal["subscribe", "unsubscribe"]) -> bool:
        """Put a contact into a list, or take it out; of other lists it stays a member."""
        if action not in _ACTIONS:
            raise ValueError(f"action is 'subscribe' or 'unsubscribe', not {action!r}")
        body = {"subscriber_ids": [number(contact_id, "contact_id")]}
        return self._calls.do("POST", f"groups/{{}}/subscribers/{_ACTIONS[action]}", list_id, body=body)

    # Contacts, in any list or in none

    @lenient([])
    @operation(effect="read")
    def list_contacts(
        self,
        *,
        search: str | None = None,
        status: params.AnyContactStatus = "all",
        groups: int | Iterable[int] | None = None,
    ) -> list[dict[str, Any]]:
        """All contacts of the newsletter; with ``status`` those in this state.

        :param groups: only those of this mailing list, or of these.
        """
        params.check_one_of(status, params.AnyContactStatus)
        list_ids = None if groups is None else ids(groups, "groups")
        query = {**BY_ID, **filters(status=status, search=search, groups=list_ids)}
        return list(self._calls.walk("subscribers", per_page=SUBSCRIBERS_PER_PAGE, query=query))

    @lenient(None)
    @operation(effect="write")
    def create_contact(
        self,
        email: str,
        *,
        fields: Mapping[str, Any] | None = None,
        groups: Sequence[int | str] | None = None,
    ) -> dict[str, Any] | None:
        """Make a contact, or update the one with this address; what is left out stays.

        :param fields: values by the keys of the fields.
        :param groups: mailing lists by id, or by name to make new ones.
        """
        body = subscriber(checked_address(email, "email"), fields, groups)
        return self._calls.write("POST", "subscribers", body=body, unsure=_unsure(groups))

    @lenient(None)
    @operation(effect="read")
    def get_contact(self, contact_id: int) -> dict[str, Any] | None:
        """A contact, with its mailing lists."""
        return self._calls.get("subscribers/{}", contact_id, extra="groups")

    @lenient(None)
    @operation(effect="write")
    def update_contact(self, contact_id: int, **changes: Unpack[params.ContactChanges]) -> dict[str, Any] | None:
        """Change a contact; what is left out stays, but of ``fields`` what is left out is deleted."""
        unsure = _unsure(changes.get("groups"))
        return self._calls.write("PUT", "subscribers/{}", contact_id, body=params.contact(changes), unsure=unsure)

    @lenient(False)
    @operation(effect="delete")
    def delete_contact(self, contact_id: int) -> bool:
        """Delete a contact. The service keeps its data, in case it subscribes again: see `forget_contact`."""
        return self._calls.do("DELETE", "subscribers/{}", contact_id)

    @lenient(False)
    @operation(effect="delete")
    def forget_contact(self, contact_id: int) -> bool:
        """Erase a contact with all its data, as the GDPR demands: it is gone within 30 days, for good."""
        return self._calls.do("DELETE", "subscribers/{}/forget", contact_id)

    @lenient(None)
    @operation(effect="delete")
    def unsubscribe_contacts(self, contact_ids: Iterable[int]) -> dict[str, Any] | None:
        """Unsubscribe several contacts from everything. Returns the ``task_id`` to wait for.

        Hooks are told ``delete``: only the contacts themselves can undo it.
        """
        numbers = [number(contact_id, "a contact_id") for contact_id in contact_ids]
        if not numbers:
            raise ValueError("no contacts to unsubscribe")
        return self._calls.start("PUT", "subscribers/unsubscribe", body={"select": {"all": False, "include": numbers}})


def _unsure(groups: Sequence[int | str] | None) -> str | None:
    """What to look at after a write to a contact was lost, if these are its groups: one by name would be made twice."""
    by_name = any(isinstance(group, str) for group in groups or ())
    return "look at list_mailing_lists before making lists by their names again" if by_name else None
